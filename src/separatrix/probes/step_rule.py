"""What an optimiser's step is, locally: its pace, its preconditioner, and the curvature that makes it unstable."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from separatrix.analysis.momentum import adam_threshold, heavy_ball_threshold, nesterov_threshold


@dataclass(frozen=True, eq=False)
class StepRule:
    """One step of an optimiser, seen as dx/dt = -P^(-1) gradient for a time ``pace``, at one moment of a run.

    Args:
        name: for people, for example ``"SGD with heavy-ball momentum 0.9"``.
        learning_rate: the largest of its groups.
        pace: time of the flow that one step covers; None if unknown.
        threshold: curvature of P^(-1) H above which a step overshoots more than it corrects; None if unknown.
        formula: how the threshold was computed.
        preconditioner: diagonal of P over the flat parameters, shape ``(n,)``; None for the identity.
        notes: what was approximated.
    """

    name: str
    learning_rate: float
    pace: float | None
    threshold: float | None
    formula: str
    preconditioner: Float[np.ndarray, " n"] | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What a probe keeps of it."""
        return {
            "name": self.name,
            "learning_rate": self.learning_rate,
            "pace": self.pace,
            "threshold": self.threshold,
            "formula": self.formula,
            "preconditioned": self.preconditioner is not None,
            "notes": list(self.notes),
        }


def descent_rule(
    learning_rate: float,
    momentum: float = 0.0,
    *,
    nesterov: bool = False,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    preconditioner: np.ndarray | None = None,
    notes: tuple[str, ...] = (),
) -> StepRule:
    """The rule of (momentum) descent: m = b m + (1 - d) g, x = x - lr m, or Nesterov's x = x - lr (g + b m).

    A decay that enters the gradient adds itself to every eigenvalue of the Hessian, which lowers the threshold by as
    much.

    Args:
        learning_rate: step size.
        momentum: b.
        nesterov: whether the look-ahead is taken.
        dampening: d, of the heavy ball.
        weight_decay: added to the gradient as decay times weight.
        preconditioner: diagonal that makes groups with other rates look like the one with the largest; None if all
            agree.
        notes: what was approximated.

    Returns:
        The rule.

    >>> rule = descent_rule(0.1, 0.9)
    >>> round(rule.threshold, 6), round(rule.pace, 6), rule.formula
    (38.0, 1.0, '2 (1 + b) / lr')
    """
    if momentum == 0:
        name, formula, threshold, pace = "plain descent", "2 / lr", heavy_ball_threshold(learning_rate), learning_rate
    elif nesterov:
        name, formula = f"Nesterov momentum {momentum:g}", "2 (1 + b) / ((1 + 2 b) lr)"
        threshold, pace = nesterov_threshold(learning_rate, momentum), learning_rate / (1 - momentum)
    else:
        name, formula = f"heavy-ball momentum {momentum:g}", "2 (1 + b) / lr"
        if dampening:
            formula = "2 (1 + b) / ((1 - dampening) lr)"
        rate = learning_rate * (1 - dampening)
        threshold, pace = heavy_ball_threshold(rate, momentum), rate / (1 - momentum)
    if weight_decay and preconditioner is None:
        threshold, formula = threshold - weight_decay, f"{formula} - weight decay"
    elif weight_decay:
        notes = (*notes, "weight decay is not counted in the threshold")
    return StepRule(name, learning_rate, pace, threshold, formula, preconditioner, notes)


def adam_rule(
    learning_rate: float,
    b1: float,
    preconditioner: np.ndarray | None,
    *,
    correction: float = 1.0,
    weight_decay: float = 0.0,
    notes: tuple[str, ...] = (),
) -> StepRule:
    """The rule of Adam with its preconditioner P = diag(sqrt(v_hat) + eps) as it stands.

    Early on the moving average of gradients is divided by ``1 - b1^t``, which is a larger rate: the threshold is
    multiplied by the same number.

    Args:
        learning_rate: step size.
        b1: decay of the average of gradients.
        preconditioner: diagonal of P; None before the first step, when it is not known.
        correction: ``1 - b1^t`` after t steps.
        weight_decay: the decoupled one of AdamW.
        notes: what was approximated.

    Returns:
        The rule; without a threshold when the preconditioner is not known.

    >>> round(adam_rule(0.1, 0.9, np.ones(2)).threshold, 6)
    380.0
    """
    formula = "2 (1 + b1) / ((1 - b1) lr), for the Hessian preconditioned by Adam"
    if weight_decay:
        formula = "(1 + b1) (2 - lr wd) / ((1 - b1) lr), for the Hessian preconditioned by AdamW"
    if correction < 1:
        formula += ", times its bias correction 1 - b1^t"
    if preconditioner is None:
        return StepRule(
            f"Adam, b1 = {b1:g}", learning_rate, None, None, formula, None, (*notes, "Adam has made no step yet")
        )
    threshold = correction * adam_threshold(learning_rate, b1, weight_decay)
    return StepRule(
        f"Adam, b1 = {b1:g}", learning_rate, learning_rate / correction, threshold, formula, preconditioner, notes
    )


def unknown_rule(name: str, learning_rate: float) -> StepRule:
    """The rule of an optimiser whose stability is not known here."""
    note = f"the stability threshold of {name} is not known"
    return StepRule(name, learning_rate, None, None, "unknown", None, (note,))


def resting_rule(name: str) -> StepRule:
    """The rule of a step of length zero, as at the end of a schedule."""
    return StepRule(
        name, 0.0, None, None, "unknown", None, ("the learning rate is 0 at that step, so nothing can overshoot",)
    )


def group_preconditioner(rates: list[float], sizes: list[int]) -> Float[np.ndarray, " n"] | None:
    """The diagonal that turns steps with a rate per parameter into steps with the largest of the rates.

    Args:
        rates: one a tensor; zero where it is not moved.
        sizes: entries of each tensor.

    Returns:
        Largest rate over own rate, shape ``(n,)``; None when all rates agree.
    """
    largest = max(rates)
    if all(rate == largest for rate in rates):
        return None
    factors = [largest / max(rate, 1e-12 * largest) for rate in rates]
    return np.repeat(np.array(factors), sizes)
