"""Every number of the study."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from separatrix.studies import StudyConfig, setting


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Sizes, couplings, noises and lengths of the runs; the defaults are the `quick` ones."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {
            "seeds": 2,
            "time": 20.0,
            "curved_parallel": 16,
            "curved_time": 12.0,
            "network_seeds": 2,
            "network_time": 6.0,
            "network_training": 200,
            "real_time": 24.0,
        },
        "full": {"seeds": 100, "time": 400.0, "curved_parallel": 1000, "network_seeds": 20, "network_units": 32},
    }

    seeds: int = setting(20, "independent runs of each graph", "seeds")
    copies: int = setting(10, "learners n")
    dimension: int = setting(4, "weights d of each, on the quadratic loss")
    curvature: float = setting(1.0, "a, of the quadratic loss")
    noise: float = setting(0.5, "sigma, of every weight", "1 / sqrt(time)")
    weak: float = setting(1.0, "kappa, the weaker coupling", "1 / time")
    strong: float = setting(5.0, "kappa, the stronger coupling", "1 / time")
    step: float = setting(0.01, "of Euler-Maruyama", "time")
    time: float = setting(200.0, "length of each run", "time")
    transient: float = setting(10.0, "left out at its beginning", "time")
    sizes: tuple[int, ...] = setting((1, 2, 5, 10, 20), "numbers of learners compared")

    curved_parallel: int = setting(100, "parallel runs of each seed on the loss exp(x) - x")
    curved_time: float = setting(60.0, "their length", "time")
    curved_couplings: tuple[float, ...] = setting((0.0, 0.5, 5.0), "kappa, on that loss", "1 / time")

    landmarks: int = setting(20, "kernel functions of the decision that is learned from measurements")
    ridge: float = setting(0.1, "gamma, of its penalty on the weights")
    real_noise: float = setting(0.2, "sigma there", "1 / sqrt(time)")
    real_time: float = setting(120.0, "length of those runs", "time")

    network_seeds: int = setting(5, "seeds of the networks", "seeds")
    network_copies: int = setting(6, "networks that are coupled")
    network_units: int = setting(8, "their hidden units", "neurons")
    network_decay: float = setting(0.05, "penalty on their weights: gamma / 2 |w|^2")
    network_noise: float = setting(0.02, "sigma there", "1 / sqrt(time)")
    network_coupling: float = setting(0.2, "kappa there", "1 / time")
    network_training: int = setting(4000, "steps of descent to the minimum about which they move", "steps")
    network_time: float = setting(60.0, "length of those runs", "time")
