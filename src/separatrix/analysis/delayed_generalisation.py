"""Will a network that has fitted its training data generalise later? Judged by the power law that its loss follows."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

FITTED = 0.1
"""Share of the first training loss below which the training data count as fitted."""
GENERALISED = 0.1
"""Share of the first validation loss below which a network counts as generalising."""
LONGER = 10.0
"""How many times as long training is thought to go on."""
HALVING = float(np.log(2) / np.log(LONGER))
"""Exponent of a power law that halves within that time, 0.301."""
FLAT = 0.03
"""Exponent below which a loss is level: such a law loses less than 7 % in that time."""
MOVING = 0.1
"""Exponent above which weights that move as a power of time are still on their way."""
WINDOW = 2.0
"""Exponents are taken over the last factor of two in steps: late enough to be current, long enough to be measured."""
FEWEST = 3

Kind = Literal["early", "already", "yes", "no", "unclear"]


@dataclass(frozen=True)
class Outlook:
    """What is thought of a run's generalisation.

    Attributes:
        kind: training data not fitted yet; already generalising; the validation loss will halve if training goes on
            ten times as long; it will not; not to be told.
        train: share of the first training loss that is left.
        validation: share of the first validation loss that is left.
        exponent: of the validation loss as a power of the number of steps, positive where it falls; NaN if unknown.
        fitting: the same of the training loss.
        movement: of the weights' distance from their start; NaN if unknown.
        halved: factor in steps after which the law halves the validation loss; infinite where it does not fall.
    """

    kind: Kind
    train: float
    validation: float
    exponent: float = float("nan")
    fitting: float = float("nan")
    movement: float = float("nan")
    halved: float = float("inf")


def recent_exponent(steps: Float[np.ndarray, " n"], values: Float[np.ndarray, " n"], window: float = WINDOW) -> float:
    """Exponent of the power of the number of steps that a positive quantity lately follows.

    Args:
        steps: ascending.
        values: positive.
        window: factor in steps that counts as lately; widened twofold, once, where it holds fewer than three values.

    Returns:
        The least-squares slope of the logarithms; NaN with fewer than three values.

    >>> round(recent_exponent(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 4.0, 9.0, 16.0])), 6)
    2.0
    """
    for factor in (window, 2 * window):
        chosen = (steps >= steps[-1] / factor) & (steps > 0) & (values > 0)
        if np.count_nonzero(chosen) >= FEWEST:
            return float(np.polyfit(np.log(steps[chosen]), np.log(values[chosen]), 1)[0])
    return float("nan")


def generalisation_outlook(
    steps: Float[np.ndarray, " n"],
    train: Float[np.ndarray, " n"],
    validation: Float[np.ndarray, " n"],
    moved_steps: Float[np.ndarray, " m"],
    moved: Float[np.ndarray, " m"],
) -> Outlook:
    """Judge whether validation loss that lags behind training loss will still fall.

    Between lazy and rich training the loss on fresh inputs falls as a power of time while features grow (Kumar et al.
    2023): it is thought to go on as it lately did, at most until the training loss, whose residuals drive it, is used
    up; so it must also fall as a power of 0.3 or more of the training loss. Where the two disagree, and where the loss
    is level although the weights still move, which may be a plateau before features matter, nothing is said.

    Args:
        steps: of the losses, ascending, the first at the start of training.
        train: loss on training data.
        validation: loss on data that are not trained on.
        moved_steps: of the distances, ascending.
        moved: distance of the weights from their start, in any unit.

    Returns:
        The outlook.
    """
    left, held = float(train[-1] / train[0]), float(validation[-1] / validation[0])
    if left > FITTED:
        return Outlook("early", left, held)
    if held < GENERALISED:
        return Outlook("already", left, held)
    exponent, fitting = -recent_exponent(steps, validation), -recent_exponent(steps, train)
    movement = recent_exponent(moved_steps, moved) if len(moved) else float("nan")
    halved = float(np.exp(np.log(2) / exponent)) if exponent > 1e-3 else float("inf")
    return Outlook(_kind(exponent, fitting, movement), left, held, exponent, fitting, movement, halved)


def _kind(exponent: float, fitting: float, movement: float) -> Kind:
    if np.isnan(exponent) or (abs(exponent) < FLAT and not movement <= MOVING):
        return "unclear"
    if exponent < HALVING:
        return "no"
    return "yes" if not exponent < HALVING * fitting else "unclear"
