"""Fully connected networks of any depth, with biases."""

from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.errors import SeparatrixError
from separatrix.learning.networks.initialisers import Initialiser, scaled_gaussian


class Perceptron(eqx.Module):
    """A multi-layer perceptron: x -> phi(W x + b) at each hidden layer, affine at the last.

    Attributes:
        weights: from input to output, each of shape (out, in).
        biases: from input to output, each of shape (out,); empty for a network without biases.
        activation: phi, elementwise; not a parameter.
    """

    weights: tuple[Float[Array, "..."], ...]
    biases: tuple[Float[Array, "..."], ...]
    activation: Callable = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " c"]:
        """The output for one input.

        Args:
            x: one input.

        Returns:
            The output, shape (c,).
        """
        for layer, weight in enumerate(self.weights):
            x = weight @ (self.activation(x) if layer else x)
            x = x + self.biases[layer] if self.biases else x
        return x


def perceptron(
    key: PRNGKeyArray, widths: Sequence[int], activation: Callable, initialiser: Initialiser | None = None
) -> Perceptron:
    """A perceptron with random weights and zero biases.

    Args:
        key: draws the weights.
        widths: of the layers from input to output.
        activation: elementwise, for example ``jax.nn.relu``.
        initialiser: of each matrix; entries N(0, 1 / fan-in) when left out.

    Returns:
        The network.

    Raises:
        SeparatrixError: when fewer than two widths are given.
    """
    if len(widths) < 2:
        raise SeparatrixError(f"A perceptron needs at least two widths, input and output. Got {tuple(widths)}.")
    draw = scaled_gaussian() if initialiser is None else initialiser
    keys = jax.random.split(key, len(widths) - 1)
    weights = tuple(draw(k, (b, a)) for k, a, b in zip(keys, widths[:-1], widths[1:], strict=True))
    return Perceptron(weights, tuple(jnp.zeros(weight.shape[0]) for weight in weights), activation)
