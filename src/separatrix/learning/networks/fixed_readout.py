"""One hidden layer whose readout stays as it was drawn, so that only the representation can learn."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.errors import bad_parameter
from separatrix.learning.networks.initialisers import Initialiser, scaled_gaussian


class FixedReadout(eqx.Module):
    """f(x) = J phi(W x + b), of which W and perhaps b learn: J has a gradient of zero (Alleman et al. 2024).

    Attributes:
        weights: W, one row a unit, shape (units, d).
        biases: b, shape (units,).
        readout: J, one column a unit, shape (outputs, units).
        activation: phi, elementwise: a function, or a module whose arrays do not learn.
        biased: whether biases learn; those that do not have a gradient of zero.
    """

    weights: Float[Array, "units d"]
    biases: Float[Array, " units"]
    readout: Float[Array, "outputs units"]
    activation: Callable
    biased: Array | bool = False

    def hidden(self, x: Float[Array, " d"]) -> Float[Array, " units"]:
        """The representation of one input.

        Args:
            x: one input.

        Returns:
            Activations of the hidden units.
        """
        biases = jnp.where(self.biased, self.biases, jax.lax.stop_gradient(self.biases))
        return _constant(self.activation)(self.weights @ x + biases)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " outputs"]:
        """The output for one input.

        Args:
            x: one input.

        Returns:
            The outputs, shape (outputs,).
        """
        return jax.lax.stop_gradient(self.readout) @ self.hidden(x)


def fixed_readout(
    key: PRNGKeyArray,
    inputs: int,
    units: int,
    outputs: int,
    activation: Callable,
    *,
    biased: Array | bool = False,
    initialiser: Initialiser | None = None,
) -> FixedReadout:
    """A network with a readout of random signs, as many up as down for every output.

    Args:
        key: draws weights and signs.
        inputs: d.
        units: an even number.
        outputs: number of outputs.
        activation: elementwise.
        biased: whether there are biases, drawn from N(0, 1 / d); they are zero and stay so otherwise.
        initialiser: of the hidden weights; entries N(0, 1 / d) when left out.

    Returns:
        The network; its readout has entries +-1 / sqrt(units).

    Raises:
        SeparatrixError: for an odd number of units.
    """
    _check_units(units)
    of_weights, of_biases, of_signs = jax.random.split(key, 3)
    draw = scaled_gaussian() if initialiser is None else initialiser
    signs = jnp.where(jnp.arange(units) % 2 == 0, 1.0, -1.0) / units**0.5
    mixed = jax.vmap(lambda one: jax.random.permutation(one, signs))(jax.random.split(of_signs, outputs))
    biases = jnp.where(biased, jax.random.normal(of_biases, (units,)) / inputs**0.5, 0.0)
    return FixedReadout(draw(of_weights, (units, inputs)), biases, mixed, activation, biased)


def _constant(activation: Callable) -> Callable:
    held, rest = eqx.partition(activation, eqx.is_inexact_array)
    return eqx.combine(jax.tree.map(jax.lax.stop_gradient, held), rest)


def _check_units(units: int) -> None:
    if units < 2 or units % 2:
        raise bad_parameter("units", "fixed_readout", "an even number, 2 or more", units)
