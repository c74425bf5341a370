"""From latent states to series."""

import equinox as eqx
import jax
from jaxtyping import Array, Float

from separatrix.models.koopman_vae.draws import Draw
from separatrix.models.koopman_vae.recurrent import Affine, GRULayer, read, series_first, stacked_gru, time_first


class Decoder(eqx.Module):
    """Bidirectional GRU, an affine head, and a logistic function: series in [0, 1].

    Args:
        inputs: dimension of the states, with conditions if any.
        channels: of the series.
        hidden: units h of each direction.
        layers: how many.
        draw: draws the weights.
    """

    layers: tuple[GRULayer, ...]
    head: Affine

    def __init__(self, inputs: int, channels: int, hidden: int, layers: int, draw: Draw):
        self.layers = stacked_gru(inputs, hidden, layers, 2, draw)
        self.head = Affine(2 * hidden, channels, draw)

    def __call__(self, states: Float[Array, "series time inputs"]) -> Float[Array, "series time channels"]:
        """Decode.

        Args:
            states: latent series.

        Returns:
            Series in [0, 1].
        """
        return series_first(jax.nn.sigmoid(self.head(read(self.layers, time_first(states)))))
