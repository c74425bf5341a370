"""Every number of the study."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from separatrix.studies import StudyConfig, setting


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Settings of the study of the universality lens."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {
            "plug_in_sequences": 200,
            "repeats": 4,
            "rank_repeats": 8,
            "data_sets": 6,
            "samples": 200,
            "grid": 60,
            "ladder": 12,
            "walkers": 4,
            "ladder_time": 1.0,
            "network_samples": 20,
            "network_thinning": 20,
            "network_burn_in": 200,
            "map_steps": 200,
        },
        "full": {
            "seeds": 20,
            "repeats": 400,
            "rank_repeats": 400,
            "walkers": 128,
            "network_samples": 2000,
            "network_burn_in": 10_000,
        },
    }

    coins: tuple[float, ...] = setting((0.5, 0.1), "chances of a one of the true coin")
    lengths: tuple[int, ...] = setting((10, 30, 100, 300, 1000, 3000, 10_000), "lengths of a sequence", "symbols")
    plug_in_length: int = setting(10, "length of the sequences given to the plug-in predictor", "symbols")
    plug_in_sequences: int = setting(2000, "sequences a seed given to the plug-in predictor")

    noise: float = setting(0.1, "chance that a label of the Boolean functions is flipped")
    samples_seen: tuple[int, ...] = setting((2, 4, 7, 12, 20, 35, 60, 100, 150), "numbers of examples", "examples")
    repeats: int = setting(40, "data sets a seed and Boolean function")
    ranks: tuple[int, ...] = setting((0, 3, 10, 30, 80, 229), "places of the functions shown, by falling weight")
    rank_repeats: int = setting(80, "data sets a seed for the functions shown")
    regret_level: float = setting(0.02, "regret of the next prediction at which a function counts as learned", "nats")

    rank: int = setting(3, "directions r that the redundant linear model can change")
    parameters: tuple[int, ...] = setting((10, 100, 1000), "parameters d of the redundant linear model")
    linear_truth: tuple[float, ...] = setting((0.5, -0.3, 0.8), "true coefficients in the r directions")
    linear_lengths: tuple[int, ...] = setting((1000, 3000, 10_000, 30_000, 100_000), "examples", "examples")

    data_sets: int = setting(50, "data sets of the logistic regression")
    logistic_examples: int = setting(50, "examples of a data set of the logistic regression", "examples")
    logistic_scale: float = setting(1.0, "prior standard deviation of the two logistic coefficients")
    logistic_step: float = setting(0.02, "step of Langevin's algorithm on the logistic regression")
    thinning: int = setting(5, "steps between samples kept", "steps")
    samples: int = setting(2000, "samples kept")
    grid: int = setting(200, "points of the integral in each coefficient")

    largest_t: float = setting(100.0, "largest number of examples times inverse temperature of the ladder")
    ladder: int = setting(16, "rungs of the ladder of temperatures, even in the logarithm")
    walkers: int = setting(24, "Langevin walkers a rung")
    ladder_step: float = setting(1e-3, "step of Langevin's algorithm on the ladder")
    ladder_time: float = setting(10.0, "time of sampling, after a fifth of it to forget the start")
    tempered_examples: int = setting(1000, "examples n of the data whose learning coefficient is estimated")

    network_units: int = setting(8, "hidden units of the network on real data")
    network_examples: int = setting(40, "training examples of the network on real data", "examples")
    network_scale: float = setting(2.0, "prior standard deviation of the network's parameters")
    network_step: float = setting(5e-3, "step of Langevin's algorithm on the network")
    network_samples: int = setting(200, "samples of the network kept")
    network_thinning: int = setting(20, "steps between samples of the network kept", "steps")
    network_burn_in: int = setting(1500, "steps before the first sample of the network", "steps")
    map_steps: int = setting(2000, "steps of Adam to the single network of largest posterior density", "steps")
