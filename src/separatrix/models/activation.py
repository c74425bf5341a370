"""The leaky ReLU, also of complex numbers."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Inexact


def leaky_relu(x: Inexact[Array, "*shape"], slope: float) -> Inexact[Array, "*shape"]:
    """Leaky ReLU; of complex numbers on real and imaginary part alike.

    Args:
        x: any array.
        slope: below zero; 1 leaves x as it is.

    Returns:
        The same shape.
    """
    if slope == 1.0:
        return x
    if jnp.iscomplexobj(x):
        return jax.lax.complex(leaky_relu(x.real, slope), leaky_relu(x.imag, slope))
    return jnp.where(x > 0, x, slope * x)
