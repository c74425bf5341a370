"""Training runs that the experiments share: SGD with one example a step and full-batch descent, observed alike."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from separatrix.dynamics import Observable, Setup, ensemble
from separatrix.learning import Learner, Rule, descent, half_mean_squared, minibatch_with_replacement, on
from separatrix.learning.tasks import Task
from separatrix.studies.dynamical_stability.config import Config

Draw = Callable[..., tuple[Task, PyTree]]
"""``draw(key, **point) -> (task, initial network)``, in single precision."""
Measure = Callable[[PyTree, Array], dict[str, Array]]
"""``measure(network, inputs)``: what a kind of network is asked besides its losses: at least ``trace``."""


def observation_steps(last: int, count: int) -> np.ndarray:
    """Steps at which a run is observed: 0, and then evenly spaced in the logarithm.

    Args:
        last: the last step.
        count: how many, about.

    Returns:
        Increasing whole numbers, the first 0 and the last ``last``.
    """
    return np.unique(np.concatenate([[0], np.geomspace(1, last, count - 1).round()]).astype(int))


def task_of(target: Callable[[Array], Array], inputs: Float[Array, "n d"], examples: int, name: str) -> Task:
    """A noiseless task: the first examples to train on, the others to test on.

    Args:
        target: from one input to one output, shape (1,).
        inputs: drawn in one go, which compiles faster than several draws.
        examples: how many are for training.
        name: of the task.

    Returns:
        The task.
    """
    outputs = jax.vmap(target)(inputs)
    train_part, test_part = slice(None, examples), slice(examples, None)
    return Task(inputs[train_part], outputs[train_part], name, x_test=inputs[test_part], y_test=outputs[test_part])


def sgd(task: Task, rate: Array, clip: float) -> Rule:
    """SGD with one example a step, drawn with replacement, its gradient clipped in norm."""
    optimizer = optax.chain(optax.clip_by_global_norm(clip), optax.sgd(jnp.asarray(rate, task.x.dtype)))
    return minibatch_with_replacement(half_mean_squared, task.data, optimizer, 1)


def full_batch(task: Task, rate: Array, clip: float) -> Rule:
    """Full-batch gradient descent, not clipped."""
    return descent(on(half_mean_squared, task.data), optax.sgd(jnp.asarray(rate, task.x.dtype)))


def train(
    config: Config,
    draw: Draw,
    measure: Measure,
    rule: Callable[[Task, Array, float], Rule],
    rates: Sequence[float],
    steps: int,
    *,
    stream: int,
    grid: dict[str, np.ndarray] | None = None,
    rate_of: Callable[[Array, PyTree, Task], Array] | None = None,
) -> xr.Dataset:
    """Train a network at every rate for every seed; runs of one seed differ in nothing but their grid point.

    Args:
        config: of the study.
        draw: makes the task and the initial network of a seed.
        measure: what is observed besides the losses.
        rule: ``sgd`` or ``full_batch``.
        rates: learning rates, or what ``rate_of`` makes rates of.
        steps: number of steps.
        stream: number of the experiment; the same one gives SGD and descent the same tasks and networks.
        grid: further swept numbers, passed to ``draw``.
        rate_of: from an entry of ``rates``, the initial network and the task to the learning rate.

    Returns:
        ``train_loss``, ``test_loss`` (halved mean squares), ``trace_ratio`` (tr G over 2 / rate), ``rate`` and what
        ``measure`` gives, with dims (seed, rates, the grid's, time).
    """

    def build(key: PRNGKeyArray, rates: Array, **point: Array) -> Setup:
        task, network = draw(key, **point)
        rate = rates if rate_of is None else rate_of(rates, network, task)
        system = rule(task, rate, config.clip)

        names = sorted(jax.eval_shape(lambda: _observed(network, task, measure, rate)))

        def everything(learner: Learner) -> Array:
            found = _observed(learner.model, task, measure, rate)
            return jnp.stack([found[name] for name in names])

        observed = Observable("observed", everything, ("quantity",), {"quantity": names})
        return Setup(system, system.initial(network), (observed,))

    key = jax.random.fold_in(jax.random.key(config.seed), stream)
    swept = {"rates": np.asarray(rates)} | (grid or {})
    times = observation_steps(steps, config.observed)
    return ensemble(build, times, seeds=config.seeds, grid=swept, key=key)["observed"].to_dataset("quantity")


def _observed(network: PyTree, task: Task, measure: Measure, rate: Array) -> dict[str, Array]:
    assert task.test is not None
    found = measure(network, task.x)
    return found | {
        "rate": jnp.asarray(rate, float),
        "train_loss": half_mean_squared(network, task.data),
        "test_loss": half_mean_squared(network, task.test),
        "trace_ratio": found["trace"] * jnp.asarray(rate, float) / 2,
    }


def largest_eigenvalue(gram: Float[Array, "n n"], doublings: int = 10) -> Float[Array, ""]:
    """Largest eigenvalue of a positive matrix, from below, by squaring it; many times faster than LAPACK under vmap.

    With P the matrix to the power m = 2^doublings it is tr(P^2 K) / tr(P^2): eigenvalues within 1 / m of the largest
    are averaged with it, and the others are gone.

    Args:
        gram: the matrix.
        doublings: how many times it is squared.

    Returns:
        The eigenvalue.
    """

    def square(_: Any, power: Array) -> Array:
        power = power @ power
        return power / jnp.trace(power)

    power = jax.lax.fori_loop(0, doublings, square, gram / jnp.trace(gram))
    return jnp.sum(power * (gram @ power)) / jnp.sum(power * power)


def single_precision(tree: PyTree) -> PyTree:
    """The tree with every double in single precision, in which the long runs are made."""
    return jax.tree.map(lambda leaf: leaf.astype(jnp.float32) if leaf.dtype == jnp.float64 else leaf, tree)
