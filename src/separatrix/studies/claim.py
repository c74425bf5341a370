"""A claim of a paper: what it says, how it is measured, what is expected, and the control that must not pass."""

import dataclasses
import math
import re
from collections.abc import Callable
from typing import Literal, TypeAlias

import xarray as xr

from separatrix.errors import bad_parameter

Measurement: TypeAlias = "xr.DataArray | float | int | bool"
"""One number, or one number a seed (dimension ``seed``)."""

Measure: TypeAlias = Callable[[xr.DataTree], Measurement]
"""From the results of a study (one node an experiment) to a measurement."""

Kind: TypeAlias = Literal["mean", "proportion", "deterministic"]


@dataclasses.dataclass(frozen=True)
class Expectation:
    """A closed interval in which the measured number is expected; either end may be infinite.

    Attributes:
        low: smallest expected value.
        high: largest expected value.
    """

    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        if math.isnan(self.low) or math.isnan(self.high) or self.low > self.high:
            raise bad_parameter("low, high", "Expectation", "two numbers with low <= high", (self.low, self.high))

    def contains(self, value: float) -> bool:
        """Whether the value lies in the interval (NaN never does)."""
        return self.low <= value <= self.high

    def __str__(self) -> str:
        if math.isinf(self.low) and math.isinf(self.high):
            return "any number"
        if math.isinf(self.low):
            return f"at most {self.high:.4g}"
        if math.isinf(self.high):
            return f"at least {self.low:.4g}"
        if self.low == self.high:
            return f"exactly {self.low:.12g}"
        for digits in range(4, 17):  # enough of them to show the ends to 2 % of the width
            low, high = f"{self.low:.{digits}g}", f"{self.high:.{digits}g}"
            shift = max(abs(float(low) - self.low), abs(float(high) - self.high))
            if shift <= 0.02 * (self.high - self.low):
                return f"{low} to {high}"
        return f"{self.low!r} to {self.high!r}"


def between(low: float, high: float) -> Expectation:
    """Expect a value from ``low`` to ``high``, both included."""
    return Expectation(low, high)


def at_most(high: float) -> Expectation:
    """Expect a value of at most ``high``."""
    return Expectation(high=high)


def at_least(low: float) -> Expectation:
    """Expect a value of at least ``low``."""
    return Expectation(low=low)


def near(value: float, *, relative: float = 0.0, absolute: float = 0.0) -> Expectation:
    """Expect ``value`` within the larger of a relative and an absolute tolerance.

    Args:
        value: the number.
        relative: tolerance as a share of it.
        absolute: tolerance in its unit.

    Returns:
        The interval.

    >>> print(near(2.0, relative=0.01))
    1.98 to 2.02
    """
    tolerance = max(relative * abs(value), absolute)
    return Expectation(value - tolerance, value + tolerance)


@dataclasses.dataclass(frozen=True)
class Control:
    """A wrong build or a naive baseline that must land outside what the claim expects.

    Attributes:
        statement: what was done wrongly, in a phrase ("the balanced formula with u0 = a0 b0").
        measure: measured on the same results, judged by the same expectation.
    """

    statement: str
    measure: Measure


def rival(measure: Measure, *, claimed: float, instead: float) -> Measure:
    """What a control measures whose theory predicts another number: it passes if that number is what was measured.

    Args:
        measure: the claim's own.
        claimed: what the claim's theory predicts.
        instead: what the rival theory predicts, in the same unit.

    Returns:
        The measure, shifted so that the claim's expected region lies around the rival's number.

    >>> rival(lambda results: 0.9, claimed=0.9, instead=0.4)(None)
    1.4
    """
    return lambda results: measure(results) + (claimed - instead)


@dataclasses.dataclass(frozen=True)
class Claim:
    """One checkable statement of a paper.

    Attributes:
        id: the claim's number in the paper's card and a name: ``"03-time-inverse-to-strength"``.
        statement: what the paper says, as a sentence.
        measure: the number, or one number a seed, that decides.
        expect: where it is expected.
        source: equation, figure or section of the paper.
        kind: ``"mean"`` over seeds (Student's t interval), ``"proportion"`` of seeds (each seed measures
            0 or 1; Clopper-Pearson), or ``"deterministic"`` (a single number, no interval).
        control: what must fail the same check, where there is such a thing.
        unit: unit of the measured number.
    """

    id: str
    statement: str
    measure: Measure
    expect: Expectation
    source: str
    kind: Kind = "mean"
    control: Control | None = None
    unit: str = "1"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\d\d-[a-z0-9-]+", self.id):
            raise bad_parameter("id", "Claim", "two digits, a hyphen and a name in lower case", self.id)
