"""Stationary points near a state, minima and saddles alike, by Newton's method on the gradient in Krylov spaces."""

from collections.abc import Callable
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from separatrix.analysis import curvature
from separatrix.analysis.operators import SymmetricOperator

_DAMPINGS = np.concatenate([np.logspace(-2, 6, 17), np.logspace(-3, -9, 7), [0.0]])


@dataclass(frozen=True, eq=False)
class StationaryPoint:
    """Where a search for a zero of the gradient ended.

    Args:
        point: the parameters there, of the structure that was given.
        gradient_norm: length of the gradient there.
        converged: whether it is below the tolerance.
        distance: how far it lies from the state where the search began.
        iterations: Newton steps.
        matvecs: products with the Hessian that were spent.
    """

    point: PyTree
    gradient_norm: float
    converged: bool
    distance: float
    iterations: int
    matvecs: int


def find_stationary_point(
    loss: Callable[[PyTree], Float[Array, ""]],
    params: PyTree,
    *,
    tolerance: float | None = None,
    max_steps: int = 50,
    krylov: int = 60,
    radius: float = float("inf"),
) -> StationaryPoint:
    """The stationary point that Newton's method on the gradient reaches from a state; it may be a saddle.

    Each step minimises ``|g + H p|^2 + damping^2 |p|^2`` over a Krylov space, with a damping that vanishes with the
    gradient, and for which the true gradient shrinks; the loss itself may rise. Run it in float64: in float32 the
    gradient cannot be made small.

    Args:
        loss: from parameters to a scalar, deterministic.
        params: the state to start from, any PyTree.
        tolerance: of the gradient's length; ``1e4 * machine epsilon * max(1, first length)`` when absent.
        max_steps: Newton steps at most.
        krylov: size of the Krylov space of each step.
        radius: the longest step, so that a distant point is not jumped to.

    Returns:
        Where it ended, marked as converged or not.

    Source: Knoll and Keyes, Jacobian-free Newton-Krylov methods (J. Comput. Phys. 193, 2004); Yamashita and
    Fukushima, On the rate of convergence of the Levenberg-Marquardt method (Computing Suppl. 15, 2001).

    >>> found = find_stationary_point(lambda x: x[0] ** 2 - x[1] ** 2, jnp.array([0.5, 0.3]))
    >>> found.converged, bool(jnp.abs(found.point).max() < 1e-6)
    (True, True)
    """
    weights, rebuild = curvature.flat_parameters(params)
    begin = np.asarray(weights)

    def gradient(flat: np.ndarray) -> np.ndarray:
        return np.asarray(_gradient(loss, rebuild_at(flat)), np.float64)

    def rebuild_at(flat: np.ndarray) -> PyTree:
        return rebuild(jnp.asarray(flat, weights.dtype))

    def hessian(flat: np.ndarray) -> SymmetricOperator:
        return curvature.hessian(loss, rebuild_at(flat), check=False)

    curvature.require_deterministic(loss, params)
    state = newton_krylov(
        gradient, hessian, begin, tolerance=tolerance, max_steps=max_steps, krylov=krylov, radius=radius
    )
    distance = float(np.linalg.norm(state.point - begin))
    return StationaryPoint(
        rebuild_at(state.point), state.gradient_norm, state.converged, distance, state.iterations, state.matvecs
    )


@eqx.filter_jit
def _gradient(loss, params):
    flat, rebuild = curvature.flat_parameters(params)
    return jax.grad(lambda w: loss(rebuild(w)))(flat)


def newton_krylov(
    gradient: Callable[[np.ndarray], np.ndarray],
    hessian: Callable[[np.ndarray], SymmetricOperator],
    start: Float[np.ndarray, " n"],
    *,
    tolerance: float | None = None,
    max_steps: int = 50,
    krylov: int = 60,
    radius: float = float("inf"),
) -> StationaryPoint:
    """The same search for any library: the gradient and the Hessian are given as functions of the flat parameters.

    Args:
        gradient: from ``(n,)`` to ``(n,)``.
        hessian: from ``(n,)`` to an operator.
        start: where to begin, shape ``(n,)``.
        tolerance: of the gradient's length; ``1e4 * machine epsilon * max(1, first length)`` when absent.
        max_steps: Newton steps at most.
        krylov: size of the Krylov space of each step.
        radius: the longest step.

    Returns:
        Where it ended; ``point`` is the flat vector.
    """
    point, slope = start, gradient(start)
    size = first = float(np.linalg.norm(slope))
    goal = 1e4 * float(np.finfo(start.dtype).eps) * max(1.0, size) if tolerance is None else tolerance
    spent = steps = 0
    while steps < max_steps and size > goal:
        operator = hessian(point)
        basis, matrix = krylov_space(operator, slope, krylov)
        spent, steps = spent + matrix.shape[1], steps + 1
        trial = None
        for move in _damped_steps(matrix, size, (size / first) ** 0.5, radius):
            candidate = (point + basis[:, : len(move)] @ move).astype(start.dtype)
            new = gradient(candidate)
            if float(np.linalg.norm(new)) < (1 - 1e-4) * size:
                trial = candidate, new
                break
        if trial is None:
            break
        (point, slope), size = trial, float(np.linalg.norm(trial[1]))
    distance = float(np.linalg.norm(point - start))
    return StationaryPoint(point, size, bool(size <= goal), distance, steps, spent)


def krylov_space(
    operator: SymmetricOperator, start: Float[np.ndarray, " n"], steps: int
) -> tuple[Float[np.ndarray, "n k"], Float[np.ndarray, "k m"]]:
    """An orthonormal basis ``Q`` from a start vector with ``H Q[:, :m] = Q T``.

    Args:
        operator: ``H``, of size ``n``.
        start: shape ``(n,)``, not zero.
        steps: ``m`` at most.

    Returns:
        ``Q`` of shape ``(n, m + 1)``, or ``(n, m)`` when the space is exhausted, and ``T`` with as many rows.
    """
    columns = [start / np.linalg.norm(start)]
    matrix = np.zeros((steps + 1, steps))
    for m in range(min(steps, operator.size)):
        image = np.asarray(operator @ columns[m], np.float64)
        basis = np.stack(columns, axis=1)
        for _ in range(2):
            part = basis.T @ image
            matrix[: m + 1, m] += part
            image = image - basis @ part
        norm = float(np.linalg.norm(image))
        if norm <= 50 * np.finfo(operator.dtype).eps * np.abs(matrix).max():
            return basis, matrix[: m + 1, : m + 1]
        matrix[m + 1, m] = norm
        columns.append(image / norm)
    return np.stack(columns, axis=1), matrix[: len(columns), : len(columns) - 1]


# The damping that is tried first falls with the root of the gradient: on a manifold of stationary points this leads
# to a near one, and still faster than linearly. Then come larger dampings, and last smaller ones.
def _damped_steps(matrix: np.ndarray, length: float, progress: float, radius: float):
    """Steps in the Krylov basis, each no longer than ``radius``."""
    left, singular, right = np.linalg.svd(matrix, full_matrices=False)
    target = -length * left[0]
    floor = 1e-13 * singular.max() if singular.max() > 0 else 1.0
    for damping in _DAMPINGS * (progress * singular.max()):
        safe = np.where(singular > floor, singular, np.inf)
        gain = 1 / safe if damping == 0.0 else singular / (singular**2 + damping**2)
        move = right.T @ (gain * target)
        norm = float(np.linalg.norm(move))
        if norm <= radius:
            yield move
