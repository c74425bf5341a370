"""A store of runs: each is wholly there or not at all, and one that was killed resumes."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xarray as xr

from separatrix.errors import SeparatrixError
from separatrix.store.arrays import group_names, has_group, read_group, write_group
from separatrix.store.disk import clear_disk_errors, make_folder, read_json, write_json
from separatrix.store.index import COLUMNS, Index
from separatrix.store.lock import Lock

DOCUMENT = "run.json"
FORMAT = "separatrix run 1"
_PENDING = "pending"


def default_store() -> Path:
    """Where runs are kept when nobody says: ``$SEPARATRIX_RUNS``, or ``runs`` in the current folder."""
    return Path(os.environ.get("SEPARATRIX_RUNS") or "runs")


def fingerprint(parts: Mapping[str, Any]) -> str:
    """A hash of what is computed (JSON values), the same in every process."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


class Store:
    """A folder of runs with an index.

    Args:
        path: the folder.
        create: make it when missing; otherwise a missing one is an error.

    Raises:
        SeparatrixError: if the store is missing or damaged, or cannot be written.
    """

    def __init__(self, path: Path | str, *, create: bool = False) -> None:
        self.path = Path(path)
        if create:
            make_folder(self.path)
        elif not self.path.is_dir():
            raise SeparatrixError(
                f"There is no store of runs at {str(self.path)!r}. Run a study first ('separatrix run SLUG'), "
                "or name the folder with --out DIR."
            )
        self._index = Index(self.path / "index.sqlite")
        self._recover()

    def runs(self) -> list[dict[str, Any]]:
        """One row a run (id, study, profile, seeds, created, seconds, verdict counts, version), the latest first."""
        return self._index.rows()

    def find(self, run: str) -> str:
        """The id of the run that is meant: an id, an unambiguous beginning of one, a study's slug or ``last``.

        Args:
            run: what the user wrote; a slug means the latest run of that study.

        Returns:
            The id.

        Raises:
            SeparatrixError: if there is none, or more than one.
        """
        rows = self.runs()
        ids = [row["id"] for row in rows]
        if run in ids:
            return run
        if run == "last" and ids:
            return ids[0]
        of_study = [row["id"] for row in rows if row["study"] == run]
        if of_study:
            return of_study[0]
        matches = [name for name in ids if run and name.startswith(run)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise SeparatrixError(f"{run!r} may mean any of {', '.join(matches[:6])}. Write more of the name.")
        known = f"The latest are: {', '.join(ids[:6])}" if ids else "It is empty: run a study first"
        raise SeparatrixError(f"There is no run {run!r} in {str(self.path)!r}. {known}.")

    def folder(self, run: str) -> Path:
        """The folder of a run, by its id."""
        return self.path / run

    def document(self, run: str) -> dict[str, Any]:
        """What is known of a run: configuration, versions, verdicts, figures."""
        return _document(self.folder(run))

    def results(self, run: str) -> xr.DataTree:
        """The arrays of a run, in memory: one node an experiment; raises when they are damaged."""
        folder = self.folder(run)
        return xr.DataTree.from_dict({name: read_group(folder, name) for name in group_names(folder)})

    def pending(self, study: str, mark: str) -> "PendingRun":
        """Begin a run, or take up one of the same fingerprint that was killed.

        Args:
            study: its slug.
            mark: the fingerprint of what is computed.

        Returns:
            The run in the making; use it as a context manager.

        Raises:
            SeparatrixError: if another process is at the same run, or the disk refuses.
        """
        return PendingRun(self, study, self.path / _PENDING / f"{study}-{mark}")

    def _recover(self) -> None:
        """Index runs that were complete when the process died, and forget those whose folder is gone."""
        known = {row["id"] for row in self._index.rows()}
        for run in known:
            if not (self.path / run / DOCUMENT).exists():
                self._index.remove(run)
        for path in sorted(self.path.glob(f"*/{DOCUMENT}")):
            if path.parent.name in known or path.parent.name == _PENDING:
                continue
            try:
                row = index_row(_document(path.parent))
            except SeparatrixError:
                continue  # not one of our runs: a recorder's folder may stand beside them
            self._index.add(row)

    def _admit(self, folder: Path, study: str, document: dict[str, Any]) -> str:
        taken = [re.fullmatch(rf"{re.escape(study)}-(\d+)", child.name) for child in self.path.iterdir()]
        number = 1 + max((int(match[1]) for match in taken if match), default=0)
        with clear_disk_errors(self.path):
            while True:
                run = f"{study}-{number}"
                final = self.path / run
                if not final.exists():
                    write_json(folder / DOCUMENT, {"format": FORMAT, "id": run, **document})
                    folder.rename(final)
                    break
                number += 1
        self._index.add(index_row(_document(final)))
        return run


_CHUNKS = ".chunks"


class PendingRun:
    """A run in the making: finished experiments are kept when the process dies.

    Args:
        store: where it will go.
        study: slug of the study.
        folder: where its parts are until then.
    """

    def __init__(self, store: Store, study: str, folder: Path) -> None:
        self.store, self.study, self.folder = store, study, folder
        self._lock = Lock(folder.parent / f"{folder.name}.lock")

    def __enter__(self) -> "PendingRun":
        make_folder(self.folder.parent)
        self._lock.acquire(
            f"The same run is being computed by another process in {str(self.store.path)!r}. Wait for it."
        )
        make_folder(self.folder)
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def has(self, experiment: str) -> bool:
        """Whether the experiment was finished, now or before the process was killed."""
        return has_group(self.folder, experiment) and self._seconds_file(experiment).exists()

    def write(self, experiment: str, data: xr.Dataset, seconds: float) -> None:
        """Keep a finished experiment."""
        write_group(self.folder, experiment, data)
        write_json(self._seconds_file(experiment), {"seconds": seconds})
        shutil.rmtree(self.folder / _CHUNKS, ignore_errors=True)

    def chunks(self, experiment: str) -> Path:
        """Folder for the chunks of an unfinished experiment's ensembles; ``write`` deletes it."""
        return self.folder / _CHUNKS / experiment

    def read(self, experiment: str) -> tuple[xr.Dataset, float]:
        """A finished experiment and the seconds it took."""
        return read_group(self.folder, experiment), float(read_json(self._seconds_file(experiment))["seconds"])

    def commit(self, document: dict[str, Any]) -> str:
        """Make it a run of the store.

        Args:
            document: what ``run.json`` is to hold: at least study, profile, seeds, seconds, version and verdicts.

        Returns:
            The id of the run.
        """
        for experiment in group_names(self.folder):
            self._seconds_file(experiment).unlink(missing_ok=True)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        return self.store._admit(self.folder, self.study, {"created": created, **document})

    def discard(self) -> None:
        """Forget what was computed."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _seconds_file(self, experiment: str) -> Path:
        return self.folder / f".{experiment}.json"


def index_row(document: Mapping[str, Any]) -> dict[str, Any]:
    """The row of the index that a run's document gives.

    Args:
        document: the contents of ``run.json``.

    Returns:
        Column -> value.

    Raises:
        SeparatrixError: if something is missing from the document.
    """
    try:
        outcomes = [verdict["verdict"] for verdict in document["verdicts"]]
        counts = {outcome: outcomes.count(outcome) for outcome in ("holds", "fails", "undecided")}
        return {name: counts[name] if name in counts else document[name] for name in COLUMNS}
    except (KeyError, TypeError) as error:
        raise SeparatrixError(
            f"The document of run {document.get('id')!r} is incomplete: {error} is missing."
        ) from error


def _document(folder: Path) -> dict[str, Any]:
    document = read_json(folder / DOCUMENT)
    if document.get("format") != FORMAT:
        raise SeparatrixError(f"{str(folder / DOCUMENT)!r} is not the document of a study's run.")
    return {**document, "id": folder.name}
