"""Models of the Koopman operator, which is linear whatever the system, and certificates of what they find."""

from separatrix.models.koopman.bootstrap import (
    EigenvalueIntervals,
    ForecastFan,
    bootstrap_eigenvalues,
    forecast_fan,
)
from separatrix.models.koopman.galerkin import Galerkin, galerkin
from separatrix.models.koopman.residuals import (
    KoopmanPairs,
    certificate,
    eigenpairs,
    koopman_modes,
    residuals,
    verdicts,
)

__all__ = [
    "EigenvalueIntervals",
    "ForecastFan",
    "Galerkin",
    "KoopmanPairs",
    "bootstrap_eigenvalues",
    "certificate",
    "eigenpairs",
    "forecast_fan",
    "galerkin",
    "koopman_modes",
    "residuals",
    "verdicts",
]
