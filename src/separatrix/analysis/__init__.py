"""Of a system or a trajectory: spectra, fixed points, stability, plateaus, invariant manifolds."""

from separatrix.analysis.conservation import layer_imbalance, relative_drift, unit_imbalance
from separatrix.analysis.curvature import gauss_newton, hessian, leading_eigenvalue, sharpness
from separatrix.analysis.deflated_density import DeflatedDensity, deflated_density
from separatrix.analysis.delayed_generalisation import Outlook, generalisation_outlook, recent_exponent
from separatrix.analysis.effective_width import EffectiveWidth, effective_width
from separatrix.analysis.eigenpairs import Eigenpairs, UnconvergedWarning, eigenpairs
from separatrix.analysis.escape import (
    Escape,
    exponential_break,
    finite_time_break,
    loss_per_squared_gradient,
    predict_escape,
)
from separatrix.analysis.fixed_points import StationaryPoint, find_stationary_point
from separatrix.analysis.linearised_sgd import expected_linearised, simulate_linearised
from separatrix.analysis.momentum import adam_threshold, heavy_ball_threshold, nesterov_threshold
from separatrix.analysis.operators import (
    NondeterministicLossError,
    NonfiniteCurvatureError,
    SymmetricOperator,
    preconditioned,
)
from separatrix.analysis.plateaus import Plateau, current_plateau, find_plateaus
from separatrix.analysis.saddles import SaddleIndex, degenerate_escape_time, escape_time, predicted_escape, saddle_index
from separatrix.analysis.sgd_stability import (
    FisherSharpness,
    LearningRateBounds,
    critical_learning_rate,
    critical_learning_rate_single,
    fisher_sharpness,
    gram_matrix,
    learning_rate_bounds,
    loss_alignment,
    second_moment_operator,
    second_moment_radius,
    second_moment_step,
)
from separatrix.analysis.spectral_density import SpectralDensity, spectral_density
from separatrix.analysis.traces import Estimate, frobenius_norm, trace, trace_with_sketch

__all__ = [
    "DeflatedDensity",
    "EffectiveWidth",
    "Eigenpairs",
    "Escape",
    "Estimate",
    "FisherSharpness",
    "LearningRateBounds",
    "NondeterministicLossError",
    "NonfiniteCurvatureError",
    "Outlook",
    "Plateau",
    "SaddleIndex",
    "SpectralDensity",
    "StationaryPoint",
    "SymmetricOperator",
    "UnconvergedWarning",
    "adam_threshold",
    "critical_learning_rate",
    "critical_learning_rate_single",
    "current_plateau",
    "deflated_density",
    "degenerate_escape_time",
    "effective_width",
    "eigenpairs",
    "escape_time",
    "expected_linearised",
    "exponential_break",
    "find_plateaus",
    "find_stationary_point",
    "finite_time_break",
    "fisher_sharpness",
    "frobenius_norm",
    "gauss_newton",
    "generalisation_outlook",
    "gram_matrix",
    "heavy_ball_threshold",
    "hessian",
    "layer_imbalance",
    "leading_eigenvalue",
    "learning_rate_bounds",
    "loss_alignment",
    "loss_per_squared_gradient",
    "nesterov_threshold",
    "preconditioned",
    "predict_escape",
    "predicted_escape",
    "recent_exponent",
    "relative_drift",
    "saddle_index",
    "second_moment_operator",
    "second_moment_radius",
    "second_moment_step",
    "sharpness",
    "simulate_linearised",
    "spectral_density",
    "trace",
    "trace_with_sketch",
    "unit_imbalance",
]
