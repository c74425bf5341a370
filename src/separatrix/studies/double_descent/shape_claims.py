"""Claims 2, 5 and 6: where the bump is, when it ends, and R and Q on the way."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between, near
from separatrix.studies.double_descent.measures import bump, equation, first_valley, half_time, simulated, theory
from separatrix.studies.double_descent.theory_claims import MIDDLE, NEVER

Measure = Callable[[xr.DataTree], xr.DataArray | float]

SLOPE_FROM = (20.0, 50.0, 100.0, 200.0, 400.0)
VALLEY, PEAK = 5.0, 63.0
_ROUNDING = 1e-12


def _bump(condition: float) -> Measure:
    return lambda results: bump(equation(results, condition))


def _height(condition: float, when: float) -> Measure:
    return lambda results: simulated(results, "descent", condition).sel(time=when, drop=True)


def _when(peak: bool, condition: float = MIDDLE, which: str = "descent") -> Measure:
    def measure(results: xr.DataTree) -> float:
        return first_valley(simulated(results, which, condition).mean("seed", skipna=False))[int(peak)]

    return measure


def _last_over_peak(condition: float) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        error = simulated(results, "descent", condition)
        return error.sel(time=1e5, drop=True)

    return measure


def _slopes() -> list[float]:
    """Weights with which a line's slope over log kappa is the sum of its values."""
    logs = np.log(np.asarray(SLOPE_FROM))
    centred = logs - logs.mean()
    return list(centred / np.sum(centred**2))


def _exponent(results: xr.DataTree) -> xr.DataArray:
    times: list[xr.DataArray] = [half_time(simulated(results, "descent", k), 1 / 3) for k in SLOPE_FROM]
    logs = xr.apply_ufunc(np.log, xr.concat(times, "kappa"))
    return (logs * xr.DataArray(_slopes(), dims="kappa")).sum("kappa", skipna=False)


def _weak_exponent(results: xr.DataTree) -> float:
    weak = results["theory"].to_dataset().weak
    times = [float(half_time(weak.sel(condition=k, drop=True), 1 / 3)) for k in SLOPE_FROM]
    return float(np.dot(np.log(times), _slopes()))


def _largest_fall(name: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        values = results["descent"].to_dataset()[name].sel(condition=MIDDLE, drop=True)
        return (-values.diff("time")).max("time", skipna=False)

    return measure


def _signs(factor: float) -> Measure:
    """Share of the steps between observations on which error and R, Q say the same of rising or falling."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        run = results["descent"].to_dataset().sel(condition=MIDDLE, drop=True)
        rise = simulated(results, "descent", MIDDLE).diff("time")
        said = run.norm.diff("time") - factor * run.alignment.diff("time")
        same = (np.sign(rise) == np.sign(said)) | (abs(rise) < _ROUNDING)
        return same.astype(float).where(np.isfinite(rise) & np.isfinite(said)).mean("time", skipna=False)

    return measure


def _at_valley(order: str) -> Measure:
    return lambda results: float(theory(results, "ridge", MIDDLE, order).sel(time=VALLEY))


def _after(order: str) -> Measure:
    return lambda results: float(theory(results, "ridge", MIDDLE, order).sel(time=PEAK))


SHAPES = (
    Claim(
        "02-one-size-no-bump",
        "With features of one size the error only falls",
        _bump(1.0),
        at_most(1e-6),
        "figure 3",
        control=Control("kappa = 50", _bump(MIDDLE)),
    ),
    Claim(
        "02-valley-height",
        "At kappa = 50 the error has its first valley at 0.276",
        _height(MIDDLE, VALLEY),
        near(0.276, absolute=0.02),
        "figure 3",
        control=Control("at the peak", _height(MIDDLE, PEAK)),
    ),
    Claim(
        "02-peak-height",
        "it rises to 0.317",
        _height(MIDDLE, PEAK),
        near(0.317, absolute=0.02),
        "figure 3",
        control=Control("features of one size", _height(1.0, PEAK)),
    ),
    Claim(
        "02-comes-down",
        "and comes down to almost nothing by step 100 000",
        _last_over_peak(MIDDLE),
        at_most(0.01),
        "figure 3",
        control=Control("kappa = 100 000", _last_over_peak(NEVER)),
    ),
    Claim(
        "02-valley-time",
        "The valley is near step 5",
        _when(False),
        between(5 / 1.5, 5 * 1.5),
        "figure 3",
        kind="deterministic",
        unit="steps",
        control=Control("the time of the peak", _when(True)),
    ),
    Claim(
        "02-peak-time",
        "The peak is near step 63",
        _when(True),
        between(63 / 1.5, 63 * 1.5),
        "figure 3",
        kind="deterministic",
        unit="steps",
        control=Control("the time of the valley", _when(False)),
    ),
    Claim(
        "02-too-far-apart",
        "At kappa = 100 000 it does not come down within a million steps",
        _bump(NEVER),
        at_most(1e-3),
        "figure 3",
        control=Control("kappa = 50", _bump(MIDDLE)),
    ),
)

TIMES = (
    Claim(
        "05-time-goes-as-square",
        "The time of the second descent grows as the square of kappa",
        _exponent,
        near(2.0, absolute=0.1),
        "derived; figure 3",
        control=Control("features shrunk by the root of kappa", _weak_exponent),
    ),
)

ORDERS = (
    Claim(
        "06-alignment-never-falls",
        "R never decreases",
        _largest_fall("expected_alignment"),
        at_most(1e-6),
        "figure 4",
        control=Control("Q", _largest_fall("expected_norm")),
    ),
    Claim(
        "06-error-rises-with-norm",
        "The error rises where Q grows more than twice as fast as R, and nowhere else",
        _signs(2.0),
        at_least(1 - 1e-9),
        "section on R and Q",
        control=Control("where Q grows faster than R", _signs(1.0)),
    ),
    Claim(
        "06-valley-alignment",
        "At the first valley of the ridge equivalent R = 0.437",
        _at_valley("alignment"),
        near(0.437, absolute=0.03),
        "figure 4",
        kind="deterministic",
        control=Control("at the peak", _after("alignment")),
    ),
    Claim(
        "06-valley-norm",
        "and Q = 0.437",
        _at_valley("norm"),
        near(0.437, absolute=0.03),
        "figure 4",
        kind="deterministic",
        control=Control("at the peak", _after("norm")),
    ),
)
