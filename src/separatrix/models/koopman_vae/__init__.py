"""Koopman VAE: a generator of series whose latent dynamics are drawn towards one linear operator."""

from separatrix.models.koopman_vae.estimator import KoopmanVAE
from separatrix.models.koopman_vae.generation import generate, generate_linearly, propagate
from separatrix.models.koopman_vae.losses import batch_operator, gaussian_divergence, linear_prediction_loss
from separatrix.models.koopman_vae.network import Batch, SequenceVAE, Terms, Weights
from separatrix.models.koopman_vae.operator import koopman_operator, linear_residual, noise_floor, successive
from separatrix.models.koopman_vae.prior import GRUPrior, Latents
from separatrix.models.koopman_vae.scores import discriminative_score, predictive_score
from separatrix.models.koopman_vae.spectral_constraints import eigenvalue_moduli, spectral_penalty
from separatrix.models.koopman_vae.spline import natural_spline

__all__ = [
    "Batch",
    "GRUPrior",
    "KoopmanVAE",
    "Latents",
    "SequenceVAE",
    "Terms",
    "Weights",
    "batch_operator",
    "discriminative_score",
    "eigenvalue_moduli",
    "gaussian_divergence",
    "generate",
    "generate_linearly",
    "koopman_operator",
    "linear_prediction_loss",
    "linear_residual",
    "natural_spline",
    "noise_floor",
    "predictive_score",
    "propagate",
    "spectral_penalty",
    "successive",
]
