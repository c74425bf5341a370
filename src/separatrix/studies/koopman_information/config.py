"""Every number of the study."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from separatrix.studies import StudyConfig, setting


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Sizes of the Gaussian laws, of the pendulum's autoencoders and of Lorenz's."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {
            "seeds": 2,
            "memory_steps": 20_000,
            "ascent_steps": 200,
            "chain_draws": 4,
            "variation_samples": 500,
            "contrast_sequences": 50,
            "hidden": 16,
            "steps": 30,
            "lorenz_hidden": 16,
            "lorenz_steps": 30,
            "lorenz_series": 20,
        },
        "full": {
            "seeds": 10,
            "batch": 32,
            "steps": 5000,
            "lorenz_batch": 32,
            "lorenz_steps": 20_000,
        },
    }

    eigenvalues: tuple[float, ...] = setting((0.99, 0.9, 0.5), "eigenvalues of the linear-Gaussian process")
    noise: tuple[float, ...] = setting((1.0, 3.0, 0.2), "variance of the noise in each of its modes")
    lags: tuple[int, ...] = setting((1, 2, 3, 5, 8, 12), "lags at which its memory is measured", "steps")
    memory_steps: int = setting(200_000, "steps of its simulation", "steps")

    gains: tuple[float, ...] = setting((4.0, 2.0, 1.0, 0.5, 0.25), "signal-to-noise ratios of the modes to be encoded")
    weights: tuple[float, ...] = setting(
        (-0.5, -0.1, -0.02, 0.0, 0.02, 0.1, 0.5, 2.0), "weights of the entropy; negative ones punish it"
    )
    ascent_steps: int = setting(4000, "steps of gradient ascent of the linear encoder", "steps")
    ascent_rate: float = setting(0.01, "its learning rate, of Adam, falling to 0")

    chain_dimension: int = setting(5, "dimension of the Gaussian processes of the data-processing chain")
    chain_rank: int = setting(2, "dimension of their latents")
    chain_draws: int = setting(20, "processes a seed")
    variation_steps: int = setting(8, "steps of the trajectories whose total variation is bounded", "steps")
    variation_samples: int = setting(4000, "trajectories that estimate it")

    contrast_eigenvalues: tuple[float, ...] = setting(
        (0.2, 0.5, 0.8, 0.9, 0.96, 0.99, 0.996, 0.999), "eigenvalues of the processes whose InfoNCE is measured"
    )
    contrast_dimension: int = setting(3, "their dimension")
    contrast_length: int = setting(16, "states of a sequence", "steps")
    contrast_sequences: int = setting(2000, "sequences a seed")
    neighbours: int = setting(3, "positives on either side of an anchor")

    scales: tuple[float, ...] = setting((0.1, 0.3, 1.0, 3.0, 10.0), "scales of latents whose operator is regressed")
    ridge_pairs: int = setting(2000, "their pairs")
    ridge: float = setting(0.1, "kappa of the regression")

    latent: int = setting(8, "dimension of the pendulum's latents")
    hidden: int = setting(64, "units of both hidden layers, of encoder and decoder")
    length: int = setting(32, "states of a training sequence", "steps")
    sequences: int = setting(200, "training sequences")
    test_sequences: int = setting(100, "test sequences")
    batch: int = setting(8, "sequences a step")
    steps: int = setting(1500, "steps of Adam", "steps")
    rate: float = setting(1e-3, "its learning rate")
    temperature: float = setting(0.1, "temperature of the contrast")
    horizon: int = setting(30, "steps of the decoded forecast", "steps")

    lorenz_latent: int = setting(16, "dimension of the latents of Lorenz's system")
    lorenz_hidden: int = setting(64, "units of the hidden layers there")
    lorenz_series: int = setting(100, "training trajectories there")
    lorenz_times: int = setting(200, "states of each", "steps")
    lorenz_batch: int = setting(8, "windows a step there")
    lorenz_steps: int = setting(1000, "steps of Adam there", "steps")
    lorenz_horizon: int = setting(50, "steps of its forecast", "steps")
