"""What is read off the runs: when training and test loss are done, delays, plateaus, final values."""

import numpy as np
import xarray as xr


def case(results: xr.DataTree, experiment: str, name: str) -> xr.Dataset:
    """One case of an experiment, without its labels.

    Args:
        results: of the study.
        experiment: name of the node.
        name: of the case.

    Returns:
        Variables with the dims seed and step; the time of each step as the coordinate ``time`` along step.
    """
    return results[experiment].to_dataset().sel(case=name).reset_coords("case", drop=True)


def first_below(values: xr.DataArray, share: float) -> xr.DataArray:
    """When a loss first falls below a share of its first value, interpolated between observations in both logarithms.

    Args:
        values: with the dims seed and step, and ``time`` along step.
        share: of the first value.

    Returns:
        Times, one a seed; infinite where it never does.
    """
    times = np.log(np.maximum(values["time"].to_numpy(), 1e-12))
    curves = np.log(np.maximum(values.transpose("seed", "step").to_numpy(), 1e-300))
    level = curves[:, :1] + np.log(share)
    under = curves < level
    at = np.argmax(under, axis=1)
    rows = np.arange(len(curves))
    before, after = curves[rows, at - 1], curves[rows, at]
    part = (before - level[:, 0]) / np.where(before > after, before - after, 1.0)
    found = np.exp(times[at - 1] + part * (times[at] - times[at - 1]))
    return xr.DataArray(np.where(under.any(axis=1), found, np.inf), dims="seed")


def done(results: xr.DataTree, experiment: str, name: str, quantity: str) -> xr.DataArray:
    """Time at which ``train`` or ``test`` of a case is done, infinite where it never is."""
    here = case(results, experiment, name)
    return first_below(here[quantity], float(here["learned"]))


def delay(results: xr.DataTree, experiment: str, name: str, prefix: str = "") -> xr.DataArray:
    """Time at which the test loss is done over that of the training loss; the least that it can be where it never is.

    Args:
        results: of the study.
        experiment: name of the node.
        name: of the case.
        prefix: ``"lazy_"`` for the linearised network.

    Returns:
        One number a seed.
    """
    horizon = float(case(results, experiment, name)["time"][-1])
    train, test = (done(results, experiment, name, prefix + quantity) for quantity in ("train", "test"))
    return xr.where(np.isinf(test), horizon, test) / xr.where(np.isinf(train), horizon, train)


def at_done(results: xr.DataTree, experiment: str, name: str, quantity: str) -> xr.DataArray:
    """A quantity at the time when the training loss is done, interpolated; its last value where that never is."""
    here = case(results, experiment, name)
    when = first_below(here["train"], float(here["learned"])).to_numpy()
    curves, times = here[quantity].transpose("seed", "step").to_numpy(), here["time"].to_numpy()
    return xr.DataArray(
        [np.interp(min(t, times[-1]), times, curve) for t, curve in zip(when, curves, strict=True)], dims="seed"
    )


def last(results: xr.DataTree, experiment: str, name: str, quantity: str) -> xr.DataArray:
    """The last value of a quantity, one a seed."""
    return bare(case(results, experiment, name)[quantity].isel(step=-1))


def first(results: xr.DataTree, experiment: str, name: str, quantity: str) -> xr.DataArray:
    """The first value of a quantity, one a seed."""
    return bare(case(results, experiment, name)[quantity].isel(step=0))


def bare(values: xr.DataArray) -> xr.DataArray:
    """Without any label, so that arrays of different cases can be combined."""
    return values.drop_vars(list(values.coords)).rename(None)


def slope(values: list[xr.DataArray], along: np.ndarray) -> xr.DataArray:
    """Exponent of a power law: slope of the logarithms, fitted seed by seed.

    Args:
        values: one array over seeds a point.
        along: the points.

    Returns:
        One slope a seed; NaN where a value is not finite.
    """
    stacked = np.stack([value.to_numpy() for value in values], axis=1)
    logs = np.log(np.where(np.isfinite(stacked) & (stacked > 0), stacked, np.nan))
    x = np.log(np.asarray(along, float))
    return xr.DataArray(
        (logs - logs.mean(axis=1, keepdims=True)) @ (x - x.mean()) / np.sum((x - x.mean()) ** 2), dims="seed"
    )


def smallest_factor(values: list[xr.DataArray]) -> xr.DataArray:
    """The smallest factor between neighbours of a series, seed by seed: above 1 where it grows throughout."""
    stacked = np.stack([value.to_numpy() for value in values], axis=1)
    return xr.DataArray(np.min(stacked[:, 1:] / stacked[:, :-1], axis=1), dims="seed")
