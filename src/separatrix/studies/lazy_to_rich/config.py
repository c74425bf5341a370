"""Every number of the study."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from separatrix.studies import StudyConfig, setting
from separatrix.studies.allowed import SHARE


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Sizes in the paper's proportions (examples 5.5 and units 4 to 5 times the inputs), scales and horizons."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {
            "seeds": 2,
            "steps": 300,
            "times": 30,
            "phase_steps": 100,
            "phase_scales": (0.25, 1.0, 4.0),
            "phase_curvatures": (0.125, 0.5),
            "mean_field_times": 16,
            "mean_field_seeds": 2,
            "mean_field_examples": 64,
            "mean_field_dimension": 24,
            "width_seeds": 2,
            "width_steps": 40,
            "sample_steps": 200,
        },
        "full": {
            "seeds": 10,
            "dimension": 100,
            "units": 500,
            "steps": 60_000,
            "times": 120,
            "phase_dimension": 40,
            "phase_steps": 20_000,
            "mean_field_dimension": 400,
            "mean_field_times": 160,
            "mean_field_examples": 512,
        },
    }

    seeds: int = 8
    dimension: int = setting(20, "inputs d")
    units: int = setting(80, "hidden units N")
    examples: float = setting(5.5, "training examples per input")
    scales: tuple[float, ...] = setting((0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 32.0), "output scales alpha")
    curvature: float = setting(0.25, "epsilon of phi(h) = h + epsilon h^2 / 2")
    product: float = setting(0.5, "alpha epsilon along which epsilon is varied")
    curvatures: tuple[float, ...] = setting((0.25, 0.5, 1.0), "values of epsilon there")
    spreads: tuple[float, ...] = setting((0.5, 1.0, 2.0), "standard deviations of the initial weights, at alpha = 1")
    decay: float = setting(1e-3, "weight decay of the runs that have any", "per unit of time")
    samples: tuple[float, ...] = setting((2.0, 5.5, 11.0), "examples per input, few, enough and many")
    sample_scale: float = setting(0.5, "output scale at which they are varied")
    sample_steps: int = setting(1500, "steps of the runs in which they are", "steps")
    steps: int = setting(2500, "steps of gradient descent", "steps")
    times: int = setting(60, "steps, geometrically spaced, at which a run is observed")
    learned: float = setting(0.1, "share of the first loss below which training or test counts as done", allowed=SHARE)
    shown: tuple[float, ...] = setting((0.125, 0.5, 2.0, 8.0), "scales that are followed at infinite width too")
    widths: tuple[int, ...] = setting((160, 640, 2560), "units of the networks that are compared with infinitely many")
    width_seeds: int = setting(120, "seeds of that comparison", "seeds")
    width_steps: int = setting(200, "steps of that comparison", "steps")
    phase_dimension: int = setting(16, "inputs of the networks of the phase diagram")
    phase_scales: tuple[float, ...] = setting((0.125, 0.35, 1.0, 2.8, 8.0, 23.0, 64.0, 180.0), "its output scales")
    phase_curvatures: tuple[float, ...] = setting((0.0625, 0.125, 0.25, 0.5, 1.0), "its curvatures")
    phase_seeds: int = setting(3, "seeds of the phase diagram", "seeds")
    phase_steps: int = setting(1200, "its steps", "steps")
    mean_field_dimension: int = setting(64, "inputs of the networks compared with mean-field theory")
    mean_field_seeds: int = setting(20, "seeds of those networks", "seeds")
    mean_field_scales: tuple[float, ...] = setting((0.5, 2.0, 8.0), "their output scales")
    mean_field_steps: tuple[float, ...] = setting((0.125, 0.25, 0.375), "step of the theory's time, one a scale")
    mean_field_times: int = setting(48, "times of the theory")
    mean_field_examples: int = setting(160, "examples over which the theory averages")
