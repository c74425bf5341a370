"""The state of a learner under a discrete rule, and the rule itself."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Int, PyTree

from separatrix.dynamics import Map
from separatrix.learning.losses import Loss


class Learner(eqx.Module):
    """What a discrete rule carries from step to step.

    Attributes:
        model: the network; its inexact arrays are the parameters.
        optimizer_state: of the optax transformation.
        order: the epoch's permutation of the examples, for rules that sample without replacement.
    """

    model: PyTree
    optimizer_state: PyTree
    order: Int[Array, " n"] | None = None


class Rule(Map):
    """A map on ``Learner`` that knows how to begin.

    Attributes:
        initial: ``initial(model) -> Learner``, the state before the first step.
    """

    initial: Callable[..., Learner]


class Begin(eqx.Module):
    """Makes the state before a rule's first step.

    Attributes:
        optimizer: whose state is made.
        examples: length of the order to carry; None for rules that carry none.
    """

    optimizer: optax.GradientTransformation
    examples: int | None = eqx.field(static=True, default=None)

    def __call__(self, model: PyTree) -> Learner:
        """The learner before its first step.

        Args:
            model: the network.

        Returns:
            The model with a fresh optimiser state.
        """
        order = None if self.examples is None else jnp.arange(self.examples, dtype=jnp.int32)
        state = self.optimizer.init(eqx.filter(model, eqx.is_inexact_array))
        # Some states begin with weakly typed numbers, which the first step would harden and so compile a loop twice.
        hardened = jax.tree.map(lambda leaf: leaf.astype(leaf.dtype) if eqx.is_array(leaf) else leaf, state)
        return Learner(model, hardened, order)


def descend(learner: Learner, loss: Loss, optimizer: optax.GradientTransformation) -> Learner:
    """One step of an optax transformation on the loss.

    The transformation is offered the loss's value, gradient and function, which line searches, Polyak steps and L-BFGS
    ask for.

    Args:
        learner: the state.
        loss: ``loss(model) -> scalar``.
        optimizer: any optax transformation.

    Returns:
        The next state, its order unchanged.
    """
    parameters, fixed = eqx.partition(learner.model, eqx.is_inexact_array)

    def value_of(candidate: PyTree) -> Array:
        return loss(eqx.combine(candidate, fixed))

    value, gradient = eqx.filter_value_and_grad(value_of)(parameters)
    updates, state = optax.with_extra_args_support(optimizer).update(
        gradient, learner.optimizer_state, parameters, value=value, grad=gradient, value_fn=value_of
    )
    return Learner(eqx.combine(optax.apply_updates(parameters, updates), fixed), state, learner.order)
