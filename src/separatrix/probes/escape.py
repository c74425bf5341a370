r"""The way out of a saddle, seen from one point: which unstable directions are excited, and how deep they lead.

Along the flow :math:`\dot\theta = -g`, linearised, the gradient's component on an eigenvector of the Hessian with
eigenvalue :math:`\lambda` is multiplied by :math:`e^{-\lambda t}`. Lanczos started from the gradient gives the few
eigenvalues and squared components (nodes and masses of a Gauss quadrature) that this needs, and nothing else.
"""

import numpy as np
from jaxtyping import Float

from separatrix.analysis.operators import SymmetricOperator
from separatrix.probes.point import Point

STEPS = 16
TURNS = 4
DOUBLINGS = 14


def escape_measure(
    operator: SymmetricOperator, gradient: Float[np.ndarray, " n"], steps: int = STEPS
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"], Float[np.ndarray, " n"] | None]:
    """Spectral measure of the gradient under the Hessian, and the downhill direction in its unstable part.

    Args:
        operator: the Hessian.
        gradient: shape ``(n,)``.
        steps: products with the Hessian.

    Returns:
        Nodes (ascending) and masses, which sum to the squared gradient norm, shape ``(k,)``; and the unit vector
        along minus the gradient's part on the negative nodes, None if there is none.

    Source: Golub and Meurant, Matrices, moments and quadrature (2010), chapter 6.

    >>> from separatrix.analysis.operators import from_matrix
    >>> nodes, masses, out = escape_measure(from_matrix(np.diag([2.0, -1.0])), np.array([3.0, 4.0]))
    >>> nodes.round(6), masses.round(6), out.round(6)
    (array([-1.,  2.]), array([16.,  9.]), array([-0., -1.]))
    """
    norm = float(np.linalg.norm(gradient))
    if norm == 0:
        return np.zeros(0), np.zeros(0), None
    basis, tridiagonal = _lanczos(operator, gradient / norm, min(steps, operator.size))
    nodes, rotation = np.linalg.eigh(tridiagonal)
    masses = norm**2 * rotation[0] ** 2
    unstable = nodes < -1e-7 * np.abs(nodes).max()
    out = -(rotation[:, unstable] @ rotation[0, unstable]) @ basis
    size = float(np.linalg.norm(out))
    return nodes, masses, out / size if size > 0 else None


def _lanczos(operator: SymmetricOperator, start: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    basis = [start]
    diagonal, beside = [], []
    for step in range(steps):
        image = np.asarray(operator @ basis[-1], np.float64)
        diagonal.append(float(basis[-1] @ image))
        known = np.stack(basis)
        for _ in range(2):
            image = image - known.T @ (known @ image)
        size = float(np.linalg.norm(image))
        if step == steps - 1 or size < 100 * np.finfo(operator.dtype).eps * max(np.abs(diagonal)):
            break
        beside.append(size)
        basis.append(image / size)
    return np.stack(basis), np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)


def valley_depth(point: Point, direction: Float[np.ndarray, " n"], turns: int = TURNS) -> dict[str, float]:
    """How far down the loss goes on the way out of a saddle.

    The ray is followed by doubling a small step until the loss rises; then, from the lowest point, a few steepest
    descents turn the straight ray into the valley, which units that share the work unequally need.

    Args:
        point: where the ray begins.
        direction: downhill, over the flat parameters, shape ``(n,)``.
        turns: steepest descents after the first ray.

    Returns:
        ``depth``, the loss that is lost (zero if it rises at once), and ``distance`` to the lowest point.
    """
    here = lowest = point.loss()
    size = np.sqrt(sum(float(np.sum(array**2)) for array in point.weights().values()))
    begin = 1e-2 * max(size, 1e-3)
    move = np.zeros(direction.size)
    for turn in range(turns + 1):
        along = direction if turn == 0 else -point.gradient_at(move)
        norm = float(np.linalg.norm(along))
        if norm == 0 or not np.isfinite(norm):
            break
        amount, found = _lowest_on_ray(point, move, along / norm, begin, lowest)
        if not found < lowest:
            break
        move, lowest = move + amount * along / norm, found
        begin = amount / 8
    return {"depth": here - lowest, "distance": float(np.linalg.norm(move))}


def _lowest_on_ray(
    point: Point, origin: np.ndarray, unit: np.ndarray, begin: float, here: float
) -> tuple[float, float]:
    amounts: list[float] = []
    losses: list[float] = []
    for doubling in range(DOUBLINGS):
        amounts.append(begin * 2.0**doubling)
        losses += point.losses_at([origin + amounts[-1] * unit])
        if not losses[-1] < min([here, *losses[:-1]]):
            break
    best = int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0
    finer = [amounts[best] * factor for factor in (0.6, 1.45)]
    amounts += finer
    losses += point.losses_at([origin + amount * unit for amount in finer])
    best = int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0
    return amounts[best], losses[best]


def acceleration(
    point: Point, nodes: Float[np.ndarray, " k"], masses: Float[np.ndarray, " k"], direction: Float[np.ndarray, " n"]
) -> float:
    """How the growth rate of an escape changes as it proceeds: q = (dr/dt) / r^2.

    With speed proportional to the p-th power of the distance, q = (p - 1)/p: 0 for a saddle with a negative
    eigenvalue, 1/2 for the degenerate saddle of a loss that is cubic in the weights. It is a central difference over
    the natural distance |g_u|/r.

    Args:
        point: where.
        nodes: of the escape measure.
        masses: of the escape measure.
        direction: downhill in its unstable part (times P^(-1/2) where there is a preconditioner), shape ``(n,)``.

    Returns:
        q, in [-10, 0.9]; negative where the escape already slows down.
    """
    unstable = nodes < 0
    speed = float(np.sqrt(masses[unstable].sum()))
    before = -point.curvatures_along(direction, [0.0])[0]
    if before <= 0 or speed == 0:
        return 0.0
    step = 0.25 * speed / before
    back, ahead = (-value for value in point.curvatures_along(direction, [-step, step]))
    return float(np.clip((ahead - back) / (2 * 0.25 * before), -10.0, 0.9))
