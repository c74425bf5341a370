"""Series read from files: CSV, Parquet, NetCDF, Zarr and NumPy's, each refused with one clear line when it is amiss."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from separatrix.errors import SeparatrixError
from separatrix.models.series_table import read_delimited, table_series
from separatrix.models.trajectories import Trajectories, as_trajectories, refuse_constant

FEWEST_ROWS = 20
"""Fewer states than this tell nothing of a law of motion that a look at them doesn't."""
_TIMES = ("time", "times", "t")
_PICKLES = {".pkl", ".pickle", ".pt", ".pth", ".joblib", ".dill"}
_EXTRA = "pip install 'separatrix[series]'"


def read_series(path: str | Path) -> Trajectories:
    """Series of states from a file.

    Tables (CSV, TSV, Parquet) have one row a time. A column ``time``, ``t`` or ``date``, or else an ascending first
    column, holds the times; ISO dates become days since the first, and dates at the same day of every month (quarter,
    year) become equal steps. A column ``trajectory``, ``series`` or ``id`` tells series apart. NetCDF and Zarr need the
    dim ``time``. Of NPZ, the array ``time`` holds the times; arrays of one length are components, of different lengths
    series; (series, times, dimension) holds several series.

    Args:
        path: a file ending in .csv, .tsv, .txt, .parquet, .nc, .npz or .npy, or a .zarr folder.

    Returns:
        The series, as float64.

    Raises:
        SeparatrixError: the file is missing, empty, a pickle, of an unknown kind, or needs a package that is not
            installed; a cell is no number; a column is constant; times don't ascend; there are fewer than 20 rows.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if not path.exists():
        raise SeparatrixError(f"{path} does not exist.")
    if suffix in _PICKLES:
        raise SeparatrixError(f"{path} is a pickle, which could run code when read. Save it as CSV, NPZ or Parquet.")
    if suffix not in READERS:
        known = ", ".join(READERS)
        raise SeparatrixError(f"{path} ends in {suffix or 'nothing'!r}, which is no known kind of series: {known}.")
    if path.is_dir() != (suffix == ".zarr"):
        raise SeparatrixError(f"{path} is a {'folder' if path.is_dir() else 'file'}, and {suffix} is not.")
    if path.is_file() and not path.stat().st_size:
        raise SeparatrixError(f"{path} is empty.")
    try:
        found = READERS[suffix](path)
        refuse_constant(found)
    except SeparatrixError as error:
        told = str(error)
        raise (error if str(path) in told else SeparatrixError(f"{path}: {told}")) from error
    rows = sum(len(series) for series in found.states)
    if rows < FEWEST_ROWS:
        raise SeparatrixError(f"{path} has {rows} rows; at least {FEWEST_ROWS} are needed to learn how a state moves.")
    return found


def is_series(path: str | Path) -> bool:
    """Whether a path looks like a series, by its suffix alone; folders but .zarr don't.

    Args:
        path: of a file or folder.

    Returns:
        Whether ``read_series`` would try it.
    """
    suffix = Path(path).suffix.lower()
    return suffix in READERS and (suffix == ".zarr" or not Path(path).is_dir())


def _read_text(path: Path) -> Trajectories:
    return table_series(read_delimited(path), path)


def _read_parquet(path: Path) -> Trajectories:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise SeparatrixError(f"{path} is Parquet, for which a package is missing: {_EXTRA}.") from error
    try:
        frame = parquet.read_table(path).to_pandas()
    except (OSError, ValueError) as error:  # pyarrow's own errors derive from these
        raise _unreadable(path, "a Parquet file", error) from error
    if not isinstance(frame.index, pd.RangeIndex):  # what pandas wrote as its index is the clock
        frame = frame.reset_index(names=[frame.index.name or "time"])
    return table_series(frame, path)


def _read_netcdf(path: Path) -> Trajectories:
    with path.open("rb") as file:
        begins = file.read(4)
    if begins[:3] != b"CDF" and begins != b"\x89HDF":
        raise SeparatrixError(f"{path} cannot be read as a NetCDF file: it begins otherwise than such files do.")
    return _from_xarray(path, "scipy" if begins[:3] == b"CDF" else "h5netcdf", "a NetCDF file")


def _read_zarr(path: Path) -> Trajectories:
    return _from_xarray(path, "zarr", "a Zarr store of xarray's")


def _from_xarray(path: Path, engine: str, kind: str) -> Trajectories:
    import xarray as xr

    options = {"consolidated": False} if engine == "zarr" else {}
    try:
        with xr.open_dataset(path, engine=engine, **options) as data:  # pyright: ignore[reportArgumentType]
            loaded = data.load()
    except (ImportError, ModuleNotFoundError) as error:
        raise SeparatrixError(f"{path} is {kind}, for which a package is missing: {_EXTRA}.") from error
    except ValueError as error:
        if "unrecognized engine" in str(error):
            raise SeparatrixError(f"{path} is {kind}, for which a package is missing: {_EXTRA}.") from error
        raise _unreadable(path, kind, error) from error
    except (OSError, KeyError, TypeError, RuntimeError) as error:
        raise _unreadable(path, kind, error) from error
    if not loaded.data_vars:
        raise SeparatrixError(f"{path} holds no variables.")
    dims = {dim for name in loaded.data_vars for dim in loaded[name].dims}
    if "time" not in dims and "t" in dims:
        loaded = loaded.rename(t="time")
    # a store lists its variables in no fixed order
    return as_trajectories(loaded[sorted(loaded.data_vars, key=str)] if engine == "zarr" else loaded)


def _read_npz(path: Path) -> Trajectories:
    with _opened(path) as archive:
        try:
            arrays = {name: archive[name] for name in archive.files}
        except ValueError as error:
            raise _pickled(path) from error
    if not arrays:
        raise SeparatrixError(f"{path} holds no arrays.")
    clock = next((arrays.pop(name) for name in _TIMES if name in arrays), None)
    if not arrays:
        raise SeparatrixError(f"{path} holds times but no states.")
    return _from_arrays(arrays, clock)


def _from_arrays(arrays: dict[str, np.ndarray], clock: np.ndarray | None) -> Trajectories:
    flat = [name for name, array in arrays.items() if array.ndim not in (1, 2, 3)]
    if flat:
        raise SeparatrixError(f"The array {flat[0]!r} has {arrays[flat[0]].ndim} dimensions; a series has 1 or 2.")
    if any(array.ndim == 3 for array in arrays.values()):
        if len(arrays) > 1:
            raise SeparatrixError("An array (series, times, dimension) must be the only one beside 'time'.")
        (stack,) = arrays.values()
        return as_trajectories(list(stack), _clocks(clock, len(stack)))
    if len({len(array) for array in arrays.values()}) > 1:  # of different lengths: series, not components
        return as_trajectories(list(arrays.values()), None if clock is None else _clocks(clock, len(arrays)))
    columns = {name: array if array.ndim == 2 else array[:, None] for name, array in arrays.items()}
    names = [n if a.shape[1] == 1 else f"{n}{i}" for n, a in columns.items() for i in range(a.shape[1])]
    found = as_trajectories(np.concatenate(list(columns.values()), axis=1), clock)
    return Trajectories(found.states, found.times, tuple(names))


def _clocks(clock: np.ndarray | None, count: int) -> Sequence[np.ndarray] | None:
    if clock is None:
        return None
    return list(clock) if clock.ndim == 2 else [clock] * count


def _read_npy(path: Path) -> Trajectories:
    array = _opened(path)
    return _from_arrays({"x": array}, None)


def _opened(path: Path) -> Any:
    try:
        return np.load(path, allow_pickle=False)
    except ValueError as error:
        raise _pickled(path) from error
    except Exception as error:  # a damaged archive raises whatever the zip reader meets
        raise _unreadable(path, "a NumPy file", error) from error


def _pickled(path: Path) -> SeparatrixError:
    return SeparatrixError(
        f"{path} holds pickled objects, which could run code when read. Save plain arrays of numbers."
    )


def _unreadable(path: Path, kind: str, error: Exception) -> SeparatrixError:
    why = " ".join(str(error).split())[:120] or type(error).__name__
    return SeparatrixError(f"{path} cannot be read as {kind}: {why}.")


READERS: dict[str, Callable[[Path], Trajectories]] = {
    ".csv": _read_text,
    ".tsv": _read_text,
    ".txt": _read_text,
    ".parquet": _read_parquet,
    ".pq": _read_parquet,
    ".nc": _read_netcdf,
    ".zarr": _read_zarr,
    ".npz": _read_npz,
    ".npy": _read_npy,
}
"""What reads a file, by its suffix."""
