"""Claims 1 to 4: errors in time, overtraining over the ratio, and its growth where the ratio is one."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_most, near
from separatrix.studies.generalization_dynamics.measures import at_time, error, exact, overtraining
from separatrix.studies.generalization_dynamics.modes import LATE
from separatrix.theory import test_error
from separatrix.theory.generalization_dynamics import CRITICAL_GROWTH
from separatrix.theory.marchenko_pastur import marchenko_pastur

Measure = Callable[[xr.DataTree], xr.DataArray | float]

CASES = {"a quarter": 0.25, "a half": 0.5, "one": 1.0, "two": 2.0, "four": 4.0}
SNRS = (1.0, 5.0)
UNTIL = 50.0
LISTED = (0.1, 0.3, 0.6, 0.8, 0.9, 1.1, 1.3, 2.0, 5.0)
SNR = 5.0


def runs(results: xr.DataTree, ratios: tuple[float, ...] | None = None) -> xr.Dataset:
    """The exactly propagated runs, at all ratios or at those of some that were run."""
    run = results["modes"].to_dataset()
    return run if ratios is None else run.sel(ratio=[ratio for ratio in ratios if ratio in run.ratio])


def one(results: xr.DataTree, ratio: float) -> xr.Dataset:
    """The runs at the ratio that was run nearest to this one; the dimension stays."""
    run = results["modes"].to_dataset()
    return run.sel(ratio=[float(run.ratio.sel(ratio=ratio, method="nearest"))])


def _test_ratio(ratio: float) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = one(results, ratio).sel(time=slice(None, UNTIL))
        parts: list[xr.DataArray] = [error(run, snr) / exact(results, run, snr).test_error for snr in SNRS]
        return xr.concat(parts, "snr").mean(("snr", "ratio", "time"), skipna=False)

    return measure


def _wrong_ratio(ratio: float) -> Measure:
    """Against the law without the mass at zero, or, where there is none, with inputs of variance 1 instead of 1/N."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        run = one(results, ratio).sel(time=slice(None, UNTIL))
        alpha, times = float(run.ratio[0]), run.time.to_numpy()
        parts: list[xr.DataArray] = []
        for snr in SNRS:
            if alpha < 1:
                wrong = np.asarray(test_error(marchenko_pastur(alpha), times, 1.0, 1 / snr)) - (1 - alpha)
            else:
                wrong = np.asarray(test_error(marchenko_pastur(alpha), run.attrs["inputs"] * times, 1.0, 1 / snr))
            parts.append(error(run, snr) / xr.DataArray(wrong, dims="time", coords={"time": times}))
        return xr.concat(parts, "snr").mean(("snr", "ratio", "time"), skipna=False)

    return measure


def _worst_case(floor: float) -> Measure:
    def measure(results: xr.DataTree) -> float:
        run = runs(results, tuple(CASES.values())).sel(time=slice(None, UNTIL))
        theory = [exact(results, run, snr).test_error - floor / snr for snr in SNRS]
        off: list[xr.DataArray] = [
            abs(error(run, snr).mean("seed") - t) / t for snr, t in zip(SNRS, theory, strict=True)
        ]
        return float(xr.concat(off, "snr").mean("time", skipna=False).max(skipna=False))

    return measure


def _steps(decay: int) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = results["descent"].to_dataset()
        run = run.isel(decay=decay, drop=True)
        off = abs(run.test_error - run.flow_error) / run.flow_error
        inside = run.passed <= results["descent"].attrs["limit"]
        worst = off.where(inside, -np.inf).max(("time", "ratio"), skipna=False)
        return worst.where(off.notnull().all(("time", "ratio")))

    return measure


def _train(power: float) -> Measure:
    """Largest distance of the mean training error from theory, its prefactor being 1 / alpha to this power."""

    def measure(results: xr.DataTree) -> float:
        run = runs(results, tuple(CASES.values()))
        off: list[xr.DataArray] = []
        for snr in SNRS:
            theory = exact(results, run, snr).train_error
            floor = theory.isel(time=-1) * (run.ratio > 1)
            theory = floor + (theory - floor) * run.ratio ** (1 - power)
            off.append(abs(error(run, snr, which="train").mean("seed") - theory).max(skipna=False))
        return float(xr.concat(off, "snr").max(skipna=False))

    return measure


def _overtraining(ratio: float, snr: float) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = one(results, ratio)
        return (overtraining(results, run, snr, LATE)[0] / overtraining(results, run, SNR, LATE)[1]).isel(
            ratio=0, drop=True
        )

    return measure


def _peak(results: xr.DataTree) -> xr.DataArray:
    return _argmax(overtraining(results, runs(results), SNR, LATE)[0])


def _start_of_peak(results: xr.DataTree) -> xr.DataArray:
    run = runs(results)
    return _argmax(at_time(error(run, SNR), exact(results, run, SNR).stop_time))


def _argmax(values: xr.DataArray) -> xr.DataArray:
    return values.fillna(-np.inf).idxmax("ratio").where(values.notnull().all("ratio"))


def _slope(ratio: float) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = results["critical"].to_dataset().sel(ratio=[ratio])
        last = max(1000.0, run.attrs["inputs"] ** 2 / 10)
        excess = (error(run, 1.0).isel(ratio=0, drop=True) - 1).sel(time=slice(100, last * 1.001))
        logs = xr.apply_ufunc(np.log, excess).assign_coords(time=np.log(excess.time.to_numpy()))
        return logs.polyfit("time", 1, skipna=False).polyfit_coefficients.sel(degree=1, drop=True)

    return measure


def _growth(index: int) -> Measure:
    return lambda results: float(results["closed_forms"].to_dataset().growth[index])


def _name(ratio: float) -> str:
    return f"{ratio:g}".replace(".", "-")


ERRORS = (
    *(
        Claim(
            f"01-test-error-at-{name.replace(' ', '-')}",
            f"At {ratio:g} examples a parameter the test error follows the formula up to t = 50",
            _test_ratio(ratio),
            near(1.0, relative=0.05),
            "equation for E_g(t)",
            control=Control(
                "without the mass at zero eigenvalue" if ratio < 1 else "with inputs of variance 1 instead of 1/N",
                _wrong_ratio(ratio),
            ),
        )
        for name, ratio in CASES.items()
    ),
    Claim(
        "01-test-error-worst",
        "In every case the mean test error is within 5 % of the formula, on average over times up to 50",
        _worst_case(0.0),
        at_most(0.05),
        "equation for E_g(t)",
        kind="deterministic",
        control=Control("the formula without the noise of the test examples", _worst_case(1.0)),
    ),
    Claim(
        "01-steps-follow-the-flow",
        "Gradient descent with a step of 0.05 over the largest eigenvalue stays within 1 % of the flow",
        _steps(0),
        at_most(0.01),
        "equation for dw/dt",
        control=Control("with weight decay", _steps(1)),
    ),
    Claim(
        "02-train-error",
        "The mean training error is within 0.03 of the formula at all times and ratios",
        _train(1.0),
        at_most(0.03),
        "equation for E_t(t)",
        kind="deterministic",
        control=Control("per parameter instead of per example", _train(0.0)),
        unit="variance of the teacher's weights",
    ),
)

OVERTRAINING = (
    Claim(
        "03-overtraining-peaks-at-one",
        "Overtraining by time 200 is worst where there are as many examples as parameters",
        _peak,
        near(1.0, absolute=0.05),
        "figure of errors over time and ratio",
        control=Control("where the error is largest when training is stopped in time", _start_of_peak),
    ),
    *(
        Claim(
            f"03-overtraining-at-{_name(ratio)}",
            f"At {ratio:g} examples a parameter and SNR 5, overtraining by time 200 is what the formula says",
            _overtraining(ratio, SNR),
            near(1.0, relative=0.1),
            "equation for E_g(t)",
            control=Control("the same runs with five times the noise", _overtraining(ratio, 1.0)),
        )
        for ratio in LISTED
    ),
)

GROWTH = (
    Claim(
        "04-growth-constant",
        "At ratio one the excess over sqrt(time) tends to 4 (1 - 1/sqrt 2) / sqrt pi times the noise",
        _growth(-1),
        near(CRITICAL_GROWTH, relative=0.01),
        "derived from the density near zero",
        kind="deterministic",
        control=Control("at time 10, when the bias is not gone", _growth(0)),
    ),
    Claim(
        "04-square-root-growth",
        "At ratio one the simulated excess grows as the square root of time from 100 to N²/10",
        _slope(1.0),
        near(0.5, absolute=0.03),
        "derived from the density near zero",
        control=Control("with a tenth fewer examples, where a gap opens in the spectrum", _slope(0.9)),
    ),
)
