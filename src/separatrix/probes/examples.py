"""Some of the examples that a run was recorded on, kept beside it for questions about the data."""

from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from separatrix.errors import SeparatrixError

FILE = "examples.safetensors"
NAMES = ("x", "y", "validation_x", "validation_y")
MOST_BYTES = 32_000_000


def choose_examples(data: Any, validation: Any, most: int) -> dict[str, np.ndarray]:
    """The first examples of the data and of the validation data, where these are pairs of inputs and targets.

    Args:
        data: what probes are made on.
        validation: what the validation loss is measured on, None if nothing.
        most: how many examples of each.

    Returns:
        Arrays ``x``, ``y``, ``validation_x``, ``validation_y``, without those that are not arrays of numbers with as
        many inputs as targets; fewer examples where they would take more than 32 MB.
    """
    found: dict[str, np.ndarray] = {}
    for prefix, pair in (("", data), ("validation_", validation)):
        if not (isinstance(pair, tuple | list) and len(pair) == 2):
            continue
        arrays = [_as_numbers(part, most) for part in pair]
        if all(a is not None and a.ndim for a in arrays) and len(arrays[0]) == len(arrays[1]):  # pyright: ignore
            each = sum(a[:1].nbytes for a in arrays if a is not None)
            kept = max(1, MOST_BYTES // max(each, 1))
            found |= {prefix + name: a[:kept] for name, a in zip("xy", arrays, strict=True) if a is not None}
    return found


def write_examples(folder: Path, examples: dict[str, np.ndarray]) -> None:
    """Write examples beside a record, whole or not at all; nothing if there are none.

    Args:
        folder: the record's.
        examples: arrays by name.
    """
    if not examples:
        return
    part = folder / (FILE + ".part")
    part.write_bytes(save({name: np.ascontiguousarray(array) for name, array in examples.items()}))
    part.replace(folder / FILE)


def read_examples(folder: Path) -> dict[str, np.ndarray]:
    """The examples kept in a folder.

    Args:
        folder: of a record or of checkpoints.

    Returns:
        Arrays among ``x``, ``y``, ``validation_x``, ``validation_y``; none where no file keeps any.

    Raises:
        SeparatrixError: the file is corrupt, or its inputs and targets differ in number.
    """
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        arrays = {name: array for name, array in load(path.read_bytes()).items() if name in NAMES}
    except (SafetensorError, ValueError, TypeError, KeyError, OSError) as error:
        raise SeparatrixError(
            f"{path} is not a whole safetensors file ({(str(error).splitlines() or [''])[0]}). Delete it."
        ) from error
    for inputs, targets in (("x", "y"), ("validation_x", "validation_y")):
        sizes = [arrays[name].shape[:1] for name in (inputs, targets) if name in arrays]
        if len(sizes) == 1 or len(set(sizes)) > 1:
            raise SeparatrixError(f"{path} must hold as many rows of {inputs!r} as of {targets!r}. Got {sizes}.")
    return arrays


def _as_numbers(part: Any, most: int) -> np.ndarray | None:
    if hasattr(part, "detach"):
        part = part.detach()[:most].cpu()
        part = part.float() if part.is_floating_point() and part.element_size() < 4 else part
    try:
        array = np.asarray(part[:most])
    except (TypeError, ValueError, IndexError, RuntimeError):
        return None
    return array if array.dtype.kind in "fiub" else None
