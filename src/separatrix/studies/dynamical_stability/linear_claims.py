"""Claims about linear stability: bounds, batches, growth, the trace formulas, and which rule decides."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, near
from separatrix.studies.claim import Measure
from separatrix.studies.dynamical_stability.reading import experiment, log

WORKED_EXAMPLE = {1: 0.2117, 2: 0.347, 4: 0.505, 1000: 0.843}
"""Critical rate of the worked example at some batch sizes."""
WINDOW = slice(20, 60)
"""Steps over which growth is measured: later the mean is carried by rare trajectories."""


def _share(holds: Callable[[xr.DataTree], xr.DataArray]) -> Measure:
    return lambda results: holds(results).mean("problem")


def _single(results: xr.DataTree, name: str) -> xr.DataArray:
    return experiment(results, "critical_rates")[name].sel(batch=1)


def _rising(rates: xr.DataArray) -> xr.DataArray:
    return (rates.diff("batch") > 0).all("batch")


def _gap_at_largest_batch(results: xr.DataTree) -> xr.DataArray:
    rates = experiment(results, "critical_rates").isel(batch=-1)
    return abs(rates["critical"] / rates["largest"] - 1).max("problem")


def _gap_at_one(results: xr.DataTree) -> xr.DataArray:
    return abs(_single(results, "critical") / _single(results, "largest") - 1).max("problem")


def _example_deviation(name: str) -> Measure:
    def measure(results: xr.DataTree) -> float:
        found = experiment(results, "worked_example")[name].sel(batch=list(WORKED_EXAMPLE))
        return float(abs(found / np.array(list(WORKED_EXAMPLE.values())) - 1).max())

    return measure


def growth_factor(results: xr.DataTree, problem: str, factor: float, name: str = "simulated") -> xr.DataArray:
    """Factor a step by which E|u|^2 grows, from a straight line through its logarithm over the window.

    Args:
        results: of the study.
        problem: ``"worked"`` or ``"random"``.
        factor: learning rate in units of the critical one.
        name: ``"simulated"`` or ``"exact"``.

    Returns:
        One factor a seed.
    """
    series = log(_per_seed(results, problem, factor, name).sel(step=WINDOW))
    slope = series.polyfit("step", 1)["polyfit_coefficients"].sel(degree=1, drop=True)
    return xr.apply_ufunc(np.exp, slope)


def _per_seed(results: xr.DataTree, problem: str, factor: float, name: str) -> xr.DataArray:
    return experiment(results, "growth")[name].sel(problem=problem, factor=factor, drop=True)


def _off_radius(problem: str, factor: float) -> Measure:
    return lambda results: growth_factor(results, problem, factor) / _per_seed(results, problem, factor, "radius") - 1


def _descent_off_radius(problem: str, factor: float) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        return _per_seed(results, problem, factor, "descent") / _per_seed(results, problem, factor, "radius") - 1

    return measure


def _first_step(factor: float) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        moments = _per_seed(results, "worked", factor, "exact")
        radius = _per_seed(results, "worked", factor, "radius")
        return moments.isel(step=1, drop=True) / moments.isel(step=0, drop=True) / radius - 1

    return measure


def _grows(problem: str, factor: float) -> Measure:
    return lambda results: growth_factor(results, problem, factor)


def _norm(name: str) -> Measure:
    return lambda results: experiment(results, "norm_equivalences")[name]


def _of(name: str, problem: str, factor: float) -> Measure:
    return lambda results: _per_seed(results, problem, factor, name)


BOUNDS = (
    Claim(
        "01-trace-at-most-two-over-rate",
        "At every stable learning rate of single-example SGD tr G is at most 2/lr (share of random problems).",
        _share(lambda r: _single(r, "critical") * experiment(r, "critical_rates")["total"] <= 2 * (1 + 1e-9)),
        at_least(1.0),
        "theorem on linear stability; trace bound",
        control=Control(
            "the rule of full-batch descent, lr = 2 / largest eigenvalue, in place of the critical rate",
            _share(lambda r: _single(r, "largest") * experiment(r, "critical_rates")["total"] <= 2 * (1 + 1e-9)),
        ),
    ),
    Claim(
        "01-fourth-moment-bound",
        "The critical rate is at most 2 tr G / E|g|^4 (share of random problems).",
        _share(lambda r: _single(r, "critical") <= _single(r, "fourth_moment") * (1 + 1e-9)),
        at_least(1.0),
        "trial matrix: the projector on the range of G",
        control=Control(
            "the rate that descent allows in place of the critical rate",
            _share(lambda r: _single(r, "largest") <= _single(r, "fourth_moment") * (1 + 1e-9)),
        ),
    ),
    Claim(
        "01-worked-example",
        "The worked example's critical rate is 0.2117.",
        lambda results: float(experiment(results, "worked_example")["critical"].sel(batch=1)),
        near(0.2117, absolute=5e-5),
        "worked example",
        kind="deterministic",
        control=Control(
            "2 / largest eigenvalue, what descent allows",
            lambda results: float(experiment(results, "worked_example")["largest"].sel(batch=1)),
        ),
    ),
    Claim(
        "01-noise-floor-of-the-loss",
        "The mean loss after a step is at least lr^2 / (2B) tr(G cov), cov the covariance of one example's gradient.",
        lambda results: experiment(results, "noise_floor")["ratio"].min("problem"),
        at_least(1.0),
        "loss stability",
        control=Control(
            "the second moment of the gradient in place of its covariance",
            lambda results: experiment(results, "noise_floor")["uncentred"].min("problem"),
        ),
        unit="floors",
    ),
    Claim(
        "02-critical-rate-rises-with-batch",
        "The critical rate rises strictly with the batch size (share of random problems).",
        _share(lambda r: _rising(experiment(r, "critical_rates")["critical"])),
        at_least(1.0),
        "dependence on the batch size",
        control=Control(
            "the rule of the largest eigenvalue, which knows no batch",
            _share(lambda r: _rising(experiment(r, "critical_rates")["largest"])),
        ),
    ),
    Claim(
        "02-large-batches-obey-descents-rule",
        "At a batch of 1000 the critical rate is within 0.5 % of 2 / largest eigenvalue (worst random problem).",
        _gap_at_largest_batch,
        at_most(0.005),
        "dependence on the batch size",
        control=Control("a batch of one", _gap_at_one),
    ),
    Claim(
        "02-trace-bound-for-batches",
        "With batches of B the trace of G is at most 2B/lr (share of random problems, at B = 64).",
        _share(lambda r: _at_64(r) <= 2 * 64 * (1 + 1e-9)),
        at_least(1.0),
        "trace bound for batches",
        control=Control("the bound 2/lr of single examples, at B = 64", _share(lambda r: _at_64(r) <= 2 * (1 + 1e-9))),
    ),
    Claim(
        "02-worked-example",
        "The worked example's critical rates at B = 1, 2, 4, 1000 are 0.2117, 0.347, 0.505, 0.843 (worst deviation).",
        _example_deviation("critical"),
        at_most(0.002),
        "worked example",
        kind="deterministic",
        control=Control("the closed-form bound 2B / tr G", _example_deviation("trace")),
    ),
)


def _at_64(results: xr.DataTree) -> xr.DataArray:
    return (
        experiment(results, "critical_rates")["critical"].sel(batch=64) * experiment(results, "critical_rates")["total"]
    )


GROWTH = (
    *(
        Claim(
            f"03-rate-{where}-critical",
            f"At {factor} critical rates E|u|^2 changes by the spectral radius of T a step, within 2 % (20,000 runs).",
            _off_radius("worked", factor),
            near(0.0, absolute=0.02),
            "second-moment operator",
            control=Control("the factor at the first step, tr T(P) / tr P with P the projector", _first_step(factor)),
        )
        for where, factor in (("below", 0.9), ("above", 1.1))
    ),
    Claim(
        "03-rate-above-critical-on-random-problems",
        "The same at 1.1 critical rates on a random problem of each seed's own.",
        _off_radius("random", 1.1),
        near(0.0, absolute=0.02),
        "second-moment operator",
        control=Control("the factor of full-batch descent at the same rate", _descent_off_radius("random", 1.1)),
    ),
    Claim(
        "03-grows-above",
        "At 1.1 critical rates E|u|^2 grows (factor a step).",
        _grows("worked", 1.1),
        at_least(1.0),
        "second-moment operator",
        control=Control("0.9 critical rates", _grows("worked", 0.9)),
    ),
    Claim(
        "03-decays-below",
        "At 0.9 critical rates E|u|^2 decays (factor a step).",
        _grows("worked", 0.9),
        at_most(1.0),
        "second-moment operator",
        control=Control("1.1 critical rates", _grows("worked", 1.1)),
    ),
)

NORMS = (
    Claim(
        "07-diagonal-trace",
        "The mean trace of a diagonal network is s^2 (|a|^2 + |b|^2) (relative error against Monte Carlo).",
        _norm("diagonal"),
        at_most(0.02),
        "diagonal linear networks",
        control=Control("2 s^2 |a b|_1, which supposes balance", _norm("diagonal_balanced")),
    ),
    *(
        Claim(
            f"07-relu-trace-{law}",
            f"The mean trace of a ReLU network is (|W|^2 + d |a|^2) / 2 for {inputs} (relative error).",
            _norm(f"relu_{law}"),
            at_most(0.02),
            "two-layer ReLU networks",
            control=Control("without the factor d", _norm("relu_unscaled")),
        )
        for law, inputs in (("gaussian", "Gaussian inputs"), ("sphere", "inputs on the sphere"))
    ),
    Claim(
        "07-balance-makes-equality",
        "Where every unit has |w_j| = sqrt(d) |a_j| the mean trace is sqrt(d) times the path norm (ratio less 1).",
        lambda results: abs(experiment(results, "norm_equivalences")["balanced_slack"] - 1),
        at_most(1e-9),
        "two-layer ReLU networks",
        control=Control("units as drawn", lambda results: experiment(results, "norm_equivalences")["slack"] - 1),
    ),
)

RULES = (
    Claim(
        "08-sgd-diverges-at-rates-that-descent-allows",
        "At 1.5 critical rates, below 2 / largest eigenvalue, E|u|^2 of SGD grows (factor a step, worked example).",
        _grows("worked", 1.5),
        at_least(1.0),
        "trace against largest eigenvalue",
        control=Control("full-batch descent at the same rate", _of("descent", "worked", 1.5)),
    ),
    Claim(
        "08-descent-converges-there",
        "At 1.5 critical rates of SGD full-batch descent converges (share of random problems).",
        _share(lambda r: 1.5 * _single(r, "critical") < _single(r, "largest")),
        at_least(1.0),
        "trace against largest eigenvalue",
        control=Control(
            "single-example SGD, which converges up to its own critical rate",
            _share(lambda r: 1.5 * _single(r, "critical") < _single(r, "critical")),
        ),
    ),
    Claim(
        "08-typical-trajectories-diverge-too",
        "At 1.5 critical rates not the mean alone but almost every trajectory of SGD grows (factor of |u|^2 a step).",
        _of("typical", "random", 1.5),
        at_least(1.0),
        "largest Lyapunov exponent",
        control=Control("0.9 critical rates", _of("typical", "random", 0.9)),
    ),
)

LINEAR_CLAIMS: tuple[Any, ...] = (*BOUNDS, *GROWTH, *NORMS, *RULES)
