"""Of weights, representations and kernels: pure functions, from arrays to arrays."""

from separatrix.observables.kernels import (
    centre,
    centred_kernel_alignment,
    feature_kernel,
    kernel_alignment,
    kernel_change,
    kernel_movement,
    target_alignment,
)
from separatrix.observables.modes import CorrelationModes, correlation_modes, mode_strengths
from separatrix.observables.named import (
    observe_displacement,
    observe_effective_rank,
    observe_kernel_movement,
    observe_mode_strengths,
    observe_singular_values,
    observe_unit_strengths,
    observe_weight_norm,
)
from separatrix.observables.spectra import (
    effective_rank,
    input_output_map,
    participation_ratio,
    singular_values,
    stable_rank,
)
from separatrix.observables.tangents import output_gradients, tangent_kernel, tangent_kernel_blocks
from separatrix.observables.units import (
    activation_strengths,
    active_units,
    effective_units,
    unit_shares,
    unit_strengths,
)
from separatrix.observables.weights import (
    balance_ratio,
    displacement,
    leaf_displacements,
    leaf_names,
    path_norm,
    weight_norm,
)

__all__ = [
    "CorrelationModes",
    "activation_strengths",
    "active_units",
    "balance_ratio",
    "centre",
    "centred_kernel_alignment",
    "correlation_modes",
    "displacement",
    "effective_rank",
    "effective_units",
    "feature_kernel",
    "input_output_map",
    "kernel_alignment",
    "kernel_change",
    "kernel_movement",
    "leaf_displacements",
    "leaf_names",
    "mode_strengths",
    "observe_displacement",
    "observe_effective_rank",
    "observe_kernel_movement",
    "observe_mode_strengths",
    "observe_singular_values",
    "observe_unit_strengths",
    "observe_weight_norm",
    "output_gradients",
    "participation_ratio",
    "path_norm",
    "singular_values",
    "stable_rank",
    "tangent_kernel",
    "tangent_kernel_blocks",
    "target_alignment",
    "unit_shares",
    "unit_strengths",
    "weight_norm",
]
