"""Unit maps that the theory of saddle-to-saddle dynamics names and jax.nn lacks."""

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
