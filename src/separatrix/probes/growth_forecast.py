"""Judging a plateau without curvature: from what grows on it, as the gradient norms of the light probes show."""

import numpy as np
from jaxtyping import Float

from separatrix.analysis.escape import predict_escape
from separatrix.analysis.plateaus import Plateau
from separatrix.probes.forecast import Judgement, plateau_start

MORE_LIKELY_THAN_NOT = 0.5
ACCELERATIONS = {"exponential": 0.0, "finite-time": 0.5}
"""q of an escape of each kind; that of a cubic saddle stands for all that end in finite time."""


def judge_growth(
    times: Float[np.ndarray, " n"], losses: Float[np.ndarray, " n"], gradient_norms: Float[np.ndarray, " n"]
) -> Judgement:
    """Judge the present state by the growth of the gradient on the plateau.

    Args:
        times: flow time of each probe, ascending.
        losses: on the full probe data.
        gradient_norms: of the loss on the full probe data, in the metric of the flow; NaN where not measured.

    Returns:
        The judgement: "saddle" where a model with growth explains the norms, "end" where nothing grows, which is also
        what a plateau looks like before its escape can be seen; "unclear" where the norms are too few or too noisy.

    >>> t = np.linspace(0.0, 4.0, 60)  # a saddle of escape rate 1, left from a gradient of 1e-4
    >>> found = judge_growth(t, 1 - 0.5e-8 * np.exp(2 * t), 1e-4 * np.exp(t))
    >>> found.kind, round(found.remaining)
    ('saddle', 5)
    """
    begun = plateau_start(times, losses)
    if begun is None:
        return Judgement("falling", float(times[-1]))
    height = float(np.median(losses[times >= begun]))
    here = Plateau(begun, float(times[-1]), height, 1.0, False)
    found = predict_escape(times, losses, gradient_norms, plateau=here, scale=1.0)
    if found.kind == "undetermined":
        return Judgement("unclear", begun)
    if found.kind == "none" or found.probability < MORE_LIKELY_THAN_NOT:
        return Judgement("end", begun)
    return Judgement(
        "saddle", begun, found.break_time - float(times[-1]), found.rate, ACCELERATIONS[found.kind], 0.8 * height
    )
