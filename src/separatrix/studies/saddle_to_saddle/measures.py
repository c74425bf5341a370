"""What is read off a loss curve: times of transitions, heights of plateaus, time spent near a height."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr
from scipy.interpolate import PchipInterpolator

FINE = 4001


def transition_times(loss: xr.DataArray, levels: Sequence[float]) -> xr.DataArray:
    """First time at which the loss is below the midpoint of each pair of successive levels.

    Args:
        loss: with dimensions ``time`` and any others.
        levels: heights of the plateaus, falling.

    Returns:
        Times with the dimension ``transition`` in place of ``time``; NaN where it never happens.
    """
    middles = [(high + low) / 2 for high, low in itertools.pairwise(levels)]
    times = np.asarray(loss["time"])

    def crossings(curve: np.ndarray) -> np.ndarray:
        return np.array([_first_below(times, curve, middle) for middle in middles])

    return _per_curve(loss, crossings, "transition")


def flattest_levels(loss: xr.DataArray, levels: Sequence[float]) -> xr.DataArray:
    """Heights of plateaus: loss at the slowest relative descent between each pair of successive transitions.

    Args:
        loss: with dimensions ``time`` and any others.
        levels: heights of the plateaus in theory, falling; the last is left out (the run ends there).

    Returns:
        Heights with the dimension ``plateau``; NaN where transitions are missing or lie within one step.
    """
    middles = [(high + low) / 2 for high, low in itertools.pairwise(levels)]

    def heights(curve: np.ndarray) -> np.ndarray:
        times, fine = _refined(np.asarray(loss["time"]), curve)
        bounds = [0.0, *(_first_below(times, fine, middle) for middle in middles)]
        return np.array([_flattest(times, fine, a, b) for a, b in itertools.pairwise(bounds)])

    return _per_curve(loss, heights, "plateau")


def height_after(loss: xr.DataArray, level: float, stretch: float = 3.0) -> xr.DataArray:
    """Height of the plateau after a drop: loss at the slowest relative descent from its time t to a multiple of t.

    Args:
        loss: with dimensions ``time`` and any others.
        level: the loss whose crossing marks the drop.
        stretch: the multiple.

    Returns:
        Heights, without the dimension ``time``.
    """

    def height(curve: np.ndarray) -> np.ndarray:
        times, fine = _refined(np.asarray(loss["time"]), curve)
        begin = _first_below(times, fine, level)
        return np.array([_flattest(times, fine, begin, stretch * begin)])

    return _per_curve(loss, height, "one").isel(one=0, drop=True)


def dwell(loss: xr.DataArray, level: float, within: float) -> xr.DataArray:
    """Time spent within a distance of a height.

    Args:
        loss: with dimensions ``time`` and any others.
        level: the height.
        within: the distance.

    Returns:
        Time, without the dimension ``time``.
    """

    def spent(curve: np.ndarray) -> np.ndarray:
        times, fine = _refined(np.asarray(loss["time"]), curve)
        near = np.abs(fine - level) < within
        return np.array([np.sum(np.diff(times) * near[:-1])])

    return _per_curve(loss, spent, "one").isel(one=0, drop=True)


def speeding_up(loss: xr.DataArray, end: float, floor: float = 0.0) -> xr.DataArray:
    """Log of the largest factor by which the rate of descent -d ln L / dt exceeds an earlier one.

    Zero for a descent that only slows down, such as a sum of exponentials; large when there are plateaus with drops
    after them, at whatever height they lie.

    Args:
        loss: with dimensions ``time`` and any others.
        end: height above the floor at which to stop looking; well below the lowest plateau.
        floor: lowest loss that can be reached; it is subtracted.

    Returns:
        Logarithms of the factors, without the dimension ``time``.
    """
    times = np.asarray(loss["time"])

    def factor(curve: np.ndarray) -> np.ndarray:
        above = curve - floor
        seen = int(np.argmax(above < end)) or len(above)
        levels = np.log(np.maximum(above[:seen], 1e-30))
        if seen < 3:
            return np.array([np.nan])
        rates = np.maximum(-np.diff(levels) / np.diff(times[:seen]), 1e-12)
        return np.log([np.max(rates / np.minimum.accumulate(rates))])

    return _per_curve(loss, factor, "one").isel(one=0, drop=True)


def _per_curve(loss: xr.DataArray, function: Callable[[np.ndarray], np.ndarray], dim: str) -> xr.DataArray:
    return xr.apply_ufunc(
        function, loss, input_core_dims=[["time"]], output_core_dims=[[dim]], vectorize=True, keep_attrs=False
    )


def _refined(times: np.ndarray, curve: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The curve on a fine geometric grid, by monotone cubic interpolation."""
    fine = np.concatenate([[0.0], np.geomspace(times[1], times[-1], FINE)])
    fine[-1] = times[-1]
    return fine, PchipInterpolator(times, curve)(fine)


def _first_below(times: np.ndarray, curve: np.ndarray, level: float) -> float:
    below = curve < level
    if not below.any() or below[0]:
        return np.nan
    after = int(np.argmax(below))
    window = slice(max(after - 3, 0), after + 3)
    fine = np.linspace(times[after - 1], times[after], 201)
    inside = PchipInterpolator(times[window], curve[window])(fine)
    return float(fine[np.argmax(inside < level)]) if (inside < level).any() else float(times[after])


def _flattest(times: np.ndarray, curve: np.ndarray, begin: float, end: float) -> float:
    inside = np.flatnonzero((times >= begin) & (times <= end))
    if inside.size < 5:
        return np.nan
    slopes = np.gradient(curve[inside], times[inside]) / np.maximum(curve[inside], 1e-12)
    return float(curve[inside][np.argmin(np.abs(slopes))])
