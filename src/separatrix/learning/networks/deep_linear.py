"""Deep linear networks: a product of matrices."""

from collections.abc import Sequence

import equinox as eqx
import jax
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.errors import SeparatrixError
from separatrix.learning.networks.initialisers import Initialiser, scaled_gaussian


class DeepLinear(eqx.Module):
    """f(x) = W^L ... W^2 W^1 x (Saxe et al. 2013).

    Attributes:
        weights: the L matrices from input to output, each of shape (out, in).
    """

    weights: tuple[Float[Array, "..."], ...]

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " c"]:
        """The output for one input.

        Args:
            x: one input.

        Returns:
            The output, shape (c,).
        """
        for weight in self.weights:
            x = weight @ x
        return x

    def end_to_end(self) -> Float[Array, "c d"]:
        """The input-output map as one matrix, W^L ... W^1."""
        product = self.weights[0]
        for weight in self.weights[1:]:
            product = weight @ product
        return product


def deep_linear(key: PRNGKeyArray, widths: Sequence[int], initialiser: Initialiser | None = None) -> DeepLinear:
    """A deep linear network with random weights.

    Args:
        key: draws the weights.
        widths: of the layers of neurons from input to output; one more than there are matrices.
        initialiser: of each matrix; entries N(0, 1 / fan-in) when left out.

    Returns:
        The network.

    Raises:
        SeparatrixError: when fewer than two widths are given.
    """
    if len(widths) < 2:
        raise SeparatrixError(
            f"A deep linear network needs at least two widths, input and output. Got {tuple(widths)}."
        )
    draw = scaled_gaussian() if initialiser is None else initialiser
    keys = jax.random.split(key, len(widths) - 1)
    return DeepLinear(tuple(draw(k, (b, a)) for k, a, b in zip(keys, widths[:-1], widths[1:], strict=True)))
