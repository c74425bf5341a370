"""Networks with a fixed readout learn noisy conditions: all cases of an activation in one compiled program."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import Observable, Setup, ensemble
from separatrix.learning.losses import bernoulli_cross_entropy
from separatrix.learning.networks import NO_LIMIT, Clipped, FixedReadout, fixed_readout
from separatrix.learning.rules import Learner, minibatch_without_replacement
from separatrix.learning.tasks import Conditions
from separatrix.observables import centred_kernel_alignment, feature_kernel, target_alignment

CLIPPED = {
    "identity": (-NO_LIMIT, NO_LIMIT, 0.0),
    "ReLU": (0.0, NO_LIMIT, 0.0),
    "ReLU, clipped at 1": (0.0, 1.0, 0.0),
    "hard tanh": (-1.0, 1.0, 0.0),
}
"""Activations that are clip(z + shift, low, high), so that one program serves them all."""
CHUNK = 16
"""Runs in a chunk: so many fit a processor's cache with their data."""
SMOOTH: dict[str, Callable] = {"tanh": jnp.tanh, "softplus": jax.nn.softplus}


class Either(eqx.Module):
    """Tanh or a clipped unit, by a number: tanh is cheap, so that both share one program.

    Attributes:
        clipped: the piecewise linear unit.
        smooth: 1 for tanh, 0 for the clipped unit.
    """

    clipped: Clipped
    smooth: Array

    def __call__(self, z: Array) -> Array:
        """The activations."""
        return jnp.where(self.smooth > 0.5, jnp.tanh(z), self.clipped(z))


class Case(NamedTuple):
    """One kind of run.

    Attributes:
        activation: its name.
        noise: standard deviation of each coordinate of an input.
        biased: whether biases learn.
        rate: learning rate.
        geometry: of the conditions: alignment with the label, or separability.
        parity: whether the label of the square is its parity, not a bit.
    """

    activation: str
    noise: float
    biased: bool
    rate: float
    geometry: float = 0.0
    parity: bool = True


class Stage(NamedTuple):
    """What an observable can look at.

    Attributes:
        conditions: the true means and labels.
        data: the training examples, x and y.
        first: the network before training.
        key: that the examples were drawn with; fold a number in for fresh draws.
    """

    conditions: Conditions
    data: tuple[Array, Array]
    first: FixedReadout
    key: Array


Draw = Callable[[Array, Array, dict[str, Array]], tuple[Conditions, tuple[Array, Array]]]
"""From keys for conditions and for examples, and a case's numbers, to conditions and training examples."""
Look = Callable[[Stage], dict[str, Any]]
"""From a run's stage to functions of the learner by name."""


def train(
    config: Any,
    cases: Sequence[Case],
    draw: Draw,
    *,
    times: np.ndarray,
    stream: int,
    seeds: int | None = None,
    look: Look | None = None,
) -> xr.Dataset:
    """Train every case for every seed; runs of one seed share the draws of conditions, noise and network.

    Args:
        config: sizes.
        cases: what is run.
        draw: conditions and training examples, from two keys and the case's numbers.
        times: steps at which runs are observed, from 0.
        stream: keeps the keys of experiments apart.
        seeds: how many, if not the study's.
        look: more observables.

    Returns:
        Dims (case, seed, time) and the observables' own; ``activation``, ``noise``, ``biased``, ``rate``, ``geometry``
        and ``parity`` lie along ``case``.
    """
    families: dict[str, list[Case]] = {}
    for case in cases:
        families.setdefault(case.activation if case.activation == "softplus" else "either", []).append(case)
    runs = []
    for family, members in families.items():
        build = _build(config, family, members, draw, look or (lambda stage: {}))
        run = ensemble(
            build,
            times,
            seeds=seeds or config.seeds,
            grid={"case": np.arange(len(members))},
            key=jax.random.key(config.seed + stream),
            chunk=CHUNK,
        ).drop_vars(["stop_reason", "stop_time", "steps"])
        table = {name: ("case", [getattr(case, name) for case in members]) for name in Case._fields}
        runs.append(run.drop_vars("case").assign_coords(table))
    return xr.concat(runs, "case").transpose("case", "seed", "time", ...)


def _build(config: Any, family: str, members: list[Case], draw: Draw, look: Look) -> Callable[..., Setup]:
    table = {name: np.array([getattr(case, name) for case in members]) for name in Case._fields[1:]}
    tanh = np.array([float(case.activation == "tanh") for case in members])
    limits = np.array([CLIPPED.get(case.activation, (0.0, 0.0, 0.0)) for case in members])

    def build(key: Array, case: Array) -> Setup:
        of_means, of_noise, of_network = jax.random.split(key, 3)
        here = {name: jnp.asarray(values)[case] for name, values in table.items()}
        low, high, shift = jnp.asarray(limits)[case]
        either = Either(Clipped(low, high, shift), jnp.asarray(tanh)[case])
        activation = either if family == "either" else SMOOTH[family]
        conditions, data = draw(of_means, of_noise, here)
        network = fixed_readout(
            of_network,
            conditions.means.shape[1],
            config.units,
            conditions.labels.shape[1],
            activation,
            biased=here["biased"],
        )
        conditions, data, network = single((conditions, data, network))
        stage = Stage(conditions, data, network, of_noise)
        rate = here["rate"].astype(jnp.float32)
        rule = minibatch_without_replacement(bernoulli_cross_entropy, data, optax.sgd(rate), config.batch)
        return Setup(rule, rule.initial(network), as_observables(alignments(stage) | look(stage)))

    return build


def noisy(conditions: Callable[[Array, dict[str, Array]], Conditions], examples: int) -> Draw:
    """Training examples that are conditions and noise.

    Args:
        conditions: from a key and a case's numbers.
        examples: how many.

    Returns:
        What ``train`` draws from.
    """

    def draw(of_means: Array, of_noise: Array, here: dict[str, Array]) -> tuple[Conditions, tuple[Array, Array]]:
        found = conditions(of_means, here)
        return found, found.sample(of_noise, examples, here["noise"]).data

    return draw


def as_observables(functions: dict[str, Any]) -> list[Observable]:
    """Observables from functions by name; one given as (function, dims, coordinates) names its axes."""
    return [
        Observable(name, *entry) if isinstance(entry, tuple) else Observable(name, entry)
        for name, entry in functions.items()
    ]


def alignments(stage: Stage) -> dict[str, Any]:
    """What every run is watched for: alignments on the noiseless means, loss and accuracy."""
    means, labels = stage.conditions.means, stage.conditions.labels
    of_inputs = feature_kernel(means)

    def kernel(learner: Learner) -> Array:
        return feature_kernel(hidden(learner, means))

    def accuracy(learner: Learner) -> Array:
        x, y = stage.data
        return jnp.mean((jax.vmap(learner.model)(x) > 0) == (y > 0.5), dtype=x.dtype)

    return {
        "target_alignment": lambda learner: target_alignment(kernel(learner), labels),
        "input_alignment": lambda learner: centred_kernel_alignment(kernel(learner), of_inputs),
        "between": lambda learner: target_alignment(of_inputs, labels),
        "loss": lambda learner: bernoulli_cross_entropy(learner.model, stage.data),
        "accuracy": accuracy,
    }


def hidden(learner: Learner, inputs: Array) -> Array:
    """The hidden layer's activations for some inputs, one row each."""
    return jax.vmap(learner.model.hidden)(inputs)


def single(tree: Any) -> Any:
    """The same arrays in single precision: runs need no more, and are twice as fast."""
    return jax.tree.map(lambda leaf: leaf.astype(jnp.float32) if eqx.is_inexact_array(leaf) else leaf, tree)


def pick(results: xr.DataTree, experiment: str, variable: str, at: int | None = -1, **wanted: Any) -> xr.DataArray:
    """One variable of one kind of run.

    Args:
        results: of the study.
        experiment: which.
        variable: which.
        at: the observed step; the last one for -1, all for None.
        wanted: what the case's coordinates are.

    Returns:
        Without the dimension ``case``.
    """
    run = results[experiment].to_dataset()
    chosen = np.ones(run.sizes["case"], bool)
    for name, value in wanted.items():
        column = run[name].to_numpy()
        chosen &= np.isclose(column, value) if column.dtype.kind == "f" else column == value
    index = np.flatnonzero(chosen)
    assert index.size == 1, (experiment, wanted, index)
    found = run[variable].isel(case=int(index[0])).drop_vars(list(Case._fields))
    if at is None:
        return found
    return found.isel(time=-1, drop=True) if at == -1 else found.sel(time=at, drop=True)


def observed(last: int, count: int, *also: int) -> np.ndarray:
    """Step 0, about ``count`` steps evenly spaced in the logarithm, and some others."""
    spaced = np.geomspace(1, last, count).round().astype(int)
    return np.unique(np.concatenate([[0], spaced, also]).astype(int))
