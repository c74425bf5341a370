"""Series to learn from: sines, pure tones, and sines of which half the values are lost."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from separatrix.models.koopman_vae.spline import natural_spline
from separatrix.studies.koopman_vae.config import Config

KINDS = ("sines", "spline", "zeros", "tones")


def sines(rng: np.random.Generator, config: Config) -> np.ndarray:
    """(sin(2 pi eta t / T + theta) + 1) / 2, eta uniform in [0, 1], theta in [-pi, pi], a channel: up to one period.

    Args:
        rng: draws eta and theta.
        config: sizes.

    Returns:
        (series, time, channels), in [0, 1].
    """
    shape = (config.series, 1, config.channels)
    rate, phase = rng.uniform(size=shape), rng.uniform(-np.pi, np.pi, size=shape)
    clock = np.arange(config.length)[None, :, None] / config.length
    return (np.sin(2 * np.pi * rate * clock + phase) + 1) / 2


def tones(rng: np.random.Generator, config: Config) -> np.ndarray:
    """Every channel a mixture of the same pure tones, amplitudes and phases drawn for each series and channel.

    Args:
        rng: draws amplitudes and phases.
        config: sizes and tones.

    Returns:
        (series, time, channels), in [0, 1].
    """
    parts = rng.normal(size=(2, len(config.tones), config.series, 1, config.channels))
    angle = np.asarray(config.tones)[:, None, None, None] * np.arange(config.length)[None, None, :, None]
    mixed = np.sum(parts[0] * np.cos(angle) + parts[1] * np.sin(angle), axis=0)
    return 0.5 + 0.5 * mixed / np.abs(mixed).max()


def lost(rng: np.random.Generator, series: np.ndarray, share: float) -> np.ndarray:
    """Where a value is still observed: independently with probability 1 - share, the middle time always.

    Args:
        rng: decides.
        series: (series, time, channels).
        share: of lost values.

    Returns:
        Booleans of the same shape.
    """
    kept = rng.uniform(size=series.shape) >= share
    return kept | (np.arange(series.shape[1]) == series.shape[1] // 2)[None, :, None]


@functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 1})
def _filled(series: Array, observed: Array) -> Array:
    times = jnp.arange(series.shape[1], dtype=series.dtype)

    def fill(values: Array, known: Array) -> Array:
        return natural_spline(times, values, known).values

    return jnp.clip(jax.vmap(jax.vmap(fill, 1, 1))(series, observed), 0, 1)


def splined(series: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """What was lost, filled in by natural cubic splines, clipped to [0, 1].

    Args:
        series: (series, time, channels).
        observed: where values are known.

    Returns:
        The completed series.
    """
    return np.asarray(_filled(jnp.asarray(series), jnp.asarray(observed)))


def data_sets(config: Config) -> np.ndarray:
    """All kinds of data of all seeds.

    Args:
        config: sizes.

    Returns:
        (seeds, kinds, series, time, channels), in the order of ``KINDS``, single precision.
    """
    streams = [np.random.default_rng(one) for one in np.random.SeedSequence(config.seed).spawn(config.seeds)]
    whole = np.stack([sines(rng, config) for rng in streams])
    observed = np.stack([lost(rng, series, config.dropped) for rng, series in zip(streams, whole, strict=True)])
    flat = (-1, *whole.shape[2:])
    full = splined(whole.reshape(flat), observed.reshape(flat)).reshape(whole.shape)
    pure = np.stack([tones(rng, config) for rng in streams])
    return np.stack([whole, full, whole * observed, pure], axis=1).astype(np.float32)
