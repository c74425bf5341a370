"""Models of the Koopman operator, which is linear whatever the system, and certificates of what they find."""

from separatrix.models.koopman.autoencoder import Autoencoder, autoencoder
from separatrix.models.koopman.autoencoder_estimator import KoopmanAutoencoder
from separatrix.models.koopman.batch_ridge import batch_ridge, mean_operator, pooled_operator, shrinkage
from separatrix.models.koopman.bootstrap import (
    EigenvalueIntervals,
    ForecastFan,
    bootstrap_eigenvalues,
    forecast_fan,
)
from separatrix.models.koopman.galerkin import Galerkin, galerkin
from separatrix.models.koopman.information import (
    Pressures,
    contrast,
    cosine_scores,
    information_loss,
    latent_covariance,
    latent_dimension,
    von_neumann_entropy,
)
from separatrix.models.koopman.residuals import (
    KoopmanPairs,
    certificate,
    eigenpairs,
    koopman_modes,
    residuals,
    verdicts,
)

__all__ = [
    "Autoencoder",
    "EigenvalueIntervals",
    "ForecastFan",
    "Galerkin",
    "KoopmanAutoencoder",
    "KoopmanPairs",
    "Pressures",
    "autoencoder",
    "batch_ridge",
    "bootstrap_eigenvalues",
    "certificate",
    "contrast",
    "cosine_scores",
    "eigenpairs",
    "forecast_fan",
    "galerkin",
    "information_loss",
    "koopman_modes",
    "latent_covariance",
    "latent_dimension",
    "mean_operator",
    "pooled_operator",
    "residuals",
    "shrinkage",
    "verdicts",
    "von_neumann_entropy",
]
