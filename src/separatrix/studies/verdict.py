"""The verdict on a claim: *holds*, *fails* or *undecided*, from a 95 % interval over seeds."""

import dataclasses
import math
from typing import Any, Literal

import numpy as np
import xarray as xr
from scipy import stats

from separatrix.errors import SeparatrixError
from separatrix.studies.claim import Claim, Control, Expectation, Kind, Measurement

FEWEST_SEEDS = 5
CONFIDENCE = 0.95

Outcome = Literal["holds", "fails", "undecided"]


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A measured number with its uncertainty.

    Attributes:
        value: mean over seeds, share of seeds, or the number itself.
        interval: 95 % interval, or None for what is deterministic.
        seeds: number of seeds that it rests on (1 for what is deterministic).
    """

    value: float
    interval: tuple[float, float] | None
    seeds: int


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What was found about a claim.

    Attributes:
        claim: the claim.
        outcome: ``"holds"``, ``"fails"`` or ``"undecided"``.
        estimate: the measured number.
        control: the control's number, where the claim has a control.
        control_fails: whether the control fails the check, as it should; None without a control.
    """

    claim: Claim
    outcome: Outcome
    estimate: Estimate
    control: Estimate | None = None
    control_fails: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """The verdict as the command line's JSON has it (infinite and missing numbers become null)."""
        control = None
        if self.control is not None and self.claim.control is not None:
            control = {
                "statement": self.claim.control.statement,
                "value": _finite(self.control.value),
                "interval": _finite_pair(self.control.interval),
                "fails": self.control_fails,
            }
        return {
            "id": self.claim.id,
            "statement": self.claim.statement,
            "source": self.claim.source,
            "expected": str(self.claim.expect),
            "value": _finite(self.estimate.value),
            "interval": _finite_pair(self.estimate.interval),
            "seeds": self.estimate.seeds,
            "verdict": self.outcome,
            "control": control,
        }


def estimate(measured: Measurement, kind: Kind) -> Estimate:
    """A measurement's value and 95 % interval.

    Args:
        measured: a number, or a DataArray with the single dimension ``seed``.
        kind: ``"mean"``, ``"proportion"`` or ``"deterministic"``.

    Returns:
        The estimate; a NaN seed makes a mean NaN, and counts as a failure in a proportion.

    Raises:
        SeparatrixError: if the measurement's shape does not fit the kind.

    >>> estimate(xr.DataArray([1.0, 1.0, 0.0, 1.0, 1.0], dims="seed"), "proportion").value
    0.8
    """
    values = np.asarray(measured, dtype=float)
    if kind == "deterministic":
        if values.size != 1:
            raise SeparatrixError(
                f"A deterministic claim is measured by one number; got an array of shape {values.shape}."
            )
        return Estimate(float(values.reshape(())), None, 1)
    if not isinstance(measured, xr.DataArray) or measured.dims != ("seed",):
        given = measured.dims if isinstance(measured, xr.DataArray) else type(measured).__name__
        raise SeparatrixError(f"A claim over seeds is measured by an array with the one dimension 'seed'; got {given}.")
    if values.size == 0:
        raise SeparatrixError("A claim over seeds needs at least one seed; got an array of none.")
    if kind == "proportion":
        if not np.all(np.isin(values[~np.isnan(values)], (0, 1))):
            raise SeparatrixError(f"A proportion is measured by 0 or 1 for each seed; got {values.tolist()}.")
        return _proportion(values)
    return _mean(values)


def _mean(values: np.ndarray) -> Estimate:
    value = float(values.mean())
    if values.size < 2 or not math.isfinite(value):
        return Estimate(value, (-math.inf, math.inf), values.size)
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, values.size - 1) * values.std(ddof=1) / math.sqrt(values.size)
    return Estimate(value, (value - float(half), value + float(half)), values.size)


def _proportion(values: np.ndarray) -> Estimate:
    n, successes = values.size, int(np.sum(values == 1))
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if successes == 0 else float(stats.beta.ppf(tail, successes, n - successes + 1))
    high = 1.0 if successes == n else float(stats.beta.ppf(1 - tail, successes + 1, n - successes))
    return Estimate(successes / n, (low, high), n)


def decide(measured: Estimate, expect: Expectation) -> Outcome:
    """Inside the expected region: *holds*; wholly outside: *fails*; otherwise, or with too few seeds: *undecided*.

    Args:
        measured: the number and its interval.
        expect: the expected region.

    Returns:
        The outcome. A number that is not finite *fails*: what was measured is that there is nothing to measure.
    """
    if not math.isfinite(measured.value):
        return "fails"
    if measured.interval is None:
        return "holds" if expect.contains(measured.value) else "fails"
    if measured.seeds < FEWEST_SEEDS:
        return "undecided"
    low, high = measured.interval
    if expect.contains(low) and expect.contains(high):
        return "holds"
    if high < expect.low or low > expect.high:
        return "fails"
    return "undecided"


def judge(claim: Claim, results: xr.DataTree) -> Verdict:
    """Measure a claim and its control on the results of a study, and decide.

    Args:
        claim: the claim.
        results: one node an experiment.

    Returns:
        The verdict. A claim whose control does not fail is *undecided*, whatever it measures: it proves nothing.
    """
    measured = estimate(claim.measure(results), claim.kind)
    outcome = decide(measured, claim.expect)
    if claim.control is None:
        return Verdict(claim, outcome, measured)
    control, control_fails = _judge_control(claim, claim.control, results)
    if not control_fails and outcome == "holds":
        outcome = "undecided"
    return Verdict(claim, outcome, measured, control, control_fails)


def _judge_control(claim: Claim, control: Control, results: xr.DataTree) -> tuple[Estimate, bool]:
    raw = control.measure(results)
    kind: Kind = claim.kind
    if not (isinstance(raw, xr.DataArray) and raw.dims == ("seed",)):
        kind = "deterministic"  # a wrong formula may have no seeds where the right simulation has
    measured = estimate(raw, kind)
    # a control of which nothing was measured has not failed: it was not run (one that diverged is infinite)
    return measured, not math.isnan(measured.value) and decide(measured, claim.expect) == "fails"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _finite_pair(pair: tuple[float, float] | None) -> list[float | None]:
    return [None, None] if pair is None else [_finite(pair[0]), _finite(pair[1])]
