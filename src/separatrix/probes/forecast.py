r"""Is a plateau a saddle or the end, and when does it break: the judgement, from the numbers that a probe leaves.

Near a saddle the loss already lost to the unstable directions is :math:`S = |g_u|^2/((2-q)r)`, where r is their
growth rate and :math:`q = \dot r/r^2` its acceleration: 0 where the escape is exponential, (p-1)/p where the speed
grows as the p-th power of the distance and the escape takes finite time. S reaches a given share of the depth D of
the valley that the unstable direction leads to after :math:`[1 - (S/cD)^{q/(2-q)}]/(qr)`, which is
:math:`\ln(cD/S)/2r` for q = 0. For the quartic valley of a product of two weights the loss has lost half of D when c
= 0.83.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

HALFWAY = 0.83
HORIZON = 20.0
VISIBLE = 0.05
BAND = 0.08
NOISE_ROWS = 8
LEAST_SHARE = 0.03
LEAST_ROWS = 3
SLOWING = 0.1
MOST_OF_A_MODE = 0.9

Kind = Literal["falling", "saddle", "end", "unclear"]


@dataclass(frozen=True)
class Judgement:
    """What is thought of the present state of a run.

    Args:
        kind: still falling, on a saddle, at the end, or not to be told.
        begun: flow time at which the plateau began.
        remaining: flow time until it breaks; None unless it is a saddle.
        rate: growth rate of the direction that breaks it, per flow time.
        acceleration: q, 0 for an exponential escape.
        depth: loss expected to be lost.
    """

    kind: Kind
    begun: float
    remaining: float | None = None
    rate: float | None = None
    acceleration: float | None = None
    depth: float | None = None


def plateau_start(times: Float[np.ndarray, " n"], losses: Float[np.ndarray, " n"]) -> float | None:
    """When the plateau began on which the last loss lies.

    Going back in time, it lasts while losses stay within 5 % of the last one, or 0.1 % of all that was ever lost. It
    must cover at least 4 % of the run and three probes.

    Args:
        times: ascending.
        losses: on the full probe data.

    Returns:
        The time, None while the loss still moves.

    >>> plateau_start(np.arange(6.0), np.array([9.0, 5.0, 1.0, 1.0, 1.0, 1.0]))
    2.0
    """
    recent = losses[-max(NOISE_ROWS, len(losses) // 3) :]
    noise = 1.4826 * float(np.median(np.abs(np.diff(recent, 3)))) / np.sqrt(20) if len(recent) >= NOISE_ROWS else 0.0
    level = float(np.median(losses[-LEAST_ROWS:])) if noise > 0.02 * abs(float(losses[-1])) else float(losses[-1])
    band = max(BAND * abs(level), 1e-3 * float(losses.max() - losses.min()), 5 * noise)
    outside = np.flatnonzero(np.abs(losses - level) > band)
    first = int(outside[-1]) + 1 if outside.size else 0
    if len(times) - first < LEAST_ROWS:
        return None
    long_enough = times[-1] - times[first] >= LEAST_SHARE * (times[-1] - times[0])
    return float(times[first]) if long_enough else None


def time_to_break(
    nodes: Sequence[float], masses: Sequence[float], depth: float, acceleration: float
) -> tuple[float, float] | None:
    """Flow time until the unstable part of the gradient has taken the loss halfway down.

    Args:
        nodes: eigenvalues of the Hessian that the gradient excites.
        masses: squared components of the gradient on them.
        depth: loss to be lost.
        acceleration: q below 1; negative where the escape already slows down.

    Returns:
        The time, from now, and the rate of the direction that carries it; None if none is unstable.

    >>> time, rate = time_to_break([-1.0], [2e-6], 1.0, 0.0)
    >>> round(time, 3), rate
    (6.815, 1.0)
    """
    values, weights = np.asarray(nodes, float), np.asarray(masses, float)
    unstable = (values < 0) & (weights > 0)
    if not unstable.any() or depth <= 0:
        return None
    rates, weights = -values[unstable], weights[unstable]
    q = float(np.clip(acceleration, 0.0, 0.9))
    q = q if q > 1e-3 else 0.0
    lost = weights / ((2 - q) * rates)
    time = _reach(rates, lost, HALFWAY * depth, q)
    leading = int(np.argmax(_log_growth(rates, time, q) + np.log(lost)))
    if acceleration < -SLOWING and weights[leading] > 0.5 * weights.sum():
        rate = float(rates[leading])
        return _logistic_time(rate, float(weights[leading]), float(acceleration), depth), rate
    return time, float(rates[leading])


def _stable_part(nodes: Sequence[float], masses: Sequence[float]) -> float:
    """Loss that the stable directions alone still have to give, to second order."""
    values, weights = np.asarray(nodes, float), np.asarray(masses, float)
    stable = values > 0
    return float(np.sum(weights[stable] / (2 * values[stable])))


def _log_growth(rates: np.ndarray, time: float, q: float) -> np.ndarray:
    """Logarithm of the factor by which the loss lost to each direction grows."""
    if q == 0:
        return 2 * rates * time
    with np.errstate(divide="ignore"):
        return (1 - 2 / q) * np.log(np.maximum(1 - q * rates * time, 0.0))


def _reach(rates: np.ndarray, lost: np.ndarray, goal: float, q: float) -> float:
    """When the losses to all directions add up to the goal, by bisection."""
    low, high = 0.0, (1 / (q * rates.max()) if q else 0.5 * float(np.min(np.log(np.maximum(goal / lost, 1.0)) / rates)))
    for _ in range(60):
        middle = (low + high) / 2
        if float(np.logaddexp.reduce(np.log(lost) + _log_growth(rates, middle, q))) < np.log(goal):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _logistic_time(rate: float, mass: float, acceleration: float, depth: float) -> float:
    """Time to half the depth for a mode that is well under way."""
    # Saxe, McClelland and Ganguli (arXiv:1312.6120): u' = 2 u (s - u) for a balanced mode of strength u, whose loss is
    # (s - u)^2 / 2 in a unit that the squared gradient 2 u (s - u)^2 fixes; so r = s - 3 u and q = -6 u (s - u) / r^2.
    slowing = -acceleration
    linear, square = 6 + 6 * slowing, 6 + 9 * slowing
    share = (linear - np.sqrt(linear**2 - 4 * slowing * square)) / (2 * square)
    strength = rate / (1 - 3 * share)
    own = mass / (4 * share * strength)
    left = (1 - share) * np.sqrt(1 - min(depth / (2 * own), MOST_OF_A_MODE))
    odds = (1 - left) / left * (1 - share) / share
    return max(0.0, float(np.log(odds) / (2 * strength)))


def judge(times: Float[np.ndarray, " n"], losses: Float[np.ndarray, " n"], probe: dict[str, Any] | None) -> Judgement:
    """Judge the present state.

    Args:
        times: flow time of each probe, ascending.
        losses: on the full probe data.
        probe: the last heavy probe's row, with ``escape`` and ``scan``; None if there is none on this plateau.

    Returns:
        The judgement.
    """
    begun = plateau_start(times, losses)
    if begun is None:
        return Judgement("falling", float(times[-1]))
    if probe is None or probe.get("escape") is None:
        return Judgement("unclear", begun)
    scan, escape = probe.get("scan"), probe["escape"]
    acceleration = float(escape.get("acceleration") or 0.0)
    depth = 0.0 if scan is None else float(scan["depth"]) - _stable_part(escape["nodes"], escape["masses"])
    visible = VISIBLE * max(float(losses[-1]), 1e-3 * float(losses.max()))
    found = time_to_break(escape["nodes"], escape["masses"], depth, acceleration)
    if found is None or depth < visible or found[0] > HORIZON * max(times[-1] - times[0], 1e-300):
        return Judgement("end", begun, depth=depth)
    return Judgement("saddle", begun, found[0], found[1], acceleration, depth)
