"""Autoencoders of Lorenz's system: do the pressures lengthen forecasts, against plain and linear models?"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.models.koopman.autoencoder import Autoencoder
from separatrix.models.koopman.batch_ridge import mean_operator, pooled_operator
from separatrix.models.koopman.information import latent_dimension
from separatrix.studies.koopman_information.config import Config
from separatrix.studies.koopman_information.settings import LORENZ, pressures
from separatrix.studies.koopman_information.training import Sizes, rollout_errors, train_all

STEP = 0.01
"""Time between states."""
SETTLING = 1000
"""Steps before the first state that is kept, from near the attractor onto it."""
MEAN, SPREAD = (0.0, 0.0, 23.55), (7.92, 9.01, 8.62)
"""Of each component on the attractor, to normalise the states; fixed, so that all seeds share one unit."""


def lorenz_series(key: PRNGKeyArray, count: int, times: int) -> Float[Array, "count times 3"]:
    """Normalised trajectories on Lorenz's attractor (10, 28, 8/3) by Runge and Kutta's method.

    Args:
        key: decides where they begin.
        count: how many.
        times: states of each.

    Returns:
        States, in single precision.
    """

    def law(s: Array) -> Array:
        x, y, z = s
        return jnp.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])

    def step(state: Array, _: None) -> tuple[Array, Array]:
        k1 = law(state)
        k2 = law(state + STEP / 2 * k1)
        k3 = law(state + STEP / 2 * k2)
        k4 = law(state + STEP * k3)
        return state + STEP / 6 * (k1 + 2 * k2 + 2 * k3 + k4), state

    mean, spread = jnp.asarray(MEAN)[:, None], jnp.asarray(SPREAD)[:, None]
    start = mean + spread * jax.random.normal(key, (3, count))
    settled = jax.lax.scan(lambda state, _: (step(state, None)[0], None), start, None, length=SETTLING)[0]
    path = jax.lax.scan(step, settled, None, length=times)[1]
    return jnp.moveaxis((path - mean[None]) / spread[None], 2, 0).astype(jnp.float32)


def lorenz(config: Config) -> xr.Dataset:
    """Train on Lorenz's system, and forecast from fresh states on its attractor.

    Args:
        config: the numbers.

    Returns:
        ``error`` and ``pooled_error`` (mean squared, by horizon, in units of the attractor's variance; with the average
        of operators and with one regression over all pairs; dims seed, setting, step), ``linear_error`` (of a linear
        regression of states, dims seed, step), ``still_error`` (of the last value) and ``dimension`` (effective).
    """
    sizes = Sizes(
        3,
        config.lorenz_latent,
        config.lorenz_hidden,
        config.length,
        config.lorenz_batch,
        config.lorenz_steps,
        config.rate,
        config.neighbours,
        config.temperature,
    )
    horizon = config.lorenz_horizon

    def data(key: PRNGKeyArray) -> tuple[Array, Array]:
        series = lorenz_series(key, config.lorenz_series + config.test_sequences, config.lorenz_times)
        return series[: config.lorenz_series], series[config.lorenz_series :, : horizon + 1]

    def observe(first: Autoencoder, model: Autoencoder, series: Array, truth: Array, ridge: Array) -> dict[str, Array]:
        whole = series.shape[1] // config.length * config.length
        windows = series[:, :whole].reshape(-1, config.length, 3)
        latents = model.encoder(windows)
        return {
            "error": rollout_errors(model, mean_operator(latents, ridge), truth, horizon),
            "pooled_error": rollout_errors(model, pooled_operator(latents, ridge), truth, horizon),
            "dimension": latent_dimension(latents),
            "linear_error": _linear(series, truth, horizon),
            "still_error": jnp.mean((truth[:, :1] - truth[:, 1:]) ** 2, axis=(0, 2)),
        }

    keys = jax.random.split(jax.random.key(config.seed + 1), config.seeds)
    found = train_all(sizes, pressures(LORENZ), keys, data, observe)
    arrays = {name: np.asarray(value, float) for name, value in found.items()}
    variables: dict[str, Any] = {
        name: (("seed", "setting", "step"), arrays[name]) for name in ("error", "pooled_error")
    }
    variables["dimension"] = (("seed", "setting"), arrays["dimension"])
    variables |= {name: (("seed", "step"), arrays[name][:, 0]) for name in ("linear_error", "still_error")}
    steps = np.arange(1, horizon + 1)
    return xr.Dataset(variables, coords={"setting": list(LORENZ), "step": steps, "time": ("step", STEP * steps)})


def _linear(series: Array, truth: Array, horizon: int) -> Array:
    """Dynamic mode decomposition of the states with a constant: the floor that any latent space should beat."""

    def lifted(states: Array) -> Array:
        return jnp.concatenate([states, jnp.ones_like(states[..., :1])], axis=-1)

    operator = pooled_operator(lifted(series), 1e-3)

    def step(state: Array, _: None) -> tuple[Array, Array]:
        state = state @ operator
        return state, state[:, :3]

    found = jax.lax.scan(step, lifted(truth[:, 0]), None, length=horizon)[1]
    return jnp.mean((found - jnp.swapaxes(truth, 0, 1)[1:]) ** 2, axis=(1, 2))
