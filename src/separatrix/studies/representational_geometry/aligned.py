"""Conditions whose inputs are aligned with the label by any amount: one program over alignments and seeds."""

import numpy as np
import xarray as xr

from separatrix.learning.tasks import aligned_conditions
from separatrix.studies.representational_geometry.config import Config
from separatrix.studies.representational_geometry.training import Case, noisy, train


def aligned(config: Config) -> xr.Dataset:
    """Train tanh and ReLU networks at every alignment.

    Args:
        config: bits, alignments, noise and steps.

    Returns:
        What all runs record, at the beginning and at the end.
    """
    cases = [
        Case(activation, config.aligned_noise, False, config.rate, alignment)
        for activation in ("tanh", "ReLU")
        for alignment in config.alignments
    ]
    draw = noisy(
        lambda key, here: aligned_conditions(key, config.bits, 1, here["geometry"], config.dimension),
        config.aligned_examples,
    )
    return train(config, cases, draw, times=np.array([0, config.aligned_steps]), stream=3)
