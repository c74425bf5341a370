"""From what the runs recorded to the numbers that claims and figures are about."""

import numpy as np
import xarray as xr
from scipy.interpolate import CubicSpline

from separatrix.studies.generalization_dynamics.modes import PARTS


def error(run: xr.Dataset, snr: float, inr: float = 0.0, which: str = "test") -> xr.DataArray:
    """Error of the simulated runs, in units of the variance of the teacher's weights.

    Args:
        run: of the experiment ``modes``.
        snr: variance of the teacher's weights over that of the noise.
        inr: variance of the initial weights over that of the teacher's.
        which: ``"test"``, with the noise of the test examples, or ``"train"``.

    Returns:
        Dims (seed, ratio, time).
    """
    sizes = xr.DataArray([1.0, snr**-0.5, inr**0.5], dims="part", coords={"part": list(PARTS)})
    summed = (run[which] * sizes * sizes.rename(part="other")).sum(("part", "other"), skipna=False)
    return summed + (1 / snr if which == "test" else 0.0)


def exact(results: xr.DataTree, run: xr.Dataset, snr: float) -> xr.Dataset:
    """The theory at the ratios and times of some runs, of the experiment ``theory``."""
    found = results["theory"].to_dataset().sel(snr=snr, drop=True)
    return found.sel(ratio=run.ratio.to_numpy(), time=run.time.to_numpy())


def at_time(curves: xr.DataArray, times: xr.DataArray | float) -> xr.DataArray:
    """Curves read off between their times by a cubic spline in log time.

    Args:
        curves: with dimension ``time``, whose first entry is time 0.
        times: one number, or one for each of some of the other dimensions' entries.

    Returns:
        The values, without ``time``.
    """
    later = curves.isel(time=slice(1, None)).transpose("time", ...)
    first = later.isel(time=0, drop=True)
    when = (first * 0 + times).transpose(*first.dims)
    spline = _spline(later)
    at = np.log(when.to_numpy().ravel())
    piece = np.clip(np.searchsorted(spline.x, at) - 1, 0, len(spline.x) - 2)
    columns = np.arange(len(at))
    powers = (at - spline.x[piece])[None, :] ** np.arange(3, -1, -1)[:, None]
    values = np.sum(spline.c[:, piece, columns] * powers, axis=0)
    return when.copy(data=np.where(_whole(later), values, np.nan).reshape(when.shape))


def lowest_time(curves: xr.DataArray) -> xr.DataArray:
    """When each curve is lowest, from a cubic spline in log time; NaN for one that was not measured."""
    later = curves.isel(time=slice(1, None)).transpose("time", ...)
    spline = _spline(later)
    fine = np.linspace(spline.x[0], spline.x[-1], 4000)
    lowest = np.exp(fine[np.argmin(spline(fine), axis=0)])
    first = later.isel(time=0, drop=True)
    return first.copy(data=np.where(_whole(later), lowest, np.nan).reshape(first.shape))


def _whole(curves: xr.DataArray) -> np.ndarray:
    return np.all(np.isfinite(curves.to_numpy().reshape(curves.sizes["time"], -1)), axis=0)


def _spline(curves: xr.DataArray) -> CubicSpline:
    """Of all curves at once, in log time; what is not a number is taken as 0."""
    values = np.nan_to_num(curves.to_numpy().reshape(curves.sizes["time"], -1))
    return CubicSpline(np.log(curves.time.to_numpy()), values)


def overtraining(results: xr.DataTree, run: xr.Dataset, snr: float, late: float) -> tuple[xr.DataArray, xr.DataArray]:
    """Error at a late time above that at the time at which theory says to stop: simulated and exact.

    Stopping at the time from theory, not at each run's own minimum, leaves the mean over runs unbiased.

    Args:
        results: of the study.
        run: of the experiment ``modes``, some or all of its ratios.
        snr: signal-to-noise ratio.
        late: the late time, one of those observed.

    Returns:
        Dims (seed, ratio), and (ratio).
    """
    theory = exact(results, run, snr)
    curves = error(run, snr)
    found = curves.sel(time=late, drop=True) - at_time(curves, theory.stop_time)
    return found, theory.test_error.sel(time=late, drop=True) - theory.stopped_error


def geometric_mean(values: xr.DataArray, dim: str) -> xr.DataArray:
    """The geometric mean over a dimension; NaN where a value is."""
    return xr.apply_ufunc(np.exp, xr.apply_ufunc(np.log, values).mean(dim, skipna=False))
