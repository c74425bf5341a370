"""What must happen: closed forms, reduced equations and bounds."""

from separatrix.theory.deep_linear import (
    delay_of_depth,
    effective_start,
    half_time,
    mode_dynamics,
    mode_strength,
    mode_time,
    unbalanced_strength,
    unbalanced_time,
)
from separatrix.theory.deep_linear_depth import (
    depth_integral,
    depth_strength,
    infinite_depth_integral,
    mode_curvature,
)
from separatrix.theory.isometry import activity, gaussian_product_rates, jacobian_scale
from separatrix.theory.stability_norms import (
    diagonal_largest_eigenvalue,
    diagonal_trace,
    expected_loss_after_step,
    largest_stable_l1,
    largest_stable_path_norm,
    largest_stable_trace,
    loss_noise_floor,
    relu_trace,
)

__all__ = [
    "activity",
    "delay_of_depth",
    "depth_integral",
    "depth_strength",
    "diagonal_largest_eigenvalue",
    "diagonal_trace",
    "effective_start",
    "expected_loss_after_step",
    "gaussian_product_rates",
    "half_time",
    "infinite_depth_integral",
    "jacobian_scale",
    "largest_stable_l1",
    "largest_stable_path_norm",
    "largest_stable_trace",
    "loss_noise_floor",
    "mode_curvature",
    "mode_dynamics",
    "mode_strength",
    "mode_time",
    "relu_trace",
    "unbalanced_strength",
    "unbalanced_time",
]
