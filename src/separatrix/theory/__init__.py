"""What must happen: closed forms, reduced equations and bounds."""

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
    "diagonal_largest_eigenvalue",
    "diagonal_trace",
    "expected_loss_after_step",
    "largest_stable_l1",
    "largest_stable_path_norm",
    "largest_stable_trace",
    "loss_noise_floor",
    "relu_trace",
]
