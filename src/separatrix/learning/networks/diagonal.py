"""The diagonal linear network: a linear model whose every coefficient is a product of two weights."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float


class DiagonalLinear(eqx.Module):
    """f(x) = sum_j a_j b_j x_j, linear in x with coefficients a * b (Woodworth et al. 2020).

    Attributes:
        first: the weights a, shape (d,).
        second: the weights b, shape (d,).
    """

    first: Float[Array, " d"]
    second: Float[Array, " d"]

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " 1"]:
        """The output for one input.

        Args:
            x: one input.

        Returns:
            The output, shape (1,).
        """
        return jnp.dot(self.coefficients, x)[None]

    @property
    def coefficients(self) -> Float[Array, " d"]:
        """Coefficients of the linear model that the network represents, a * b."""
        return self.first * self.second
