"""Of a system or a trajectory: spectra, fixed points, stability, plateaus, invariant manifolds."""

from separatrix.analysis.momentum import adam_threshold, heavy_ball_threshold, nesterov_threshold
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
    "FisherSharpness",
    "LearningRateBounds",
    "adam_threshold",
    "critical_learning_rate",
    "critical_learning_rate_single",
    "expected_linearised",
    "fisher_sharpness",
    "gram_matrix",
    "heavy_ball_threshold",
    "learning_rate_bounds",
    "loss_alignment",
    "nesterov_threshold",
    "second_moment_operator",
    "second_moment_radius",
    "second_moment_step",
    "simulate_linearised",
]
