"""Claims 5, 6 and 9: early stopping beside the optimum, when to stop, what not stopping costs; also on real images."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between, near
from separatrix.studies.generalization_dynamics.closed_forms import RATIOS, SNRS
from separatrix.studies.generalization_dynamics.error_claims import SNR, one
from separatrix.studies.generalization_dynamics.measures import (
    at_time,
    error,
    exact,
    geometric_mean,
    lowest_time,
)
from separatrix.studies.generalization_dynamics.modes import LATE, LATER, RIDGE_SNRS

Measure = Callable[[xr.DataTree], xr.DataArray | float]

PRINTED = {0.5: (0.70, 4.79, 19.9, 43.3), 1.0: (0.68, 6.08, 60.4, 604.0), 2.0: (0.62, 4.00, 13.3, 25.5)}
"""Stopping times at signal-to-noise ratios 1, 10, 100 and 1000, by the ratio of examples to parameters."""
DECADES = (1.0, 10.0, 100.0, 1000.0)
SIMULATED = (1.0, 10.0, 100.0)
NAMES = {0.5: "half", 1.0: "one", 2.0: "two"}


def _forms(results: xr.DataTree, variable: str, ratio: float | None = None) -> xr.DataArray:
    found = results["closed_forms"].to_dataset()[variable]
    return found if ratio is None else found.sel(ratio=ratio, drop=True)


def _extreme(variable: str, largest: bool) -> Measure:
    def measure(results: xr.DataTree) -> float:
        values = _forms(results, variable)
        return float(values.max(skipna=False) if largest else values.min(skipna=False))

    return measure


def _beside_ridge(late: bool) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        found: list[xr.DataArray] = []
        for ratio in RATIOS:
            run = one(results, ratio)
            for snr in RIDGE_SNRS:
                when = LATE if late else exact(results, run, snr).stop_time
                added = at_time(error(run, snr), when) - 1 / snr
                found.append(added / (run.ridge.sel(snr=snr, drop=True) - 1 / snr))
        flat: list[xr.DataArray] = [f.isel(ratio=0, drop=True) for f in found]
        return xr.concat(flat, "case").max("case", skipna=False)

    return measure


def _increments(ratio: float) -> Measure:
    """How much longer the second of two decades of the signal-to-noise ratio adds to training than the first."""

    def measure(results: xr.DataTree) -> float:
        ten, hundred, thousand = (_at(results, ratio, snr) for snr in DECADES[1:])
        return (thousand - hundred) / (hundred - ten)

    return measure


def _exponent(ratio: float) -> Measure:
    return lambda results: float(np.log10(_at(results, ratio, 1000.0) / _at(results, ratio, 10.0)) / 2)


def _at(results: xr.DataTree, ratio: float, snr: float) -> float:
    return float(_forms(results, "stop_time", ratio).sel(snr=snr, method="nearest"))


def _printed(results: xr.DataTree) -> float:
    found = np.array([[_at(results, ratio, snr) for snr in DECADES] for ratio in PRINTED])
    return float(np.max(np.abs(found / np.array(list(PRINTED.values())) - 1)))


def _naive(ratio: float, snr: np.ndarray) -> np.ndarray:
    """As if all eigenvalues were at the middle of the spectrum: 1 below, alpha above a ratio of one."""
    middle = max(ratio, 1.0)
    return np.log1p(middle * snr) / middle


def _naive_printed(_results: xr.DataTree) -> float:
    naive = np.array([_naive(ratio, np.array(DECADES)) for ratio in PRINTED])
    return float(np.max(np.abs(naive / np.array(list(PRINTED.values())) - 1)))


def _lowest(ratio: float, naive: bool) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = one(results, ratio)
        snrs = np.array(SIMULATED)
        known = [float(exact(results, run, snr).stop_time[0]) for snr in snrs]
        wanted = _naive(ratio, snrs) if naive else np.array(known)
        found: list[xr.DataArray] = [
            lowest_time(error(run, snr)).isel(ratio=0, drop=True) / t for snr, t in zip(snrs, wanted, strict=True)
        ]
        return xr.concat(found, "snr").mean("snr", skipna=False)

    return measure


def _blow_up(ratio: float) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = one(results, ratio)
        curves = error(run, SNR)
        stop = exact(results, run, SNR).stop_time
        return (at_time(curves, LATER) / at_time(curves, stop)).isel(ratio=0, drop=True)

    return measure


def _digits_factor(foretold: str) -> Measure:
    """Foretold over measured factor by which the error at the end exceeds the lowest, geometric mean over sizes."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        run = results["digits"].to_dataset()
        said, found = (
            run[name].isel(time=-1, drop=True) / run[name].min("time", skipna=False)
            for name in (foretold, "test_error")
        )
        return geometric_mean(said / found, "examples")

    return measure


def digits_excess(results: xr.DataTree) -> xr.DataArray:
    """Error at the foretold time over the lowest of the run, less 1; dims (seed, examples)."""
    run = results["digits"].to_dataset()
    times = run.foretold_time.sel(end="best", drop=True).clip(float(run.time[1]), float(run.time[-1]))
    return at_time(run.test_error, times) / run.test_error.min("time", skipna=False) - 1


def _digits_stop(results: xr.DataTree) -> xr.DataArray:
    return digits_excess(results).mean("examples", skipna=False)


def _digits_never(results: xr.DataTree) -> xr.DataArray:
    run = results["digits"].to_dataset()
    last = run.test_error.isel(time=-1, drop=True) / run.test_error.min("time", skipna=False) - 1
    return last.mean("examples", skipna=False)


RIDGE = (
    Claim(
        "05-near-the-optimum",
        "Stopping in time adds at most 5 % more to the floor than Bayes' ridge does, at any signal-to-noise ratio",
        _extreme("ridge_ratio", True),
        between(1.0, 1.05),
        "comparison with L2 regularisation",
        kind="deterministic",
        control=Control("training to time 200", _extreme("late_ratio", True)),
    ),
    Claim(
        "05-never-better",
        "Stopping in time is never better than Bayes' ridge",
        _extreme("ridge_ratio", False),
        at_least(1.0),
        "comparison with L2 regularisation",
        kind="deterministic",
        control=Control("beside ridge with ten times the right penalty", _extreme("wrong_ratio", False)),
    ),
    Claim(
        "05-near-the-optimum-simulated",
        "The same in simulated runs at SNR 1 and 10, in the worst case",
        _beside_ridge(False),
        between(1.0, 1.05),
        "comparison with L2 regularisation",
        control=Control("training to time 200", _beside_ridge(True)),
    ),
)

STOPPING = (
    *(
        Claim(
            f"06-logarithmic-at-{NAMES[ratio]}",
            f"At {ratio:g} examples a parameter a tenth of the noise adds about as much time, whatever the noise was",
            _increments(ratio),
            between(1.0, 2.0),
            "optimal stopping time",
            kind="deterministic",
            control=Control("at ratio one, where times grow in proportion", _increments(1.0)),
        )
        for ratio in (0.5, 2.0)
    ),
    Claim(
        "06-proportional-at-one",
        "At ratio one the stopping time grows in proportion to the signal-to-noise ratio",
        _exponent(1.0),
        near(1.0, absolute=0.03),
        "derived: modes near zero stop at signal / noise",
        kind="deterministic",
        control=Control("at ratio two", _exponent(2.0)),
    ),
    Claim(
        "06-stopping-times",
        "Stopping times at SNR 1 to 1000 and ratios 1/2, 1 and 2 are those of the exact minimum within 1 %",
        _printed,
        at_most(0.01),
        "optimal stopping time",
        kind="deterministic",
        control=Control("one mode at the middle of the spectrum", _naive_printed),
    ),
    *(
        Claim(
            f"06-lowest-in-simulation-at-{NAMES[ratio]}",
            f"At {ratio:g} examples a parameter simulated errors are lowest at the exact time, SNR 1 to 100",
            _lowest(ratio, False),
            near(1.0, relative=0.1),
            "optimal stopping time",
            control=Control("the time of one mode at the middle of the spectrum", _lowest(ratio, True)),
        )
        for ratio in RATIOS
    ),
)

UNSTOPPED = (
    Claim(
        "09-not-stopping",
        "At ratio one and SNR 5, training to time 1000 has more than four times the error of stopping in time",
        _blow_up(1.0),
        at_least(4.0),
        "figure of errors over time and ratio",
        control=Control("with twice as many examples as parameters", _blow_up(2.0)),
    ),
)

DIGITS = (
    Claim(
        "03-digits-overtraining",
        "On images of digits, the training set foretells by what factor overtraining raises the test error",
        _digits_factor("foretold"),
        near(1.0, relative=0.1),
        "equation for E_g(t), on the spectrum of the data",
        control=Control("the law for inputs alike in all directions", _digits_factor("isotropic")),
    ),
    Claim(
        "06-digits-stopping",
        "On images of digits, stopping at the foretold time costs at most 10 % more than the lowest error of the run",
        _digits_stop,
        at_most(0.1),
        "optimal stopping time, on the spectrum of the data",
        control=Control("never stopping", _digits_never),
    ),
)

assert set(np.round(np.log10(DECADES), 6)) <= set(np.round(np.log10(SNRS), 6))
