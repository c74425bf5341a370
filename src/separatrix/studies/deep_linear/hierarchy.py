"""Items on a tree: a linear and a tanh network learn the broad distinctions first (figure 3)."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import Map, Observable, Setup, ensemble
from separatrix.learning.networks import gaussian
from separatrix.learning.tasks import semantic_hierarchy
from separatrix.studies.deep_linear import network
from separatrix.studies.deep_linear.config import Config
from separatrix.theory import effective_start, half_time

SHOWN = 12


def hierarchy(config: Config) -> xr.Dataset:
    """Gradient descent on the features of items on a tree, through a linear and through a tanh hidden layer.

    One-hot items make the inputs white. Features are rotated into the span of the items, which changes nothing that the
    error sees, and scaled so that the largest singular value is as configured: the larger, the more tanh bends.

    Args:
        config: tree, features and initial scale.

    Returns:
        ``share`` (seed, tanh, time, mode): strengths over singular values; ``half_time`` (seed, tanh, mode); from the
        theory of the linear network ``theory_share`` and ``predicted_half_time``; ``predicted_from_scale``, from the
        variance of a weight, which does not predict.
    """
    items, every = 2**config.levels, 10
    rate = 0.05 / config.tree_strength

    def build(key: Array, tanh: Array) -> Setup:
        of_task, of_first, of_second = jax.random.split(key, 3)
        task = semantic_hierarchy(of_task, config.levels, config.features, config.flip)
        _, s, right = jnp.linalg.svd(task.y.T, full_matrices=False)
        s = s * config.tree_strength / s[0]
        target = s[:, None] * right
        draw = gaussian(config.tree_scale)
        start = draw(of_first, (items, items)), draw(of_second, (items, items))

        def hidden(first: Array) -> Array:
            return jnp.where(tanh, jnp.tanh(first), first)

        def once(_: Array, weights: tuple[Array, Array]) -> tuple[Array, Array]:
            first, second = weights
            active = hidden(first)
            gap = target - second @ active
            slope = jnp.where(tanh, 1 - active**2, 1.0)
            return first + rate * slope * (second.T @ gap), second + rate * gap @ active.T

        def share(weights: tuple[Array, Array]) -> Array:
            return (jnp.diagonal(weights[1] @ hidden(weights[0]) @ right.T) / s)[:SHOWN]

        def predicted(weights: tuple[Array, Array]) -> Array:
            begin = effective_start(*weights, jnp.eye(items), right.T)
            return half_time(s, begin)[:SHOWN]

        kept = (
            Observable("share", share, ("mode",), {"mode": np.arange(1, SHOWN + 1)}),
            Observable("predicted_half_time", predicted, ("mode",)),
            Observable("singular_value", lambda weights: s[:SHOWN], ("mode",)),
        )
        return Setup(Map(lambda t, weights, key: jax.lax.fori_loop(0, every, once, weights)), start, kept)

    key = jax.random.key(config.seed + 6)
    run = ensemble(build, np.arange(201), seeds=config.seeds, grid={"tanh": [False, True]}, key=key)
    run = run.assign_coords(time=("time", run["time"].to_numpy() * every * rate, network.TIME))
    s = run.singular_value.isel(time=0, drop=True)
    predicted_half_time = run.predicted_half_time.isel(time=0, drop=True)
    return xr.Dataset(
        {
            "share": run.share,
            "theory_share": 1 / (1 + np.exp(-2 * s * (run.time - predicted_half_time))),
            "half_time": network.crossing(run.share, 0.5),
            "predicted_half_time": predicted_half_time,
            "predicted_from_scale": (s.dims, np.asarray(half_time(s.to_numpy(), config.tree_scale**2))),
        }
    )
