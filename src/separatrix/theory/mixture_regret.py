r"""Regret of a Bayesian mixture over a class that can be enumerated, and the bound by the weight of the truth.

The mixture :math:`Q(y^n) = \sum_k w_k P_k(y^n)` costs, against the true :math:`P_0`, the regret
:math:`R(n) = D(P_0^n \| Q)/n`. With the weight of a hypothesis, :math:`W(\epsilon) = w\{k : D(P_0 \| P_k) \le
\epsilon\}`, it obeys :math:`n R(n) \le -\log \sum_k w_k e^{-n D_k} \le \min_\epsilon\,
n \epsilon - \log W(\epsilon)`: the size of the class does not enter. All in nats.
"""

import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp, xlogy
from jaxtyping import Array, Float


def bernoulli_divergence(truth: Float[Array, "*s"], model: Float[Array, "*s"]) -> Float[Array, "*s"]:
    """The divergence D(truth || model) of two coins, in nats: it is the truth that comes first.

    Args:
        truth: chance of a one, shape (*s).
        model: chance of a one under the model, shape (*s).

    Returns:
        Nats, shape (*s); infinite where the model excludes what can happen.

    >>> round(float(bernoulli_divergence(jnp.array(0.5), jnp.array(0.25))), 6)
    0.143841
    """
    both = xlogy(truth, truth) - xlogy(truth, model) + xlogy(1 - truth, 1 - truth) - xlogy(1 - truth, 1 - model)
    return jnp.maximum(both, 0.0)


def log_weight(
    divergence: Float[Array, " k"], log_weights: Float[Array, " k"], radius: Float[Array, ""] | float
) -> Float[Array, ""]:
    """The log of the prior weight of all models that are as close to the truth as the radius.

    Args:
        divergence: D(truth || model) of each model, in nats a symbol, shape (k,).
        log_weights: of the prior, shape (k,).
        radius: epsilon, in nats a symbol.

    Returns:
        log W(epsilon); minus infinity where no model is that close.

    Source: Feder, Urbanke and Fogel (arXiv:2506.07661), definition of the weight.
    """
    return logsumexp(jnp.where(divergence <= radius, log_weights, -jnp.inf))


def regret_bound(
    divergence: Float[Array, " k"], log_weights: Float[Array, " k"], n: Float[Array, " m"]
) -> tuple[Float[Array, " m"], Float[Array, " m"]]:
    """The bound min over epsilon of epsilon + log(1/W(epsilon))/n on the regret of the mixture.

    Args:
        divergence: D(truth || model) of each model, in nats a symbol, shape (k,).
        log_weights: of the prior, shape (k,).
        n: numbers of symbols, shape (m,).

    Returns:
        The bound in nats a symbol and the best epsilon, shape (m,) each.

    Source: Feder, Urbanke and Fogel (arXiv:2506.07661), main theorem, realisable case.

    >>> bound, radius = regret_bound(jnp.array([0.0, 0.1]), jnp.log(jnp.array([0.25, 0.75])), jnp.array([1.0, 1000.0]))
    >>> (bound * jnp.array([1.0, 1000.0])).round(4).tolist(), radius.round(4).tolist()
    ([0.1, 1.3863], [0.1, 0.0])
    """
    order = jnp.argsort(divergence)
    near = divergence[order]
    within = jax.lax.cumlogsumexp(log_weights[order])
    every = near[None, :] - within[None, :] / n[:, None]
    best = jnp.argmin(every, axis=1)
    return jnp.min(every, axis=1), near[best]


def gibbs_bound(
    divergence: Float[Array, " k"], log_weights: Float[Array, " k"], n: Float[Array, " m"]
) -> Float[Array, " m"]:
    """The sharper bound -log(sum of w exp(-n D))/n, of which the one by a ball's weight is a weakening.

    It follows from the convexity of log-sum-exp: the expected log of the mixture is at least the mixture of expected
    logs.

    Args:
        divergence: D(truth || model) of each model, in nats a symbol, shape (k,).
        log_weights: of the prior, shape (k,).
        n: numbers of symbols, shape (m,).

    Returns:
        Nats a symbol, shape (m,).

    Source: Barron and Cover, IEEE Trans. Inf. Theory 37, 1034 (1991), section III.
    """
    return -logsumexp(log_weights[None, :] - n[:, None] * divergence[None, :], axis=1) / n


def sequential_predictive(
    log_weights: Float[Array, " k"], log_likelihoods: Float[Array, "n k"]
) -> tuple[Float[Array, " n"], Float[Array, "n+1 k"]]:
    """The mixture's prediction of each symbol from those before it, and its posteriors.

    Args:
        log_weights: of the prior, shape (k,).
        log_likelihoods: log P_k(y_t), given x_t if there are inputs, of each symbol under each model, shape (n, k).

    Returns:
        log Q(y_t | earlier), shape (n,), which sum to log Q(y^n); and the log posterior before each symbol and after
        the last, shape (n + 1, k).

    >>> flips = jnp.log(jnp.array([[0.5, 0.9], [0.5, 0.9]]))
    >>> predicted, _ = sequential_predictive(jnp.log(jnp.array([0.5, 0.5])), flips)
    >>> [round(float(chance), 4) for chance in jnp.exp(predicted)]
    [0.7, 0.7571]
    """
    sums = jnp.concatenate([jnp.zeros_like(log_likelihoods[:1]), jnp.cumsum(log_likelihoods, axis=0)])
    joint = log_weights[None, :] + sums
    evidence = logsumexp(joint, axis=1)
    return jnp.diff(evidence), joint - evidence[:, None]


def supervised_regret(
    log_posterior: Float[Array, " k"], models: Float[Array, "k x"], truth: Float[Array, " x"]
) -> Float[Array, ""]:
    """The regret of the posterior mixture's next prediction, averaged over equally likely inputs.

    Args:
        log_posterior: of the models, shape (k,).
        models: chance of a one for each input under each model, shape (k, x).
        truth: chance of a one for each input, shape (x,).

    Returns:
        Nats.
    """
    mixed = jnp.exp(log_posterior) @ models
    return jnp.mean(bernoulli_divergence(truth, mixed))
