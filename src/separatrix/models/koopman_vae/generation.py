"""New series: from the prior as it is, or with its first states carried on by the linear operator alone."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.models.koopman_vae.losses import batch_operator
from separatrix.models.koopman_vae.network import SequenceVAE


def generate(
    network: SequenceVAE,
    conditions: Float[Array, "series conditions"],
    time: int,
    *,
    key: PRNGKeyArray,
    independent: Float[Array, ""] | float = 0.0,
) -> Float[Array, "series time channels"]:
    """Decode series of latent states that the prior draws.

    Args:
        network: trained.
        conditions: of every series; (series, 0) for none.
        time: length.
        key: decides them.
        independent: 1 to draw independent standard normal states instead.

    Returns:
        Series in [0, 1].
    """
    drawn = network.prior.sample(network.noise(key, len(conditions), time), conditions, independent)
    return network.decode(drawn.states, conditions)


def generate_linearly(
    network: SequenceVAE, conditions: Float[Array, "series conditions"], time: int, *, key: PRNGKeyArray
) -> Float[Array, "series time channels"]:
    """Decode series whose first latent state the prior draws and whose others are z_t = z_{t-1} A.

    Args:
        network: trained.
        conditions: of every series.
        time: length.
        key: decides the first states; A is fitted to the prior's series from them.

    Returns:
        Series in [0, 1].
    """
    drawn = network.prior.sample(network.noise(key, len(conditions), time), conditions).states
    return network.decode(propagate(drawn[:, 0], batch_operator(drawn), time), conditions)


def propagate(
    first: Float[Array, "series k"], operator: Float[Array, "k k"], time: int
) -> Float[Array, "series time k"]:
    """States z_t = z_1 A^(t-1).

    Args:
        first: z_1.
        operator: A, for states as rows.
        time: how many states of each series.

    Returns:
        The series.

    >>> propagate(jnp.array([[1.0]]), jnp.array([[0.5]]), 4).ravel().tolist()
    [1.0, 0.5, 0.25, 0.125]
    """

    def step(state: Array, _: None) -> tuple[Array, Array]:
        return state @ operator, state

    _, states = jax.lax.scan(step, first, None, length=time)
    return jnp.swapaxes(states, 0, 1)
