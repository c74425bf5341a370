"""Descent on mini-batches, drawn with replacement or as epochs of a shuffled data set."""

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Int, PRNGKeyArray, PyTree

from separatrix.errors import SeparatrixError
from separatrix.learning.losses import BatchLoss, on
from separatrix.learning.rules.learner import Begin, Learner, Rule, descend


class _Independent(eqx.Module):
    loss: BatchLoss
    data: PyTree
    optimizer: optax.GradientTransformation
    batch_size: int = eqx.field(static=True)

    def __call__(self, t: object, learner: Learner, key: PRNGKeyArray) -> Learner:
        chosen = draw_indices(key, number_of_examples(self.data), self.batch_size)
        return descend(learner, on(self.loss, _take(self.data, chosen)), self.optimizer)


class _Epochs(eqx.Module):
    loss: BatchLoss
    data: PyTree
    optimizer: optax.GradientTransformation
    batch_size: int = eqx.field(static=True)

    def __call__(self, t: PyTree, learner: Learner, key: PRNGKeyArray) -> Learner:
        n = number_of_examples(self.data)
        batch = jnp.asarray(t) % (n // self.batch_size)
        # The condition depends on time alone: under vmap it stays a branch, and a shuffle is paid for once an epoch.
        order = jax.lax.cond(batch == 0, lambda: shuffled(key, n), lambda: learner.order)
        chosen = jax.lax.dynamic_slice_in_dim(order, batch * self.batch_size, self.batch_size)
        after = descend(learner, on(self.loss, _take(self.data, chosen)), self.optimizer)
        return Learner(after.model, after.optimizer_state, order)


def minibatch_with_replacement(
    loss: BatchLoss, data: PyTree, optimizer: optax.GradientTransformation, batch_size: int
) -> Rule:
    """Stochastic descent whose batches are drawn independently, each example with the same chance.

    The noise of different steps is independent: the setting of the stability theory of SGD (Wu & Su 2023).

    Args:
        loss: ``loss(model, batch) -> scalar``.
        data: arrays with examples along the first axis, of which a batch is a part.
        optimizer: any optax transformation.
        batch_size: examples in a batch; may exceed their number.

    Returns:
        The rule; begin with ``rule.initial(model)``.
    """
    number_of_examples(data)
    _check_batch_size(batch_size, None)
    return Rule(_Independent(loss, data, optimizer, batch_size), Begin(optimizer))


def minibatch_without_replacement(
    loss: BatchLoss, data: PyTree, optimizer: optax.GradientTransformation, batch_size: int
) -> Rule:
    """Stochastic descent in epochs: at the start of each the examples are shuffled, then cut into batches.

    When the batch size does not divide the number of examples, those left over in an epoch's order are skipped.

    Args:
        loss: ``loss(model, batch) -> scalar``.
        data: arrays with examples along the first axis.
        optimizer: any optax transformation.
        batch_size: examples in a batch, at most their number.

    Returns:
        The rule; begin with ``rule.initial(model)`` at the first step of an epoch.
    """
    n = number_of_examples(data)
    _check_batch_size(batch_size, n)
    return Rule(_Epochs(loss, data, optimizer, batch_size), Begin(optimizer, n))


def draw_indices(key: PRNGKeyArray, n: int, batch_size: int) -> Int[Array, " batch"]:
    """Independent indices, uniform on [0, n) but for a bias below n / 2^32, from one 32-bit draw each.

    ``jax.random.randint`` draws twice as many bits, which is a good part of the cost of a small network's step.

    Args:
        key: the step's key.
        n: number of examples.
        batch_size: number of indices.

    Returns:
        The indices.
    """
    bits = jax.random.bits(key, (batch_size,), "uint32")
    return (bits % jnp.uint32(n)).astype(jnp.int32)


def shuffled(key: PRNGKeyArray, n: int) -> Int[Array, " n"]:
    """A uniformly random order of the examples, as the first step of an epoch draws it.

    Args:
        key: that step's key.
        n: number of examples.

    Returns:
        The permutation.
    """
    return jax.random.permutation(key, jnp.arange(n, dtype=jnp.int32))


def number_of_examples(data: PyTree) -> int:
    """The common length of the data's arrays along their first axis.

    Args:
        data: arrays with examples along the first axis.

    Returns:
        n.

    Raises:
        SeparatrixError: when the arrays differ in it, or there are none.
    """
    sizes = sorted({leaf.shape[0] if leaf.ndim else 0 for leaf in jax.tree.leaves(data)})
    if len(sizes) != 1 or not sizes[0]:
        raise SeparatrixError(
            f"Mini-batch data must be arrays of the same number of examples, one or more, along their first axis. "
            f"Got {sizes}."
        )
    return sizes[0]


def _check_batch_size(batch_size: int, largest: int | None) -> None:
    if batch_size < 1 or (largest is not None and batch_size > largest):
        expected = "[1, inf)" if largest is None else f"[1, {largest}], the number of examples"
        raise SeparatrixError(f"The batch size must be an int in the range {expected}. Got {batch_size} instead.")


def _take(data: PyTree, chosen: Int[Array, " batch"]) -> PyTree:
    # The indices are in range by construction; "clip" spares the check that fills with NaN.
    return jax.tree.map(lambda leaf: jnp.take(leaf, chosen, axis=0, mode="clip"), data)
