"""What claims and figures read: runs by the part that they play, and what theory says of the very same runs."""

import numpy as np
import xarray as xr

from separatrix.errors import SeparatrixError
from separatrix.studies.saddle_to_saddle.flows import DRAW
from separatrix.studies.saddle_to_saddle.measures import transition_times

Levels = tuple[float, ...]


def log_of(values: xr.DataArray) -> xr.DataArray:
    """The natural logarithm, with labels kept."""
    return xr.apply_ufunc(np.log, values)


def case(results: xr.DataTree, experiment: str, name: str, variable: str = "loss") -> xr.DataArray:
    """One kind of run, further draws of it counted as seeds.

    Args:
        results: of the study.
        experiment: which.
        name: of the case.
        variable: which.

    Returns:
        Dims seed, time and the variable's own.

    Raises:
        SeparatrixError: if the settings left the case out.
    """
    found = results[experiment].to_dataset()[variable]
    draws = [n for n in found["case"].to_numpy().tolist() if n == name or n.startswith(name + DRAW)]
    if not draws:
        raise SeparatrixError(f"The experiment {experiment!r} has no case {name!r}; the settings left it out.")
    joined = xr.concat([found.sel(case=draw, drop=True) for draw in draws], "seed", coords="minimal", compat="override")
    return joined.assign_coords(seed=np.arange(joined.sizes["seed"]))


def fact(results: xr.DataTree, experiment: str, name: str, what: str) -> np.ndarray:
    """What theory says of a kind of run.

    Args:
        results: of the study.
        experiment: which.
        name: of the case.
        what: ``"levels"``, heights of plateaus, or ``"rates"``, growth rates of modes, both falling.

    Returns:
        The numbers, shape (k,).
    """
    row = results[experiment].to_dataset()[what].sel(case=name).to_numpy()
    return row[~np.isnan(row)]


def levels(results: xr.DataTree, experiment: str, name: str) -> Levels:
    """Heights of the plateaus of a kind of run in theory, falling."""
    return tuple(fact(results, experiment, name, "levels").tolist())


def rates(results: xr.DataTree, experiment: str, name: str) -> xr.DataArray:
    """Growth rates of the modes of a kind of run in theory, dim transition."""
    return xr.DataArray(fact(results, experiment, name, "rates"), dims="transition")


def times(results: xr.DataTree, experiment: str, name: str, heights: Levels | None = None) -> xr.DataArray:
    """Times of the transitions of one kind of run.

    Args:
        results: of the study.
        experiment: which.
        name: of the case.
        heights: of the plateaus; those of theory if left out.

    Returns:
        Dims seed, transition.
    """
    return transition_times(case(results, experiment, name), heights or levels(results, experiment, name))


def series(results: xr.DataTree, experiment: str, along: str, prefix: str = "") -> list[tuple[str, float]]:
    """The cases that differ in scale or width alone.

    Args:
        results: of the study.
        experiment: which.
        along: ``"scale"`` or ``"width"``.
        prefix: of the names.

    Returns:
        Names and values, in falling order of scale or growing order of width.

    Raises:
        SeparatrixError: if there are fewer than two.
    """
    node = results[experiment].to_dataset()
    begins = f"{prefix}{along} "
    names = [n for n in node["case"].to_numpy().tolist() if n.startswith(begins) and DRAW not in n]
    found = sorted(((n, float(node[along].sel(case=n))) for n in names), key=lambda pair: pair[1])
    found = found[::-1] if along == "scale" else found
    if len(found) < 2:
        raise SeparatrixError(f"A law in the {along} needs two or more of them. Got {len(found)} in {experiment!r}.")
    return found


def finest(results: xr.DataTree, experiment: str, prefix: str = "") -> str:
    """Name of the case with the smallest of the scales."""
    return series(results, experiment, "scale", prefix)[-1][0]


def middle(results: xr.DataTree, experiment: str) -> str:
    """Name of the case with the second largest of the scales."""
    return series(results, experiment, "scale")[1][0]


def at_first_plateau(results: xr.DataTree, experiment: str, name: str, variable: str) -> xr.DataArray:
    """A variable midway between the first and second transitions."""
    moment = times(results, experiment, name).isel(transition=slice(0, 2)).mean("transition")
    return case(results, experiment, name, variable).sel(time=moment, method="nearest").drop_vars("time")
