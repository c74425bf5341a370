"""Every number of the study."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from separatrix.studies import StudyConfig, setting


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Windows, networks and data sets; the optimiser is Adam throughout, where the paper's code has Levenberg's."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {
            "seeds": 2,
            "windows": (8, 16),
            "points": 2200,
            "train": 1000,
            "test_from": 1100,
            "steps": 40,
            "prey_steps": 40,
            "prey_own": False,
            "copies": (1, 3),
            "hidden": (15, 64),
            "starts": 8,
            "run_time": 4.0,
            "free_time": 1.0,
            "estimates": 4,
        },
        "full": {
            "seeds": 10,
            "windows": (8, 16, 32, 64, 128, 256),
            "points": 60_000,
            "train": 48_000,
            "test_from": 50_000,
            "steps": 20_000,
            "prey_steps": 20_000,
            "copies": (1, 2, 3, 4, 8),
            "starts": 500,
            "estimates": 200,
        },
    }

    windows: tuple[int, ...] = setting((8, 16, 32, 64), "window lengths n of the exact and counted networks")
    window: int = setting(32, "window length n of the trained ones")
    noise: float = setting(0.05, "standard deviation of the noise on windows from a linear system")
    samples: tuple[int, ...] = setting((4, 8, 16, 32, 64), "numbers of such windows")
    estimates: int = setting(20, "data sets of each number", "seeds")
    points: int = setting(20_000, "states of a Lorenz series")
    step: float = setting(0.01, "time between them")
    train: int = setting(15_000, "states of it that are trained on")
    test_from: int = setting(16_000, "first state that is tested on")
    horizon: int = setting(8, "states predicted at once")
    steps: int = setting(4000, "steps of Adam", "steps")
    batch: int = setting(64, "windows a step")
    rate: float = setting(1e-3, "learning rate")
    copies: tuple[int, ...] = setting((1, 3), "structured blocks in parallel")
    hidden: tuple[int, ...] = setting((5, 15, 64), "hidden units of dense networks, the last twice the window")
    far_stride: int = setting(8, "states between those that the far forecast sees and predicts")
    far_noise: float = setting(0.01, "noise on what it sees, in standard deviations")
    prey_delays: int = setting(8, "states of a window of prey and predators, two numbers each")
    prey_series: int = setting(16, "series of each environment, trained on and as many tested on")
    prey_steps: int = setting(3000, "steps of Adam there", "steps")
    prey_rate: float = setting(3e-3, "learning rate there")
    prey_own: bool = setting(True, "whether networks with own parts are trained too")
    own_penalty: float = setting(0.1, "weight of the environments' own parts")
    starts: int = setting(100, "starts of forecasts, a seed")
    free_time: float = setting(8.0, "time that models run freely")
    run_time: float = setting(24.0, "time that perturbed copies of the flow run")
    perturbations: tuple[float, ...] = setting((1e-3, 1e-4, 1e-5), "first errors, in standard deviations")
