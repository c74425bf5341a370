"""Every number of the study: the paper's size is `full`; `quick` keeps the ratios and shrinks the networks."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from separatrix.studies import StudyConfig, setting


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Settings of the study of dynamical stability."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {
            "problems": 20,
            "trajectories": 4000,
            "norm_samples": 20_000,
            "diagonal_inputs": 60,
            "diagonal_examples": 30,
            "diagonal_rates": (0.1, 0.3),
            "diagonal_steps": 4000,
            "descent_rates": (0.1, 0.25),
            "descent_steps": 1000,
            "balance_steps": 1000,
            "escape_steps": 500,
            "relu_size": 12,
            "relu_examples": 36,
            "relu_rates": (0.03, 0.1),
            "relu_descent_rates": (0.03, 0.1, 0.2),
            "relu_steps": 4000,
            "relu_descent_steps": 500,
            "digits_units": 10,
            "digits_rates": (0.004, 0.016),
            "digits_steps": 2000,
            "digits_descent_steps": 300,
            "observed": 9,
        },
        "full": {
            "problems": 1000,
            "trajectory_steps": 200,
            "balance_rate": 0.05,
            "balance_descent_rate": 0.005,
            "balance_steps": 20_000,
            "norm_samples": 1_000_000,
            "diagonal_inputs": 1000,
            "diagonal_examples": 300,
            "diagonal_rates": (0.004, 0.01, 0.02, 0.04, 0.08),
            "diagonal_steps": 150_000,
            "relu_size": 100,
            "relu_examples": 300,
            "relu_descent_rates": (0.003, 0.01, 0.03, 0.06, 0.08, 0.1, 0.12, 0.14, 0.17, 0.2),
            "relu_steps": 300_000,
            "relu_descent_steps": 10_000,
        },
    }

    problems: int = setting(100, "random interpolation problems a seed")
    problem_parameters: int = setting(8, "parameters p of a random interpolation problem")
    problem_examples: int = setting(5, "examples n of a random interpolation problem")
    batch_sizes: tuple[int, ...] = setting((1, 2, 4, 16, 64, 256, 1000), "batch sizes", "examples")
    trajectories: int = setting(20_000, "trajectories of linearised SGD")
    trajectory_steps: int = setting(60, "length of a trajectory", "steps")
    growth_window: tuple[int, ...] = setting((20, 60), "steps between which growth is measured", "steps")
    norm_samples: int = setting(100_000, "Monte Carlo samples of the input")
    norm_inputs: int = setting(40, "inputs of the networks of the trace formulas")
    norm_units: int = setting(30, "hidden units of the ReLU network of the trace formula")

    clip: float = setting(50.0, "norm to which the gradient of a step is clipped")
    observed: int = setting(31, "times at which a run is observed")
    test_examples: int = setting(1000, "held-out examples")

    diagonal_inputs: int = setting(300, "inputs d of the diagonal network")
    diagonal_examples: int = setting(100, "training examples n of the diagonal network")
    diagonal_nonzero: int = setting(3, "coefficients of the target that are one; the others are zero")
    diagonal_rates: tuple[float, ...] = setting((0.0133, 0.025, 0.05, 0.1, 0.2), "learning rates of SGD")
    diagonal_steps: int = setting(60_000, "steps of SGD", "steps")
    descent_rates: tuple[float, ...] = setting((0.01, 0.04, 0.08, 0.16), "learning rates of full-batch descent")
    descent_steps: int = setting(6000, "steps of full-batch descent", "steps")

    imbalances: tuple[float, ...] = setting((1.0, 2.0, 4.0, 8.0, 16.0), "initial balance ratios r0")
    balance_rate: float = setting(0.15, "learning rate of SGD from unbalanced weights")
    balance_descent_rate: float = setting(0.01, "learning rate of full-batch descent from unbalanced weights")
    balance_steps: int = setting(6000, "steps of either from unbalanced weights", "steps")
    balance_spread: float = setting(0.1, "standard deviation of the smaller factor a")

    escape_inputs: int = setting(100, "inputs d of the diagonal network put at a random minimum")
    escape_examples: int = setting(30, "examples n of the diagonal network put at a random minimum")
    escape_factors: tuple[float, ...] = setting((0.5, 0.75, 1.5, 3.0), "learning rates in units of 2 / tr G")
    escape_steps: int = setting(3000, "steps after the perturbation", "steps")
    perturbation: float = setting(1e-6, "norm of the perturbation")

    relu_size: int = setting(30, "inputs d, and hidden units m, of the ReLU network")
    relu_examples: int = setting(90, "training examples n of the ReLU network")
    relu_teachers: int = setting(10, "neurons of the teacher")
    relu_rates: tuple[float, ...] = setting((0.003, 0.01, 0.03, 0.06, 0.1), "learning rates times sqrt(d)")
    relu_descent_rates: tuple[float, ...] = setting(
        (0.003, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4),
        "learning rates of full-batch descent times sqrt(d): those of SGD, and larger ones to the edge",
    )
    relu_steps: int = setting(30_000, "steps of SGD", "steps")
    relu_descent_steps: int = setting(2500, "steps of full-batch descent", "steps")

    digits_examples: int = setting(100, "training images of two digits")
    digits_units: int = setting(30, "hidden units of the network on digits")
    digits_rates: tuple[float, ...] = setting((0.002, 0.004, 0.008, 0.016, 0.03), "learning rates on digits")
    digits_steps: int = setting(25_000, "steps of SGD on digits", "steps")
    digits_descent_steps: int = setting(2500, "steps of full-batch descent on digits", "steps")
