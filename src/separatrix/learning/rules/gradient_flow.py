"""Gradient flow: learning at an infinitesimal rate."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from separatrix.dynamics import Flow
from separatrix.learning.losses import Loss


class _Velocity(eqx.Module):
    loss: Loss

    def __call__(self, t: object, model: PyTree) -> PyTree:
        return jax.tree.map(jnp.negative, eqx.filter_grad(self.loss)(model))


def gradient_flow(loss: Loss) -> Flow:
    """The flow d(model)/dt = -grad loss; along it the loss falls at the rate of the squared gradient norm.

    Time is in units of (learning rate x steps) of gradient descent on the same loss.

    Args:
        loss: ``loss(model) -> scalar``, for example ``on(half_mean_squared, task.data)``.

    Returns:
        The flow, whose state is the model.

    >>> flow = gradient_flow(lambda w: 0.5 * w**2)
    >>> float(flow.velocity(0.0, jnp.array(3.0)))
    -3.0
    """
    return Flow(_Velocity(loss))
