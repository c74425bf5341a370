"""Two-layer networks as a sum over interchangeable units: f(x) = sum_i v_i phi(u_i . x)."""

from collections.abc import Callable

import equinox as eqx
import jax
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.learning.networks.initialisers import Initialiser, scaled_gaussian


class TwoLayer(eqx.Module):
    """f(x) = sum_i v_i phi(u_i . x); unit i is row i of both arrays (Zhang, Saxe & Latham 2025).

    With ``activations.square`` it is the quadratic network, with ``activations.linear`` the two-layer linear one.

    Attributes:
        u: incoming weights, one row a unit, shape (units, d).
        v: outgoing weights, one row a unit, shape (units, c).
        activation: phi, elementwise; not a parameter.
    """

    u: Float[Array, "units d"]
    v: Float[Array, "units c"]
    activation: Callable = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " c"]:
        """The output for one input.

        Args:
            x: one input.

        Returns:
            The output, shape (c,).
        """
        return self.activation(self.u @ x) @ self.v


def two_layer(
    key: PRNGKeyArray,
    inputs: int,
    units: int,
    outputs: int,
    activation: Callable,
    initialiser: Initialiser | None = None,
) -> TwoLayer:
    """A two-layer network with random weights.

    Args:
        key: draws the weights.
        inputs: number of inputs.
        units: number of hidden units.
        outputs: number of outputs.
        activation: elementwise, for example ``jax.nn.relu``, ``jnp.tanh`` or ``activations.square``.
        initialiser: of both layers, called with the shapes (units, inputs) and (outputs, units); entries
            N(0, 1 / fan-in) when left out.

    Returns:
        The network.
    """
    draw = scaled_gaussian() if initialiser is None else initialiser
    first, second = jax.random.split(key)
    return TwoLayer(draw(first, (units, inputs)), draw(second, (outputs, units)).T, activation)
