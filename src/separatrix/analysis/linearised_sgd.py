"""SGD linearised at an interpolating minimum: simulated, and its second moment exactly."""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num, PRNGKeyArray

from separatrix.analysis.sgd_stability import second_moment_step, span_gradients


def simulate_linearised(
    gradients: Float[ArrayLike, "n p"],
    learning_rate: Num[ArrayLike, ""],
    batch_size: int = 1,
    *,
    steps: int,
    trajectories: int,
    key: PRNGKeyArray,
) -> Float[Array, " steps1"]:
    """Mean of |u_t|^2 over simulated trajectories of linearised SGD, started from N(0, I) in the range of G.

    Late means are carried by rare trajectories, so compare growth with the spectral radius early (some tens of steps).

    Args:
        gradients: per-example gradients of the output, shape (n, p).
        learning_rate: the step size.
        batch_size: examples a step, drawn with replacement.
        steps: number of steps.
        trajectories: number of independent trajectories.
        key: PRNG key.

    Returns:
        Means at steps 0, 1, ..., ``steps``, shape (steps + 1,).
    """
    spanned = span_gradients(gradients)
    rows, mask = spanned.gradients, spanned.spanned
    start_key, batch_key = jax.random.split(key)
    start = jax.random.normal(start_key, (trajectories, rows.shape[1]), rows.dtype) * mask[None, :]

    def step(state: Array, step_key: Array) -> tuple[Array, Array]:
        batch = rows[jax.random.randint(step_key, (trajectories, batch_size), 0, rows.shape[0])]
        residual = jnp.einsum("tbk,tk->tb", batch, state)
        state = state - jnp.asarray(learning_rate) * jnp.einsum("tbk,tb->tk", batch, residual) / batch_size
        return state, jnp.mean(jnp.sum(state**2, axis=1))

    _, means = jax.lax.scan(step, start, jax.random.split(batch_key, steps))
    return jnp.concatenate([jnp.mean(jnp.sum(start**2, axis=1))[None], means])


def expected_linearised(
    gradients: Float[ArrayLike, "n p"],
    learning_rate: Num[ArrayLike, ""],
    batch_size: Num[ArrayLike, ""] = 1,
    *,
    steps: int,
) -> Float[Array, " steps1"]:
    """E|u_t|^2 = tr T^t(Pi) exactly, for u_0 ~ N(0, I) in the range of G: the theory of ``simulate_linearised``.

    Args:
        gradients: per-example gradients of the output, shape (n, p).
        learning_rate: the step size.
        batch_size: examples a step, drawn with replacement.
        steps: number of steps.

    Returns:
        Expectations at steps 0, 1, ..., ``steps``, shape (steps + 1,).
    """
    spanned = span_gradients(gradients)

    def step(moment: Array, _: None) -> tuple[Array, Array]:
        moment = second_moment_step(moment, spanned.gradients, learning_rate, batch_size)
        return moment, jnp.trace(moment)

    start = jnp.diag(spanned.spanned)
    _, traces = jax.lax.scan(step, start, None, length=steps)
    return jnp.concatenate([jnp.trace(start)[None], traces])
