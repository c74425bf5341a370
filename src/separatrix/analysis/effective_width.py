r"""Effective width: how many units a hidden layer has left once those that move as one are counted as one.

A layer :math:`\sum_i v_i\phi(x; u_i)` with :math:`\theta_i = (v_i, u_i)` keeps for all time, under gradient flow, each
of (Zhang, Saxe and Latham 2025, Theorem 3)

- :math:`\theta_i = \theta_j`, for any unit;
- :math:`\theta_i = 0`, where a unit of zero incoming weight is silent;
- :math:`\theta_i = \gamma\theta_j` with :math:`\gamma \ge 0`, for units homogeneous of degree one (ReLU);
- :math:`\sum_i\gamma_i\theta_i = 0`, for linear units,

and each independent constraint makes the network one unit narrower. Homogeneous units of another degree (quadratic)
keep the first two only. In what follows tolerances are relative: constraints hold on a saddle-to-saddle path up to
powers of the initial scale.
"""

import dataclasses
from typing import Literal

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float
from scipy.sparse.csgraph import connected_components

from separatrix.errors import SeparatrixError

UnitKind = Literal["linear", "homogeneous", "general"]


@dataclasses.dataclass(frozen=True)
class EffectiveWidth:
    """A layer's width and what narrows it; each unit that is lost is counted once, under the first kind that takes it.

    Attributes:
        units: width of the layer.
        dead: units of (nearly) zero weight.
        duplicate: units beyond the first of each group that are equal.
        proportional: further units that are positive multiples of another, for homogeneous and linear units.
        dependent: further units that are linear combinations of others, for linear units.
        groups: group of each unit, numbered from 0; -1 for dead units. For linear units, groups of proportional ones.
    """

    units: int
    dead: int
    duplicate: int
    proportional: int
    dependent: int
    groups: tuple[int, ...]

    @property
    def effective(self) -> int:
        """Units minus independent constraints."""
        return self.units - self.dead - self.duplicate - self.proportional - self.dependent


def _groups(near: np.ndarray) -> tuple[int, np.ndarray]:
    count, labels = connected_components(near, directed=False)
    return int(count), labels


def effective_width(
    incoming: Float[ArrayLike, "h d"],
    outgoing: Float[ArrayLike, "c k"],
    *,
    unit: UnitKind = "homogeneous",
    tolerance: float = 0.01,
) -> EffectiveWidth:
    """Width of a hidden layer and its effective width.

    Args:
        incoming: weights into the layer (bias appended as a column), one row a unit, shape (h, d).
        outgoing: weights out of the layer, one column a unit, shape (c, k) with k = h.
        unit: ``"linear"``, ``"homogeneous"`` (degree one, as ReLU) or ``"general"``.
        tolerance: relative to the largest unit for dead ones, to the larger of two for duplicates; the angle for
            proportional ones; and to the largest singular value for dependent ones.

    Returns:
        The counts; ``.effective`` is the effective width.

    Raises:
        SeparatrixError: if the two shapes do not describe one layer.

    >>> import numpy as np
    >>> u = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    >>> effective_width(u, np.array([[1.0, 2.0, 1.0, 0.0]])).effective
    2
    """
    rows, columns = np.asarray(incoming, dtype=float), np.asarray(outgoing, dtype=float)
    if rows.shape[0] != columns.shape[1]:
        raise SeparatrixError(
            f"Incoming weights {rows.shape} have one row a unit and outgoing {columns.shape} one column a unit: "
            "the numbers of units differ; transpose one of them."
        )
    theta = np.concatenate([columns.T, rows], axis=1)
    sizes = np.linalg.norm(theta, axis=1)
    alive = sizes > tolerance * max(float(sizes.max(initial=0.0)), np.finfo(float).tiny)
    theta, sizes = theta[alive], sizes[alive]
    labels = np.full(len(alive), -1)
    distance = np.linalg.norm(theta[:, None, :] - theta[None, :, :], axis=-1)
    count, labels[alive] = _groups(distance <= tolerance * np.maximum(sizes[:, None], sizes[None, :]))
    duplicate, proportional, dependent = len(theta) - count, 0, 0
    if unit != "general" and len(theta):
        direction = theta / sizes[:, None]
        # |x - y| = 2 sin(angle / 2): accurate where 1 - cos is lost to rounding. Linear units may also be opposite.
        gap = np.linalg.norm(direction[:, None, :] - direction[None, :, :], axis=-1)
        if unit == "linear":
            gap = np.minimum(gap, np.linalg.norm(direction[:, None, :] + direction[None, :, :], axis=-1))
        distinct = count
        count, labels[alive] = _groups(gap <= tolerance)
        proportional = distinct - count
    if unit == "linear" and len(theta):
        dependent = max(0, count - int(np.linalg.matrix_rank(theta, rtol=tolerance)))
    return EffectiveWidth(
        len(alive), int((~alive).sum()), duplicate, proportional, dependent, tuple(int(k) for k in labels)
    )
