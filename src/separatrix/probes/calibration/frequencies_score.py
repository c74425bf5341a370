"""The frequency instrument on small networks that are trained to the end, by descent and Adam, quadratic and ReLU."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, PRNGKeyArray

from separatrix.learning import descent
from separatrix.learning.networks import TwoLayer, activations
from separatrix.learning.tasks import modular_one_hot
from separatrix.probes.calibration import entry
from separatrix.probes.instruments.frequencies import CLEAR
from separatrix.probes.modular_weights import carried, forecast

NEURONS = 32
KINDS: tuple[tuple[int, Callable, Callable[[], optax.GradientTransformation], int], ...] = (
    (13, activations.square, lambda: optax.sgd(1.0), 2000),
    (17, activations.square, lambda: optax.adam(1e-3), 1200),
    (13, jax.nn.relu, lambda: optax.sgd(1.0), 1500),
    (17, jax.nn.relu, lambda: optax.adam(1e-3), 1200),
)
"""Modulus, unit map, rule and steps."""
LARGEST, SMALLEST = 0.2, 0.05
"""Range of the initial weights' standard deviation, in units of 1 / sqrt p."""
ASKED = 0.4
"""Share of the run after which weights that carry a frequency are asked for."""


def _train(kind: int) -> Callable[[PRNGKeyArray], tuple[TwoLayer, TwoLayer, TwoLayer]]:
    p, unit_map, rule_of, steps = KINDS[kind]

    def run(key: PRNGKeyArray) -> tuple[TwoLayer, TwoLayer, TwoLayer]:
        of_size, of_weights = jax.random.split(key)
        task = modular_one_hot(key, p, test_fraction=0.0, shared=True)
        scale = jnp.exp(jax.random.uniform(of_size, (), minval=np.log(SMALLEST), maxval=np.log(LARGEST))) / p**0.5
        incoming, outgoing = scale * jax.random.normal(of_weights, (2, NEURONS, p))
        first = TwoLayer(incoming, outgoing, unit_map)

        def loss(model: TwoLayer) -> Array:
            # one product for all pairs: a batch of networks is then a batch of products
            logits = unit_map(task.x @ model.u.T) @ model.v
            return jnp.mean(optax.losses.softmax_cross_entropy(logits, task.y))

        rule = descent(loss, rule_of())

        def go(learner: object, count: int) -> object:
            return jax.lax.fori_loop(0, count, lambda k, now: rule.step(k, now, None), learner)

        early = go(rule.initial(first), round(ASKED * steps))
        late = go(early, steps - round(ASKED * steps))
        return first, early.model, late.model  # pyright: ignore[reportAttributeAccessIssue]

    return run


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Ask at the start for each neuron's winner, and later for what it carries; true is what it carries in the end.

    Args:
        runs_each: networks of each of four kinds.
        first_seed: of all simulations.

    Returns:
        Counts of neurons by kind of answer.
    """
    found: dict[str, list[bool]] = {}
    for kind in range(len(KINDS)):
        keys = jax.random.split(jax.random.fold_in(jax.random.key(first_seed), kind), runs_each)
        for first, early, late in _runs(kind, keys):
            _ask(found, first, early, late)
    networks = f"{len(KINDS) * runs_each} networks of {NEURONS}, quadratic and ReLU, descent and Adam"
    what = f"neurons that came to carry a frequency, in {networks}"
    return {kind: entry(right, what) for kind, right in found.items()}


def _runs(kind: int, keys: Array) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each network its weights at three times, shape (2, neurons, p)."""
    models = jax.jit(jax.vmap(_train(kind)))(keys)
    stacked = [np.stack([np.asarray(model.u), np.asarray(model.v)], axis=1) for model in models]
    return list(zip(*stacked, strict=True))


def _ask(found: dict[str, list[bool]], first: np.ndarray, early: np.ndarray, late: np.ndarray) -> None:
    last, then = carried(late[0][:, None]), carried(early[0][:, None])
    # neurons that never grew to carry a frequency have no winner
    settled = last.certain
    ahead = forecast(*first)
    right = ahead.winner == last.frequency
    clear = ahead.lead >= CLEAR
    for name, chosen in (("winner", settled), ("clear winner", settled & clear), ("close winner", settled & ~clear)):
        found.setdefault(name, []).extend(right[chosen].tolist())
    found.setdefault("carried", []).extend((then.frequency == last.frequency)[then.certain].tolist())
