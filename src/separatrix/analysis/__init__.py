"""Of a system or a trajectory: spectra, fixed points, stability, plateaus, invariant manifolds."""

from separatrix.analysis.curvature import gauss_newton, hessian, leading_eigenvalue, sharpness
from separatrix.analysis.eigenpairs import Eigenpairs, UnconvergedWarning, eigenpairs
from separatrix.analysis.momentum import adam_threshold, heavy_ball_threshold, nesterov_threshold
from separatrix.analysis.operators import (
    NondeterministicLossError,
    NonfiniteCurvatureError,
    SymmetricOperator,
    preconditioned,
)
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
    "FisherSharpness",
    "LearningRateBounds",
    "NondeterministicLossError",
    "NonfiniteCurvatureError",
    "SymmetricOperator",
    "UnconvergedWarning",
    "adam_threshold",
    "critical_learning_rate",
    "critical_learning_rate_single",
    "eigenpairs",
    "expected_linearised",
    "fisher_sharpness",
    "gauss_newton",
    "gram_matrix",
    "heavy_ball_threshold",
    "hessian",
    "leading_eigenvalue",
    "learning_rate_bounds",
    "loss_alignment",
    "nesterov_threshold",
    "preconditioned",
    "second_moment_operator",
    "second_moment_radius",
    "second_moment_step",
    "sharpness",
    "simulate_linearised",
]
