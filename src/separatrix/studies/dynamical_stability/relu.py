"""Two-layer ReLU networks: on a teacher's data and on real digits."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.learning.networks import TwoLayer
from separatrix.learning.tasks import Task, digits
from separatrix.observables import path_norm
from separatrix.studies.dynamical_stability.config import Config
from separatrix.studies.dynamical_stability.training import (
    full_batch,
    largest_eigenvalue,
    sgd,
    single_precision,
    task_of,
    train,
)

DIGITS = (3, 8)
"""The two digits to tell apart, with targets -1 and +1."""


def on_sphere(points: Float[Array, "n d"], radius: float = 1.0) -> Float[Array, "n d"]:
    """Normal points moved to a sphere, where they are uniform."""
    return radius * points / jnp.linalg.norm(points, axis=1, keepdims=True)


def large_start(key: PRNGKeyArray, inputs: int, units: int) -> TwoLayer:
    """A ReLU network whose start is not small: outgoing N(0, 1), incoming N(0, I / sqrt(d)).

    Args:
        key: draws the weights.
        inputs: number d of inputs.
        units: number of hidden units.

    Returns:
        The network, with one output, in single precision.
    """
    weights = jax.random.normal(key, (units, inputs + 1))
    return single_precision(TwoLayer(weights[:, 1:] / inputs**0.25, weights[:, :1], jax.nn.relu))


def _draw(config: Config) -> Callable[[PRNGKeyArray], tuple[Task, TwoLayer]]:
    size = config.relu_size

    def draw(key: PRNGKeyArray) -> tuple[Task, TwoLayer]:
        data_key, start_key = jax.random.split(key)
        teachers, examples = config.relu_teachers, config.relu_examples
        points = jax.random.normal(data_key, (teachers + examples + config.test_examples, size))
        teacher = TwoLayer(on_sphere(points[:teachers]), jnp.ones((teachers, 1)), jax.nn.relu)
        task = task_of(teacher, on_sphere(points[teachers:], size**0.5), examples, "ReLU teacher")
        return single_precision(task), large_start(start_key, size, size)

    return draw


def relu_gram(network: TwoLayer, inputs: Float[Array, "n d"]) -> Float[Array, "n n"]:
    """The Gram matrix J J^T / n of the gradients of the output with respect to all weights, without forming them.

    Args:
        network: with one output.
        inputs: of the n examples.

    Returns:
        The matrix, which has the nonzero spectrum of G.
    """
    before = inputs @ network.u.T
    through = (before > 0) * network.v[:, 0][None, :]
    hidden = jax.nn.relu(before)
    return (hidden @ hidden.T + (through @ through.T) * (inputs @ inputs.T)) / inputs.shape[0]


def _measure(network: TwoLayer, inputs: Array) -> dict[str, Array]:
    gram = relu_gram(network, inputs).astype(float)
    return {
        "trace": jnp.trace(gram),
        "largest": largest_eigenvalue(gram),
        "path_norm": path_norm(network.u, network.v.T).astype(float),
    }


def _unscaled(config: Config) -> Callable[[Array, TwoLayer, Task], Array]:
    return lambda scaled, network, task: scaled / config.relu_size**0.5


def relu_sgd(config: Config) -> xr.Dataset:
    """SGD on the ReLU network; ``rates`` are learning rates times sqrt(d).

    Args:
        config: of the study.

    Returns:
        See ``train``; also ``largest`` and ``path_norm``.
    """
    draw, rate_of = _draw(config), _unscaled(config)
    return train(config, draw, _measure, sgd, config.relu_rates, config.relu_steps, stream=20, rate_of=rate_of)


def relu_descent(config: Config) -> xr.Dataset:
    """Full-batch descent from the same starts on the same data, at the same scaled rates and at larger ones.

    Args:
        config: of the study.

    Returns:
        As ``relu_sgd``.
    """
    rates, steps = config.relu_descent_rates, config.relu_descent_steps
    return train(config, _draw(config), _measure, full_batch, rates, steps, stream=20, rate_of=_unscaled(config))


def _draw_digits(config: Config) -> Callable[[PRNGKeyArray], tuple[Task, TwoLayer]]:
    images = digits(jax.random.key(config.seed))
    assert images.test is not None
    x, y = (jnp.concatenate(parts) for parts in zip(images.data, images.test, strict=True))
    chosen = (y[:, DIGITS[0]] + y[:, DIGITS[1]]) > 0
    x, y = x[chosen] - x[chosen].mean(axis=0, keepdims=True), 2 * y[chosen, DIGITS[1]][:, None] - 1

    def draw(key: PRNGKeyArray) -> tuple[Task, TwoLayer]:
        order_key, start_key = jax.random.split(key)
        order = jax.random.permutation(order_key, x.shape[0])
        train_part, test_part = order[: config.digits_examples], order[config.digits_examples :]
        task = Task(x[train_part], y[train_part], "two digits", x_test=x[test_part], y_test=y[test_part])
        return single_precision(task), large_start(start_key, x.shape[1], config.digits_units)

    return draw


def digits_sgd(config: Config) -> xr.Dataset:
    """SGD on real digits, 3 against 8 by regression, from a large start.

    Args:
        config: of the study.

    Returns:
        See ``train``; also ``largest`` and ``path_norm``.
    """
    return train(config, _draw_digits(config), _measure, sgd, config.digits_rates, config.digits_steps, stream=30)


def digits_descent(config: Config) -> xr.Dataset:
    """Full-batch descent on the same digits from the same starts.

    Args:
        config: of the study.

    Returns:
        As ``digits_sgd``.
    """
    rates, steps = config.digits_rates, config.digits_descent_steps
    return train(config, _draw_digits(config), _measure, full_batch, rates, steps, stream=30)
