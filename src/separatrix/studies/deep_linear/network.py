"""The two-matrix network under gradient descent, as the paper writes it, with the wrong builds beside it."""

from collections.abc import Hashable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from separatrix.dynamics import Map, Observable
from separatrix.learning.networks import DeepLinear
from separatrix.studies.deep_linear.config import Config
from separatrix.theory import effective_start

TIME = {"units": "steps × rate", "long_name": "time"}
RIGHT, SEQUENTIAL, DECAYED = 0, 1, 2
"""Updates: from the old weights; the second from the already updated first; with weight decay."""


class Descent(eqx.Module):
    r"""Steps of gradient descent on :math:`\frac12\|\Sigma_{31}-W_{32}W_{21}\|^2` (white inputs).

    Attributes:
        correlation: Sigma_31.
        rate: learning rate.
        steps: how many steps one call takes.
        sequential: 1 for the wrong build that updates W32 with the new W21.
        decay: weight decay.
    """

    correlation: Float[Array, "c d"]
    rate: Float[Array, ""]
    steps: Array
    sequential: Float[Array, ""]
    decay: Float[Array, ""]

    def __call__(self, t: object, model: DeepLinear, key: object) -> DeepLinear:
        """The network some steps later."""
        return jax.lax.fori_loop(0, self.steps, lambda _, m: self.once(m), model)

    def once(self, model: DeepLinear) -> DeepLinear:
        """The network one step later."""
        first, second = model.weights
        gap = self.correlation - second @ first
        shrink = 1 - self.rate * self.decay
        moved = shrink * first + self.rate * second.T @ gap
        used = jnp.where(self.sequential > 0, moved, first)
        return DeepLinear((moved, shrink * second + self.rate * gap @ used.T))


def descent(correlation: Array, config: Config, rate: Array, update: Array | int = RIGHT) -> Map:
    """The map over one stride of time.

    Args:
        correlation: Sigma_31.
        config: gives the stride and the weight decay.
        rate: learning rate.
        update: which build.

    Returns:
        The map, whose step takes stride / rate steps of gradient descent.
    """
    rate = jnp.asarray(rate, float)
    steps = jnp.round(config.stride / rate).astype(int)
    sequential = jnp.where(jnp.asarray(update) == SEQUENTIAL, 1.0, 0.0)
    decay = jnp.where(jnp.asarray(update) == DECAYED, config.decay, 0.0)
    return Map(Descent(correlation, rate, steps, sequential, decay))


def correlation(config: Config) -> Float[Array, "n n"]:
    """Sigma_31 with the configured singular values, in the coordinates of its own singular vectors."""
    values = np.zeros(config.width)
    values[: len(config.modes)] = config.modes
    return jnp.diag(jnp.asarray(values))


def observables(target: Array, config: Config) -> tuple[Observable, ...]:
    """What is kept of a two-matrix network: strengths, loss, where each mode starts, and what is conserved."""
    k = len(config.modes)
    axes = jnp.eye(target.shape[0])[:, :k]
    named: dict[Hashable, Any] = {"mode": np.arange(1, k + 1), "singular_value": ("mode", np.asarray(config.modes))}

    def strength(model: DeepLinear) -> Array:
        return jnp.diagonal(model.end_to_end())[:k]

    def loss(model: DeepLinear) -> Array:
        return 0.5 * jnp.sum((target - model.end_to_end()) ** 2)

    def start(model: DeepLinear) -> Array:
        return effective_start(model.weights[0], model.weights[1], axes, axes)

    def conserved(model: DeepLinear) -> Array:
        first, second = model.weights
        return second.T @ second - first @ first.T

    return (
        Observable("strength", strength, ("mode",), named, long_name="strength of the mode"),
        Observable("loss", loss),
        Observable("effective_start", start, ("mode",)),
        Observable("conserved", conserved, ("row", "column"), long_name="W32' W32 - W21 W21'"),
    )


def in_time(run: xr.Dataset, config: Config) -> xr.Dataset:
    """The run with strides as its time, instead of calls of the map."""
    return run.assign_coords(time=("time", run["time"].to_numpy() * config.stride, TIME))


def crossing(values: xr.DataArray, level: xr.DataArray | float) -> xr.DataArray:
    """The time at which a rising quantity first reaches a level, interpolated linearly; NaN if it never does."""
    level = xr.zeros_like(values.isel(time=0)) + level

    def first(series: np.ndarray, goal: np.ndarray, time: np.ndarray) -> np.ndarray:
        there = series >= goal[..., None]
        after = np.argmax(there, axis=-1)
        before = np.maximum(after - 1, 0)
        high = np.take_along_axis(series, after[..., None], -1)[..., 0]
        low = np.take_along_axis(series, before[..., None], -1)[..., 0]
        share = np.where(after > before, (goal - low) / np.where(high > low, high - low, 1.0), 0.0)
        found = time[before] + share * (time[after] - time[before])
        return np.where(there.any(axis=-1), found, np.nan)

    return xr.apply_ufunc(first, values, level, values["time"], input_core_dims=[["time"], [], ["time"]])
