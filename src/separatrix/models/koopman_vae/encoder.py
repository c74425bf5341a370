"""From series to latent states: the posterior of evenly sampled series."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from separatrix.models.koopman_vae.batch_norm import BatchNorm
from separatrix.models.koopman_vae.draws import Draw
from separatrix.models.koopman_vae.prior import Latents
from separatrix.models.koopman_vae.recurrent import Affine, GRULayer, read, series_first, stacked_gru, time_first


class Encoder(eqx.Module):
    """Bidirectional GRU, normalisation over the batch, and affine heads: q(z_t | the whole series).

    Args:
        channels: of what it reads.
        latent: dimension k.
        hidden: units h of each direction.
        layers: how many.
        draw: draws the weights.
    """

    layers: tuple[GRULayer, ...]
    norm: BatchNorm
    head: Affine

    def __init__(self, channels: int, latent: int, hidden: int, layers: int, draw: Draw):
        self.layers = stacked_gru(channels, hidden, layers, 2, draw)
        self.norm = BatchNorm(2 * hidden)
        self.head = Affine(2 * hidden, 2 * latent, draw)

    def features(self, series: Float[Array, "series time channels"]) -> Float[Array, "time features series"]:
        """What the recurrent layers read.

        Args:
            series: the data.

        Returns:
            The features, not normalised.
        """
        return read(self.layers, time_first(series))

    def __call__(
        self,
        series: Float[Array, "series time channels"],
        noise: Float[Array, "series time k"],
        *,
        training: bool = False,
    ) -> Latents:
        """The posterior, and states drawn from it.

        Args:
            series: the data.
            noise: independent standard normal numbers, of which the states are made.
            training: whether to normalise by the batch's own statistics.

        Returns:
            States and their laws.
        """
        laws = series_first(self.head(self.norm(self.features(series), training=training)))
        mean, log_variance = jnp.split(laws, 2, axis=2)
        return Latents(mean + jnp.exp(0.5 * log_variance) * noise, mean, log_variance)

    def settled(self, series: Float[Array, "series time channels"]) -> "Encoder":
        """With the statistics of normalisation of a whole data set, for use after training.

        Args:
            series: the data set.

        Returns:
            The encoder.
        """
        return eqx.tree_at(lambda encoder: encoder.norm, self, self.norm.settled(self.features(series)))
