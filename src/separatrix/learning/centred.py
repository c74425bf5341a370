"""The centred parametrisation: a network's output minus what it was at initialisation, times an output scale."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, Float, Shaped


class Centred(eqx.Module):
    r"""Any model as :math:`\alpha\,(f(x;\theta) - f(x;\theta_0))`; the larger the scale, the lazier its training.

    A function that starts at zero whatever the scale is what makes runs of different scales comparable (Chizat, Oyallon
    & Bach 2019). Gradients flow to ``model`` alone. With the learning rate divided by the square of the scale, the
    tangent kernel moves the outputs at the same speed for every scale.

    Attributes:
        model: the model that is trained, a callable PyTree from one input to its output.
        initial: the same model at initialisation; never trained.
        scale: alpha; never trained.
    """

    model: Callable[..., Any]
    initial: Callable[..., Any]
    scale: Float[Array, ""] | float = 1.0

    def __call__(self, x: Shaped[Array, "..."]) -> Float[Array, "..."]:
        """The output for one input.

        Args:
            x: one input, as the model takes it.

        Returns:
            The scaled difference, of the shape of the model's output.
        """
        fixed = jax.tree.map(lambda leaf: jax.lax.stop_gradient(leaf) if eqx.is_array(leaf) else leaf, self.initial)
        return jax.lax.stop_gradient(self.scale) * (self.model(x) - fixed(x))


class CentredLoss(eqx.Module):
    """A loss of models, read as the loss of their centred versions; so the state that is trained is the bare model.

    Attributes:
        loss: ``loss(model) -> scalar``, for example ``on(half_mean_squared, task.data)``.
        initial: the model at initialisation.
        scale: alpha.
    """

    loss: Callable[..., Float[Array, ""]]
    initial: Callable[..., Any]
    scale: Float[Array, ""] | float = 1.0

    def __call__(self, model: Callable[..., Any]) -> Float[Array, ""]:
        """The loss of the centred model.

        Args:
            model: now.

        Returns:
            A scalar.
        """
        return self.loss(Centred(model, self.initial, self.scale))


def centred(loss: Callable[..., Float[Array, ""]], initial: Callable[..., Any], scale: Any = 1.0) -> CentredLoss:
    """The loss of a model whose output at initialisation is taken away and which is scaled.

    Args:
        loss: ``loss(model) -> scalar``.
        initial: the model at initialisation.
        scale: alpha, a number or a scalar array.

    Returns:
        ``model -> scalar``; at ``initial`` it is the loss of the zero function.

    >>> import jax, jax.numpy as jnp
    >>> from separatrix.learning import half_mean_squared, networks, on
    >>> net = networks.two_layer(jax.random.key(0), 3, 5, 1, jnp.tanh)
    >>> data = jnp.ones((4, 3)), 2 * jnp.ones((4, 1))
    >>> float(centred(on(half_mean_squared, data), net, 10.0)(net))
    2.0
    """
    return CentredLoss(loss, initial, scale)
