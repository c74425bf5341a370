"""Hessian and Gauss-Newton of any JAX loss, as operators and as observables inside a compiled program."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

from separatrix.analysis.lanczos import extreme_eigenvalue
from separatrix.analysis.operators import SymmetricOperator, require_same
from separatrix.errors import SeparatrixError

Loss = Callable[[PyTree], Float[Array, ""]]


def hessian(loss: Loss, params: PyTree, *, check: bool = True) -> SymmetricOperator:
    """The Hessian of a loss at some parameters, by products with vectors only.

    The gradient is linearised once; each product then costs about one more gradient. Nothing is compiled again for
    other parameters of the same shapes, as long as ``loss`` is the same function object (or an ``equinox`` module).

    Args:
        loss: from parameters to a scalar.
        params: any PyTree; its inexact arrays are the parameters, in the order of ``jax.tree.leaves``.
        check: evaluate the loss twice, and refuse it when the values differ.

    Returns:
        The operator of size ``n``, the number of parameters, in their floating type.

    Raises:
        SeparatrixError: there are no parameters, or the loss is not a scalar or not deterministic.

    Source: Pearlmutter, Fast exact multiplication by the Hessian (Neural Computation 6, 1994).

    >>> quartic = lambda x: jnp.sum(x**4) / 12
    >>> hessian(quartic, jnp.array([1.0, 2.0])) @ np.ones(2)
    array([1., 4.])
    """
    weights, _ = flat_parameters(params)
    if check:
        require_deterministic(loss, params)
    _require_scalar(loss, params)
    product = _linearised_gradient(loss, params)
    return _operator(product, weights, "Hessian")


def gauss_newton(
    outputs: Callable[[PyTree], PyTree],
    loss: Callable[[PyTree], Float[Array, ""]],
    params: PyTree,
    *,
    check: bool = True,
) -> SymmetricOperator:
    """The generalised Gauss-Newton matrix ``J^T (d2 loss / d outputs2) J`` at some parameters.

    It is positive semi-definite for a loss convex in the outputs, and equals the Hessian where the loss has no slope in
    the outputs, as at zero residual.

    Args:
        outputs: from parameters to the model's outputs on the data, any PyTree of arrays.
        loss: from those outputs to a scalar.
        params: any PyTree; its inexact arrays are the parameters.
        check: evaluate the loss twice, and refuse it when the values differ.

    Returns:
        The operator of size ``n``, the number of parameters.

    Raises:
        SeparatrixError: there are no parameters, or the loss is not a scalar or not deterministic.

    Source: Schraudolph, Fast curvature matrix-vector products (Neural Computation 14, 2002).

    >>> gauss_newton(lambda w: w**2, lambda y: jnp.sum(y**2) / 2, jnp.array([1.0, 2.0])) @ np.ones(2)
    array([ 4., 16.])
    """
    weights, _ = flat_parameters(params)

    def whole(model):
        return loss(outputs(model))

    if check:
        require_deterministic(whole, params)
    _require_scalar(whole, params)
    product = _linearised_outputs(outputs, loss, params)
    return _operator(product, weights, "Gauss-Newton matrix")


def sharpness(loss: Loss, *, iterations: int = 20) -> Callable[[PyTree], Float[Array, ""]]:
    """An observable: the largest Hessian eigenvalue, by a fixed number of Lanczos steps inside the compiled program.

    It converges from below; :func:`leading_eigenvalue` returns the residual with it.

    Args:
        loss: from parameters to a scalar.
        iterations: Lanczos steps, each about one gradient.

    Returns:
        A function from parameters to the sharpness, usable under ``jit``, ``vmap`` and ``scan``.

    >>> bowl = lambda x: jnp.sum(jnp.array([1.0, 3.0]) * x**2)
    >>> print(f"{sharpness(bowl)(jnp.ones(2)):.4f}")
    6.0000
    """
    return lambda params: leading_eigenvalue(loss, params, iterations=iterations)[0]


def leading_eigenvalue(
    loss: Loss, params: PyTree, *, iterations: int = 20, smallest: bool = False
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The largest (or smallest) Hessian eigenvalue and its residual, in pure JAX with a fixed cost.

    Args:
        loss: from parameters to a scalar.
        params: any PyTree; its inexact arrays are the parameters.
        iterations: Lanczos steps, each about one gradient.
        smallest: the other end of the spectrum.

    Returns:
        The Ritz value, and the distance within which an eigenvalue lies.
    """
    weights, rebuild = flat_parameters(params)
    _, product = jax.linearize(jax.grad(lambda flat: loss(rebuild(flat))), weights)
    sign = -1.0 if smallest else 1.0
    value, residual = extreme_eigenvalue(lambda vector: sign * product(vector), weights, iterations)
    return sign * value, residual


def flat_parameters(params: PyTree) -> tuple[Float[Array, " n"], Callable[[Float[Array, " n"]], PyTree]]:
    """The inexact arrays of a PyTree as one vector, and the way back.

    Args:
        params: any PyTree.

    Returns:
        The vector ``(n,)``, and a function from such a vector to a PyTree like ``params``.

    Raises:
        SeparatrixError: there is no inexact array among the leaves.
    """
    arrays, rest = eqx.partition(params, eqx.is_inexact_array)
    if not jax.tree.leaves(arrays):
        raise SeparatrixError(
            "The parameters hold no floating-point array. Pass the model, or a PyTree of its weights."
        )
    weights, unravel = ravel_pytree(arrays)
    return weights, lambda flat: eqx.combine(unravel(flat), rest)


@eqx.filter_jit
def _linearised_gradient(loss, params):
    weights, rebuild = flat_parameters(params)
    return jax.linearize(jax.grad(lambda flat: loss(rebuild(flat))), weights)[1]


@eqx.filter_jit
def _linearised_outputs(outputs, loss, params):
    weights, rebuild = flat_parameters(params)
    values, push = jax.linearize(lambda flat: outputs(rebuild(flat)), weights)
    curve = jax.linearize(jax.grad(loss), values)[1]
    return jax.tree_util.Partial(_sandwich, push, curve, weights)


def _sandwich(push, curve, weights, vector):
    pull = jax.linear_transpose(push, weights)
    return pull(curve(push(vector)))[0]


@jax.jit
def _apply(product, vector):
    return product(vector)


def _operator(product, weights: Array, name: str) -> SymmetricOperator:
    def matvec(vector: np.ndarray) -> np.ndarray:
        return np.asarray(_apply(product, jnp.asarray(vector, weights.dtype)))

    return SymmetricOperator(matvec, weights.size, np.dtype(weights.dtype), name)


def require_deterministic(loss: Loss, params: PyTree) -> None:
    """Evaluate a loss twice, and raise ``NondeterministicLossError`` when the values differ."""
    first, second = jnp.asarray(loss(params)), jnp.asarray(loss(params))
    if first.shape == second.shape == ():
        remedy = "switch dropout off, fix the batch and the order of the data"
        require_same(float(first), float(second), np.dtype(first.dtype), remedy)


def _require_scalar(loss, params) -> None:
    shape = eqx.filter_eval_shape(loss, params)
    leaves = jax.tree.leaves(shape)
    if len(leaves) != 1 or leaves[0].shape != ():
        raise SeparatrixError(
            f"The loss must return one scalar. Got shapes {[leaf.shape for leaf in leaves]} instead: average it."
        )
