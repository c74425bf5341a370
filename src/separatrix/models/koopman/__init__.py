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
from separatrix.models.koopman.compression import restricted
from separatrix.models.koopman.delays import Delays
from separatrix.models.koopman.dictionary import Dictionary
from separatrix.models.koopman.edmd import EDMD, ResDMD
from separatrix.models.koopman.fourier import Fourier
from separatrix.models.koopman.galerkin import Galerkin, galerkin
from separatrix.models.koopman.generator_edmd import GeneratorEDMD
from separatrix.models.koopman.hankel import HankelDMD
from separatrix.models.koopman.havok import HAVOK
from separatrix.models.koopman.information import (
    Pressures,
    contrast,
    cosine_scores,
    information_loss,
    latent_covariance,
    latent_dimension,
    von_neumann_entropy,
)
from separatrix.models.koopman.kernel_edmd import KernelEDMD
from separatrix.models.koopman.koopman_model import CertificateWarning, KoopmanModel
from separatrix.models.koopman.measure_preserving import MeasurePreserving, measure_preserving
from separatrix.models.koopman.mpedmd import MpEDMD
from separatrix.models.koopman.nystroem_edmd import NystroemEDMD
from separatrix.models.koopman.polynomials import Legendre, Monomials
from separatrix.models.koopman.pseudospectrum import (
    PseudoEigenfunctions,
    exceeds,
    pseudo_eigenfunctions,
    pseudospectrum,
)
from separatrix.models.koopman.radial_basis import RadialBasis
from separatrix.models.koopman.reading import InvalidData
from separatrix.models.koopman.residuals import (
    KoopmanPairs,
    certificate,
    eigenpairs,
    koopman_modes,
    residuals,
    verdicts,
)
from separatrix.models.koopman.spectral_measure import RationalKernel, rational_kernel, smoothed_measure
from separatrix.models.koopman.stochastic import StochasticResiduals, stochastic_residuals
from separatrix.models.koopman.trained_dictionary import TrainedDictionary
from separatrix.models.koopman.verified_spectrum import (
    VerifiedSpectrum,
    disk_grid,
    quadrature_error,
    verified_spectrum,
    worst_distance,
)

__all__ = [
    "EDMD",
    "HAVOK",
    "Autoencoder",
    "CertificateWarning",
    "Delays",
    "Dictionary",
    "EigenvalueIntervals",
    "ForecastFan",
    "Fourier",
    "Galerkin",
    "GeneratorEDMD",
    "HankelDMD",
    "InvalidData",
    "KernelEDMD",
    "KoopmanAutoencoder",
    "KoopmanModel",
    "KoopmanPairs",
    "Legendre",
    "MeasurePreserving",
    "Monomials",
    "MpEDMD",
    "NystroemEDMD",
    "Pressures",
    "PseudoEigenfunctions",
    "RadialBasis",
    "RationalKernel",
    "ResDMD",
    "StochasticResiduals",
    "TrainedDictionary",
    "VerifiedSpectrum",
    "autoencoder",
    "batch_ridge",
    "bootstrap_eigenvalues",
    "certificate",
    "contrast",
    "cosine_scores",
    "disk_grid",
    "eigenpairs",
    "exceeds",
    "forecast_fan",
    "galerkin",
    "information_loss",
    "koopman_modes",
    "latent_covariance",
    "latent_dimension",
    "mean_operator",
    "measure_preserving",
    "pooled_operator",
    "pseudo_eigenfunctions",
    "pseudospectrum",
    "quadrature_error",
    "rational_kernel",
    "residuals",
    "restricted",
    "shrinkage",
    "smoothed_measure",
    "stochastic_residuals",
    "verdicts",
    "verified_spectrum",
    "von_neumann_entropy",
    "worst_distance",
]
