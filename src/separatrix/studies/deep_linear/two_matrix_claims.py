"""Claims on two matrices: sigmoids, random starts, conservation, the bottleneck."""

from typing import TypeAlias

import numpy as np
import xarray as xr

from separatrix.studies.claim import Claim, Control, Measure, at_most, between, near
from separatrix.studies.deep_linear.network import DECAYED, RIGHT, SEQUENTIAL

Results: TypeAlias = xr.DataTree


def _node(results: Results, name: str) -> xr.Dataset:
    return results[name].to_dataset()


def _slope(x: xr.DataArray, y: xr.DataArray) -> float:
    return float(np.polyfit(np.asarray(x), np.asarray(y), 1)[0])


def _strength_error(theory: str) -> Measure:
    def measure(results: Results) -> float:
        run = _node(results, "aligned_start")
        gap = abs(run.strength - run[theory]) / run.singular_value
        return float(gap.max(("time", "mode")).isel(rate=1))

    return measure


def _loss_error(theory: str) -> Measure:
    def measure(results: Results) -> float:
        run = _node(results, "aligned_start")
        gap = abs(run.loss - run[theory]).max("time") / run.loss.isel(time=0)
        return float(gap.isel(rate=1))

    return measure


def _order(theory: str) -> Measure:
    def measure(results: Results) -> float:
        run = _node(results, "aligned_start")
        gap = (abs(run.strength - run[theory]) / run.singular_value).max(("time", "mode"))
        return _slope(np.log(gap.rate), np.log(gap))

    return measure


def _random(results: Results) -> xr.Dataset:
    return _node(results, "random_start")


def _right(run: xr.Dataset, name: str) -> xr.DataArray:
    return run[name].sel(update=RIGHT, drop=True).isel(rate=0, drop=True)


def _delay(prediction: str, modes: slice, size: bool) -> Measure:
    """Delay over seeds, as a share of the predicted half-time, averaged over modes."""

    def measure(results: Results) -> xr.DataArray:
        run = _random(results)
        delay = (_right(run, "half_time") / run[prediction] - 1).isel(mode=modes)
        return (abs(delay) if size else delay).mean("mode")

    return measure


def _tanh_delay(prediction: str) -> Measure:
    def measure(results: Results) -> xr.DataArray:
        run = _node(results, "hierarchy").sel(tanh=True, drop=True)
        return (run.half_time / run[prediction] - 1).mean("mode")

    return measure


def _random_loss(theory: str) -> Measure:
    def measure(results: Results) -> xr.DataArray:
        run = _random(results)
        loss = _right(run, "loss")
        return abs(loss - run[theory]).max("time") / loss.isel(time=0)

    return measure


def _half_time_slope(factors: float) -> Measure:
    def measure(results: Results) -> float:
        run = _node(results, "aligned_start")
        return _slope(run.predicted_half_time * 2 / factors, run.half_time.isel(rate=1))

    return measure


def _drift(update: int) -> Measure:
    return lambda results: _random(results).drift.sel(update=update, drop=True).isel(rate=0, drop=True)


def _drift_ratio(update: int) -> Measure:
    def measure(results: Results) -> xr.DataArray:
        drift = _random(results).drift.sel(update=update, drop=True)
        return drift.isel(rate=1, drop=True) / drift.isel(rate=0, drop=True)

    return measure


def _unbalanced(formula: str) -> Measure:
    def measure(results: Results) -> float:
        run = _node(results, "unbalanced_start")
        return abs(float(run[formula] / run.time_simulated) - 1)

    return measure


def _bottleneck(column: int) -> Measure:
    return lambda results: _node(results, "undercomplete").error.isel(decay=column, drop=True)


CLAIMS = (
    Claim(
        "01-sigmoid-strengths",
        "From an aligned start every mode follows the sigmoid s e^(2st) / (e^(2st) - 1 + s/u0).",
        _strength_error("theory_strength"),
        at_most(0.005),
        "eq. 8",
        "deterministic",
        Control("e^(st) in place of e^(2st): one matrix's factor forgotten", _strength_error("slow_strength")),
    ),
    Claim(
        "01-sigmoid-loss",
        "From an aligned start the loss is the sum of the modes' own.",
        _loss_error("theory_loss"),
        at_most(0.005),
        "eq. 8",
        "deterministic",
        Control("e^(st) in place of e^(2st)", _loss_error("slow_loss")),
    ),
    Claim(
        "01-error-first-order",
        "What remains between descent and theory is the step's: it falls in proportion to the rate.",
        _order("theory_strength"),
        near(1.0, absolute=0.05),
        "section 1.2",
        "deterministic",
        Control("e^(st) in place of e^(2st)", _order("slow_strength")),
    ),
    Claim(
        "02-strong-modes-on-time",
        "From small random weights the two strongest modes are half learned on time, if each starts at |a+b|^2 / 4.",
        _delay("predicted_half_time", slice(0, 2), True),
        at_most(0.02),
        "figure 3, right",
        control=Control(
            "every mode starts at the variance of a weight", _delay("predicted_from_scale", slice(0, 2), True)
        ),
    ),
    Claim(
        "02-loss-from-random-weights",
        "From small random weights the loss follows the theory, as a share of the initial loss.",
        _random_loss("theory_loss"),
        at_most(0.02),
        "figure 3",
        control=Control("modes start at |a.b|, whose sign is random", _random_loss("product_loss")),
    ),
    Claim(
        "02-competition-delays",
        "Competition between modes delays them, never the other way: by up to 15 % on average.",
        _delay("predicted_half_time", slice(None), False),
        between(0.0, 0.15),
        "figure 3, right",
        control=Control(
            "every mode starts at the variance of a weight", _delay("predicted_from_scale", slice(None), False)
        ),
    ),
    Claim(
        "02-tanh-network-follows",
        "On a tree of items a tanh network learns each mode when the linear theory says, or little later: mean delay.",
        _tanh_delay("predicted_half_time"),
        between(0.0, 0.15),
        "figure 3",
        control=Control("every mode starts at the variance of a weight", _tanh_delay("predicted_from_scale")),
    ),
    Claim(
        "03-time-inverse-to-strength",
        "A mode's half-time is (1/2s) ln(s/u0 - 1): slope of measured against predicted.",
        _half_time_slope(2.0),
        near(1.0, absolute=0.01),
        "eq. 7",
        "deterministic",
        Control("(1/s) ln(s/u0 - 1)", _half_time_slope(1.0)),
    ),
    Claim(
        "04-conservation",
        "W32' W32 - W21 W21' keeps its value: largest change of an entry.",
        _drift(RIGHT),
        at_most(1e-5),
        "section 1.2",
        control=Control("W32 updated with the already updated W21", _drift(SEQUENTIAL)),
    ),
    Claim(
        "04-drift-halves-with-rate",
        "What it drifts is the step's: half the rate, half the drift.",
        _drift_ratio(RIGHT),
        near(0.5, absolute=0.05),
        "section 1.2",
        control=Control("with weight decay the drift is the flow's own", _drift_ratio(DECAYED)),
    ),
    Claim(
        "05-unbalanced-time",
        "A mode whose two weights start unequal learns in the time of the hyperbolic solution: relative error.",
        _unbalanced("time_theory"),
        at_most(1e-4),
        "supplement A",
        "deterministic",
        Control("the balanced formula with u0 = a0 b0", _unbalanced("time_balanced")),
    ),
    Claim(
        "10-undercomplete",
        "With fewer hidden neurons than modes the network learns the best map of its rank: relative distance.",
        _bottleneck(0),
        at_most(1e-3),
        "section 1.1",
        control=Control("with weight decay 0.1", _bottleneck(1)),
    ),
)
