"""Checks without a network, in double precision: the operator, the divergence, and the spectrum of pure tones."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.models.koopman_vae.generation import propagate
from separatrix.models.koopman_vae.losses import gaussian_divergence, linear_prediction_loss
from separatrix.models.koopman_vae.operator import koopman_operator, successive
from separatrix.studies.koopman_vae.config import Config
from separatrix.studies.koopman_vae.data import tones

DAMPED = 0.95
"""Modulus of every other pair of eigenvalues; the others are on the circle."""
DELAYS = 4
"""Two tones obey a recurrence of order four."""


def _over_seeds(config: Config, stream: int, measure: Callable[[Array], dict[str, Array]]) -> xr.Dataset:
    """Every measurement of every seed, in double precision and uncompiled: factorisations then run one by one."""
    with jax.enable_x64(True):
        keys = jax.random.split(jax.random.key(config.seed + stream), config.seeds)
        found = jax.vmap(measure)(keys)
    variables = {
        name: (("seed", *(f"{name}_{axis}" for axis in range(1, values.ndim))), np.asarray(values))
        for name, values in found.items()
    }
    return xr.Dataset(variables, coords={"seed": np.arange(config.seeds)})


def linear_system(key: Array, k: int) -> tuple[Array, Array]:
    """An operator with half of its pairs of eigenvalues on the circle, and the frame in which it is block diagonal.

    Args:
        key: draws angles and frame.
        k: even.

    Returns:
        A and the inverse of its frame: rows of the latter span invariant subspaces.
    """
    of_angles, of_frame = jax.random.split(key)
    pairs = jnp.arange(k // 2)
    angles = jnp.pi * (pairs + jax.random.uniform(of_angles, pairs.shape, minval=0.25, maxval=0.75)) / len(pairs)
    moduli = jnp.where(pairs % 2 == 0, 1.0, DAMPED)
    eye = jnp.eye(len(pairs))
    turns = jnp.kron(eye * (moduli * jnp.cos(angles))[None], jnp.eye(2))
    turns = turns + jnp.kron(eye * (moduli * jnp.sin(angles))[None], jnp.array([[0.0, 1.0], [-1.0, 0.0]]))
    frame = jnp.eye(k) + 0.3 * jax.random.normal(of_frame, (k, k)) / k**0.5
    inverse = jnp.linalg.inv(frame)
    return frame @ turns @ inverse, inverse


def operator(config: Config) -> xr.Dataset:
    """Least squares on exactly linear latent series, on such that span too little, and on noisy ones.

    Args:
        config: sizes.

    Returns:
        Errors, dim seed.
    """
    k, batch, time = config.exact_latent, config.exact_batch, config.exact_length

    def measure(key: Array) -> dict[str, Array]:
        of_system, of_start, of_noise, of_trials = jax.random.split(key, 4)
        wanted, inverse = linear_system(of_system, k)
        start = jax.random.normal(of_start, (batch, k))
        latents = propagate(start, wanted, time)
        before, after = successive(latents)
        noisy = latents + config.noise * jax.random.normal(of_noise, latents.shape)
        flat = propagate((start * (jnp.arange(k) < 2)[None]) @ inverse, wanted, time)
        flat_before, flat_after = successive(flat)
        blurred = flat_after + config.noise * jax.random.normal(of_noise, flat_after.shape)
        found = koopman_operator(before, after)
        return {
            "qr": jnp.linalg.norm(found - wanted),
            "pinv": jnp.linalg.norm(koopman_operator(before, after, "pinv") - wanted),
            "transposed": jnp.linalg.norm(found.T - wanted),
            "loss": linear_prediction_loss(latents, found),
            "noisy_loss": linear_prediction_loss(noisy, koopman_operator(*successive(noisy))),
            "growth_full": _excess(before, after),
            "growth_flat": _excess(flat_before, flat_after),
            "growth_blurred": _excess(flat_before, blurred),
            "pinv_norm": jnp.linalg.norm(koopman_operator(flat_before, blurred, "pinv")),
        } | _noisy_estimates(of_trials, before, wanted, config)

    return _over_seeds(config, 10, measure)


def _excess(before: Array, after: Array) -> Array:
    """Decimal logarithm of how much larger QR's operator is than the pseudo-inverse's."""
    norms = [jnp.linalg.norm(koopman_operator(before, after, solver)) for solver in ("qr", "pinv")]
    return jnp.log10(norms[0] / norms[1])


def _noisy_estimates(key: Array, before: Array, wanted: Array, config: Config) -> dict[str, Array]:
    """Root mean square error of estimates, over that expected, E||dA||^2 = sigma^2 k tr (Z0' Z0)^-1."""
    noise = config.noise * jax.random.normal(key, (config.trials, *before.shape))
    estimates = jax.vmap(lambda one: koopman_operator(before, before @ wanted + one))(noise)
    error = jnp.sqrt(jnp.mean(jnp.sum((estimates - wanted[None]) ** 2, axis=(1, 2))))
    gram, k = before.T @ before, before.shape[1]
    expected = config.noise * jnp.sqrt(k * jnp.trace(jnp.linalg.inv(gram)))
    return {"noise_ratio": error / expected, "white_ratio": error / (config.noise * k / jnp.sqrt(len(before)))}


def divergence(config: Config) -> xr.Dataset:
    """The divergence's formula beside a Monte Carlo estimate, its zero and its gradient.

    Args:
        config: number of samples.

    Returns:
        Errors, dim seed.
    """

    def measure(key: Array) -> dict[str, Array]:
        of_laws, of_noise = jax.random.split(key)
        mean, prior_mean, log_variance, prior_log_variance = jax.random.uniform(of_laws, (4,), minval=-1, maxval=1)
        prior_mean = prior_mean + 2
        draws = mean + jnp.exp(log_variance / 2) * jax.random.normal(of_noise, (config.draws,))
        ratio = _log_density(draws, mean, log_variance) - _log_density(draws, prior_mean, prior_log_variance)
        sampled = jnp.mean(ratio)
        formula = gaussian_divergence(mean, log_variance, prior_mean, prior_log_variance)
        wrong = gaussian_divergence(mean, 2 * log_variance, prior_mean, 2 * prior_log_variance)
        slope = jax.grad(gaussian_divergence, argnums=2)(mean, log_variance, prior_mean, prior_log_variance)
        expected = -(mean - prior_mean) / jnp.exp(prior_log_variance)
        return {
            "error": jnp.abs(formula / sampled - 1),
            "wrong_error": jnp.abs(wrong / sampled - 1),
            "at_equal": jnp.abs(gaussian_divergence(mean, log_variance, mean, log_variance)),
            "nearby": gaussian_divergence(mean, log_variance, mean + 0.01, log_variance),
            "slope_error": jnp.abs(slope / expected - 1),
            "wrong_slope_error": jnp.abs(slope * jnp.exp(log_variance) / (prior_mean - mean) - 1),
        }

    return _over_seeds(config, 20, measure)


def _log_density(value: Array, mean: Array, log_variance: Array) -> Array:
    return -0.5 * (log_variance + (value - mean) ** 2 / jnp.exp(log_variance))


def recovery(config: Config) -> xr.Dataset:
    """The operator of pure tones themselves, with delays and without.

    Args:
        config: sizes and tones.

    Returns:
        Both operators, dim seed, with the tones as an attribute.
    """
    streams = [np.random.default_rng(one) for one in np.random.SeedSequence(config.seed).spawn(config.seeds)]
    series = np.stack([tones(rng, config) for rng in streams]) - 0.5
    windows = np.lib.stride_tricks.sliding_window_view(series, DELAYS + 1, axis=2)
    rows = windows.reshape(config.seeds, -1, DELAYS + 1)
    with jax.enable_x64(True):
        solve = jax.jit(jax.vmap(koopman_operator))
        delayed = solve(jnp.asarray(rows[..., :-1]), jnp.asarray(rows[..., 1:]))
        plain = jax.vmap(lambda one: koopman_operator(*successive(one)))(jnp.asarray(series))
    found = {
        name: (("seed", f"{name}_1", f"{name}_2"), np.asarray(value))
        for name, value in (("delayed", delayed), ("plain", plain))
    }
    return xr.Dataset(found, coords={"seed": np.arange(config.seeds)}, attrs={"tones": config.tones})
