"""The outlook on generalisation against what happened when the same run went on ten times as long."""

import jax
import jax.numpy as jnp
import numpy as np

from separatrix.analysis.delayed_generalisation import FITTED, LONGER, generalisation_outlook
from separatrix.probes.calibration import entry
from separatrix.theory.committee import Moments, committee_error, committee_output, gaussian_power, sample_forces

STEPS = 6000
AT = np.unique(np.concatenate([[0], np.geomspace(2, STEPS, 80).round()]).astype(int))
INPUTS, UNITS, MOST = 12, 48, 144
FRESH = 256


def _trajectory(step, measure, start):
    def observe(carry, until):
        weights, done = carry
        weights = jax.lax.fori_loop(done, until, lambda _, w: step(w), weights)
        return (weights, until), measure(weights)

    return jax.lax.scan(observe, (start, jnp.asarray(0)), jnp.asarray(AT))[1]


def _committee(seed, scale, curvature, ratio):
    # Committee machines of linear-quadratic units on a quadratic of one direction, validation loss exact.
    keys = jax.random.split(jax.random.key(seed), 3)
    beta = jax.random.normal(keys[0], (INPUTS,))
    beta = beta * INPUTS**0.5 / jnp.linalg.norm(beta)
    kept = jnp.arange(MOST) < jnp.round(ratio * INPUTS)
    x = jax.random.normal(keys[1], (MOST, INPUTS)) / INPUTS**0.5 * kept[:, None]
    start = jax.random.normal(keys[2], (UNITS, INPUTS))
    first, rate, share = Moments.of(start), jnp.clip(0.5 * scale / curvature, 0.25, 2.0), MOST / jnp.sum(kept)

    def residuals(weights):
        now = Moments.of(weights)
        moved = Moments(now.mean - first.mean, now.second - first.second)
        return scale * committee_output(moved, x, curvature) - 0.5 * (x @ beta) ** 2

    def step(weights):
        shift, turn = sample_forces(residuals(weights), x)
        return weights - (2 * rate * share / scale) * (shift[None, :] + curvature * weights @ turn)

    def measure(weights):
        error = committee_error(Moments.of(weights), first, beta, scale, curvature)
        test = gaussian_power(error, beta).total
        return jnp.mean(residuals(weights) ** 2) * share, test, jnp.linalg.norm(weights - start)

    return _trajectory(step, measure, start)


def _tanh(seed, scale, curvature, ratio):
    # Centred tanh networks with biases on the same kind of target, validation loss on fresh inputs.
    keys = jax.random.split(jax.random.key(seed), 4)
    inputs, units, most = 3, 40, 96
    kept = jnp.arange(most) < jnp.round(8 * ratio)
    x, fresh = (jax.random.normal(key, (n, inputs)) for key, n in ((keys[0], most), (keys[1], FRESH)))
    start = (
        (0.3 + curvature) * jax.random.normal(keys[2], (inputs + 1, units)),
        jax.random.normal(keys[3], (units,)) / units**0.5,
    )

    def target(z):
        return 0.5 * jnp.sum(z[:, :2], axis=1) ** 2 - 0.5

    def output(weights, z):
        return scale * jnp.tanh(z @ weights[0][:-1] + weights[0][-1:]) @ weights[1]

    def error(weights, z):
        return output(weights, z) - output(start, z) - target(z)

    def train(weights):
        return jnp.sum(kept * error(weights, x) ** 2) / jnp.sum(kept)

    slopes = jax.vmap(lambda z: jax.grad(lambda w: output(w, z[None, :])[0])(start))(x)
    flat = jnp.concatenate([slopes[0].reshape(most, -1), slopes[1]], axis=1) * kept[:, None]
    rate = 0.8 * jnp.sum(kept) / jnp.linalg.eigvalsh(flat @ flat.T)[-1] / 2

    def step(weights):
        return jax.tree.map(lambda w, g: w - rate * g, weights, jax.grad(train)(weights))

    def measure(weights):
        gone = sum(jnp.sum((a - b) ** 2) for a, b in zip(weights, start, strict=True))
        return train(weights), jnp.mean(error(weights, fresh) ** 2), jnp.sqrt(gone)

    return _trajectory(step, measure, start)


def score(runs: int, first_seed: int, family=_committee) -> dict[str, list[bool]]:
    """Ask once on the plateau, at one to four times the step at which the training data were fitted.

    Args:
        runs: how many.
        first_seed: seeds are consecutive from here.
        family: what to simulate.

    Returns:
        For each kind of prediction, whether each was right.
    """
    rng = np.random.default_rng(first_seed)
    scales, curvatures = 10 ** rng.uniform(-1.0, 1.7, runs), 10 ** rng.uniform(-1.0, 0.0, runs)
    ratios, later = rng.uniform(1.5, 12.0, runs), 10 ** rng.uniform(0.0, 0.6, runs)
    seeds = jnp.arange(first_seed, first_seed + runs)
    traces = jax.jit(jax.vmap(family))(seeds, jnp.asarray(scales), jnp.asarray(curvatures), jnp.asarray(ratios))
    found: dict[str, list[bool]] = {}
    for train, validation, moved, factor in zip(*(np.asarray(trace) for trace in traces), later, strict=True):
        fitted = np.flatnonzero(train < FITTED * train[0])
        if not fitted.size or not np.isfinite(validation).all():
            continue
        now = int(np.searchsorted(AT, min(factor * AT[fitted[0]], STEPS / LONGER)))
        seen = slice(0, now + 1)
        outlook = generalisation_outlook(
            AT[seen].astype(float), train[seen], validation[seen], AT[1 : now + 1] * 1.0, moved[1 : now + 1]
        )
        ahead = validation[now : int(np.searchsorted(AT, LONGER * AT[now])) + 1]
        happened = bool(ahead.min() < 0.5 * validation[now])
        if outlook.kind in ("yes", "no"):
            found.setdefault(outlook.kind, []).append(happened == (outlook.kind == "yes"))
    return found


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Counts of right answers.

    Args:
        runs_each: a quarter of the runs of each of the two families.
        first_seed: of all simulations.

    Returns:
        By kind of answer, and by kind and family.
    """
    runs = 4 * runs_each
    each = {"committee": score(runs, first_seed), "tanh": score(runs, first_seed + runs, _tanh)}
    described = f"{2 * runs} committee machines and tanh networks of many output scales, run on ten times as long"
    kinds = ("yes", "no")
    table = {
        kind: entry([right for found in each.values() for right in found.get(kind, [])], described) for kind in kinds
    }
    parts = {f"{kind}, {name}": entry(found.get(kind, []), described) for name, found in each.items() for kind in kinds}
    return table | parts
