"""Whole networks trained on the sums: which frequency each neuron keeps, on all pairs and on a part of them."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from jaxtyping import Array, Float

from separatrix.dynamics import Observable, Setup, ensemble
from separatrix.learning import descent
from separatrix.learning.networks import TwoLayer, activations, two_layer
from separatrix.observables import dominant_frequency, fourier_power, inverse_participation_ratio
from separatrix.studies.modular_addition.config import Config
from separatrix.studies.modular_addition.pairs import Pairs, pairs
from separatrix.studies.modular_addition.wave_runs import RULES, named_by_rules, waves_of_weights
from separatrix.theory import blow_up_time

EPOCH = {"units": "epochs", "long_name": "epoch"}
WARM_UP = 10
MOMENTS = (0.9, 0.98)


def network(key: Array, config: Config, width: int, unit_map: Callable) -> TwoLayer:
    """A network in single precision, entries of both layers N(0, (initial scale)^2 / p)."""

    def draw(of: Array, shape: Any, dtype: object = float) -> Array:
        scale = config.initial_scale / config.modulus**0.5
        return (scale * jax.random.normal(of, shape)).astype(jnp.float32)

    return two_layer(key, config.modulus, width, config.modulus, unit_map, draw)


def adamw(rate: float, decay: Array | float = 0.0) -> optax.GradientTransformation:
    """AdamW with the paper's moments and warm-up, in single precision."""

    def schedule(count: Array) -> Array:
        return jnp.float32(rate) * jnp.minimum((count + 1) / WARM_UP, 1.0).astype(jnp.float32)

    return optax.adamw(schedule, *MOMENTS, weight_decay=jnp.asarray(decay, jnp.float32))  # pyright: ignore


def scalars(task: Pairs) -> tuple[Observable, ...]:
    """Loss and accuracies of a network."""

    def of(name: str) -> Callable:
        return lambda learner: task.accuracies(learner.model)[name].astype(float)

    return (
        Observable("loss", lambda learner: task.loss(learner.model).astype(float)),
        *(Observable(name, of(name)) for name in ("accuracy", "test_accuracy", "unseen_accuracy")),
        Observable("mirrored", lambda learner: task.mirrored_share().astype(float)),
    )


def weights(task: Pairs) -> tuple[Observable, ...]:
    """Loss, accuracy and all weights of a network."""
    loss, accuracy, *_ = scalars(task)
    return (
        loss,
        accuracy,
        Observable("incoming", lambda learner: learner.model.u, ("neuron", "number")),
        Observable("outgoing", lambda learner: learner.model.v, ("neuron", "number")),
    )


def train(
    config: Config,
    optimizer: Callable[..., optax.GradientTransformation],
    unit_map: Callable[..., Callable],
    width: int,
    times: np.ndarray,
    *,
    stream: int,
    observe: Callable[[Pairs], tuple[Observable, ...]] = weights,
    train_fraction: float = 1.0,
    grid: dict[str, Any] | None = None,
) -> xr.Dataset:
    """Full-batch training of a network for every seed; one member at a time, whose products fill the processor.

    Args:
        config: modulus, seeds and initial scale.
        optimizer: from a grid point to an optax transformation.
        unit_map: likewise, to the map of each neuron.
        width: its neurons.
        times: epochs to observe at.
        stream: number of the random stream.
        observe: what is kept.
        train_fraction: share of the ordered pairs that are trained on.
        grid: swept hyperparameters.

    Returns:
        What ``observe`` keeps; dims seed, the grid's, time.
    """

    def build(key: Array, **point: Array) -> Setup:
        of_task, of_model = jax.random.split(key)
        task = pairs(of_task, config.modulus, train_fraction)
        rule = descent(task.loss, optimizer(**point))
        return Setup(rule, rule.initial(network(of_model, config, width, unit_map(**point))), observe(task))

    run = ensemble(build, times, seeds=config.seeds, grid=grid, key=jax.random.key(config.seed + stream), chunk=1)
    return run.assign_coords(time=("time", times, EPOCH))


def neurons(run: xr.Dataset) -> xr.Dataset:
    """What the weights of a run say of each neuron, in place of the weights themselves.

    Args:
        run: with ``incoming`` and ``outgoing``.

    Returns:
        Loss and accuracy; ``frequency``, ``misaligned`` (absolute, at that frequency), ``norm`` and ``concentration``
        of the input weights (seed, any grid, time, neuron); from the first weights ``named`` (seed, neuron, rule) and
        ``margin`` (seed, neuron), the second smallest blow-up time over the smallest.
    """
    order = [dim for dim in run["incoming"].dims if dim not in ("time", "neuron", "number")]
    weights = [run[name].transpose(*order, "time", "neuron", "number") for name in ("incoming", "outgoing")]
    read = _read(*(jnp.asarray(array.to_numpy()) for array in weights))
    dims = dict.fromkeys(read, (*order, "time", "neuron"))
    dims |= {"named": (*order, "neuron", "rule"), "margin": (*order, "neuron")}
    coords = {**{name: run[name] for name in order}, "time": run["time"]}
    return xr.Dataset(
        {name: run[name].variable for name in ("loss", "accuracy")}
        | {name: (dims[name], np.asarray(value)) for name, value in read.items()},
        coords={**coords, "rule": list(RULES), "number": np.arange(run.sizes["number"])},
    )


@jax.jit
def _read(incoming: Float[Array, "... p"], outgoing: Float[Array, "... p"]) -> dict[str, Array]:
    incoming, outgoing = incoming.astype(float), outgoing.astype(float)
    p = incoming.shape[-1]
    found = waves_of_weights(incoming, outgoing)
    frequency = dominant_frequency(found.alpha)
    first = jax.tree.map(lambda leaf: leaf[..., 0, :, :], found)
    times = jnp.sort(blow_up_time(first.alpha, first.beta, first.misalignment, p), axis=-1)
    return {
        "frequency": frequency.astype(float),
        "misaligned": jnp.take_along_axis(jnp.abs(found.misalignment), frequency[..., None] - 1, axis=-1)[..., 0],
        "norm": jnp.linalg.norm(incoming, axis=-1),
        "concentration": inverse_participation_ratio(fourier_power(incoming)),
        "named": named_by_rules(first, p),
        "margin": times[..., 1] / times[..., 0],
    }


def sgd_lottery(config: Config) -> xr.Dataset:
    """Quadratic networks from a small start by gradient descent, as the reduced equations assume.

    Args:
        config: all numbers.

    Returns:
        Loss, accuracy and the ``neurons`` of the run.
    """
    times = np.linspace(0, config.lottery_steps, 4).astype(int)
    optimizer = lambda: optax.sgd(jnp.float32(config.lottery_rate))  # noqa: E731
    return neurons(train(config, optimizer, lambda: activations.square, config.lottery_width, times, stream=2))


def adam_lottery(config: Config) -> xr.Dataset:
    """The same networks, from the same weights, by AdamW.

    Args:
        config: all numbers.

    Returns:
        Loss, accuracy and the ``neurons`` of the run.
    """
    times = np.linspace(0, config.adam_epochs, 4).astype(int)
    return neurons(
        train(
            config, lambda: adamw(config.adam_rate), lambda: activations.square, config.lottery_width, times, stream=2
        )
    )


def all_pairs(config: Config) -> xr.Dataset:
    """ReLU and quadratic networks trained on all pairs.

    Args:
        config: all numbers.

    Returns:
        Loss, accuracy and the ``neurons`` of the run; one more dim, ``quadratic``.
    """
    times = np.linspace(0, config.full_epochs, 6).astype(int)
    return neurons(
        train(
            config,
            lambda quadratic: adamw(config.full_rate),
            lambda quadratic: lambda z: jnp.where(quadratic, z * z, jax.nn.relu(z)),
            config.width,
            times,
            stream=3,
            grid={"quadratic": np.array([False, True])},
        )
    )


def grokking(config: Config) -> xr.Dataset:
    """ReLU networks trained on a part of the pairs, with and without weight decay, from the same weights.

    Args:
        config: all numbers.

    Returns:
        Loss and accuracies (seed, decay, time), and the learning ``rate``.
    """
    times = np.unique(np.linspace(0, config.grokking_epochs, 76).astype(int))
    grid = {"decay": np.array([config.grokking_decay, 0.0])}
    optimizer = lambda decay: adamw(config.grokking_rate, decay)  # noqa: E731
    run = train(
        config,
        optimizer,
        lambda decay: jax.nn.relu,
        config.width,
        times,
        stream=4,
        observe=scalars,
        train_fraction=config.train_fraction,
        grid=grid,
    )
    return run.assign(rate=config.grokking_rate)
