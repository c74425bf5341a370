"""Two matrices: aligned and random starts, an unbalanced mode, and too few hidden neurons."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import Map, Setup, below, ensemble, evolve
from separatrix.learning.networks import DeepLinear, aligned, deep_linear, gaussian
from separatrix.studies.deep_linear import network
from separatrix.studies.deep_linear.config import Config
from separatrix.theory import half_time, mode_dynamics, mode_time, unbalanced_time


def aligned_start(config: Config) -> xr.Dataset:
    """Gradient descent from an aligned start, at several rates, beside the sigmoids of the theory.

    Args:
        config: sizes and rates.

    Returns:
        ``strength``, ``loss`` (rate, time), the same of the ``theory_`` and of the ``slow_`` theory that has one factor
        of two too few in its exponent, and ``half_time`` (rate, mode) beside ``predicted_half_time``.
    """
    target = network.correlation(config)
    strengths = jnp.where(jnp.diagonal(target) > 0, config.start, 0.0)
    rates = np.asarray(config.step_factors) * config.rate
    hidden = (config.width,)

    def build(key: Array, rate: Array) -> Setup:
        model = DeepLinear(aligned(key, target, hidden, strengths))
        return Setup(network.descent(target, config, rate), model, network.observables(target, config))

    run = ensemble(build, _strides(config), seeds=1, grid={"rate": rates}, key=jax.random.key(config.seed))
    run = network.in_time(run.isel(seed=0, drop=True), config)
    run = run[["strength", "loss"]].assign(half_time=network.crossing(run.strength, run.singular_value / 2))
    s, start = np.asarray(config.modes), np.full(len(config.modes), config.start)
    times = run.time.to_numpy()
    theory = mode_dynamics(times, s, start)
    slow = mode_dynamics(times / 2, s, start).assign_coords(time=run.time)
    return run.assign(
        theory_strength=theory.strength,
        theory_loss=theory.loss,
        slow_strength=slow.strength,
        slow_loss=slow.loss,
        predicted_half_time=("mode", np.asarray(half_time(s, start))),
    )


def random_start(config: Config) -> xr.Dataset:
    """Gradient descent from small random weights: right, with a sequential update, and with weight decay.

    Args:
        config: sizes and rates.

    Returns:
        ``strength``, ``loss``, ``half_time`` and ``drift`` of the conserved quantity (seed, rate, update), and
        ``theory_strength``, ``theory_loss``, ``predicted_half_time`` from the effective start. What does not predict
        stands beside it: ``product_loss``, from the size of a.b, and ``predicted_from_scale``, from the variance of a
        weight.
    """
    target = network.correlation(config)
    widths = (config.width,) * 3

    def build(key: Array, rate: Array, update: Array) -> Setup:
        model = deep_linear(key, widths, gaussian(config.scale))
        return Setup(network.descent(target, config, rate, update), model, network.observables(target, config))

    grid = {"rate": np.array([1.0, 0.5]) * config.rate, "update": [network.RIGHT, network.SEQUENTIAL, network.DECAYED]}
    run = ensemble(build, _strides(config), seeds=config.seeds, grid=grid, key=jax.random.key(config.seed + 1))
    run = network.in_time(run, config)
    s = np.asarray(config.modes)
    first = run.isel(time=0, rate=0, update=0, drop=True)
    theory = _for_each_seed(run.time, s, first.effective_start)
    return run[["strength", "loss"]].assign(
        half_time=network.crossing(run.strength, run.singular_value / 2),
        drift=abs(run.conserved - run.conserved.isel(time=0)).max(("time", "row", "column")),
        theory_strength=theory.strength,
        theory_loss=theory.loss,
        product_loss=_for_each_seed(run.time, s, abs(first.strength)).loss,
        predicted_half_time=(("seed", "mode"), np.asarray(half_time(s[None, :], first.effective_start.to_numpy()))),
        predicted_from_scale=("mode", np.asarray(half_time(s, config.scale**2))),
    )


def unbalanced_start(config: Config) -> xr.Dataset:
    """One mode whose two weights start unequal: the time to 95 % of a singular value of 2.

    Args:
        config: imbalance, angle and rate.

    Returns:
        ``time_simulated``, ``time_theory`` and ``time_balanced``, the last by the formula that ignores the imbalance.
    """
    s, end, rate = 2.0, 1.9, config.unbalanced_rate
    root = math.sqrt(config.imbalance)
    a, b = root * math.cosh(config.angle / 2), root * math.sinh(config.angle / 2)

    def step(t: Array, x: Array, key: Array) -> Array:
        return x + rate * (s - x[0] * x[1]) * x[::-1]

    reached = below("distance", lambda x: end - x[0] * x[1], 0.0)
    run = evolve(
        Map(step), jnp.array([a, b]), [0, round(5 / rate)], observe={"strength": lambda x: x[0] * x[1]}, stop=(reached,)
    )
    return xr.Dataset(
        {
            "time_simulated": run.attrs["stop_time"] * rate,
            "time_theory": float(unbalanced_time(s, a, b, end)),
            "time_balanced": float(mode_time(a * b, end, s)),
        }
    )


def undercomplete(config: Config) -> xr.Dataset:
    """Gradient descent through fewer hidden neurons than there are modes, with and without weight decay.

    Args:
        config: sizes.

    Returns:
        ``error`` (seed, decay): the relative distance of the final map from the best one of its rank.
    """
    target = network.correlation(config)
    best = target * jnp.where(jnp.arange(config.width) < config.bottleneck, 1.0, 0.0)[None, :]
    rate, steps, fully = jnp.asarray(0.01), jnp.asarray(10_000), jnp.asarray(0.0)

    def build(key: Array, decay: Array) -> Setup:
        model = deep_linear(key, (config.width, config.bottleneck, config.width), gaussian(0.01))
        return Setup(Map(network.Descent(target, rate, steps, fully, decay)), model)

    def error(model: DeepLinear) -> Array:
        return jnp.linalg.norm(model.end_to_end() - best) / jnp.linalg.norm(best)

    decays = [0.0, config.bottleneck_decay]
    key = jax.random.key(config.seed + 2)
    run = ensemble(build, [0, 1], observe={"error": error}, seeds=config.seeds, grid={"decay": decays}, key=key)
    return run.isel(time=-1, drop=True)[["error"]]


def _for_each_seed(time: xr.DataArray, s: np.ndarray, start: xr.DataArray) -> xr.Dataset:
    theories = [mode_dynamics(time.to_numpy(), s, start.isel(seed=k).to_numpy()) for k in range(start.sizes["seed"])]
    return xr.concat(theories, dim=start.seed)


def _strides(config: Config) -> np.ndarray:
    return np.arange(round(config.horizon / config.stride) + 1)
