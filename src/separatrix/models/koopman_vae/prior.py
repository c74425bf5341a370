"""The learned prior of latent series: an autonomous recurrent network that draws each state from those before."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from separatrix.models.koopman_vae.draws import Draw
from separatrix.models.koopman_vae.recurrent import Affine, GRULayer, series_first, time_first


class Latents(NamedTuple):
    """Series of latent states and the normal law of each.

    Args:
        states: drawn.
        mean: of each state.
        log_variance: of each state.
    """

    states: Float[Array, "series time k"]
    mean: Float[Array, "series time k"]
    log_variance: Float[Array, "series time k"]


class GRUPrior(eqx.Module):
    """h_t = GRU(z_{t-1}, h_{t-1}) from zero; z_t is normal, its mean and log variance affine in h_t; no data enters.

    Args:
        latent: dimension k.
        hidden: units h.
        conditions: known numbers of a series that it is drawn for (0 for none).
        draw: draws the weights.
    """

    cell: GRULayer
    head: Affine

    def __init__(self, latent: int, hidden: int, conditions: int, draw: Draw):
        self.cell = GRULayer(latent + conditions, hidden, 1, draw)
        self.head = Affine(hidden, 2 * latent, draw)

    def sample(
        self,
        noise: Float[Array, "series time k"],
        conditions: Float[Array, "series conditions"],
        independent: Float[Array, ""] | float = 0.0,
    ) -> Latents:
        """Draw series of latent states.

        Args:
            noise: independent standard normal numbers, of which the states are made.
            conditions: of every series; (series, 0) for none.
            independent: 1 for independent standard normal states instead, the baseline without memory.

        Returns:
            The states and the law of each given those before.
        """
        count, _, k = noise.shape
        known = conditions.T[None]
        start = (jnp.zeros((1, self.cell.hidden, count), noise.dtype), jnp.zeros((1, k, count), noise.dtype))

        def step(carry: tuple[Array, Array], noise: Array) -> tuple[tuple[Array, Array], Latents]:
            hidden, state = carry
            inputs = jnp.concatenate([state, known], axis=1)
            projected = jnp.einsum("dgc,dcb->dgb", self.cell.input_weight, inputs) + self.cell.bias[:, :, None]
            hidden = self.cell.advance(hidden, projected)
            mean, log_variance = self._law(hidden, independent)
            state = mean + jnp.exp(0.5 * log_variance) * noise
            return (hidden, state), Latents(state, mean, log_variance)

        _, drawn = jax.lax.scan(step, start, time_first(noise)[:, None])
        return Latents(*(series_first(part[:, 0]) for part in drawn))

    def laws(
        self,
        states: Float[Array, "series time k"],
        conditions: Float[Array, "series conditions"],
        independent: Float[Array, ""] | float = 0.0,
    ) -> Latents:
        """The law of every state given those before it in the same series.

        Args:
            states: series of states from elsewhere, as a posterior draws them.
            conditions: of every series.
            independent: as in ``sample``.

        Returns:
            These states, and the prior's law of each.
        """
        count, _, k = states.shape
        earlier = jnp.concatenate([jnp.zeros((count, 1, k), states.dtype), states[:, :-1]], axis=1)
        mean, log_variance = self._law(self.cell(time_first(with_conditions(earlier, conditions))), independent)
        return Latents(states, series_first(mean), series_first(log_variance))

    def _law(self, hidden: Array, independent: Array | float) -> list[Array]:
        return jnp.split((1 - independent) * self.head(hidden), 2, axis=1)


def with_conditions(
    series: Float[Array, "series time features"], conditions: Float[Array, "series conditions"]
) -> Float[Array, "series time all"]:
    """Series with what is known of each beside every one of their states.

    Args:
        series: states or data.
        conditions: one row a series.

    Returns:
        Both side by side.
    """
    known = jnp.broadcast_to(conditions[:, None, :], (*series.shape[:2], conditions.shape[1]))
    return jnp.concatenate([series, known], axis=2)
