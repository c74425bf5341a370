"""Reading the results: one number a seed."""

from collections.abc import Callable

import numpy as np
import xarray as xr

Reading = Callable[[xr.DataTree], xr.DataArray]


def node(results: xr.DataTree, name: str) -> xr.Dataset:
    """One experiment's results."""
    return results[name].to_dataset()


def accuracy(results: xr.DataTree, case: str, pairs: str) -> xr.DataArray:
    """Accuracy of the training runs of one case over time (seed, time)."""
    found = node(results, "grokking")["accuracy"].sel(case=case, pairs=pairs)
    return found.drop_vars(["case", "pairs", "fraction"])


def at_end(results: xr.DataTree, case: str, pairs: str = "held out") -> xr.DataArray:
    """Accuracy of one case in the end, one number a seed."""
    return accuracy(results, case, pairs).isel(time=-1, drop=True)


def reached(curve: xr.DataArray, level: float) -> xr.DataArray:
    """The first observed epoch at which an accuracy is at least a level; NaN where it never is."""
    times = curve["time"].where(curve >= level)
    return times.min("time", skipna=True)


def delay_ratio(results: xr.DataTree, case: str) -> xr.DataArray:
    """Epoch of 95 % on held-out pairs over that of 99 % on the pairs trained on."""
    return reached(accuracy(results, case, "held out"), 0.95) / reached(accuracy(results, case, "trained"), 0.99)


def crossing(values: xr.DataArray, dim: str, level: float = 0.5) -> xr.DataArray:
    """Where a quantity that rises along a dimension first crosses a level, by linear interpolation; NaN if never."""
    places = values[dim].to_numpy().astype(float)

    def first(row: np.ndarray) -> float:
        above = np.flatnonzero(row >= level)
        if above.size == 0 or above[0] == 0 or not np.isfinite(row[: above[0]]).all():
            return float("nan")
        k = above[0]
        low, high = row[k - 1], row[k]
        return float(places[k - 1] + (places[k] - places[k - 1]) * (level - low) / (high - low))

    return xr.apply_ufunc(first, values, input_core_dims=[[dim]], vectorize=True)


def half_fraction(results: xr.DataTree, which: int) -> xr.DataArray:
    """Share of pairs from which training gets half of the held-out pairs right, of the small (0) or large (1) M."""
    run = node(results, "shape").isel(modulus=which)
    ratio = crossing(run["accuracy"].sel(pairs="held out"), "ratio")
    scale = float(run["fraction"].isel(ratio=0) / run["ratio"].isel(ratio=0))
    return (ratio * scale).drop_vars(["modulus", "pairs"], errors="ignore")


def ascent_half(results: xr.DataTree, which: int) -> xr.DataArray:
    """Share of pairs from which half of the isolated ascents find a feature, of the small (0) or large (1) M."""
    run = node(results, "sampled").isel(modulus=which)
    return crossing(run["feature"], "kept").drop_vars("modulus", errors="ignore")


def law_ratio(results: xr.DataTree, experiment: str) -> float:
    """By which factor ln M / M falls from the small modulus to the large one."""
    small, large = node(results, experiment)["modulus"].to_numpy().astype(float)
    return float(np.log(large) / large / (np.log(small) / small))
