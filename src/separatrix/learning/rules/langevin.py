"""Langevin dynamics: learning that samples the posterior instead of descending to one point."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from separatrix.dynamics import Diffusion, Map
from separatrix.errors import bad_parameter
from separatrix.learning.losses import BatchLoss, Loss, on
from separatrix.learning.rules.minibatch import draw_indices, number_of_examples

LogPrior = Callable[[PyTree], Float[Array, ""]]
"""``log_prior(model) -> scalar``, up to a constant."""


class GaussianPrior(eqx.Module):
    """Independent normal parameters around zero, as a log density up to a constant.

    Attributes:
        scale: standard deviation of each parameter.
    """

    scale: Float[Array, ""] | float = 1.0

    def __call__(self, model: PyTree) -> Float[Array, ""]:
        """The log density of a model.

        Args:
            model: its inexact arrays are the parameters.

        Returns:
            A scalar.
        """
        leaves = jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))
        return -sum((jnp.sum(leaf**2) for leaf in leaves), jnp.zeros(())) / (2 * self.scale**2)


class Energy(eqx.Module):
    """U = -log prior - beta n (mean log likelihood): the posterior's density is proportional to exp(-U).

    Attributes:
        loss: the mean loss in nats an example, a function of the model alone.
        log_prior: of the model.
        examples: n; the likelihood enters as the *sum* over the examples.
        beta: inverse temperature; 1 for the posterior, 1/log n for a learning coefficient, 0 for the prior.
    """

    loss: Loss
    log_prior: LogPrior
    examples: Float[Array, ""] | float
    beta: Float[Array, ""] | float = 1.0

    def __call__(self, model: PyTree) -> Float[Array, ""]:
        """The energy of a model, in nats.

        Args:
            model: the model.

        Returns:
            A scalar.
        """
        return self.beta * self.examples * self.loss(model) - self.log_prior(model)


def posterior_energy(
    loss: BatchLoss, data: PyTree, log_prior: LogPrior, beta: Float[Array, ""] | float = 1.0
) -> Energy:
    """The energy of a posterior from a loss that is a *mean* over examples, which is turned into their sum.

    Args:
        loss: ``loss(model, batch) -> scalar``, the mean negative log likelihood in nats: ``cross_entropy``, or
            ``half_mean_squared`` for unit noise.
        data: the batch, examples along the first axis.
        log_prior: ``log_prior(model) -> scalar``.
        beta: inverse temperature.

    Returns:
        ``model -> scalar``, whose ``langevin`` samples the posterior.
    """
    return Energy(on(loss, data), log_prior, float(number_of_examples(data)), beta)


class _Drift(eqx.Module):
    energy: Loss

    def __call__(self, t: object, model: PyTree) -> PyTree:
        return jax.tree.map(lambda slope: -slope / 2, eqx.filter_grad(self.energy)(model))


def _unit_noise(t: object, model: PyTree) -> PyTree:
    return jax.tree.map(jnp.ones_like, eqx.filter(model, eqx.is_inexact_array))


def langevin(energy: Loss) -> Diffusion:
    """The diffusion d(model) = -grad U/2 dt + dW, whose stationary law is proportional to exp(-U).

    With ``EulerMaruyama(h)`` it is Langevin's algorithm with step h: drift h/2, noise sqrt(h).

    Args:
        energy: U(model), the total and not the mean over examples, for example ``posterior_energy(...)``.

    Returns:
        The diffusion, whose state is the model.

    Source: Welling and Teh, Bayesian learning via stochastic gradient Langevin dynamics (2011), eq. 3.

    >>> law = langevin(lambda w: 0.5 * w**2)
    >>> float(law.drift(0.0, jnp.array(3.0))), float(law.noise(0.0, jnp.array(3.0)))
    (-1.5, 1.0)
    """
    return Diffusion(_Drift(energy), _unit_noise)


class _StochasticStep(eqx.Module):
    loss: BatchLoss = eqx.field(static=True)
    data: PyTree
    log_prior: LogPrior
    step: float
    batch_size: int = eqx.field(static=True)

    def __call__(self, t: object, model: PyTree, key: PRNGKeyArray) -> PyTree:
        choose, shake = jax.random.split(key)
        n = number_of_examples(self.data)
        chosen = draw_indices(choose, n, self.batch_size)
        batch = jax.tree.map(lambda leaf: jnp.take(leaf, chosen, axis=0, mode="clip"), self.data)
        slope = eqx.filter_grad(Energy(on(self.loss, batch), self.log_prior, float(n)))(model)
        moving, fixed = eqx.partition(model, eqx.is_inexact_array)
        leaves, structure = jax.tree.flatten(moving)
        keys = jax.tree.unflatten(structure, list(jax.random.split(shake, len(leaves))))

        def move(leaf: Array, gradient: Array, own: PRNGKeyArray) -> Array:
            noise = jax.random.normal(own, leaf.shape, leaf.dtype)
            return leaf - self.step / 2 * gradient + jnp.sqrt(self.step).astype(leaf.dtype) * noise

        return eqx.combine(jax.tree.map(move, moving, slope, keys), fixed)


def stochastic_langevin(loss: BatchLoss, data: PyTree, log_prior: LogPrior, step: float, batch_size: int) -> Map:
    """Stochastic-gradient Langevin dynamics: the gradient of the sum is estimated from a batch, times n / batch.

    Args:
        loss: ``loss(model, batch) -> scalar``, a mean over the batch, in nats an example.
        data: arrays with examples along the first axis.
        log_prior: ``log_prior(model) -> scalar``.
        step: h; the batch's own noise heats the sample by a part of order h n^2 / batch.
        batch_size: examples in a batch, drawn with replacement.

    Returns:
        The map, whose state is the model.

    Raises:
        SeparatrixError: for a step or a batch size that is not positive.

    Source: Welling and Teh, Bayesian learning via stochastic gradient Langevin dynamics (2011), eq. 4.
    """
    _check(step, batch_size)
    return Map(_StochasticStep(loss, data, log_prior, step, batch_size))


def _check(step: float, batch_size: int) -> None:
    if not step > 0:
        raise bad_parameter("step", "stochastic_langevin", "a float in the range (0, inf)", step)
    if batch_size < 1:
        raise bad_parameter("batch_size", "stochastic_langevin", "an int in the range [1, inf)", batch_size)


def mean_predictive(log_probabilities: Float[Any, "samples *s"]) -> Float[Array, "*s"]:
    """The mixture's prediction from samples of the posterior: the log of the mean *probability*.

    Args:
        log_probabilities: log P_theta(y|x) under each sample, shape (samples, *s).

    Returns:
        log Q(y|x), shape (*s). The mean of logits or of weights would be another, and worse, predictor.

    >>> mean_predictive(jnp.log(jnp.array([[0.9], [0.1]]))).round(4).tolist()
    [-0.6931]
    """
    samples = jnp.asarray(log_probabilities)
    return logsumexp(samples, axis=0) - jnp.log(samples.shape[0])
