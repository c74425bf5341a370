"""What really happened: the plateaus of a run that was followed to its end, and when each broke."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from separatrix.analysis.plateaus import find_plateaus

SMALLEST_DROP = 0.15


@dataclass(frozen=True)
class Query:
    """One moment at which an instrument is asked, with the truth.

    Args:
        point: index of the moment in the run.
        kind: ``"saddle"`` or ``"end"``.
        remaining: time until the loss was halfway to its next level; None at an end.
    """

    point: int
    kind: str
    remaining: float | None


def queries(times: Float[np.ndarray, " n"], losses: Float[np.ndarray, " n"]) -> list[Query]:
    """One moment halfway through each plateau that broke, and one in the last.

    A plateau lasts from when the loss came within a tenth of the preceding drop of its level until it has left it by
    a tenth of the following one; it broke when the loss was halfway between its level and the next.

    Args:
        times: of a run followed to its end.
        losses: without noise.

    Returns:
        The moments.
    """
    found = [p for p in find_plateaus(times, losses) if p.height > 1e-3 * losses[0]]
    levels = [p.height for p in found] + [float(losses[-1])]
    asked = []
    for plateau, following in zip(found, levels[1:], strict=True):
        if plateau.height - following < SMALLEST_DROP * plateau.height:
            continue
        broke = times[int(np.argmax((losses < (plateau.height + following) / 2) & (times > plateau.start)))]
        middle = int(np.searchsorted(times, (plateau.start + plateau.end) / 2))
        if broke > times[middle] and middle >= 3:
            asked.append(Query(middle, "saddle", float(broke - times[middle])))
    converged = int(np.argmax(losses - losses[-1] < 1e-3 * (losses[0] - losses[-1])))
    if times[converged] < 0.8 * times[-1]:
        asked.append(Query((converged + len(times) - 1) // 2, "end", None))
    return asked
