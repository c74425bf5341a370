"""A linear autoencoder on real handwritten digits: plateaus at the tails of the data's own spectrum."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from separatrix.learning.networks import TwoLayer, activations
from separatrix.learning.population import LinearPopulation
from separatrix.studies.saddle_to_saddle.config import Config
from separatrix.studies.saddle_to_saddle.flows import Case, only, run_cases
from separatrix.theory.saddle_to_saddle import autoencoder_plateaus

STAGES = 6
"""Plateaus that are looked at."""


def digits(config: Config) -> xr.Dataset:
    """Gradient flow of a narrow linear autoencoder on the 1,797 digits of scikit-learn, from a tiny and a large start.

    Args:
        config: width and scale.

    Returns:
        Loss, dims (seed, case, time), heights of the first plateaus in theory, and the spectrum of the pixels'
        covariance.
    """
    covariance, spectrum = pixel_covariance()
    levels = autoencoder_plateaus(jnp.asarray(spectrum)).tolist()
    units = config.digits_width
    cases = [Case("small start", config.digits_scale, units, (0.0,))]
    cases += [Case("large start", 0.3, units, (0.0,), until=40.0)]

    def start(key: Any, here: Case) -> TwoLayer:
        first, second = (
            jax.random.normal(key, (2, units, covariance.shape[0])) * here.scale * only(here.width, units)[None]
        )
        return TwoLayer(first, second, activations.linear)

    def loss(here: Case) -> LinearPopulation:
        return LinearPopulation(jnp.asarray(covariance), jnp.asarray(covariance), jnp.asarray(spectrum.sum()))

    def facts(here: Case) -> dict[str, Sequence[float]]:
        return {"levels": levels[: STAGES + 1]}

    floor = 0.5 * float(spectrum[units:].sum())
    few = dataclasses.replace(config, seeds=config.digits_seeds)
    found = run_cases(few, cases, start, loss, lambda here, model: {}, (1.0, 150.0), facts, lambda here: floor)
    return found.assign(spectrum=("component", spectrum))


def pixel_covariance() -> tuple[np.ndarray, np.ndarray]:
    """Covariance of the pixels (scaled to [0, 1]) of scikit-learn's digits, and its eigenvalues in falling order."""
    from sklearn.datasets import load_digits

    pixels = np.asarray(load_digits().data, float) / 16  # pyright: ignore[reportAttributeAccessIssue]
    centred = pixels - pixels.mean(axis=0)
    covariance = centred.T @ centred / len(centred)
    return covariance, np.linalg.eigvalsh(covariance)[::-1].copy()
