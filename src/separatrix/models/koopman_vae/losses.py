"""What a Koopman VAE minimises: divergence of posterior and prior, and the error of the best linear prediction."""

from typing import Literal

import jax.numpy as jnp
from jaxtyping import Array, Float

from separatrix.models.koopman_vae.operator import Solver, koopman_operator, successive

Scaling = Literal["squares", "frobenius"]
"""How the linear error is measured: as in the paper's text, or as in its code."""


def gaussian_divergence(
    mean: Float[Array, "*any"],
    log_variance: Float[Array, "*any"],
    prior_mean: Float[Array, "*any"],
    prior_log_variance: Float[Array, "*any"],
) -> Float[Array, "*any"]:
    """KL(N(mean, s^2) || N(prior mean, p^2)) = (log p^2 - log s^2 + (s^2 + (mean - prior mean)^2) / p^2 - 1) / 2.

    Args:
        mean: of the posterior.
        log_variance: of the posterior.
        prior_mean: of the prior.
        prior_log_variance: of the prior.

    Returns:
        The divergence of every entry, in nats.

    >>> float(gaussian_divergence(jnp.ones(()), jnp.zeros(()), jnp.zeros(()), jnp.zeros(())))
    0.5
    """
    ratio = (jnp.exp(log_variance) + (mean - prior_mean) ** 2) * jnp.exp(-prior_log_variance)
    return 0.5 * (prior_log_variance - log_variance + ratio - 1)


def linear_prediction_loss(
    latents: Float[Array, "series time k"],
    operator: Float[Array, "k k"],
    steps: int = 1,
    scaling: Scaling = "squares",
) -> Float[Array, ""]:
    """How badly powers of the operator predict the states that follow.

    With ``"squares"`` it is E||z_{t+j} - z_t A^j||^2, the paper's text. With ``"frobenius"`` it is the mean square *an
    entry* over the norm ||Z A^j||_F of the whole batch, the paper's code: smaller by a factor of about k times the root
    of the number of entries, and proportional to the size of the latents, so that they can cheat by shrinking.

    Args:
        latents: series of states.
        operator: A, for states as rows.
        steps: largest j.
        scaling: which form.

    Returns:
        The sum over j = 1 to ``steps``.
    """
    loss, predicted = jnp.zeros((), latents.dtype), latents
    for ahead in range(1, steps + 1):
        predicted = predicted[:, :-1] @ operator
        error = (latents[:, ahead:] - predicted) ** 2
        if scaling == "squares":
            loss = loss + jnp.mean(jnp.sum(error, axis=2))
        else:
            loss = loss + jnp.mean(error) / jnp.sqrt(jnp.sum(predicted**2))
    return loss


def batch_operator(latents: Float[Array, "series time k"], solver: Solver = "qr") -> Float[Array, "k k"]:
    """The one operator of a batch of series.

    Args:
        latents: series of states.
        solver: as for ``koopman_operator``.

    Returns:
        A.
    """
    before, after = successive(latents)
    return koopman_operator(before, after, solver)
