"""A family of piecewise linear units that saturate on neither, one or both sides, as numbers that can be swept."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

NO_LIMIT = 1e6
"""Far beyond any activation, and finite: a run whose state has an infinite norm counts as diverged."""


class Clipped(eqx.Module):
    """The unit map clip(z + shift, low, high).

    Identity: no limits. ReLU: ``low=0``. Hard tanh: -1 and 1. ReLU clipped above: 0 and 1. Shifted ReLU: ``low=0`` and
    a shift.

    Attributes:
        low: where it saturates below.
        high: where it saturates above.
        shift: added to the preactivation.

    >>> float(Clipped(low=0.0, high=1.0)(jnp.array(1.5)))
    1.0
    """

    low: Array | float = -NO_LIMIT
    high: Array | float = NO_LIMIT
    shift: Array | float = 0.0

    def __call__(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """The activations.

        Args:
            z: preactivations.

        Returns:
            Of the same shape.
        """
        return jnp.clip(z + self.shift, self.low, self.high)
