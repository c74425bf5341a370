"""Every number of the study."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from separatrix.studies import StudyConfig, setting


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Sizes, noises and lengths of training; the defaults are the `quick` ones."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {
            "seeds": 2,
            "unstructured_seeds": 2,
            "dimension": 30,
            "units": 32,
            "examples": 120,
            "steps": 60,
            "activation_steps": 40,
            "square_examples": 120,
            "bit_steps": 60,
            "parity_steps": 100,
            "nudged_steps": 40,
            "alignments": (0.0, 0.2, 0.378),
            "aligned_examples": 120,
            "aligned_steps": 40,
            "separabilities": (0.0, 1.0),
            "phase_noises": (0.1, 1.0),
            "phase_steps": 40,
            "phase_seeds": 1,
            "attractor_units": 32,
            "digit_steps": 20,
            "digit_early": 5,
            "attractor_seeds": 8,
            "digit_units": 16,
        },
        "full": {
            "seeds": 20,
            "unstructured_seeds": 20,
            "batch": 200,
            "noises": (0.1, 0.3, 0.5, 1.0, 2.0, 4.0),
            "alignments": (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.378, 0.45, 0.6, 0.75),
            "separabilities": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
            "phase_noises": (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0),
            "phase_seeds": 10,
        },
    }

    dimension: int = setting(100, "inputs; means have a squared length of as much")
    units: int = setting(128, "hidden units", "neurons")
    batch: int = setting(25, "examples a step; 200 in the reference, with the same result", "examples")
    unstructured_seeds: int = setting(12, "seeds of the runs on unstructured conditions, which differ most", "seeds")
    rate: float = setting(0.1, "learning rate")
    noises: tuple[float, ...] = setting((0.1, 0.5, 1.0, 4.0), "noise of each input in training runs")
    examples: int = setting(1000, "training examples of unstructured conditions", "examples")
    steps: int = setting(1500, "steps on them: 300 epochs of 5 batches of 200", "steps")
    activation_noise: float = setting(0.5, "noise at which activations are compared")
    activation_steps: int = setting(1000, "steps after which they are: 200 epochs", "steps")

    square_examples: int = setting(400, "training examples of the square", "examples")
    square_noise: float = setting(0.1, "noise of its inputs when the label is the parity")
    square_rate: float = setting(0.3, "learning rate then")
    parity_steps: int = setting(3000, "steps when the parity is not separable: 1500 epochs of 2 batches", "steps")
    nudged_steps: int = setting(800, "steps when it is: 400 epochs", "steps")
    bit_noise: float = setting(0.3, "noise of the square's inputs when the label is a bit")
    bit_rate: float = setting(0.2, "learning rate then")
    bit_steps: int = setting(1200, "steps then: 600 epochs of 2 batches of 200", "steps")
    separabilities: tuple[float, ...] = setting((0.0, 0.1, 0.2, 0.35, 0.6, 1.0), "nudges of the phase diagram")
    phase_noises: tuple[float, ...] = setting((0.1, 0.3, 0.7, 1.5), "its noises")
    phase_seeds: int = setting(2, "its seeds", "seeds")
    phase_steps: int = setting(800, "its steps", "steps")

    bits: int = setting(3, "bits of the conditions whose alignment with the label is swept: 2^bits conditions")
    alignments: tuple[float, ...] = setting(
        (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.378, 0.6), "alignments of inputs with the label; 0.378 has no structure"
    )
    aligned_noise: float = setting(1.0, "noise of their inputs")
    aligned_examples: int = setting(400, "training examples", "examples")
    aligned_steps: int = setting(600, "steps: 300 epochs of 2 batches of 200", "steps")

    attractor_seeds: int = setting(16, "seeds of the early fate of units", "seeds")
    attractor_units: int = setting(128, "units started at random whose early fate is followed", "neurons")
    digit_units: int = setting(128, "hidden units of the networks that learn digits", "neurons")
    digit_steps: int = setting(8000, "their steps, enough for an accuracy of 0.99", "steps")
    digit_early: int = setting(500, "steps after which the task is not solved yet", "steps")
    digit_rate: float = setting(0.2, "their learning rate")
