"""The linear operator of a latent space in closed form, one a sequence, by ridge regression."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def solve_positive(matrix: Float[Array, "n n"], right: Float[Array, "n m"]) -> Float[Array, "n m"]:
    """Solve A X = B for a symmetric positive definite A by Gauss-Jordan elimination of fixed size.

    No pivoting is needed for such a matrix. Plain array operations, so that thousands of small systems under ``vmap``
    stay one batched program; differentiable.

    Args:
        matrix: A, (n, n).
        right: B, (n, m).

    Returns:
        X, (n, m).
    """
    size = matrix.shape[0]
    rows = jnp.arange(size)

    def eliminate(index: Array, table: Array) -> Array:
        pivot = table[index] / table[index, index]
        return jnp.where((rows == index)[:, None], pivot[None, :], table - table[:, index][:, None] * pivot[None, :])

    table = jnp.concatenate([matrix, right], axis=1)
    return jax.lax.fori_loop(0, size, eliminate, table)[:, size:]


def batch_ridge(latents: Float[Array, "batch times d"], ridge: Float[Array, ""] | float) -> Float[Array, "batch d d"]:
    """The operator of each sequence, z_{n+1} about z_n C (rows), by ridge regression on its neighbouring states.

    C = (Z^T Z + kappa I)^-1 Z^T Z', or where a sequence has fewer pairs than the latent space dimensions the same in
    its dual form Z^T (Z Z^T + kappa I)^-1 Z', which solves the smaller system.

    Args:
        latents: sequences of latents, at least two states each, (batch, times, d).
        ridge: kappa, positive, in the square of the latents' unit.

    Returns:
        One operator a sequence, (batch, d, d). For latents of covariance s^2 I over T pairs its eigenvalues are those
        of the true operator times T s^2 / (T s^2 + kappa).

    Source: arXiv 2510.13025, the operator of a batch; its public code for the dual form.

    >>> turn = jnp.array([[0.0, 1.0], [-1.0, 0.0]])
    >>> states = jnp.stack([jnp.eye(2)[0], jnp.eye(2)[0] @ turn, jnp.eye(2)[0] @ turn @ turn])
    >>> bool(jnp.allclose(batch_ridge(states[None], 1e-6)[0], turn, atol=1e-5))
    True
    """
    return jax.vmap(lambda states: _ridge(states[:-1], states[1:], ridge))(latents)


def _ridge(now: Array, after: Array, ridge: Array | float) -> Array:
    pairs, size = now.shape
    if pairs < size:
        return now.T @ solve_positive(now @ now.T + ridge * jnp.eye(pairs, dtype=now.dtype), after)
    return solve_positive(now.T @ now + ridge * jnp.eye(size, dtype=now.dtype), now.T @ after)


def mean_operator(latents: Float[Array, "batch times d"], ridge: Float[Array, ""] | float) -> Float[Array, "d d"]:
    """The average of the sequences' operators, which is what the model steps by.

    Args:
        latents: sequences of latents, (batch, times, d).
        ridge: kappa of ``batch_ridge``.

    Returns:
        C, (d, d).
    """
    return batch_ridge(latents, ridge).mean(axis=0)


def pooled_operator(latents: Float[Array, "batch times d"], ridge: Float[Array, ""] | float) -> Float[Array, "d d"]:
    """One ridge regression over the pairs of all sequences: consistent where the average of operators is not.

    Args:
        latents: sequences of latents, (batch, times, d).
        ridge: kappa.

    Returns:
        C, (d, d).
    """
    size = latents.shape[-1]
    return _ridge(latents[:, :-1].reshape(-1, size), latents[:, 1:].reshape(-1, size), ridge)


def shrinkage(pairs: int, scale: float, ridge: float) -> float:
    """Share by which ridge regression shrinks the eigenvalues of latents that fill all directions alike.

    Args:
        pairs: T, of a sequence.
        scale: root mean square s of each component of the latents.
        ridge: kappa.

    Returns:
        kappa / (T s^2 + kappa).

    >>> round(shrinkage(16, 1.0, 0.1), 5)
    0.00621
    """
    return ridge / (pairs * scale**2 + ridge)
