"""The Koopman operator of latent series: least squares of every next state on the one before, gradients included."""

from functools import partial
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Solver = Literal["qr", "pinv"]


def koopman_operator(
    before: Float[Array, "pairs k"], after: Float[Array, "pairs k"], solver: Solver = "qr"
) -> Float[Array, "k k"]:
    """A = argmin ||before A - after||_F, for states as rows: z_{t+1} = z_t A (Naiman et al. 2023, section 4).

    Its gradient is that of the solution, in closed form: with G = (Z0' Z0)^-1 and dL/dA = S,
    dL/dZ1 = Z0 G S and dL/dZ0 = (Z1 - Z0 A)(G S)' - Z0 G S A', and for the pseudo-inverse at deficient rank one term
    more, of the null space. No gradient passes through a factorisation.

    Args:
        before: Z0, states.
        after: Z1, the state after each.
        solver: ``"qr"`` needs states that span all k dimensions and is unbounded where they do not; ``"pinv"`` gives
            the smallest solution then.

    Returns:
        A.

    >>> turn = jnp.array([[0.0, 1.0], [-1.0, 0.0]])
    >>> states = jnp.array([[1.0, 0.0], [0.5, 2.0], [1.0, 1.0]])
    >>> bool(jnp.allclose(koopman_operator(states, states @ turn), turn, atol=1e-5))
    True
    """
    return jnp.asarray(_least_squares(before, after, solver))


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _least_squares(before: Array, after: Array, solver: Solver) -> Array:
    return _solve(before, after, solver)[0]


def _solve(before: Array, after: Array, solver: Solver) -> tuple[Array, Array, Array]:
    """A, the (pseudo-)inverse of Z0' Z0, and the projection on what Z0 does not reach."""
    k = before.shape[1]
    if solver == "pinv":
        left, values, right = jnp.linalg.svd(before, full_matrices=False)
        kept = values > values.max() * max(before.shape) * jnp.finfo(before.dtype).eps
        inverse = jnp.where(kept, 1 / jnp.where(kept, values, 1), 0)
        operator = (right.T * inverse[None, :]) @ (left.T @ after)
        reached = right.T * kept[None, :]
        return operator, (right.T * inverse[None, :] ** 2) @ right, jnp.eye(k, dtype=before.dtype) - reached @ right
    orthonormal, root = _orthonormalised(before)
    return root @ (orthonormal.T @ after), root @ root.T, jnp.zeros((k, k), before.dtype)


def _orthonormalised(columns: Array) -> tuple[Array, Array]:
    """Q with orthonormal columns and R^-1 such that columns = Q R, by Gram and Schmidt's method, every column twice."""
    # twice is enough for orthogonality to rounding; it is written out because two programs that call jaxlib's LAPACK at
    # the same time can wait for one another for ever (jax 0.10 on processors)
    k = columns.shape[1]

    def step(carry: tuple[Array, Array], one: tuple[Array, Array]) -> tuple[tuple[Array, Array], None]:
        (basis, root), (column, here) = carry, one
        along = basis.T @ column
        rest = column - basis @ along
        again = basis.T @ rest
        rest = rest - basis @ again
        length = jnp.sqrt(jnp.sum(rest**2))
        inverse = (here - root @ (along + again)) / length
        return (basis + jnp.outer(rest / length, here), root + jnp.outer(inverse, here)), None

    start = (jnp.zeros_like(columns), jnp.zeros((k, k), columns.dtype))
    (basis, root), _ = jax.lax.scan(step, start, (columns.T, jnp.eye(k, dtype=columns.dtype)))
    return basis, root


def _forward(before: Array, after: Array, solver: Solver) -> tuple[Array, tuple[Array, ...]]:
    operator, inverse, lost = _solve(before, after, solver)
    return operator, (before, after, operator, inverse, lost)


def _backward(solver: Solver, kept: tuple[Array, ...], cotangent: Array) -> tuple[Array, Array]:
    before, after, operator, inverse, lost = kept
    pulled = inverse @ cotangent
    of_before = (after - before @ operator) @ pulled.T - before @ (pulled @ operator.T)
    if solver == "pinv":
        of_before = of_before + before @ (inverse @ operator @ cotangent.T @ lost)
    return of_before, before @ pulled


_least_squares.defvjp(_forward, _backward)


def successive(latents: Float[Array, "series time k"]) -> tuple[Float[Array, "pairs k"], Float[Array, "pairs k"]]:
    """Every state with the next one of its own series, of all series together: one operator for the batch.

    Args:
        latents: series of states.

    Returns:
        Z0 and Z1, each (series x (time - 1), k).
    """
    k = latents.shape[-1]
    return latents[:, :-1].reshape(-1, k), latents[:, 1:].reshape(-1, k)


def linear_residual(latents: Float[Array, "series time k"], solver: Solver = "qr") -> Float[Array, ""]:
    """Share of the next states that no linear map gives: ||Z1 - Z0 A||^2 / ||Z1||^2 at the best A.

    Args:
        latents: series of states.
        solver: as for ``koopman_operator``.

    Returns:
        A number in [0, 1].
    """
    before, after = successive(latents)
    operator = koopman_operator(before, after, solver)
    return jnp.sum((after - before @ operator) ** 2) / jnp.sum(after**2)


def noise_floor(means: Float[Array, "series time k"], log_variances: Float[Array, "series time k"]) -> Float[Array, ""]:
    """The least linear residual of states drawn with independent noise, whatever the operator and the means.

    For z = mean + noise the noise of the next state is independent of the one before, so that
    E||z' - z A||^2 = E variance + E||mean' - z A||^2, and no A touches the first term.

    Args:
        means: of the states given those before.
        log_variances: of the noise.

    Returns:
        E variance / (E mean^2 + E variance), over all states that have one before them.
    """
    variance = jnp.mean(jnp.exp(log_variances[:, 1:]))
    return variance / (jnp.mean(means[:, 1:] ** 2) + variance)
