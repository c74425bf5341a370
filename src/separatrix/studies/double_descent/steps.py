"""Gradient descent by real steps, beside its propagation in the eigenvectors of X^T X."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, PRNGKeyArray

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.studies.double_descent.config import Config
from separatrix.studies.double_descent.linear import modulation

CONDITION = 50.0


def steps(config: Config) -> xr.Dataset:
    """Steps with the largest rate, on noisy labels, at kappa = 50.

    Args:
        config: sizes.

    Returns:
        ``error`` of the steps, ``propagated`` and, as if steps were small, ``flow`` (seed, time).
    """
    n, d = config.examples, config.inputs
    observed = np.unique(np.concatenate([[0], np.geomspace(1, config.check_steps, 30).round()])).astype(int)

    def build(key: PRNGKeyArray) -> Setup:
        of_latent, of_teacher, of_noise = jax.random.split(key, 3)
        latent = jax.random.normal(of_latent, (n, d)) / d**0.5
        teacher = jax.random.normal(of_teacher, (d,))
        sizes = modulation(d, config.fast, jnp.asarray(CONDITION))
        shown = latent * sizes[None, :]
        labels = latent @ teacher + config.noise * jax.random.normal(of_noise, (n,))
        left, values, right = jnp.linalg.svd(shown, full_matrices=False)
        rate = 1 / values[0] ** 2

        def step(index: Array, state: tuple[Array, Array], key: Array) -> tuple[Array, Array]:
            weights, count = state
            return weights - rate * (shown.T @ (shown @ weights - labels)), count + 1

        def error(weights: Array) -> Array:
            return jnp.mean((teacher - sizes * weights) ** 2) / 2

        def from_share(left_over: Array) -> Array:
            return error(((1 - left_over) * (left.T @ labels) / values) @ right)

        observe = {
            "error": lambda state: error(state[0]),
            "propagated": lambda state: from_share((1 - jnp.minimum(rate * values**2, 1.0)) ** state[1]),
            "flow": lambda state: from_share(jnp.exp(-rate * values**2 * state[1])),
        }
        return Setup(Map(step), (jnp.zeros(d), jnp.zeros(())), observe)

    run = ensemble(build, observed, seeds=config.check_seeds, key=jax.random.key(config.seed + 1))
    return run[["error", "propagated", "flow"]]
