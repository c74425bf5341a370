"""Every number of the study."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from separatrix.studies import StudyConfig, setting


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Sizes and conditions; the defaults are the `quick` ones."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {
            "seeds": 4,
            "teachers": 2,
            "times": 40,
            "check_seeds": 2,
            "check_steps": 100,
            "second_steps": 1000,
            "image_seeds": 2,
            "network_seeds": 2,
            "network_steps": 60,
        },
        "full": {"seeds": 100, "times": 200, "second_steps": 100_000, "network_seeds": 20},
    }

    seeds: int = 50
    examples: int = setting(150, "training examples n", "examples")
    inputs: int = setting(100, "latent features d")
    fast: int = setting(60, "features p that are not shrunk")
    conditions: tuple[float, ...] = setting(
        (1.0, 2.0, 4.0, 7.0, 12.0, 20.0, 50.0, 100.0, 200.0, 400.0, 1e5),
        "kappa, by which the other features are divided",
    )
    teachers: int = setting(16, "teachers, each with its noise, averaged over on every data set")
    times: int = setting(80, "steps, geometrically spaced from 1 to a million, at which a run is observed")
    noise: float = setting(0.5, "standard deviation of the label noise, where there is noise")

    check_seeds: int = setting(5, "seeds of the student that takes real steps", "seeds")
    check_steps: int = setting(3000, "its steps", "steps")

    second_examples: int = setting(120, "its training examples", "examples")
    second_fast: int = setting(70, "its features that are not shrunk")

    second_condition: float = setting(30.0, "its kappa where descent is regularised")
    second_steps: int = setting(10_000, "its steps", "steps")
    strength: float = setting(0.6, "initial strength of the penalty on the norm")
    fading: float = setting(0.001, "rate at which the penalty fades", "1 / steps")

    image_seeds: int = setting(20, "seeds of the linear model of digits", "seeds")
    image_examples: int = setting(96, "images that it is trained on, 1.5 a pixel as in the paper", "examples")
    image_condition: float = setting(30.0, "by which the lower half of its images is dimmed")
    network_seeds: int = setting(5, "seeds of the networks on digits", "seeds")
    network_examples: int = setting(200, "images that networks are trained on", "examples")
    network_units: int = setting(24, "their hidden units")
    network_steps: int = setting(3500, "steps of gradient descent on them", "steps")
    network_rate: float = setting(0.1, "their learning rate on the mean loss")
    network_noise: float = setting(0.15, "share of labels drawn anew")
