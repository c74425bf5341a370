"""Normalisation of features over a batch, with statistics for use that are those of the final network."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

EPSILON = 1e-5


class BatchNorm(eqx.Module):
    """Every feature at mean 0 and variance 1 over all series and times, then scaled and shifted.

    In training the statistics are the batch's. Those for use are computed once over the whole data set when training
    has ended (``settled``) and not averaged along the way: a running average trails weights that still move, depends
    on its own momentum and on the last few batches, and would make the trained network depend on their order.

    Args:
        features: how many.
    """

    scale: Float[Array, " features"]
    shift: Float[Array, " features"]
    mean: Float[Array, " features"]
    variance: Float[Array, " features"]

    def __init__(self, features: int):
        self.scale, self.shift = jnp.ones(features), jnp.zeros(features)
        self.mean, self.variance = jnp.zeros(features), jnp.ones(features)

    def __call__(
        self, features: Float[Array, "time features series"], *, training: bool
    ) -> Float[Array, "time features series"]:
        """Normalise.

        Args:
            features: of a batch.
            training: whether by the batch's own statistics.

        Returns:
            The normalised features.
        """
        mean, variance = _statistics(features) if training else (self.mean, self.variance)
        gain = self.scale / jnp.sqrt(variance + EPSILON)
        return (features - mean[None, :, None]) * gain[None, :, None] + self.shift[None, :, None]

    def settled(self, features: Float[Array, "time features series"]) -> "BatchNorm":
        """With the statistics of these features, for use.

        Args:
            features: of the whole data set.

        Returns:
            The normalisation.
        """
        mean, variance = _statistics(jax.lax.stop_gradient(features))
        return eqx.tree_at(lambda norm: (norm.mean, norm.variance), self, (mean, variance))


def _statistics(features: Array) -> tuple[Array, Array]:
    return jnp.mean(features, axis=(0, 2)), jnp.var(features, axis=(0, 2))
