"""The diagonal linear network: trace against 2 / rate, balance, and leaving a minimum that is too sharp."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.analysis import critical_learning_rate_single, gram_matrix
from separatrix.dynamics import Observable, Setup, ensemble
from separatrix.learning import Learner, Rule, half_mean_squared, on
from separatrix.learning.networks import DiagonalLinear
from separatrix.learning.tasks import Task
from separatrix.observables import balance_ratio
from separatrix.studies.dynamical_stability.config import Config
from separatrix.studies.dynamical_stability.training import (
    full_batch,
    largest_eigenvalue,
    sgd,
    single_precision,
    task_of,
    train,
)
from separatrix.theory import diagonal_trace

INPUT_VARIANCE = 1 / 3
"""Of the inputs, uniform on [-1, 1]."""


def _task(key: PRNGKeyArray, config: Config) -> Task:
    def target(x: Array) -> Array:
        return jnp.sum(x[: config.diagonal_nonzero])[None]

    count = config.diagonal_examples + config.test_examples
    inputs = jax.random.uniform(key, (count, config.diagonal_inputs), minval=-1.0, maxval=1.0)
    return task_of(target, inputs, config.diagonal_examples, "sparse regression")


def _draw(config: Config) -> Callable[[PRNGKeyArray], tuple[Task, DiagonalLinear]]:
    def draw(key: PRNGKeyArray) -> tuple[Task, DiagonalLinear]:
        data_key, weight_key = jax.random.split(key)
        weights = jax.random.normal(weight_key, (2, config.diagonal_inputs))
        return single_precision(_task(data_key, config)), single_precision(DiagonalLinear(weights[0], weights[1]))

    return draw


def gradients_of(network: DiagonalLinear, inputs: Float[Array, "n d"]) -> Float[Array, "n 2*d"]:
    """Gradient of the output for each input with respect to (a, b): (b x, a x)."""
    return jnp.concatenate([network.second[None, :] * inputs, network.first[None, :] * inputs], axis=1)


def _measure(network: DiagonalLinear, inputs: Array) -> dict[str, Array]:
    squares = jnp.mean(inputs.astype(float) ** 2, axis=0)
    first, second = network.first.astype(float), network.second.astype(float)
    return {
        "trace": diagonal_trace(first, second, squares),
        "l1": jnp.sum(jnp.abs(first * second)),
        "balance": balance_ratio(first, second),
        "difference": jnp.sum(jnp.abs(first**2 - second**2)),
    }


def _measure_with_sharpness(network: DiagonalLinear, inputs: Array) -> dict[str, Array]:
    gram = gram_matrix(gradients_of(network, inputs))
    return _measure(network, inputs) | {"largest": largest_eigenvalue(gram).astype(float)}


def diagonal_sgd(config: Config) -> xr.Dataset:
    """SGD on the diagonal network from a large start, at each rate.

    Args:
        config: of the study.

    Returns:
        See ``train``; also ``l1``, ``balance``.
    """
    return train(config, _draw(config), _measure, sgd, config.diagonal_rates, config.diagonal_steps, stream=10)


def diagonal_descent(config: Config) -> xr.Dataset:
    """Full-batch descent from the same starts on the same data.

    Args:
        config: of the study.

    Returns:
        As ``diagonal_sgd``; also ``largest``, the largest eigenvalue of G.
    """
    rates, steps = config.descent_rates, config.descent_steps
    return train(config, _draw(config), _measure_with_sharpness, full_batch, rates, steps, stream=10)


def _draw_unbalanced(config: Config) -> Callable[..., tuple[Task, DiagonalLinear]]:
    def draw(key: PRNGKeyArray, imbalance: Array) -> tuple[Task, DiagonalLinear]:
        data_key, weight_key = jax.random.split(key)
        drawn = config.balance_spread * jax.random.normal(weight_key, (2, config.diagonal_inputs))
        first, signs = drawn[0], jnp.sign(drawn[1])
        second = (imbalance + jnp.sqrt(imbalance**2 - 1)) * first * signs
        return single_precision(_task(data_key, config)), single_precision(DiagonalLinear(first, second))

    return draw


def balance_sgd(config: Config) -> xr.Dataset:
    """SGD on the diagonal network from weights of a given imbalance.

    Args:
        config: of the study.

    Returns:
        See ``train``, with the further dim ``imbalance``; ``balance`` is what matters.
    """
    grid = {"imbalance": np.asarray(config.imbalances)}
    rates = (config.balance_rate,)
    draw = _draw_unbalanced(config)
    return train(config, draw, _measure, sgd, rates, config.balance_steps, stream=11, grid=grid).squeeze("rates")


def balance_descent(config: Config) -> xr.Dataset:
    """Full-batch descent at a small rate from the same weights.

    Args:
        config: of the study.

    Returns:
        As ``balance_sgd``.
    """
    grid = {"imbalance": np.asarray(config.imbalances)}
    rates = (config.balance_descent_rate,)
    draw = _draw_unbalanced(config)
    return train(config, draw, _measure, full_batch, rates, config.balance_steps, stream=11, grid=grid).squeeze("rates")


def escape_sgd(config: Config) -> xr.Dataset:
    """SGD from a point next to a random minimum whose trace is a given multiple of 2 / rate.

    Args:
        config: of the study.

    Returns:
        ``distance`` from the minimum over that at the start, ``loss`` over that at the start, ``trace_ratio``, with
        dims (seed, factor, time); ``critical`` (over 2 / tr G) and ``descent`` (2 / largest eigenvalue, likewise)
        are constant in time.
    """
    return _escape(config, sgd)


def escape_descent(config: Config) -> xr.Dataset:
    """Full-batch descent from the same points at the same rates.

    Args:
        config: of the study.

    Returns:
        As ``escape_sgd``.
    """
    return _escape(config, full_batch)


def _escape(config: Config, rule: Callable[[Task, Array, float], Rule]) -> xr.Dataset:
    def build(key: PRNGKeyArray, factor: Array) -> Setup:
        data_key, weight_key = jax.random.split(key)
        first, second, *kick = jax.random.normal(weight_key, (4, config.escape_inputs))
        minimum = DiagonalLinear(first, second)
        shape = (config.escape_examples, config.escape_inputs)
        task = task_of(
            minimum, jax.random.uniform(data_key, shape, minval=-1.0, maxval=1.0), shape[0], "random minimum"
        )
        gradients = gradients_of(minimum, task.x)
        total = jnp.sum(gradients**2) / gradients.shape[0]
        rate = factor * 2 / total
        kick = config.perturbation * jnp.stack(kick) / jnp.linalg.norm(jnp.stack(kick))
        start = DiagonalLinear(minimum.first + kick[0], minimum.second + kick[1])
        loss = on(half_mean_squared, task.data)
        system = rule(task, rate, config.clip)

        def distance(network: DiagonalLinear) -> Array:
            return jnp.sqrt(
                jnp.sum((network.first - minimum.first) ** 2) + jnp.sum((network.second - minimum.second) ** 2)
            )

        def trace_ratio(network: DiagonalLinear) -> Array:
            return diagonal_trace(network.first, network.second, jnp.mean(task.x**2, axis=0)) * rate / 2

        critical = critical_learning_rate_single(gradients) * total / 2
        edge = total / largest_eigenvalue(gram_matrix(gradients))
        names = ["distance", "loss", "trace_ratio", "critical", "descent"]

        def everything(learner: Learner) -> Array:
            far = distance(learner.model) / config.perturbation
            return jnp.stack([far, loss(learner.model) / loss(start), trace_ratio(learner.model), critical, edge])

        observed = Observable("observed", everything, ("quantity",), {"quantity": names})
        return Setup(system, system.initial(start), (observed,))

    every = max(1, config.escape_steps // 100)
    times = np.arange(0, config.escape_steps + 1, every)
    key = jax.random.fold_in(jax.random.key(config.seed), 12)
    found = ensemble(build, times, seeds=config.seeds, grid={"factor": np.asarray(config.escape_factors)}, key=key)
    found = found["observed"].to_dataset("quantity")
    return found.assign(critical=found.critical.isel(time=0, factor=0), descent=found.descent.isel(time=0, factor=0))
