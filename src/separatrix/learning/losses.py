"""Losses of a model on a batch ``(x, y)``; the model acts on one example and is mapped over the batch here."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PyTree, Shaped

Batch = tuple[Shaped[Array, "n ..."], Shaped[Array, "n ..."]]
"""Inputs and targets, examples along the first axis."""
BatchLoss = Callable[..., Float[Array, ""]]
"""``loss(model, batch) -> scalar``."""
Loss = Callable[[Any], Float[Array, ""]]
"""``loss(model) -> scalar``, the data closed over."""


def half_mean_squared(model: PyTree, batch: Batch) -> Float[Array, ""]:
    """Half of the squared error, summed over outputs and averaged over examples: 1/2 mean_n ||y_n - f(x_n)||^2.

    The one half makes the Hessian at an interpolating minimum the mean of the squared gradients of the outputs.

    Args:
        model: a callable PyTree from one input to one output of shape (c,).
        batch: inputs (n, ...) and targets (n, c).

    Returns:
        The loss, in squared units of y.
    """
    return half_summed_squared(model, batch) / batch[0].shape[0]


def half_summed_squared(model: PyTree, batch: Batch) -> Float[Array, ""]:
    """Half of the squared error summed over outputs and examples: 1/2 sum_n ||y_n - f(x_n)||^2 (Saxe et al. 2013).

    Args:
        model: a callable PyTree from one input to one output of shape (c,).
        batch: inputs (n, ...) and targets (n, c).

    Returns:
        The loss, in squared units of y.
    """
    x, y = batch
    return 0.5 * jnp.sum((y - jax.vmap(model)(x)) ** 2)


def cross_entropy(model: PyTree, batch: Batch) -> Float[Array, ""]:
    """The softmax cross-entropy averaged over examples, in nats.

    Args:
        model: a callable PyTree from one input to logits of shape (c,).
        batch: inputs (n, ...) and targets: probabilities or one-hot rows (n, c), or integer labels (n,).

    Returns:
        The loss in nats.
    """
    x, y = batch
    logits = jax.vmap(model)(x)
    if jnp.issubdtype(y.dtype, jnp.integer) and y.ndim == 1:
        return jnp.mean(optax.losses.softmax_cross_entropy_with_integer_labels(logits, y))
    return jnp.mean(optax.losses.softmax_cross_entropy(logits, y))


def bernoulli_cross_entropy(model: PyTree, batch: Batch) -> Float[Array, ""]:
    """The cross-entropy of independent binary labels, averaged over labels and examples, in nats.

    Args:
        model: a callable PyTree from one input to logits of shape (k,).
        batch: inputs (n, ...) and labels in [0, 1], shape (n, k).

    Returns:
        The loss in nats.
    """
    x, y = batch
    return jnp.mean(optax.losses.sigmoid_binary_cross_entropy(jax.vmap(model)(x), y))


def accuracy(model: PyTree, batch: Batch) -> Float[Array, ""]:
    """The share of examples whose largest output is the target's.

    Args:
        model: a callable PyTree from one input to scores of shape (c,).
        batch: inputs (n, ...) and targets: one-hot rows (n, c) or integer labels (n,).

    Returns:
        A fraction in [0, 1].
    """
    x, y = batch
    scores = jax.vmap(model)(x)
    labels = y if y.ndim == 1 else jnp.argmax(y, axis=-1)
    return jnp.mean((jnp.argmax(scores, axis=-1) == labels).astype(scores.dtype))


class LossOn(eqx.Module):
    """A batch loss on fixed data; the data are leaves, so that new data of the same shape compile nothing anew.

    Attributes:
        loss: ``loss(model, batch) -> scalar``.
        data: the batch.
    """

    loss: BatchLoss = eqx.field(static=True)
    data: PyTree

    def __call__(self, model: PyTree) -> Float[Array, ""]:
        """The loss of a model.

        Args:
            model: the network.

        Returns:
            A scalar.
        """
        return self.loss(model, self.data)


def on(loss: BatchLoss, data: PyTree) -> LossOn:
    """The loss on fixed data, as a function of the model alone: what gradient flow and full-batch descent take.

    Args:
        loss: ``loss(model, batch) -> scalar``.
        data: the batch, usually ``task.data``.

    Returns:
        ``model -> scalar``.
    """
    return LossOn(loss, data)
