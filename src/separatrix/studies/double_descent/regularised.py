"""Another geometry: a plateau of another height, and descent with a penalty on the norm that fades."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, PRNGKeyArray

from separatrix.dynamics import Map, Observable, Setup, ensemble
from separatrix.studies.double_descent.config import Config
from separatrix.studies.double_descent.linear import modulation
from separatrix.theory.double_descent import data_modes

OBSERVED = 70
VARIANTS = ("plain", "fading", "weak", "constant")
NEVER = 1e5
"""A kappa with which the slow features are not learned."""


def regularised(config: Config) -> xr.Dataset:
    """Descent in which the part of the gradient that comes from the norm is enlarged by 1 + a(t).

    a(t) = strength x ln(1 + exp(-fading t)) / ln 2 begins at the strength and falls to 0: ``fading``, or ``weak`` with
    a tenth of the strength. ``constant`` does not fall, and ``plain`` has none. Each mode of X^T X goes its own way.

    Args:
        config: sizes, strength and fading.

    Returns:
        ``error`` (seed, condition, time, variant).
    """
    n, d = config.second_examples, config.inputs
    observed = np.unique(np.concatenate([[0], np.geomspace(1, config.second_steps, OBSERVED).round()])).astype(int)
    strengths = jnp.array([0.0, 1.0, 0.1, 1.0]) * config.strength
    fading = jnp.array([1.0, 1.0, 1.0, 0.0]) * config.fading

    def build(key: PRNGKeyArray, condition: Array) -> Setup:
        of_latent, of_teacher = jax.random.split(key)
        latent = jax.random.normal(of_latent, (n, d)) / d**0.5
        drawn = jax.random.normal(of_teacher, (config.teachers, d))
        modes = data_modes(latent, modulation(d, config.second_fast, condition))
        speeds = modes.eigenvalues / modes.eigenvalues[0]
        taught = (drawn / jnp.sqrt(jnp.mean(drawn**2, axis=1))[:, None]) @ modes.incoming.T
        form = (modes.outgoing @ modes.outgoing.T) * (taught.T @ taught) / d / config.teachers

        def step(index: Array, state: tuple[Array, Array], key: Array) -> tuple[Array, Array]:
            learned, count = state
            extra = strengths * jnp.logaddexp(0.0, -fading * count) / jnp.log(2.0)
            return learned + speeds[None, :] * (1 - (1 + extra)[:, None] * learned), count + 1

        def error(state: tuple[Array, Array]) -> Array:
            left = 1 - state[0]
            return jnp.sum((left @ form) * left, axis=1) / 2

        observe = (Observable("error", error, ("variant",), {"variant": list(VARIANTS)}),)
        return Setup(Map(step), (jnp.zeros((len(VARIANTS), d)), jnp.zeros(())), observe)

    return ensemble(
        build,
        observed,
        seeds=config.seeds,
        grid={"condition": np.array([config.second_condition, NEVER])},
        key=jax.random.key(config.seed + 3),
    )[["error"]].assign_attrs(examples=n, inputs=d, fast=config.second_fast, steps=config.second_steps)
