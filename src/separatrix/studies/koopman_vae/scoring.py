"""How good the generated series are, beside real ones that the generator has not seen."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.models.koopman_vae.scores import classify_once, predict_once
from separatrix.studies.koopman_vae.config import Config
from separatrix.studies.koopman_vae.data import sines
from separatrix.studies.koopman_vae.training import QUICKLY

REAL = "real series"
RATE = 5e-3


def real_series(config: Config) -> np.ndarray:
    """Fresh sines of every seed: one set to compare with, and one to be judged as if it were generated.

    Args:
        config: sizes.

    Returns:
        (seeds, 2, series, time, channels), single precision.
    """
    streams = [np.random.default_rng(one) for one in np.random.SeedSequence(config.seed + 1).spawn(config.seeds)]
    return np.stack([[sines(rng, config) for _ in range(2)] for rng in streams]).astype(np.float32)


def lower_scoring(config: Config, generators: int) -> Any:
    """The program that scores all generators of all seeds, to be compiled.

    Args:
        config: sizes.
        generators: how many.

    Returns:
        A lowered program from keys, real series (seeds first) and generated ones (seeds and generators first) to the
        discriminative and the predictive score, (seeds, generators, repeats).
    """

    def both(key: Array, real: Array, made: Array) -> tuple[Array, Array]:
        of_classifier, of_predictor = jax.random.split(key)
        sizes = {"hidden": config.score_hidden, "steps": config.score_steps, "batch": config.score_batch, "rate": RATE}
        return (
            classify_once(real, made, key=of_classifier, **sizes),
            predict_once(real, made, key=of_predictor, **sizes),
        )

    over_repeats = jax.vmap(both, in_axes=(0, None, None))
    over_generators = jax.vmap(over_repeats, in_axes=(None, None, 0))
    shape = (config.series, config.length, config.channels)
    return QUICKLY(jax.vmap(over_generators)).lower(
        score_keys(config),
        jax.ShapeDtypeStruct((config.seeds, *shape), jnp.float32),
        jax.ShapeDtypeStruct((config.seeds, generators, *shape), jnp.float32),
    )


def score_keys(config: Config) -> Array:
    """Keys of every seed's networks that score.

    Args:
        config: number of seeds and repeats.

    Returns:
        (seeds, repeats).
    """
    return jax.random.split(jax.random.key(config.seed + 1), (config.seeds, config.score_repeats))


def labelled_scores(found: tuple[Array, Array], names: list[str]) -> xr.Dataset:
    """Means over repeats, with names.

    Args:
        found: as the program gives them.
        names: of the generators.

    Returns:
        ``discriminative`` and ``predictive``, dims seed and generator.
    """
    dims = ("seed", "generator")
    discriminative, predictive = (np.asarray(values, float).mean(axis=2) for values in found)
    return xr.Dataset(
        {"discriminative": (dims, discriminative), "predictive": (dims, predictive)},
        coords={"generator": names, "seed": np.arange(len(discriminative))},
    )
