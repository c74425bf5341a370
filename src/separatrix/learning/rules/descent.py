"""Full-batch descent with any optax transformation."""

import equinox as eqx
import optax
from jaxtyping import PyTree

from separatrix.learning.losses import Loss
from separatrix.learning.rules.learner import Begin, Learner, Rule, descend


class _Step(eqx.Module):
    loss: Loss
    optimizer: optax.GradientTransformation

    def __call__(self, t: object, learner: Learner, key: PyTree = None) -> Learner:
        return descend(learner, self.loss, self.optimizer)


def descent(loss: Loss, optimizer: optax.GradientTransformation) -> Rule:
    """The map of one optimiser step on the whole loss.

    Args:
        loss: ``loss(model) -> scalar``.
        optimizer: any optax transformation, for example ``optax.sgd(0.1)`` or ``optax.lbfgs()``.

    Returns:
        The rule; begin with ``rule.initial(model)``.

    >>> import jax.numpy as jnp
    >>> rule = descent(lambda w: 0.5 * w**2, optax.sgd(0.5))
    >>> float(rule.step(0, rule.initial(jnp.array(3.0)), None).model)
    1.5
    """
    return Rule(_Step(loss, optimizer), Begin(optimizer))
