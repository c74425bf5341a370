"""Claims 1, 3 and 4: the equations are what descent does, plateaus have a closed form, and groups are coupled."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, near, rival
from separatrix.studies.double_descent.linear import PLATEAU
from separatrix.studies.double_descent.measures import equation, farthest, simulated, theory
from separatrix.studies.double_descent.regularised import NEVER

Measure = Callable[[xr.DataTree], xr.DataArray | float]

MIDDLE = 50.0
PAPER = (1.0, MIDDLE, NEVER)
"""The values of kappa of the paper's figure."""


def _distance(raw: bool, forgetful: bool = False) -> Measure:
    def measure(results: xr.DataTree) -> float:
        run = results["descent"].to_dataset()
        found = []
        for condition in PAPER:
            error = run.raw.sel(condition=condition, drop=True) if raw else simulated(results, "descent", condition)
            expected = run.wrong.sel(condition=condition, drop=True) if forgetful else equation(results, condition)
            found.append(farthest(error.mean("seed", skipna=False), expected.mean("seed", skipna=False)))
        return float(np.max(found))

    return measure


def _real_steps(which: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = results["steps"].to_dataset()
        return abs(run.error - run[which]).max("time", skipna=False)

    return measure


def _large_sample(which: str) -> Measure:
    def measure(results: xr.DataTree) -> float:
        return max(farthest(equation(results, k).mean("seed", skipna=False), theory(results, which, k)) for k in PAPER)

    return measure


def _flow(which: str) -> Measure:
    def measure(results: xr.DataTree) -> float:
        found = [simulated(results, "flow", k).mean("seed", skipna=False) for k in PAPER]
        return max(farthest(error, theory(results, which, k)) for error, k in zip(found, PAPER, strict=True))

    return measure


def _plateau(results: xr.DataTree) -> xr.DataArray:
    return simulated(results, "descent", NEVER).sel(time=slice(*PLATEAU)).mean("time", skipna=False)


def _order(name: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = results["descent"].to_dataset()[name].sel(condition=NEVER, drop=True)
        return run.sel(time=slice(*PLATEAU)).mean("time", skipna=False)

    return measure


def _second_plateau(results: xr.DataTree) -> xr.DataArray:
    run = results["regularised"].to_dataset()
    return run.error.sel(condition=NEVER, variant="plain", drop=True).isel(time=-1, drop=True)


def _first_at_start(results: xr.DataTree) -> xr.DataArray:
    run = results["regularised"].to_dataset()
    return run.error.sel(condition=NEVER, variant="plain", drop=True).sel(time=7, method="nearest", drop=True)


def _ridge(which: str, condition: float) -> Measure:
    def measure(results: xr.DataTree) -> float:
        return farthest(
            simulated(results, "ridge", condition).mean("seed", skipna=False), theory(results, which, condition)
        )

    return measure


def _ridge_for_time(which: str) -> Measure:
    def measure(results: xr.DataTree) -> float:
        return max(farthest(theory(results, which, k), theory(results, "descent", k)) for k in PAPER)

    return measure


EQUATIONS = (
    Claim(
        "01-equations-are-descent",
        "Eqs 9 and 10 are the error of gradient descent, at all times and every kappa, up to the draw of teachers",
        _distance(False),
        at_most(0.01),
        "eqs 9 and 10, figure 3",
        kind="deterministic",
        control=Control("the same equations without F", _distance(False, True)),
    ),
    Claim(
        "01-equations-raw-teachers",
        "The same with teachers whose norm is left to chance",
        _distance(True),
        at_most(0.025),
        "eqs 9 and 10, figure 3",
        kind="deterministic",
        control=Control("the same equations without F", _distance(True, True)),
    ),
    Claim(
        "01-propagation-is-steps",
        "Real steps and their propagation in the eigenvectors are the same",
        _real_steps("propagated"),
        at_most(1e-9),
        "eq. 8",
        control=Control("gradient flow in place of steps", _real_steps("flow")),
    ),
    Claim(
        "01-large-sample-limit",
        "One contour integral gives the error of descent without any data",
        _large_sample("descent"),
        at_most(0.02),
        "derived; eqs 9 and 10",
        kind="deterministic",
        control=Control("ridge regression with penalty 2 / steps", _large_sample("ridge")),
    ),
    Claim(
        "01-large-sample-flow",
        "and that of gradient flow",
        _flow("flow"),
        at_most(0.02),
        "derived",
        kind="deterministic",
        control=Control("ridge regression with penalty 2 / steps", _flow("ridge")),
    ),
)

PLATEAUS = (
    Claim(
        "03-plateau-height",
        "Until slow features are learned, the error rests at half of (d - p)/d x n/(n - p)",
        _plateau,
        near(1 / 3, relative=0.05),
        "derived; figure 3",
        control=Control(
            "half of (d - p)/d, the slow signal without its effect as noise",
            rival(_plateau, claimed=1 / 3, instead=0.5 * (1 - 0.6)),
        ),
    ),
    Claim(
        "03-plateau-other-geometry",
        "So it does with 120 examples of which 70 features are fast",
        _second_plateau,
        near(0.36, relative=0.05),
        "derived",
        control=Control("at the first valley", _first_at_start),
    ),
    Claim(
        "03-plateau-alignment",
        "Student and teacher agree there on the fast features alone, R = p/d",
        _order("alignment"),
        near(0.6, relative=0.05),
        "derived",
        control=Control("Q in place of R", _order("norm")),
    ),
    Claim(
        "03-plateau-norm",
        "and the student is larger by what it fitted of the slow signal, Q = 0.867",
        _order("norm"),
        near(0.8667, relative=0.05),
        "derived",
        control=Control("R in place of Q", _order("alignment")),
    ),
)

RIDGE = (
    Claim(
        "04-coupled-ridge",
        "Ridge regression at kappa = 50 follows the equivalent in which both groups share the examples",
        _ridge("ridge", MIDDLE),
        at_most(0.02),
        "eqs 14 to 16, corrected",
        kind="deterministic",
        control=Control("the paper's scalar formulas", _ridge("decoupled", MIDDLE)),
    ),
    Claim(
        "04-factor-of-the-program",
        "The factor 2 in the authors' program repairs most of the scalar formulas' error",
        _ridge("doubled", MIDDLE),
        at_most(0.022),
        "released program",
        kind="deterministic",
        control=Control("the formulas without the factor", _ridge("decoupled", MIDDLE)),
    ),
    Claim(
        "04-decoupled-wrong-at-one-size",
        "Where all features are alike no factor helps: the scalar formulas split what is one group",
        _ridge("doubled", 1.0),
        at_least(0.015),
        "eqs 14 to 16",
        kind="deterministic",
        control=Control("the coupled equivalent", _ridge("ridge", 1.0)),
    ),
    Claim(
        "04-ridge-stands-for-time",
        "Ridge regression with penalty 2 / steps has the error of descent",
        _ridge_for_time("ridge"),
        at_most(0.02),
        "section on ridge, figure 3 right",
        kind="deterministic",
        control=Control("the scalar formulas with penalty 2 / steps", _ridge_for_time("decoupled")),
    ),
)
