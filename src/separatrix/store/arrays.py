"""Labelled arrays on disk: one Zarr v3 group an experiment, together one tree."""

import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from separatrix.errors import SeparatrixError
from separatrix.store.disk import clear_disk_errors, make_folder, write_json

RESULTS = "results.zarr"
_ROOT = {"zarr_format": 3, "node_type": "group", "attributes": {}}


def write_group(folder: Path, name: str, data: xr.Dataset) -> None:
    """Write a Dataset as one group of the tree in a run's folder, wholly or not at all.

    Args:
        folder: the run's folder.
        name: of the group.
        data: what to write; attributes that JSON cannot hold are written as text.

    Raises:
        SeparatrixError: when the disk refuses.
    """
    tree = folder / RESULTS
    make_folder(tree)
    if not (tree / "zarr.json").exists():
        write_json(tree / "zarr.json", _ROOT)
    temporary, final = folder / f".{name}.partial", tree / name
    with clear_disk_errors(final), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have a Zarr V3 specification")
        shutil.rmtree(temporary, ignore_errors=True)
        _plain(data).to_zarr(temporary, zarr_format=3, consolidated=False)
        shutil.rmtree(final, ignore_errors=True)
        temporary.rename(final)


def read_group(folder: Path, name: str) -> xr.Dataset:
    """Read one group of a run's tree into memory.

    Args:
        folder: the run's folder.
        name: of the group.

    Returns:
        The Dataset.

    Raises:
        SeparatrixError: if the group is missing, truncated or corrupt.
    """
    path = folder / RESULTS / name
    if not path.is_dir():
        raise SeparatrixError(f"The results {str(path)!r} are missing. Run the study again.")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*does not have a Zarr V3 specification")
            with xr.open_zarr(path, consolidated=False, chunks=None, mask_and_scale=True) as data:
                return data.load()
    except Exception as error:  # Zarr, codecs and JSON each have their own errors for damage
        line = (str(error) or type(error).__name__).splitlines()[0][:120]
        raise SeparatrixError(f"The results {str(path)!r} are damaged ({line}). Run the study again.") from error


def has_group(folder: Path, name: str) -> bool:
    """Whether the group was written."""
    return (folder / RESULTS / name / "zarr.json").exists()


def group_names(folder: Path) -> list[str]:
    """Names of the groups that a run has."""
    tree = folder / RESULTS
    return sorted(child.name for child in tree.iterdir() if child.is_dir()) if tree.is_dir() else []


def _plain(data: xr.Dataset) -> xr.Dataset:
    """The Dataset with attributes that JSON can hold and no leftovers of an earlier encoding."""
    data = data.drop_encoding()
    for variable in data.variables.values():
        variable.attrs = {str(key): _plain_value(value) for key, value in variable.attrs.items()}
    data.attrs = {str(key): _plain_value(value) for key, value in data.attrs.items()}
    return data


def _plain_value(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else str(value)
    if isinstance(value, list | tuple):
        return [_plain_value(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain_value(item) for key, item in value.items()}
    return str(value)
