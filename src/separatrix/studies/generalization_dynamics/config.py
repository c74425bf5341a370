"""Every number of the study."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from separatrix.studies import StudyConfig, setting


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Sizes, ratios and signal-to-noise ratios; the defaults are the `quick` ones."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {
            "seeds": 3,
            "inputs": 40,
            "critical_inputs": 60,
            "ratios": (0.3, 0.5, 0.9, 1.0, 1.1, 2.0, 4.0),
            "teachers": 2,
            "times": 30,
            "descent_inputs": 20,
            "feature_seeds": 3,
            "feature_examples": 60,
            "widths": (30, 60, 150, 400),
            "test_examples": 200,
            "layer_seeds": 2,
            "layer_steps": 200,
            "digit_examples": (30, 60, 120),
        },
        "full": {"inputs": 400, "seeds": 20, "times": 120, "layer_steps": 100_000},
    }

    seeds: int = 20
    inputs: int = setting(200, "parameters N of the linear student", "parameters")
    ratios: tuple[float, ...] = setting(
        (0.1, 0.25, 0.3, 0.5, 0.6, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.3, 2.0, 4.0, 5.0), "examples over parameters"
    )
    teachers: int = setting(128, "teachers, each with its noise and start, averaged over on every data set")
    critical_inputs: int = setting(400, "parameters of the students whose growth in time is followed", "parameters")
    times: int = setting(70, "times, geometrically spaced, at which a run is observed")
    descent_seeds: int = setting(5, "seeds of the student that takes real steps", "seeds")
    descent_inputs: int = setting(60, "parameters of the student that takes real steps", "parameters")
    descent_ratios: tuple[float, ...] = setting((0.5, 1.0, 2.0), "its examples over parameters")
    descent_step: float = setting(0.05, "its learning rate times the largest eigenvalue")
    descent_time: float = setting(50.0, "how long it is trained", "learning rate x steps")
    decay: float = setting(0.01, "weight decay of the wrong build whose frozen weights must move")

    feature_seeds: int = setting(10, "seeds of the nonlinear students", "seeds")
    feature_inputs: int = setting(25, "inputs of the ReLU networks")
    teacher_units: int = setting(30, "hidden units of the ReLU teacher")
    feature_examples: int = setting(300, "training examples of the ReLU student with a trained readout", "examples")
    widths: tuple[int, ...] = setting((30, 100, 200, 300, 400, 800, 2000), "its hidden units")
    feature_snr: float = setting(1.0, "variance of the ReLU teacher over that of the noise")
    feature_time: float = setting(1e5, "how long its readout is trained", "learning rate x steps")
    test_examples: int = setting(400, "fresh examples", "examples")

    layer_seeds: int = setting(10, "seeds of the students that train all layers", "seeds")
    layer_inputs: int = setting(10, "inputs of the students that train all layers")
    layer_examples: int = setting(60, "training examples of the students that train all layers", "examples")
    layer_widths: tuple[int, ...] = setting((1, 3, 5, 6, 8, 12, 40), "their hidden units")
    layer_steps: int = setting(5000, "steps of gradient descent on all layers", "steps")
    layer_rate: float = setting(0.1, "their learning rate on the mean loss")

    digit_examples: tuple[int, ...] = setting((20, 30, 45, 60, 90, 150, 300), "images trained on", "examples")
    digit_noise: float = setting(1.0, "standard deviation of the noise added to the labels, which are -1 and 1")
    digit_time: float = setting(1e4, "how long a linear model of the digits is trained", "learning rate x steps")
