"""Of a system or a trajectory: spectra, fixed points, stability, plateaus, invariant manifolds."""

from separatrix.analysis.curvature import gauss_newton, hessian, leading_eigenvalue, sharpness
from separatrix.analysis.eigenpairs import Eigenpairs, UnconvergedWarning, eigenpairs
from separatrix.analysis.escape import (
    Escape,
    exponential_break,
    finite_time_break,
    loss_per_squared_gradient,
    predict_escape,
)
from separatrix.analysis.momentum import adam_threshold, heavy_ball_threshold, nesterov_threshold
from separatrix.analysis.operators import (
    NondeterministicLossError,
    NonfiniteCurvatureError,
    SymmetricOperator,
    preconditioned,
)
from separatrix.analysis.plateaus import Plateau, current_plateau, find_plateaus
from separatrix.analysis.sgd_stability import (
    FisherSharpness,
    LearningRateBounds,
    critical_learning_rate,
    critical_learning_rate_single,
    expected_linearised,
    fisher_sharpness,
    gram_matrix,
    learning_rate_bounds,
    loss_alignment,
    second_moment_operator,
    second_moment_radius,
    second_moment_step,
    simulate_linearised,
)

__all__ = [
    "Eigenpairs",
    "Escape",
    "FisherSharpness",
    "LearningRateBounds",
    "NondeterministicLossError",
    "NonfiniteCurvatureError",
    "Plateau",
    "SymmetricOperator",
    "UnconvergedWarning",
    "adam_threshold",
    "critical_learning_rate",
    "critical_learning_rate_single",
    "current_plateau",
    "eigenpairs",
    "expected_linearised",
    "exponential_break",
    "find_plateaus",
    "finite_time_break",
    "fisher_sharpness",
    "gauss_newton",
    "gram_matrix",
    "heavy_ball_threshold",
    "hessian",
    "leading_eigenvalue",
    "learning_rate_bounds",
    "loss_alignment",
    "loss_per_squared_gradient",
    "nesterov_threshold",
    "preconditioned",
    "predict_escape",
    "second_moment_operator",
    "second_moment_radius",
    "second_moment_step",
    "sharpness",
    "simulate_linearised",
]
