"""Committee machines: two-layer networks whose second layer only averages."""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.learning.networks.initialisers import Initialiser, gaussian


class Committee(eqx.Module):
    """f(x) = (1/N) sum_i phi(w_i . x): readouts are fixed at one, only the first layer is trained (Kumar et al. 2023).

    Attributes:
        weights: incoming weights w, one row a unit, shape (units, d).
        activation: phi, elementwise; not a parameter.
    """

    weights: Float[Array, "units d"]
    activation: Callable = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " 1"]:
        """The output for one input.

        Args:
            x: one input.

        Returns:
            The output, shape (1,).
        """
        return jnp.mean(self.activation(self.weights @ x), keepdims=True)


def committee(
    key: PRNGKeyArray, inputs: int, units: int, activation: Callable, initialiser: Initialiser | None = None
) -> Committee:
    """A committee machine with random weights.

    Args:
        key: draws the weights.
        inputs: number of inputs, d.
        units: number of hidden units, N.
        activation: elementwise; ``activations.linear_quadratic(curvature)`` for the polynomial network.
        initialiser: called with the shape (units, inputs); entries N(0, 1) when left out, for inputs of unit norm.

    Returns:
        The network.
    """
    draw = gaussian() if initialiser is None else initialiser
    return Committee(draw(key, (units, inputs)), activation)
