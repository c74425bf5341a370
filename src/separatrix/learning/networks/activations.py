"""Unit maps that the theory of saddle-to-saddle dynamics names and jax.nn lacks."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float


def linear(z: Float[Array, "..."]) -> Float[Array, "..."]:
    """The identity, homogeneous of degree one."""
    return z


def square(z: Float[Array, "..."]) -> Float[Array, "..."]:
    """Z squared: the unit map of quadratic networks, homogeneous of degree two."""
    return z * z


def cube(z: Float[Array, "..."]) -> Float[Array, "..."]:
    """Z cubed, homogeneous of degree three."""
    return z * z * z


def z_tanh(z: Float[Array, "..."]) -> Float[Array, "..."]:
    """Z tanh(z): quadratic at small z, so that small networks of it behave as quadratic ones."""
    return z * jnp.tanh(z)


@dataclasses.dataclass(frozen=True)
class LinearQuadratic:
    """Z + (curvature / 2) z squared: features that are linear and quadratic in the inputs (Kumar et al. 2023).

    Attributes:
        curvature: epsilon; the smaller, the less a quadratic target is aligned with the initial tangent kernel.
    """

    curvature: float

    def __call__(self, z: Float[Array, "..."]) -> Float[Array, "..."]:
        """The activations.

        Args:
            z: preactivations.

        Returns:
            Of the same shape.
        """
        return z + 0.5 * self.curvature * z * z


def linear_quadratic(curvature: float) -> LinearQuadratic:
    """The unit map z + (curvature / 2) z squared.

    Args:
        curvature: epsilon.

    Returns:
        The map.

    >>> float(linear_quadratic(0.5)(jnp.array(2.0)))
    3.0
    """
    return LinearQuadratic(curvature)
