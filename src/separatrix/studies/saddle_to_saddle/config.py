"""Every number of the study."""

import dataclasses
from typing import ClassVar

from separatrix.studies import StudyConfig, setting


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Targets, widths, initial scales and horizons."""

    PRESETS: ClassVar = {
        "smoke": {"seeds": 2, "width_seeds": 2, "times": 120},
        "full": {
            "seeds": 20,
            "width_seeds": 100,
            "times": 1600,
            "linear_scales": (1e-2, 1e-3, 1e-4, 1e-5, 1e-6),
            "linear_widths": (10, 20, 40, 80, 160),
        },
    }

    seeds: int = 10
    times: int = setting(400, "times, geometrically spaced, at which a run is observed")
    strengths: tuple[float, ...] = setting((2.0, 1.0, 0.5), "singular values of the linear target")
    linear_width: int = setting(20, "units of the linear network")
    linear_widths: tuple[int, ...] = setting((10, 20, 40), "widths of linear networks, the last the largest")
    linear_scale: float = setting(1e-3, "standard deviation of its initial weights")
    linear_scales: tuple[float, ...] = setting((1e-2, 1e-3, 1e-4, 1e-5), "scales that the law is fitted to")
    variances: tuple[float, ...] = setting((1.0, 0.7, 0.4), "eigenvalues of the inputs' covariance, attention")
    context: int = setting(31, "pairs in the context", unit="pairs")
    attention_width: int = setting(8, "attention heads")
    width_seeds: int = setting(40, "seeds for the comparison of few heads with many", unit="seeds")
    attention_scales: tuple[float, ...] = setting((3e-2, 1e-2, 5e-3), "scales that the law is fitted to")
    eigenvalues: tuple[float, ...] = setting((1.0, -1.0, 0.0, 0.0), "eigenvalues of the quadratic target")
    quadratic_width: int = setting(10, "units of the quadratic network")
    quadratic_scales: tuple[float, ...] = setting((3e-2, 1e-2, 3e-3), "scales that the law is fitted to")
    labels: tuple[float, ...] = setting((1.0, 0.8, -0.4, -0.5), "targets of the ReLU network on orthonormal inputs")
    relu_width: int = setting(50, "units of the ReLU network")
    relu_scales: tuple[float, ...] = setting((1e-5, 1e-6), "scales that the law is fitted to")
    sample: int = setting(24, "inputs of the tanh, x tanh x and cubic networks")
    smooth_width: int = setting(20, "units of the tanh network")
    soft_scales: tuple[float, ...] = setting((3e-2, 1e-2), "scales of the x tanh x network")
    cubic_scales: tuple[float, ...] = setting((5e-2, 3e-2), "scales of the cubic network")
    digits_scale: float = setting(1e-12, "standard deviation of the autoencoder's initial weights")
    digits_width: int = setting(16, "units of the autoencoder")
