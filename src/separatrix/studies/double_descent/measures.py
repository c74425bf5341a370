"""From what the runs recorded to the numbers that claims and figures are about."""

import numpy as np
import xarray as xr


def simulated(
    results: xr.DataTree, which: str, condition: float, noise: float = 0.0, experiment: str = "descent"
) -> xr.DataArray:
    """The error of the runs at one kappa.

    Args:
        results: of the study.
        which: ``"descent"``, ``"flow"`` or ``"ridge"``.
        condition: kappa.
        noise: standard deviation of the label noise.
        experiment: node of the results.

    Returns:
        Dims (seed, time).
    """
    forms = results[experiment].to_dataset()[which].sel(condition=condition, drop=True)
    sizes = xr.DataArray([1.0, noise], dims="part", coords={"part": ["signal", "noise"]})
    return (forms * sizes * sizes.rename(part="other")).sum(("part", "other"), skipna=False)


def equation(results: xr.DataTree, condition: float) -> xr.DataArray:
    """What eqs 9 and 10 say of the runs without noise; dims (seed, time)."""
    return results["descent"].to_dataset().equation.sel(condition=condition, part="signal", drop=True)


def theory(results: xr.DataTree, which: str, condition: float, order: str = "error") -> xr.DataArray:
    """One theory's curve without noise; dim (time)."""
    return results["theory"].to_dataset()[which].sel(condition=condition, order=order, drop=True)


def bump(curves: xr.DataArray) -> xr.DataArray:
    """``bump_height`` of each curve; NaN for one that was not measured."""
    values = curves.transpose(..., "time")
    lower = np.maximum(
        np.minimum.accumulate(values.to_numpy(), axis=-1),
        np.minimum.accumulate(values.to_numpy()[..., ::-1], -1)[..., ::-1],
    )
    return (values - lower).max("time", skipna=False)


def farthest(one: xr.DataArray, other: xr.DataArray) -> float:
    """The largest distance of two curves."""
    return float(abs(one - other).max(skipna=False))


def first_valley(curve: xr.DataArray) -> tuple[float, float]:
    """Time of the lowest point before the highest peak after it, and of that peak; NaN without a bump.

    Args:
        curve: dim (time).

    Returns:
        The times.
    """
    values = curve.to_numpy()
    before = np.minimum.accumulate(values)
    after = np.minimum.accumulate(values[::-1])[::-1]
    heights = values - np.maximum(before, after)
    if not np.all(np.isfinite(values)) or not heights.max() > 0:
        return np.nan, np.nan
    peak = int(np.argmax(heights))
    return float(curve.time[int(np.argmin(values[: peak + 1]))]), float(curve.time[peak])


def half_time(curves: xr.DataArray, height: float) -> xr.DataArray:
    """When each curve last crosses half a height, interpolated in log time; NaN where it does not.

    Args:
        curves: with dimension ``time``.
        height: of the plateau.

    Returns:
        The times.
    """
    logs = np.log(curves.time.to_numpy())

    def find(values: np.ndarray) -> float:
        above = np.flatnonzero(values > height / 2)
        if not np.all(np.isfinite(values)) or len(above) == 0 or above[-1] + 1 == len(values):
            return np.nan
        last = above[-1]
        share = (values[last] - height / 2) / (values[last] - values[last + 1])
        return float(np.exp(logs[last] + share * (logs[last + 1] - logs[last])))

    return xr.apply_ufunc(find, curves, input_core_dims=[["time"]], vectorize=True)
