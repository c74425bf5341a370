"""What is read off the results."""

from collections.abc import Callable

import numpy as np
import xarray as xr

Measure = Callable[[xr.DataTree], xr.DataArray]


def node(results: xr.DataTree, experiment: str) -> xr.Dataset:
    """The results of one experiment.

    Args:
        results: of the study.
        experiment: its name.

    Returns:
        Its variables.
    """
    return results[experiment].to_dataset()


def bare(values: xr.DataArray) -> xr.DataArray:
    """The numbers without any coordinate.

    Args:
        values: any array.

    Returns:
        The same numbers and dims.
    """
    return xr.DataArray(values.to_numpy(), dims=values.dims)


def setting(results: xr.DataTree, name: str, variable: str, experiment: str = "pendulum") -> xr.DataArray:
    """A variable of the autoencoders trained under one setting.

    Args:
        results: of the study.
        name: of the setting.
        variable: its name.
        experiment: "pendulum" or "lorenz".

    Returns:
        One number a seed; the mean over any steps.
    """
    found = node(results, experiment)[variable].sel(setting=name)
    return bare(found.mean("step") if "step" in found.dims else found)


def ratio(above: str, below: str, variable: str, experiment: str = "pendulum") -> Measure:
    """A variable under one setting over that under another, seed by seed.

    Args:
        above: the setting in the numerator.
        below: that in the denominator.
        variable: its name.
        experiment: "pendulum" or "lorenz".

    Returns:
        The measure.
    """
    return lambda r: setting(r, above, variable, experiment) / setting(r, below, variable, experiment)


def rooted(results: xr.DataTree, name: str) -> xr.DataArray:
    """Root of the mean squared forecast error of Lorenz's system over the horizon, in standard deviations.

    Args:
        results: of the study.
        name: of the setting, or "linear" or "still".

    Returns:
        One number a seed.
    """
    if name in ("linear", "still"):
        return bare(node(results, "lorenz")[f"{name}_error"].mean("step") ** 0.5)
    return setting(results, name, "pooled_error", "lorenz") ** 0.5


def at_weight(results: xr.DataTree, variable: str, weight: float) -> xr.DataArray:
    """A variable of the linear encoders at one weight of the entropy.

    Args:
        results: of the study.
        variable: its name.
        weight: one of those that were run.

    Returns:
        The numbers, the weight's dim gone.
    """
    found = node(results, "sharing")[variable]
    return bare(found.isel(weight=int(np.argmin(np.abs(found["weight"].to_numpy() - weight)))))
