"""Models of the Koopman operator, which is linear whatever the system, and certificates of what they find."""

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
    "Galerkin",
    "KoopmanPairs",
    "certificate",
    "eigenpairs",
    "galerkin",
    "koopman_modes",
    "residuals",
    "verdicts",
]
