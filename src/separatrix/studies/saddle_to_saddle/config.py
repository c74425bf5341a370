"""Every number of the study."""

import dataclasses
from typing import ClassVar

from separatrix.studies import StudyConfig, setting


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Targets, widths, initial scales and horizons."""

    PRESETS: ClassVar = {
        "smoke": {"seeds": 2, "draws": 1, "times": 120, "digits_seeds": 2},
        "full": {
            "seeds": 20,
            "draws": 5,
            "digits_seeds": 20,
            "times": 1600,
            "linear_scales": (1e-2, 1e-3, 1e-4, 1e-5, 1e-6),
            "linear_widths": (10, 20, 40, 80, 160),
        },
    }

    seed: int = 2512
    seeds: int = 10
    draws: int = setting(4, "independent draws of each seed where the luck of few units decides", unit="draws")
    times: int = setting(400, "times, geometrically spaced, at which a run is observed")
    strengths: tuple[float, ...] = setting((2.0, 1.0, 0.5), "singular values of the linear target, falling")
    linear_width: int = setting(20, "units of the linear network")
    linear_widths: tuple[int, ...] = setting((10, 20, 40), "widths of linear networks, the last the largest")
    linear_scale: float = setting(1e-3, "standard deviation of its initial weights")
    linear_scales: tuple[float, ...] = setting((1e-2, 1e-3, 1e-4, 1e-5), "scales that the law is fitted to, falling")
    variances: tuple[float, ...] = setting((1.0, 0.7, 0.4), "eigenvalues of the inputs' covariance, attention, falling")
    context: int = setting(31, "pairs in the context", unit="pairs")
    attention_width: int = setting(8, "attention heads")
    attention_widths: tuple[int, ...] = setting((3, 8, 20), "numbers of heads compared, growing")
    attention_scales: tuple[float, ...] = setting((3e-2, 1e-2, 5e-3), "scales that the law is fitted to, falling")
    eigenvalues: tuple[float, ...] = setting((1.0, -1.0, 0.0, 0.0), "eigenvalues of the quadratic target, by size")
    quadratic_width: int = setting(10, "units of the quadratic network")
    quadratic_widths: tuple[int, ...] = setting((4, 10, 30, 100), "widths of quadratic networks compared, growing")
    quadratic_scales: tuple[float, ...] = setting((3e-2, 1e-2, 3e-3), "scales that the law is fitted to, falling")
    labels: tuple[float, ...] = setting((1.0, 0.8, -0.4, -0.5), "targets of the ReLU network on orthonormal inputs")
    relu_width: int = setting(50, "units of the ReLU network")
    relu_scales: tuple[float, ...] = setting((1e-5, 1e-6), "scales that the law is fitted to, falling")
    sample: int = setting(100, "inputs of the tanh, x tanh x and cubic networks")
    smooth_width: int = setting(20, "units of the tanh network")
    soft_scales: tuple[float, ...] = setting((1e-2, 3e-3), "scales of the x tanh x network, falling")
    cubic_scales: tuple[float, ...] = setting((3e-2, 1e-2), "scales of the cubic network, falling")
    digits_seeds: int = setting(5, "seeds of the autoencoder, on which little is left to chance", unit="seeds")
    digits_scale: float = setting(1e-12, "standard deviation of the autoencoder's initial weights")
    digits_width: int = setting(16, "units of the autoencoder")
