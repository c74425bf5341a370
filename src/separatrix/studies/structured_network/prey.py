"""Prey and predators in nine environments: one network for all, dense or structured, and shared with own parts."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from separatrix.dynamics import lotka_volterra
from separatrix.models.delay_windows import past_and_future
from separatrix.models.environments import SharedAndOwn, environment_loss
from separatrix.models.window_networks import parameter_count
from separatrix.studies.structured_network.config import Config
from separatrix.studies.structured_network.integration import runge_kutta
from separatrix.studies.structured_network.lorenz import linear_fit, linear_map
from separatrix.studies.structured_network.training import Build, applied, dense, fitted, structured

RATES = (0.5, 0.75, 1.0)
"""Values of beta and of delta; alpha = gamma = 0.5."""
BETWEEN, TIMES, STEP = 0.5, 21, 0.02
"""Time between states, their number, and the step of integration."""
MEAN, LINEAR = "mean", "linear delays"


def populations(config: Config) -> np.ndarray:
    """Series of all environments, (seeds, environments, series, times, 2): the first half of them to train on."""
    beta, delta = (table.ravel() for table in np.meshgrid(RATES, RATES, indexing="ij"))
    count = 2 * config.prey_series

    shape = (config.seeds, beta.size, count, 2)
    start = jax.random.uniform(jax.random.key(config.seed + 5), shape, minval=1.0, maxval=3.0)
    flow = lotka_volterra(beta=jnp.asarray(beta)[None, :, None], delta=jnp.asarray(delta)[None, :, None])
    return np.moveaxis(runge_kutta(flow, start, STEP, round(BETWEEN / STEP), TIMES), 0, 3)


@dataclasses.dataclass(frozen=True)
class EnvironmentLoss:
    """The loss over as many windows of each environment, drawn at random.

    Attributes:
        batch: windows of an environment.
        penalty: weight of the environments' own parts.
    """

    batch: int
    penalty: float

    def __call__(self, model: SharedAndOwn, data: tuple[Array, Array], key: PRNGKeyArray) -> Float[Array, ""]:
        """The loss of a batch of (past, future), each (environments, windows, n)."""
        shape = (data[0].shape[0], self.batch)
        rows = jax.random.randint(key, shape, 0, data[0].shape[1])
        drawn = [jnp.moveaxis(jnp.take_along_axis(part, rows[:, :, None], axis=1), -1, 0) for part in data]
        return environment_loss(model, drawn[0], drawn[1], self.penalty)


def shared_and_own(build: Build, environments: int) -> Build:
    """Builder of a shared network and one for each environment."""

    def both(key: PRNGKeyArray) -> SharedAndOwn:
        of_shared, of_own = jax.random.split(key)
        return SharedAndOwn(build(of_shared), eqx.filter_vmap(build)(jax.random.split(of_own, environments)))

    return both


@eqx.filter_jit
def _by_environment(models: PyTree, past: Float[Array, "seeds e rows n"]) -> Array:
    return eqx.filter_vmap(lambda model, x: jnp.moveaxis(model(jnp.moveaxis(x, -1, 0))[0], 0, -1))(models, past)


def prey(config: Config) -> xr.Dataset:
    """Mean squared errors of the next window, over windows of held-back series of all environments.

    Args:
        config: the study's.

    Returns:
        ``error`` over (seed, model), in squares of standard deviations; ``parameters`` of the models.
    """
    past, future = _windows(config)
    seeds, environments, _, _, n = past.shape
    half = config.prey_series
    shown = [part[:, :, :half].reshape(seeds, environments, -1, n) for part in (past, future)]
    seen, truth = (part[:, :, half:].reshape(seeds, environments, -1, n) for part in (past, future))
    pooled = [part.reshape(seeds, -1, n) for part in shown]
    flat = seen.reshape(seeds, -1, n)
    found: dict[str, tuple[np.ndarray, int]] = {
        MEAN: (np.zeros_like(flat), 0),
        LINEAR: (linear_map(linear_fit(*pooled), flat), n * (n + 1)),
    }
    builds = {"structured": structured(n, 1), "dense": dense(n, 2 * n)}
    keys = jax.random.split(jax.random.key(config.seed + 6), len(builds) + 1)
    settings: dict[str, Any] = {"steps": config.prey_steps, "rate": config.prey_rate}
    together = tuple(jnp.asarray(part, jnp.float32) for part in pooled)
    apart = tuple(jnp.asarray(part, jnp.float32) for part in shown)
    for key, (name, build) in zip(keys[:-1], builds.items(), strict=True):
        one = fitted(build, together, key, batch=config.batch, **settings)
        found[name] = (np.asarray(applied(one, jnp.asarray(flat, jnp.float32)), float), parameter_count(one) // seeds)
    if config.prey_own:
        own = shared_and_own(builds["dense"], environments)
        loss = EnvironmentLoss(max(1, config.batch // environments), config.own_penalty)
        many = fitted(own, apart, keys[-1], loss=loss, **settings)
        predicted = np.asarray(_by_environment(many, jnp.asarray(seen, jnp.float32)), float)
        found["dense, shared and own"] = (predicted.reshape(flat.shape), parameter_count(many) // seeds)
    errors = [np.mean((predicted - truth.reshape(flat.shape)) ** 2, axis=(1, 2)) for predicted, _ in found.values()]
    return xr.Dataset(
        {
            "error": (("seed", "model"), np.stack(errors, axis=1)),
            "parameters": ("model", [count for _, count in found.values()]),
        },
        coords={"model": list(found)},
    )


def _windows(config: Config) -> tuple[np.ndarray, np.ndarray]:
    """Past and next windows of all series, standardised, (seeds, environments, series, windows, n)."""
    states = populations(config)
    axes = (1, 2, 3)
    states = (states - states.mean(axis=axes, keepdims=True)) / states.std(axis=axes, keepdims=True)
    lead, delays = states.shape[:3], config.prey_delays
    past, future = past_and_future(tuple(states.reshape(-1, *states.shape[3:])), delays, delays)
    return past.reshape(*lead, -1, past.shape[1]), future.reshape(*lead, -1, future.shape[1])
