"""A ReLU student with a random first layer: its readout is trained exactly, for every width in one program."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.studies.generalization_dynamics.config import Config

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
        of_inputs, of_teacher, of_noise, of_student = jax.random.split(key, 4)
        x = jax.random.normal(of_inputs, (examples + config.test_examples, config.feature_inputs))
        clean = relu_teacher(of_teacher, x, config.teacher_units)
        y = clean[:examples] + noise * jax.random.normal(of_noise, (examples,))
        first = jax.random.normal(of_student, (config.feature_inputs, widest)) / config.feature_inputs**0.5
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


def relu_teacher(key: PRNGKeyArray, x: Float[Array, "n d"], units: int) -> Float[Array, " n"]:
    """What a random ReLU network says, scaled to mean 0 and variance 1 over the inputs."""
    of_first, of_second = jax.random.split(key)
    hidden = jax.nn.relu(x @ jax.random.normal(of_first, (x.shape[1], units)))
    said = hidden @ jax.random.normal(of_second, (units,))
    return (said - jnp.mean(said)) / jnp.std(said)
