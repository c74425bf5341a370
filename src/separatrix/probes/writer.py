"""Writing a record so that a kill at any moment leaves nothing half-written that reads back as truth.

``run.json`` is replaced whole; ``losses.f64`` grows by eight bytes a step and ``probes.jsonl`` by one line a probe, and
the reader drops what is left of an unfinished last item.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from separatrix.errors import SeparatrixError
from separatrix.probes.checkpoints import write_checkpoint

FORMAT = "separatrix-record"
VERSION = 1


class RecordWriter:
    """One open record.

    Args:
        folder: the record's folder; made when absent.
        overwrite: replace an earlier record there.

    Raises:
        SeparatrixError: the folder holds a record already, or anything else.
    """

    def __init__(self, folder: Path, *, overwrite: bool = False):
        self.folder = folder
        if (folder / "run.json").exists() and overwrite:
            shutil.rmtree(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            kind = "a record" if (folder / "run.json").exists() else "files that are not a record"
            raise SeparatrixError(
                f"{folder} already holds {kind}. Choose another 'out', or pass overwrite=True to replace a record."
            )
        folder.mkdir(parents=True, exist_ok=True)
        self._losses = (folder / "losses.f64").open("ab", buffering=0)
        self._rows = (folder / "probes.jsonl").open("ab", buffering=0)

    def losses(self, values: list[float]) -> None:
        """Append losses, one a step."""
        self._losses.write(np.asarray(values, "<f8").tobytes())

    def row(self, row: dict[str, Any]) -> None:
        """Append one probe."""
        self._rows.write((json.dumps(row, allow_nan=True, default=_plain) + "\n").encode())

    def meta(self, meta: dict[str, Any]) -> None:
        """Replace ``run.json``."""
        part = self.folder / "run.json.part"
        part.write_text(json.dumps({"format": FORMAT, "version": VERSION, **meta}, indent=1, default=_plain) + "\n")
        Path(part).replace(self.folder / "run.json")

    def checkpoint(self, step: int, weights: dict[str, np.ndarray]) -> None:
        """Write the weights of one step."""
        write_checkpoint(self.folder, step, weights)

    def close(self) -> None:
        """Close the files."""
        self._losses.close()
        self._rows.close()


def as_plain(name: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as they will be read back.

    Args:
        name: of the argument that gave them.
        facts: by name; arrays become lists.

    Returns:
        Plain data.

    Raises:
        SeparatrixError: they cannot be written as JSON.
    """
    try:
        return json.loads(json.dumps(dict(facts), default=_plain))
    except (TypeError, ValueError) as error:
        raise SeparatrixError(
            f'The {name!r} of Recorder must be plain facts such as {{"modulus": 97}}, to be written as JSON ({error}).'
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"cannot write {type(value).__name__} into a record")
