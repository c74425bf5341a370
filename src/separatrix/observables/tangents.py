"""Gradients of the outputs of each example, and the empirical neural tangent kernel, of any jax function."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PyTree


def output_gradients(
    function: Callable[[Any, Array], Array], parameters: PyTree, inputs: Float[ArrayLike, "n ..."]
) -> Float[Array, "n c p"]:
    """Jacobian of the outputs of each example with respect to all parameters, flattened.

    Args:
        function: ``function(parameters, x)`` of a single example, to a scalar or a vector of c outputs.
        parameters: any PyTree, equinox modules included; its p inexact numbers are differentiated.
        inputs: n examples along the first axis.

    Returns:
        The Jacobian, shape (n, c, p), c = 1 for scalar functions.
    """
    dynamic, static = eqx.partition(parameters, eqx.is_inexact_array)
    flat, unravel = ravel_pytree(dynamic)

    def outputs(vector: Array, x: Array) -> Array:
        return jnp.atleast_1d(function(eqx.combine(unravel(vector), static), x)).reshape(-1)

    return jax.vmap(jax.jacrev(outputs), in_axes=(None, 0))(flat, jnp.asarray(inputs))


def tangent_kernel(
    gradients: Float[ArrayLike, "n c p"], others: Float[ArrayLike, "m c p"] | None = None
) -> Float[Array, "n m"]:
    """Empirical neural tangent kernel summed over outputs: K(x, x') = sum_c grad f_c(x) . grad f_c(x').

    Args:
        gradients: of ``output_gradients``, shape (n, c, p).
        others: gradients at other inputs, shape (m, c, p); the same ones when left out.

    Returns:
        The kernel, shape (n, m).
    """
    gradients = jnp.asarray(gradients)
    others = gradients if others is None else jnp.asarray(others)
    return jnp.einsum("ncp,mcp->nm", gradients, others)


def tangent_kernel_blocks(
    gradients: Float[ArrayLike, "n c p"], others: Float[ArrayLike, "m c p"] | None = None
) -> Float[Array, "n c m c"]:
    """Empirical neural tangent kernel with a block for each pair of outputs.

    Args:
        gradients: of ``output_gradients``, shape (n, c, p).
        others: gradients at other inputs, shape (m, c, p); the same ones when left out.

    Returns:
        The kernel, shape (n, c, m, c).
    """
    gradients = jnp.asarray(gradients)
    others = gradients if others is None else jnp.asarray(others)
    return jnp.einsum("nap,mbp->namb", gradients, others)
