"""Reading a record, or a bare folder of checkpoints, and refusing what is broken with one clear line."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from separatrix.errors import SeparatrixError
from separatrix.probes.checkpoints import find_checkpoints, read_checkpoint, refuse_pickles
from separatrix.probes.examples import read_examples
from separatrix.probes.writer import FORMAT, VERSION


@dataclass(frozen=True)
class Record:
    """A run on disk.

    Args:
        path: the folder.
        meta: contents of ``run.json``; empty when a bare folder has none.
        losses: the loss at each step, shape ``(steps,)``.
        rows: the probes, by step.
        checkpoints: pairs of step and file, by step.
    """

    path: Path
    meta: dict[str, Any]
    losses: Float[np.ndarray, " steps"]
    rows: tuple[dict[str, Any], ...]
    checkpoints: tuple[tuple[int, Path], ...]

    @property
    def recorded(self) -> bool:
        """Whether a recorder wrote it; otherwise it is a bare folder of checkpoints."""
        return self.meta.get("format") == FORMAT

    def column(self, *keys: str) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """One number of the probes, where they have it.

        Args:
            keys: its name, or the path to it through nested names.

        Returns:
            Steps and values, shape ``(n,)`` each.
        """
        found = [(row["step"], value) for row in self.rows if (value := _dig(row, keys)) is not None]
        return np.array([step for step, _ in found], float), np.array([value for _, value in found], float)

    def having(self, *keys: str) -> tuple[dict[str, Any], ...]:
        """The probes that have a value under a path of names."""
        return tuple(row for row in self.rows if _dig(row, keys) is not None)

    @property
    def about(self) -> dict[str, Any]:
        """What the user said of the task, for example ``{"modulus": 23}``; empty if nothing."""
        return self.meta.get("about") or {}

    @cached_property
    def examples(self) -> dict[str, np.ndarray]:
        """Kept examples: ``x``, ``y``, ``validation_x``, ``validation_y``, those that there are."""
        return read_examples(self.path)

    def weights(self, index: int) -> dict[str, np.ndarray]:
        """The weights of a checkpoint, by position (-1 is the last)."""
        return read_checkpoint(self.checkpoints[index][1])


def open_record(path: str | Path) -> Record:
    """Read a record or a bare folder of checkpoints.

    Args:
        path: the folder, its ``run.json``, or one safetensors file.

    Returns:
        The record.

    Raises:
        SeparatrixError: it is missing, empty, corrupt, a pickle, or of a newer format.
    """
    path = Path(path)
    if path.is_file():
        refuse_pickles(path)
        if path.name != "run.json" and path.suffix != ".safetensors":
            raise SeparatrixError(
                f"{path} is neither a record, a checkpoint nor a series. Give a folder with run.json or "
                "step-*.safetensors, or a file such as series.csv."
            )
        path = path.parent
    if not path.is_dir():
        raise SeparatrixError(
            f"{path} does not exist. Give the folder of a recorded run, or one with step-*.safetensors."
        )
    files = sorted(path.iterdir())
    meta = _read_meta(path / "run.json")
    checkpoints = find_checkpoints(path)
    if meta.get("format") == FORMAT:
        return Record(path, meta, _read_losses(path / "losses.f64"), _read_rows(path / "probes.jsonl"), checkpoints)
    for file in files if not checkpoints else []:
        refuse_pickles(file)
    if not checkpoints:
        what = "is empty" if not files else "holds no run.json of a recorder and no step-*.safetensors"
        raise SeparatrixError(
            f"{path} {what}. Give the folder of a recorded run, or one with step-000100.safetensors and so on."
        )
    return Record(path, meta, np.zeros(0), (), checkpoints)


def stale(step: int, steps: int) -> str:
    """What is missing when the last curvature is older than half of the run."""
    return f"the last curvature is from step {step} of {steps}; raise overhead or train longer"


def _dig(row: dict[str, Any], keys: tuple[str, ...]) -> Any:
    value: Any = row
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _read_meta(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        meta = json.loads(path.read_text())
    except (ValueError, OSError) as error:
        raise SeparatrixError(f"{path} is not valid JSON ({error}): it is truncated or corrupt.") from error
    if not isinstance(meta, dict):
        raise SeparatrixError(
            f'{path} must hold one JSON object, for example {{"learning_rate": 0.1, "batch_size": 32}}.'
        )
    if meta.get("format") == FORMAT:
        if meta.get("version") != VERSION:
            raise SeparatrixError(
                f"{path} has format version {meta.get('version')!r}, this program reads {VERSION}: use the newer one."
            )
        return meta
    if not isinstance(meta.get("about", {}), dict):
        raise SeparatrixError(f"'about' in {path} must be an object such as {{\"modulus\": 23}}.")
    for name in ("learning_rate", "batch_size"):
        value = meta.get(name)
        if value is not None and not (isinstance(value, int | float) and not isinstance(value, bool) and value > 0):
            raise SeparatrixError(f"{name!r} in {path} must be a positive number. Got {value!r} instead.")
    return meta


def _read_losses(path: Path) -> np.ndarray:
    if not path.exists():
        raise SeparatrixError(f"{path} is missing: the record is incomplete. Copy the whole folder.")
    raw = path.read_bytes()
    return np.frombuffer(raw[: len(raw) // 8 * 8], "<f8").astype(np.float64)


def _read_rows(path: Path) -> tuple[dict[str, Any], ...]:
    if not path.exists():
        raise SeparatrixError(f"{path} is missing: the record is incomplete. Copy the whole folder.")
    *lines, _unfinished = path.read_bytes().split(b"\n")
    rows = [_read_row(path, number, line) for number, line in enumerate(lines, 1)]
    merged: dict[int, dict[str, Any]] = {}
    for row in rows:
        merged[row["step"]] = {**merged.get(row["step"], {}), **row}
    return tuple(merged[step] for step in sorted(merged))


def _read_row(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
        row["step"] = int(row["step"])
    except (ValueError, TypeError, KeyError) as error:
        raise SeparatrixError(
            f"Line {number} of {path} is corrupt ({type(error).__name__}): restore the file from a copy."
        ) from error
    return row
