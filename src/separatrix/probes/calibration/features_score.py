"""The feature instrument on weights of known content: planted irreps in noise, and networks trained to the end."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from separatrix.learning import descent
from separatrix.learning.networks import TwoLayer, activations
from separatrix.learning.tasks import cyclic, dihedral, direct_product, group_one_hot, symmetric
from separatrix.observables import Irreps, irrep_power, real_irreps
from separatrix.probes.calibration import entry
from separatrix.probes.group_weights import node_irreps
from separatrix.probes.instruments.features import verdict

NODES = 64
GROUPS = (
    lambda: cyclic(23),
    lambda: cyclic(12),
    lambda: direct_product(cyclic(3), cyclic(6)),
    lambda: dihedral(11),
    lambda: symmetric(4),
)
LEAST, MOST = 0.6, 0.99
"""Share of a planted node's energy that its irrep has, at least and at most."""
MOST_NODES = 6
"""Nodes that a planted irrep gets at most; it gets one at least."""
TRAINED, WIDTH, EPOCHS = 11, 48, 800
EARLIEST, LATEST = 0.02, 0.5
"""Share of the training after which is asked, at least and at most."""
PURE = 0.8
"""Share of energy from which a node of a trained network carries an irrep; that of the paper's experiments."""


def planted(rng: np.random.Generator, irreps: Irreps, kinds: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes of which some carry one of a few irreps under noise, and the others are noise.

    Args:
        rng: draws everything.
        irreps: of the group.
        kinds: how many irreps are planted.

    Returns:
        Vectors (nodes, 2, m), and which irreps were planted (irreps,).
    """
    m, of = len(irreps.label), len(irreps.dimension)
    vectors = rng.normal(size=(NODES, 2, m))
    chosen = 1 + rng.permutation(of - 1)[:kinds]
    there = np.zeros(of, bool)
    there[chosen] = True
    nodes = np.repeat(chosen, rng.integers(1, MOST_NODES + 1, kinds))[:NODES]
    for node, k in enumerate(nodes):
        basis = irreps.basis[irreps.label == k]
        signal = rng.normal(size=(2, len(basis))) @ basis
        share = rng.uniform(LEAST, MOST)
        noise = rng.normal(size=(2, m))
        noise -= noise @ basis.T @ basis + noise.mean(axis=1, keepdims=True)
        vectors[node] = np.sqrt(share) * signal / np.linalg.norm(signal)
        vectors[node] += np.sqrt(1 - share) * noise / np.linalg.norm(noise) + rng.normal() / m
    return rng.permutation(vectors), there


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Right where the features said to have emerged are just those that were planted.

    Networks are trained on all products modulo 11; right, of *kept*, where all features found midway are carried by a
    node with more than 80 % of its energy at the end.

    Args:
        runs_each: sets of weights for each of five groups, and trained networks.
        first_seed: of all draws.

    Returns:
        Counts by kind of answer.
    """
    rng = np.random.default_rng(first_seed)
    found: dict[str, list[bool]] = {}
    for make in GROUPS:
        irreps = real_irreps(make())
        most = min(len(irreps.dimension) - 1, NODES // MOST_NODES)
        for run in range(runs_each):
            kinds = (0, most, int(rng.integers(1, most)))[run % 3]
            vectors, there = planted(rng, irreps, kinds)
            said = node_irreps(vectors, irreps).emerged
            found.setdefault(verdict(said), []).append(bool((said == there).all()))
    what = f"{len(GROUPS) * runs_each} layers of {NODES} nodes, each feature in 1 to {MOST_NODES}: all named rightly"
    counts = {kind: entry(right, what) for kind, right in found.items()}
    kept = f"networks of {WIDTH} units trained on sums modulo {TRAINED}, asked midway: what was found stays to the end"
    return counts | {"kept": entry(_kept(runs_each, first_seed), kept)}


def _kept(runs: int, first_seed: int) -> list[bool]:
    irreps = real_irreps(cyclic(TRAINED))
    keys = jax.random.split(jax.random.key(first_seed), runs)
    midway, end = (np.asarray(u) for u in jax.jit(jax.vmap(_train))(keys))
    right = []
    for early, late in zip(midway, end, strict=True):
        said = node_irreps(early.reshape(WIDTH, 2, TRAINED), irreps).emerged
        power = np.asarray(irrep_power(late.reshape(WIDTH, 2, TRAINED), irreps)).sum(axis=1)[:, 1:]
        true = (power > PURE * power.sum(axis=1, keepdims=True)).any(axis=0)
        if said.any():
            right.append(bool(true[said[1:]].all()))
    return right


def _train(key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Hidden weights midway and at the end."""
    task = group_one_hot(key, cyclic(TRAINED), test_fraction=0.0)
    first, second = jax.random.split(key)
    u = jax.random.normal(first, (WIDTH, 2 * TRAINED)) / (2 * TRAINED) ** 0.5
    model = TwoLayer(u, jax.random.normal(second, (WIDTH, TRAINED)) / WIDTH**0.5, activations.square)
    wanted = task.y - 1 / TRAINED

    def loss(model: TwoLayer) -> jax.Array:
        scores = activations.square(task.x @ model.u.T) @ model.v
        return jnp.mean(jnp.sum((scores - jnp.mean(scores, axis=1, keepdims=True) - wanted) ** 2, axis=1))

    rule = descent(loss, optax.chain(optax.add_decayed_weights(1e-4), optax.adam(0.01)))

    def go(learner: object, count: jax.Array) -> object:
        return jax.lax.fori_loop(0, count, lambda k, now: rule.step(k, now, None), learner)

    moment = (EPOCHS * jax.random.uniform(jax.random.fold_in(key, 1), (), minval=EARLIEST, maxval=LATEST)).astype(int)
    early = go(rule.initial(model), moment)
    return early.model.u, go(early, EPOCHS - moment).model.u  # pyright: ignore[reportAttributeAccessIssue]
