"""Lanczos tridiagonalisation: on NumPy vectors for any operator, and in pure JAX with a fixed number of steps."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from separatrix.analysis.operators import SymmetricOperator


def tridiagonalise(
    operator: SymmetricOperator, start: Float[np.ndarray, " n"], steps: int
) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m-1"]]:
    """The Lanczos matrix of an operator from a start vector, with full orthogonalisation.

    Args:
        operator: the symmetric matrix, of size ``n``.
        start: shape ``(n,)``, not zero.
        steps: products to spend; fewer when the Krylov space is exhausted.

    Returns:
        The diagonal ``(m,)`` and the subdiagonal ``(m - 1,)``, with ``m <= steps``.

    Source: Golub and Meurant, Matrices, moments and quadrature (2010), chapter 4.
    """
    dtype = operator.dtype
    basis = np.empty((min(steps, operator.size), operator.size), dtype)
    basis[0] = start / np.linalg.norm(start)
    diagonal, subdiagonal = [], []
    for m in range(1, len(basis) + 1):
        image = operator @ basis[m - 1]
        diagonal.append(float(basis[m - 1] @ image))
        for _ in range(2):
            image = image - basis[:m].T @ (basis[:m] @ image)
        norm = float(np.linalg.norm(image))
        scale = max(abs(np.asarray(diagonal)).max(), max(subdiagonal, default=0.0))
        if m == len(basis) or norm <= 50 * np.finfo(dtype).eps * scale:
            break
        subdiagonal.append(norm)
        basis[m] = image / norm
    return np.asarray(diagonal), np.asarray(subdiagonal)


def extreme_eigenvalue(
    matvec: Callable[[Float[Array, " n"]], Float[Array, " n"]], like: Float[Array, " n"], iterations: int
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The largest eigenvalue of a symmetric map and its residual, by one ``scan`` of Lanczos steps.

    The start is a fixed pseudo-random vector. When the Krylov space is exhausted early, the idle rows of the
    tridiagonal matrix are given a value inside the spectrum, and so change neither end of it.

    Args:
        matvec: the symmetric map.
        like: a vector of its size and type.
        iterations: steps of Lanczos; cut to the size.

    Returns:
        The largest Ritz value, and its residual.
    """
    n, m = like.size, min(iterations, like.size)
    start = jax.random.normal(jax.random.key(0), (n,), like.dtype)
    start = start / jnp.linalg.norm(start)
    tiny = 50 * jnp.finfo(like.dtype).eps

    def step(carry, index):
        basis, unit, scale = carry
        basis = basis.at[index].set(unit)
        image = matvec(unit)
        diagonal = unit @ image
        for _ in range(2):
            image = image - basis.T @ (basis @ image)
        norm = jnp.linalg.norm(image)
        scale = jnp.maximum(scale, jnp.maximum(jnp.abs(diagonal), norm))
        alive = norm > tiny * scale
        following = jnp.where(alive, image / jnp.where(alive, norm, 1.0), jnp.zeros_like(image))
        idle = jnp.logical_not(jnp.any(unit != 0))
        return (basis, following, scale), (diagonal, jnp.where(alive, norm, 0.0), idle)

    initial = (jnp.zeros((m, n), like.dtype), start, jnp.zeros((), like.dtype))
    _, (diagonal, norms, idle) = jax.lax.scan(step, initial, jnp.arange(m))
    diagonal = jnp.where(idle, diagonal[0], diagonal)
    matrix = jnp.diag(diagonal) + jnp.diag(norms[:-1], 1) + jnp.diag(norms[:-1], -1)
    values, vectors = jnp.linalg.eigh(matrix)
    return values[-1], norms[-1] * jnp.abs(vectors[-1, -1])
