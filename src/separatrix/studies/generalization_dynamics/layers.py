"""A ReLU student of which all layers are trained, for every width in one program."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, PRNGKeyArray

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.studies.generalization_dynamics.config import Config
from separatrix.studies.generalization_dynamics.draws import normals
from separatrix.studies.generalization_dynamics.features import relu_teacher

OBSERVED = 40
SCALE = 0.3
"""Initial weights over those of the usual 1 / sqrt(inputs)."""


def layers(config: Config) -> xr.Dataset:
    """Gradient descent on both layers from small weights, learning a noisy ReLU teacher.

    Args:
        config: sizes, noise, rate and steps.

    Returns:
        ``test_error`` with the noise of test examples, and ``train_error``; dims (seed, width, time), the time in
        steps. Attrs have the number of weights a hidden unit.
    """
    examples, d, widest = config.layer_examples, config.layer_inputs, max(config.layer_widths)
    observed = np.unique(np.concatenate([[0], np.geomspace(1, config.layer_steps, OBSERVED).round()])).astype(int)
    noise = config.feature_snr**-0.5

    def build(key: PRNGKeyArray, width: Array) -> Setup:
        units = config.teacher_units
        shapes = (examples + config.test_examples, d), (d, units), (units,), (examples,), (widest, d + 1)
        inputs, inner, outer, random, drawn = normals(key, *shapes)
        clean = relu_teacher(inputs, inner, outer)
        disturbed = clean[:examples] + noise * random
        kept = (jnp.arange(widest) < width).astype(float)
        start = SCALE * kept[:, None] * drawn / jnp.concatenate([jnp.full(d, d**0.5), jnp.sqrt(width)[None]])[None, :]
        single = [jnp.asarray(value, jnp.float32) for value in (inputs[:examples], disturbed, inputs[examples:], clean)]
        x, y, fresh, target = single[0], single[1], single[2], single[3][examples:]

        def says(weights: Array, at: Array) -> Array:
            return jax.nn.relu(at @ weights[:, :d].T) @ weights[:, d]

        def loss(weights: Array) -> Array:
            return jnp.mean((says(weights, x) - y) ** 2) / 2

        def step(index: Array, weights: Array, key: Array) -> Array:
            return weights - config.layer_rate * jax.grad(loss)(weights)

        observe = {
            "test_error": lambda weights: jnp.mean((says(weights, fresh) - target) ** 2) + noise**2,
            "train_error": lambda weights: 2 * loss(weights),
        }
        return Setup(Map(step), start.astype(jnp.float32), observe)

    run = ensemble(
        build,
        observed,
        seeds=config.layer_seeds,
        grid={"width": np.asarray(config.layer_widths, float)},
        key=jax.random.key(config.seed + 3),
    )
    return run[["test_error", "train_error"]].assign_attrs(examples=examples, weights_a_unit=d + 1)
