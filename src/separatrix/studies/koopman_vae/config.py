"""Every number of the study."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from separatrix.studies import StudyConfig, setting


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Small networks for two processor cores; `full` has the paper's sizes."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {
            "seeds": 2,
            "series": 40,
            "length": 8,
            "latent": 4,
            "hidden": 4,
            "batch": 8,
            "steps": 5,
            "score_steps": 5,
            "score_hidden": 4,
            "draws": 10_000,
            "trials": 20,
        },
        "full": {
            "seeds": 10,
            "series": 10_000,
            "length": 24,
            "channels": 5,
            "latent": 16,
            "hidden": 20,
            "layers": 3,
            "batch": 64,
            "steps": 94_000,
            "rate": 7e-4,
            "score_steps": 2000,
            "score_batch": 128,
            "score_repeats": 10,
        },
    }

    seeds: int = 5
    series: int = setting(1000, "series of each data set")
    length: int = setting(16, "times of a series")
    channels: int = setting(2, "channels of a series")
    latent: int = setting(6, "dimension k of a latent state")
    hidden: int = setting(8, "units of the recurrent layers")
    layers: int = setting(1, "recurrent layers of encoder and decoder")
    batch: int = setting(16, "series a step")
    steps: int = setting(600, "steps of Adam", "steps")
    rate: float = setting(5e-3, "learning rate")
    divergence: float = setting(0.007, "weight beta of the divergence")
    linear: float = setting(0.005, "weight alpha of the linear error")
    linears: tuple[float, ...] = setting((0.0, 0.005, 0.05, 0.5), "values of alpha, from none to the largest")
    spectral: float = setting(1.0, "weight of the constraint that draws all moduli to 1")
    tones: tuple[float, ...] = setting((0.4, 1.1), "angular frequencies of the pure tones", "radians per step")
    dropped: float = setting(0.5, "share of values that irregular series lack")
    ahead: int = setting(200, "steps of the long propagation", "steps")
    score_hidden: int = setting(10, "units of the networks that score")
    score_steps: int = setting(400, "steps of their training", "steps")
    score_batch: int = setting(32, "series of each kind a step of it")
    score_repeats: int = setting(1, "networks that score one generator")
    exact_latent: int = setting(4, "dimension of the exactly linear latent series")
    exact_batch: int = setting(8, "how many of them")
    exact_length: int = setting(24, "their length")
    draws: int = setting(1_000_000, "samples of the Monte Carlo divergence")
    trials: int = setting(400, "noisy estimates of one operator")
    noise: float = setting(1e-3, "standard deviation of their noise")
