"""Claims on what aligned neurons compute together."""

from collections.abc import Callable, Sequence

import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between, near
from separatrix.studies.modular_addition.wave_claims import node
from separatrix.theory import ghost_ratio

ENOUGH = (3, 5, 6, 7, 8)
TOO_FEW = (1, 2)


def _deviation(phases: Sequence[int], build: str = "aligned") -> Callable[[xr.DataTree], float]:
    def measure(results: xr.DataTree) -> float:
        return float(node(results, "indicator")["deviation"].sel(build=build, phases=list(phases)).max(skipna=False))

    return measure


def _accuracy(phases: Sequence[int]) -> Callable[[xr.DataTree], float]:
    def measure(results: xr.DataTree) -> float:
        found = node(results, "indicator")["accuracy"].sel(build="aligned", phases=list(phases))
        return float(found.max(skipna=False))

    return measure


def _ghosts(unit_map: str, build: str = "aligned", name: str = "ghost_ratio") -> Callable[[xr.DataTree], float]:
    def measure(results: xr.DataTree) -> float:
        return float(node(results, "indicator")[name].sel(unit_map=unit_map, build=build))

    return measure


def _least_deviation(phases: Sequence[int]) -> Callable[[xr.DataTree], float]:
    def measure(results: xr.DataTree) -> float:
        found = node(results, "indicator")["deviation"].sel(build="aligned", phases=list(phases))
        return float(found.min(skipna=False))

    return measure


VOTING = (
    Claim(
        "05-flawed-indicator",
        "Quadratic units of 3, 5, 6, 7 or 8 phases compute p/4 at x + y, p/8 at 2x and 2y, minus 1/2 (deviation)",
        _deviation(ENOUGH),
        at_most(1e-12),
        "flawed indicator",
        kind="deterministic",
        control=Control("output phase equal to the input phase", _deviation(ENOUGH, "unaligned")),
    ),
    Claim(
        "05-four-phases-fail",
        "One, two or four phases do not (smallest of the three largest deviations)",
        _least_deviation((1, 2, 4)),
        at_least(1.0),
        "flawed indicator; one is twice the smallest step between two logits",
        kind="deterministic",
        control=Control("three phases, which do", _least_deviation((3,))),
    ),
    Claim(
        "05-too-few-phases-answer-at-random",
        "One or two phases are right for one pair in p (largest accuracy)",
        _accuracy(TOO_FEW),
        between(0.0, 0.05),
        "flawed indicator",
        kind="deterministic",
        control=Control("three phases", _accuracy((3,))),
    ),
    Claim(
        "05-ghosts-of-half-height",
        "The ghosts of quadratic units have half the height of the right answer",
        _ghosts("square"),
        near(ghost_ratio("square"), absolute=1e-9),
        "flawed indicator",
        kind="deterministic",
        control=Control("ReLU units", _ghosts("relu")),
    ),
    Claim(
        "06-relu-ghosts-of-a-third",
        "Those of ReLU units a third (p = 23, 16 phases)",
        _ghosts("relu"),
        near(ghost_ratio("relu"), relative=0.03),
        "derived from the Fourier series of |cos|; 3 % for a finite p",
        kind="deterministic",
        control=Control("quadratic units", _ghosts("square")),
    ),
    Claim(
        "06-relu-answers-right",
        "ReLU units of 16 phases answer every pair rightly",
        _ghosts("relu", name="ghost_accuracy"),
        at_least(1.0),
        "section on ReLU",
        kind="deterministic",
        control=Control("output phase equal to the input phase", _ghosts("relu", "unaligned", "ghost_accuracy")),
    ),
)
