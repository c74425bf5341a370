"""Weights on disk: safetensors only, written whole or not at all."""

import re
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from separatrix.errors import SeparatrixError

_NAME = re.compile(r"step-(\d+)\.safetensors")
_PICKLES = {".pt", ".pth", ".pkl", ".pickle", ".bin", ".ckpt"}


def checkpoint_name(step: int) -> str:
    """The file name of the weights after ``step`` steps.

    Args:
        step: how many.

    Returns:
        The name.

    >>> checkpoint_name(100)
    'step-000100.safetensors'
    """
    return f"step-{step:06d}.safetensors"


def find_checkpoints(folder: Path) -> tuple[tuple[int, Path], ...]:
    """The checkpoints of a folder, by step.

    Args:
        folder: where to look, not below it.

    Returns:
        Pairs of step and path, ascending.
    """
    named = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    return tuple(sorted((int(match[1]), path) for match, path in named if match))


def refuse_pickles(path: Path) -> None:
    """Refuse a pickle by its name, without opening it.

    Args:
        path: a file.

    Raises:
        SeparatrixError: the file's name is that of a pickle.
    """
    if path.suffix in _PICKLES:
        raise SeparatrixError(
            f"{path} is a pickle, which can run any code when opened, so it was not read. Save weights instead with "
            f"safetensors.torch.save_file(model.state_dict(), 'step-000100.safetensors') and give the folder."
        )


def write_checkpoint(folder: Path, step: int, weights: dict[str, np.ndarray]) -> None:
    """Write the weights of one step, atomically.

    Args:
        folder: an existing folder.
        step: number of steps taken.
        weights: arrays by name.
    """
    target = folder / checkpoint_name(step)
    part = target.with_suffix(".part")
    part.write_bytes(save({name: np.ascontiguousarray(array) for name, array in weights.items()}))
    Path(part).replace(target)


def read_checkpoint(path: Path) -> dict[str, np.ndarray]:
    """The weights in a safetensors file.

    Args:
        path: the file.

    Returns:
        Floating-point arrays by name, in double precision; others are left out.

    Raises:
        SeparatrixError: the file is missing, empty, truncated or not a safetensors file.
    """
    refuse_pickles(path)
    if not path.is_file():
        raise SeparatrixError(f"{path} does not exist.")
    if path.stat().st_size == 0:
        raise SeparatrixError(
            f"{path} is empty: the program that wrote it was probably killed. Delete it and use another step."
        )
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: np.asarray(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError, TypeError, OSError) as error:
        raise SeparatrixError(
            f"{path} is not a whole safetensors file ({_first_line(error)}): it is truncated or corrupt. "
            "Delete it and use another step."
        ) from error
    floats = {
        name: array for name, array in arrays.items() if array.dtype.kind == "f" or array.dtype.name == "bfloat16"
    }
    return {name: array.astype(np.float64) for name, array in floats.items()}


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
