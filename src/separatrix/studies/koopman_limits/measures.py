"""What claims measure: extremes and slopes of the results of an experiment."""

from collections.abc import Callable

import numpy as np
import xarray as xr

Measure = Callable[[xr.DataTree], float]
OverSeeds = Callable[[xr.DataTree], xr.DataArray]


def node(results: xr.DataTree, experiment: str) -> xr.Dataset:
    """The results of one experiment."""
    return results[experiment].to_dataset()


def greatest(experiment: str, name: str) -> Measure:
    """Largest value of a variable."""
    return lambda results: float(node(results, experiment)[name].max())


def smallest(experiment: str, name: str) -> Measure:
    """Smallest value of a variable."""
    return lambda results: float(node(results, experiment)[name].min())


def number(experiment: str, name: str, **place: float | str) -> Measure:
    """One value of a variable, at a place along its dimensions where it has any."""
    return lambda results: float(node(results, experiment)[name].sel(place))


def slope(values: xr.DataArray, dim: str) -> xr.DataArray:
    """Exponent of the power law that fits best along a dimension."""
    logarithms = np.log(values)
    x = np.log(values[dim].astype(float))
    x = x - x.mean()
    return ((logarithms * x).sum(dim) / (x**2).sum()).reset_coords(drop=True)
