"""What shapes a latent space by information: contrast between neighbours, entropy of the modes, linear consistency."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from separatrix.errors import bad_parameter
from separatrix.models.koopman.autoencoder import Autoencoder
from separatrix.models.koopman.batch_ridge import mean_operator

SMALLEST_SHARE = 1e-8
"""Added to the covariance's diagonal, and least eigenvalue whose logarithm is taken."""


def cosine_scores(latents: Float[Array, "times d"], temperature: float) -> Float[Array, "times times"]:
    """Cosines between the latents of a sequence over a temperature; blind to their norms.

    Args:
        latents: of one sequence, (times, d).
        temperature: tau, positive.

    Returns:
        Scores of all pairs, (times, times).
    """
    squares = jnp.sum(latents**2, axis=1, keepdims=True)
    unit = latents / jnp.sqrt(jnp.maximum(squares, 1e-16))
    return unit @ unit.T / temperature


def contrast(scores: Float[Array, "times times"], neighbours: int) -> Float[Array, ""]:
    """Multi-positive InfoNCE inside one sequence: can the neighbours of a state be told from its other states?

    -log(sum over positives of e^s / sum over all others of e^s), averaged over the anchors that have ``neighbours``
    states on both sides. ``contrast_ceiling`` minus this estimates the information between neighbours.

    Args:
        scores: critic of anchors (rows) and candidates (columns), (times, times).
        neighbours: positives on either side of an anchor.

    Returns:
        The loss, in nats, at least 0.

    Raises:
        SeparatrixError: the sequence is too short to have an anchor with a negative.

    Source: arXiv 2510.13025, its public code; van den Oord et al., arXiv 1807.03748.

    >>> round(float(contrast(jnp.zeros((16, 16)), 3)), 3)
    0.916
    """
    times = scores.shape[0]
    _check_neighbours(neighbours, times)
    apart = jnp.abs(jnp.arange(times)[:, None] - jnp.arange(times)[None, :])
    others = jnp.where(apart > 0, scores, -jnp.inf)
    positives = jnp.where(apart <= neighbours, others, -jnp.inf)
    losses = jax.nn.logsumexp(others, axis=1) - jax.nn.logsumexp(positives, axis=1)
    return jnp.mean(losses[neighbours : times - neighbours])


def von_neumann_entropy(covariance: Float[Array, "d d"]) -> Float[Array, ""]:
    """Entropy -sum l log l of the eigenvalues l of a covariance divided by its trace.

    Args:
        covariance: symmetric, non-negative, (d, d).

    Returns:
        The entropy, in nats, from 0 to log d; its exponential is the effective dimension.

    Source: arXiv 2510.13025, the entropy of the latents.

    >>> round(float(jnp.exp(von_neumann_entropy(jnp.eye(4)))), 3)
    4.0
    """
    shares = jnp.maximum(jnp.linalg.eigvalsh(covariance / jnp.trace(covariance)), SMALLEST_SHARE)
    return -jnp.sum(shares * jnp.log(shares))


def latent_covariance(latents: Float[Array, "... d"]) -> Float[Array, "d d"]:
    """Covariance of all latents of a batch, whatever their sequence.

    Args:
        latents: (..., d).

    Returns:
        Centred covariance plus 1e-8 on the diagonal, (d, d).
    """
    rows = latents.reshape(-1, latents.shape[-1])
    rows = rows - jnp.mean(rows, axis=0, keepdims=True)
    return rows.T @ rows / (rows.shape[0] - 1) + SMALLEST_SHARE * jnp.eye(rows.shape[1], dtype=rows.dtype)


def latent_dimension(latents: Float[Array, "... d"]) -> Float[Array, ""]:
    """Effective dimension of latents: exp of the von Neumann entropy of their covariance.

    Args:
        latents: (..., d).

    Returns:
        From 1 to d.
    """
    return jnp.exp(von_neumann_entropy(latent_covariance(latents)))


class Pressures(eqx.Module):
    """Weights of the terms of the loss; arrays, so that many settings train in one program.

    Attributes:
        contrast: alpha, of the information between neighbouring latents.
        linearity: beta, of the squared norm of the linear step's error.
        entropy: gamma, of the von Neumann entropy, which is *rewarded*.
        ridge: kappa, of the operator's regression.
        reconstruction: of the error of decoding a state's own latent.
    """

    contrast: Float[Array, "*settings"] | float = 1.0
    linearity: Float[Array, "*settings"] | float = 0.1
    entropy: Float[Array, "*settings"] | float = 0.1
    ridge: Float[Array, "*settings"] | float = 0.1
    reconstruction: Float[Array, "*settings"] | float = 0.1


def information_loss(
    model: Autoencoder,
    windows: Float[Array, "batch times D"],
    pressures: Pressures,
    *,
    neighbours: int = 3,
    temperature: float = 0.1,
) -> Float[Array, ""]:
    """The loss of the information-regularised Koopman autoencoder.

    Error of the decoded linear step + reconstruction - alpha contrast + beta linear step - gamma entropy, the operator
    being the batch's own in closed form and held fixed in the gradient.

    Args:
        model: the autoencoder.
        windows: sequences of states at equal steps, (batch, times, D).
        pressures: weights of the terms.
        neighbours: positives on either side of an anchor.
        temperature: of the cosines.

    Returns:
        The loss.

    Source: arXiv 2510.13025, the autoencoder form of the Lagrangian. Its public script adds the entropy to what is
    minimised, which would collapse the latents; the text rewards it, as is done here.
    """
    latents = model.encoder(windows)
    operator = jax.lax.stop_gradient(mean_operator(latents, pressures.ridge))
    stepped = latents[:, :-1] @ operator
    forward = jnp.mean((model.decoder(stepped) - windows[:, 1:]) ** 2)
    reconstruction = jnp.mean((model.decoder(latents) - windows) ** 2)
    linear = jnp.mean(jnp.sum((latents[:, 1:] - stepped) ** 2, axis=-1))
    told = jnp.mean(jax.vmap(lambda z: contrast(cosine_scores(z, temperature), neighbours))(latents))
    entropy = von_neumann_entropy(latent_covariance(latents))
    return (
        forward
        + pressures.reconstruction * reconstruction
        + pressures.contrast * told
        + pressures.linearity * linear
        - pressures.entropy * entropy
    )


def _check_neighbours(neighbours: int, times: int) -> None:
    if neighbours < 1 or times < 2 * neighbours + 2:
        raise bad_parameter(
            "neighbours", "contrast", f"from 1 to {(times - 2) // 2} in a sequence of {times} states", neighbours
        )
