"""Odd or even: scikit-learn's digits are ten conditions whose geometry is not that of their parity."""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.learning.tasks import Conditions
from separatrix.observables import class_means, feature_kernel, target_alignment
from separatrix.studies.representational_geometry.config import Config
from separatrix.studies.representational_geometry.training import Case, Stage, hidden, observed, train

HELD_OUT = 397
OBSERVED = 16
ACTIVATIONS = ("tanh", "ReLU")


@functools.cache
def images() -> tuple[np.ndarray, np.ndarray]:
    """Pixels with mean 0 and variance 1 over all of them, shape (1797, 64), and the digits."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = np.asarray(bunch.data, float)  # pyright: ignore[reportAttributeAccessIssue]
    return (pixels - pixels.mean()) / pixels.std(), np.asarray(bunch.target)  # pyright: ignore[reportAttributeAccessIssue]


def digits(config: Config) -> xr.Dataset:
    """Tell odd digits from even ones.

    Args:
        config: units, rate and steps.

    Returns:
        Beside what all runs record, with alignments of the digits' mean representations: ``test_accuracy``, and
        ``held_out_target``, the alignment with the label of single images that were not trained on.
    """
    pixels, digit = images()
    odd = (digit % 2).astype(float)[:, None]
    members = np.eye(10)[digit]

    def draw(of_means: Array, of_noise: Array, here: dict[str, Array]) -> tuple[Conditions, tuple[Array, Array]]:
        order = jax.random.permutation(of_noise, len(digit))
        x, y = jnp.asarray(pixels)[order[HELD_OUT:]], jnp.asarray(odd)[order[HELD_OUT:]]
        parity = (jnp.arange(10) % 2).astype(float)[:, None]
        return Conditions(class_means(pixels, members), parity), (x, y)

    cases = [Case(activation, 0.0, True, config.digit_rate) for activation in ACTIVATIONS]
    sized = dataclasses.replace(config, units=config.digit_units)
    times = observed(config.digit_steps, OBSERVED, config.digit_early)
    return train(sized, cases, draw, times=times, stream=4, look=_look).assign_attrs(early=config.digit_early)


def _look(stage: Stage) -> dict[str, Any]:
    pixels, digit = images()
    held = jax.random.permutation(stage.key, len(digit))[:HELD_OUT]
    x, y = jnp.asarray(pixels, jnp.float32)[held], jnp.asarray(digit % 2, jnp.float32)[held][:, None]
    return {
        "test_accuracy": lambda learner: jnp.mean((jax.vmap(learner.model)(x) > 0) == (y > 0.5), dtype=x.dtype),
        "held_out_target": lambda learner: target_alignment(feature_kernel(hidden(learner, x)), y),
    }
