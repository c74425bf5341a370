"""Curvature matrices written out in full, in float64, by other routes than products with vectors."""

import jax
import jax.numpy as jnp
import numpy as np
import torch
from jax.flatten_util import ravel_pytree


def dense_hessian(loss, params) -> np.ndarray:
    """Forward over forward mode on the flat parameters."""
    flat, rebuild = ravel_pytree(params)
    return np.asarray(jax.jacfwd(jax.jacfwd(lambda w: loss(rebuild(w))))(flat))


def dense_gauss_newton(outputs, loss, params) -> np.ndarray:
    """The explicit product of Jacobians and the Hessian in the outputs."""
    flat, rebuild = ravel_pytree(params)
    jacobian = jax.jacfwd(lambda w: jnp.ravel(outputs(rebuild(w))))(flat)
    values = outputs(params)
    inner = jax.jacfwd(jax.jacfwd(lambda y: loss(y.reshape(values.shape))))(jnp.ravel(values))
    return np.asarray(jacobian.T @ inner @ jacobian)


def dense_hessian_by_differences(loss, parameters, step: float = 1e-4) -> np.ndarray:
    """Fourth-order central differences of the gradient of a PyTorch closure: no second derivative is taken."""
    parameters = list(parameters)
    flat = torch.nn.utils.parameters_to_vector(parameters).detach().clone()

    def gradient(at):
        torch.nn.utils.vector_to_parameters(at, parameters)
        parts = torch.autograd.grad(loss(), parameters, allow_unused=True)
        return torch.cat(
            [(torch.zeros_like(p) if g is None else g).reshape(-1) for g, p in zip(parts, parameters, strict=True)]
        )

    columns = []
    for i in range(flat.numel()):
        shift = torch.zeros_like(flat)
        shift[i] = step
        near = gradient(flat + shift) - gradient(flat - shift)
        far = gradient(flat + 2 * shift) - gradient(flat - 2 * shift)
        columns.append((8 * near - far) / (12 * step))
    torch.nn.utils.vector_to_parameters(flat, parameters)
    return torch.stack(columns, dim=1).numpy()


def two_layer_linear_saddle_eigenvalues(strengths, width: int) -> np.ndarray:
    """The Hessian of ``|Y - W2 W1|^2 / 2`` at zero, for ``Y = diag(strengths)``, in closed form.

    It is ``-tr(Y^T W2 W1)`` to second order, which couples the row of ``W1`` and the column of ``W2`` of one
    singular value and one hidden unit: eigenvalues ``+s`` and ``-s``, ``width`` times each.
    """
    strengths = np.repeat(np.asarray(strengths), width)
    return np.sort(np.concatenate([strengths, -strengths]))
