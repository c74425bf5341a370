"""A ReLU student with a random first layer: its readout is trained exactly, for every width in one program."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.studies.generalization_dynamics.config import Config
from separatrix.studies.generalization_dynamics.draws import normals

OBSERVED = 60


def features(config: Config) -> xr.Dataset:
    """Gradient flow from zero on the readout of random ReLU features, learning a noisy ReLU teacher.

    Narrow students are wide ones with units masked. The readout is linear in its weights, so that its modes are those
    of the Gram matrix over examples.

    Args:
        config: sizes, noise and duration.

    Returns:
        ``test_error`` with the noise of test examples, ``train_error``, and ``norm``: length of the readout times the
        root mean square length of the features. Dims (seed, width, time).
    """
    examples, widest = config.feature_examples, max(config.widths)
    times = np.concatenate([[0.0], np.geomspace(0.01, config.feature_time, OBSERVED)])
    moments = jnp.asarray(times)
    noise = config.feature_snr**-0.5

    def build(key: PRNGKeyArray, width: Array) -> Setup:
        d, units = config.feature_inputs, config.teacher_units
        shapes = (examples + config.test_examples, d), (d, units), (units,), (examples,), (d, widest)
        x, inner, outer, disturbed, drawn = normals(key, *shapes)
        clean = relu_teacher(x, inner, outer)
        y = clean[:examples] + noise * disturbed
        first = drawn / d**0.5
        kept = (jnp.arange(widest) < width).astype(float)
        hidden = jax.nn.relu(x @ first) * kept[None, :] / jnp.sqrt(width)
        values, vectors = jnp.linalg.eigh(hidden[:examples] @ hidden[:examples].T)
        rates = jnp.maximum(values, 0.0)
        across = (hidden[examples:] @ hidden[:examples].T) @ vectors
        turned = y @ vectors
        size = jnp.sqrt(jnp.mean(jnp.sum(hidden**2, axis=1)))

        def step(index: Array, state: Array, key: Array) -> Array:
            passed = moments[index + 1] - moments[index]
            gone = -jnp.expm1(-rates * passed)
            moved = jnp.where(rates > 0, gone / jnp.where(rates > 0, rates, 1.0), passed)
            return state * (1 - gone) + turned * moved

        observe = {
            "test_error": lambda state: jnp.mean((across @ state - clean[examples:]) ** 2) + noise**2,
            "train_error": lambda state: jnp.mean((rates * state - turned) ** 2),
            "norm": lambda state: jnp.sqrt(jnp.sum(rates * state**2)) * size,
        }
        return Setup(Map(step), jnp.zeros(examples), observe)

    run = ensemble(
        build,
        np.arange(len(times)),
        seeds=config.feature_seeds,
        grid={"width": np.asarray(config.widths, float)},
        key=jax.random.key(config.seed + 2),
    )
    axis = ("time", times, {"units": "1", "long_name": "time (learning rate × steps)"})
    return run.assign_coords(time=axis)[["test_error", "train_error", "norm"]].assign_attrs(examples=examples)


def relu_teacher(x: Float[Array, "n d"], inner: Float[Array, "d h"], outer: Float[Array, " h"]) -> Float[Array, " n"]:
    """What a ReLU network says, scaled to mean 0 and variance 1 over the inputs."""
    said = jax.nn.relu(x @ inner) @ outer
    return (said - jnp.mean(said)) / jnp.std(said)
