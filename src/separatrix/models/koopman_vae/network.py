"""The sequential VAE with a learned prior, and the terms of its loss for one batch."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.models.koopman_vae.decoder import Decoder
from separatrix.models.koopman_vae.draws import Draw, drawn
from separatrix.models.koopman_vae.encoder import Encoder
from separatrix.models.koopman_vae.irregular import IrregularEncoder
from separatrix.models.koopman_vae.losses import batch_operator, gaussian_divergence, linear_prediction_loss
from separatrix.models.koopman_vae.operator import Solver
from separatrix.models.koopman_vae.prior import GRUPrior, Latents, with_conditions
from separatrix.models.koopman_vae.spectral_constraints import SpectralConstraint, spectral_penalty


class Batch(NamedTuple):
    """Series to learn from.

    Args:
        inputs: what the encoder reads (channels, conditions, and for irregular series the slopes of their path).
        targets: what is to be decoded, in [0, 1].
        observed: 1 where a target was observed, 0 where it is unknown and does not count.
        conditions: known numbers of each series; (series, 0) for none.
    """

    inputs: Float[Array, "series time inputs"]
    targets: Float[Array, "series time channels"]
    observed: Float[Array, "series time channels"]
    conditions: Float[Array, "series conditions"]


class Weights(NamedTuple):
    """Weights of the loss's terms and switches between variants: plain numbers, so that one program serves all.

    Args:
        divergence: beta, of the divergence of the posterior from the prior.
        linear: alpha, of the squared error of linear prediction of prior states.
        frobenius: of the same in the scaling of the paper's code.
        spectral: of the spectral constraint.
        teacher: 1: the prior's law of a posterior state is given the posterior's earlier states, as in the evidence
            bound; 0: given states that the prior drew itself, as in the paper's code.
        independent: 1 for a prior of independent standard normal states.
    """

    divergence: Float[Array, ""] | float = 0.007
    linear: Float[Array, ""] | float = 0.005
    frobenius: Float[Array, ""] | float = 0.0
    spectral: Float[Array, ""] | float = 0.0
    teacher: Float[Array, ""] | float = 1.0
    independent: Float[Array, ""] | float = 0.0


class Terms(NamedTuple):
    """Terms of the loss of a batch.

    Args:
        reconstruction: squared error summed over times and channels, a series.
        divergence: summed over times and components, a series, in nats.
        linear: E||z_{t+1} - z_t A||^2 over prior states.
        frobenius: the same in the scaling of the paper's code.
        spectral: how far the operator's spectrum is from the constraint.
    """

    reconstruction: Float[Array, ""]
    divergence: Float[Array, ""]
    linear: Float[Array, ""]
    frobenius: Float[Array, ""]
    spectral: Float[Array, ""]

    def total(self, weights: Weights) -> Float[Array, ""]:
        """What is minimised.

        Args:
            weights: of the terms.

        Returns:
            Their weighted sum.
        """
        return (
            self.reconstruction
            + weights.divergence * self.divergence
            + weights.linear * self.linear
            + weights.frobenius * self.frobenius
            + weights.spectral * self.spectral
        )


class SequenceVAE(eqx.Module):
    """Encoder, decoder and prior (Naiman et al. 2023, section 4).

    Args:
        channels: C of the series.
        latent: dimension k of a latent state.
        hidden: units h.
        layers: of encoder and decoder.
        conditions: known numbers of a series.
        irregular: whether the encoder is a controlled differential equation.
        key: draws the weights.
    """

    encoder: Encoder | IrregularEncoder
    decoder: Decoder
    prior: GRUPrior

    def __init__(
        self,
        channels: int,
        latent: int = 16,
        hidden: int = 20,
        layers: int = 3,
        conditions: int = 0,
        irregular: bool = False,
        *,
        key: PRNGKeyArray,
    ):
        def build(draw: Draw) -> tuple[Encoder | IrregularEncoder, Decoder, GRUPrior]:
            if irregular:
                encoder = IrregularEncoder(2 * channels + 1, conditions, latent, hidden, draw)
            else:
                encoder = Encoder(channels + conditions, latent, hidden, layers, draw)
            decoder = Decoder(latent + conditions, channels, hidden, layers, draw)
            return encoder, decoder, GRUPrior(latent, hidden, conditions, draw)

        self.encoder, self.decoder, self.prior = drawn(build, key)

    def noise(self, key: PRNGKeyArray, series: int, time: int) -> Float[Array, "series time k"]:
        """What random latent states are made of.

        Args:
            key: decides it.
            series: how many.
            time: their length.

        Returns:
            Independent standard normal numbers.
        """
        bias = self.prior.head.bias
        drawn = jax.random.normal(key, (series, time, bias.size // 2), bias.dtype)
        return jax.lax.optimization_barrier(drawn)  # or it would be drawn anew wherever it is used

    def decode(
        self, states: Float[Array, "series time k"], conditions: Float[Array, "series conditions"]
    ) -> Float[Array, "series time channels"]:
        """Series of latent states.

        Args:
            states: latent.
            conditions: of each series.

        Returns:
            Series in [0, 1].
        """
        return self.decoder(with_conditions(states, conditions))

    def terms(
        self,
        batch: Batch,
        weights: Weights,
        *,
        key: PRNGKeyArray,
        solver: Solver = "qr",
        steps: int = 1,
        constraint: SpectralConstraint = "none",
        training: bool = True,
    ) -> Terms:
        """The terms of the loss.

        Args:
            batch: series.
            weights: for the switches among them; the terms are not weighted here.
            key: draws latent states.
            solver: of the operator.
            steps: of linear prediction.
            constraint: on the operator's spectrum.
            training: whether to normalise by the batch's own statistics.

        Returns:
            The terms.
        """
        noise = self.noise(key, 2 * len(batch.inputs), batch.inputs.shape[1])
        of_posterior, of_prior = jnp.split(noise, 2)
        posterior = self.encoder(batch.inputs, of_posterior, training=training)
        ahead = self.prior.sample(of_prior, batch.conditions, weights.independent)
        forced = self.prior.laws(posterior.states, batch.conditions, weights.independent)
        decoded = self.decode(posterior.states, batch.conditions)
        operator = batch_operator(ahead.states, solver)
        return Terms(
            jnp.sum(batch.observed * (decoded - batch.targets) ** 2) / len(decoded),
            _divergence(posterior, ahead, forced, weights.teacher),
            linear_prediction_loss(ahead.states, operator, steps),
            linear_prediction_loss(ahead.states, operator, steps, "frobenius"),
            spectral_penalty(operator, constraint),
        )


def _divergence(posterior: Latents, ahead: Latents, forced: Latents, teacher: Array | float) -> Array:
    mean = teacher * forced.mean + (1 - teacher) * ahead.mean
    log_variance = teacher * forced.log_variance + (1 - teacher) * ahead.log_variance
    entries = gaussian_divergence(posterior.mean, posterior.log_variance, mean, log_variance)
    return jnp.sum(entries) / len(posterior.mean)
