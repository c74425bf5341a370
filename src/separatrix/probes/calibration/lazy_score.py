"""The lazy-or-rich instrument against the linearised network trained on the same data."""

import jax
import jax.numpy as jnp
import numpy as np

from separatrix.probes.calibration import entry
from separatrix.probes.instruments.lazy import verdict
from separatrix.probes.measurements import kernel_change

SAME, OTHER = 0.1, 0.3


def _output(weights, x, scale):
    return scale * jnp.tanh(x @ weights["w"]) @ weights["v"]


def _train(seed, scale, spread, steps=1500):
    # How the trained network and its trained linearisation differ on fresh inputs, and what a probe sees.
    keys = jax.random.split(jax.random.key(seed), 5)
    start = {
        "w": spread * jax.random.normal(keys[0], (6, 40)),
        "v": spread * jax.random.normal(keys[1], (40,)) / jnp.sqrt(40),
    }
    x, fresh = jax.random.normal(keys[2], (24, 6)), jax.random.normal(keys[3], (200, 6))
    teacher = jax.random.normal(keys[4], (6,))

    def target(inputs):
        return jnp.tanh(inputs @ teacher) + 0.3 * inputs[:, 0] * inputs[:, 1]

    def full(weights, inputs):
        return _output(weights, inputs, scale) - _output(start, inputs, scale)

    def linear(weights, inputs):
        moved = jax.tree.map(jnp.subtract, weights, start)
        return jax.jvp(lambda w: _output(w, inputs, scale), (start,), (moved,))[1]

    def slopes(weights):
        rows = jax.vmap(lambda one: jax.grad(lambda w: _output(w, one[None, :], scale)[0])(weights))(x)
        flat = jnp.concatenate([rows["w"].reshape(len(x), -1), rows["v"]], axis=1)
        return flat @ flat.T

    rate = 0.5 * len(x) / jnp.linalg.eigvalsh(slopes(start))[-1]

    def run(model):
        def step(weights, _):
            slope = jax.grad(lambda w: jnp.mean((model(w, x) - target(x)) ** 2) / 2)(weights)
            return jax.tree.map(lambda a, g: a - rate * g, weights, slope), None

        return jax.lax.scan(step, start, None, length=steps)[0]

    trained, lazy = run(full), run(linear)
    apart = jnp.mean((full(trained, fresh) - linear(lazy, fresh)) ** 2) / jnp.mean(linear(lazy, fresh) ** 2)
    moved = sum(jnp.sum((trained[n] - start[n]) ** 2) for n in start) / sum(jnp.sum(start[n] ** 2) for n in start)
    return jnp.sqrt(apart), jnp.sqrt(moved), slopes(start), slopes(trained)


def score(runs: int, first_seed: int) -> dict[str, list[bool]]:
    """Ask on networks of many output scales; lazy means that the linearised network ends in almost the same function.

    Args:
        runs: how many.
        first_seed: seeds are consecutive from here.

    Returns:
        For each kind of answer, whether each was right.
    """
    seeds = np.arange(first_seed, first_seed + runs)
    rng = np.random.default_rng(first_seed)
    scales, spreads = 10 ** rng.uniform(-0.7, 2.0, runs), 10 ** rng.uniform(-0.7, 0.1, runs)
    apart, moved, before, after = jax.jit(jax.vmap(_train))(
        jnp.asarray(seeds), jnp.asarray(scales), jnp.asarray(spreads)
    )
    found: dict[str, list[bool]] = {}
    for index in range(runs):
        difference = float(apart[index])
        if not np.isfinite(difference):
            continue
        allowed = {"lazy"} if difference < SAME else {"rich"} if difference > OTHER else {"between"}
        if 0.7 * SAME < difference < 1.4 * SAME:
            allowed = {"lazy", "between"}
        if 0.7 * OTHER < difference < 1.4 * OTHER:
            allowed = {"rich", "between"}
        kernel = kernel_change(np.asarray(after[index]), np.asarray(before[index]))
        assert kernel is not None
        for says, label in (
            (verdict(kernel["turned"], float(moved[index])), ""),
            (verdict(None, float(moved[index])), " by weights"),
        ):
            found.setdefault(says + label, []).append(says in allowed)
    return found


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Counts of right answers.

    Args:
        runs_each: a quarter of the runs.
        first_seed: of all simulations.

    Returns:
        By kind of answer.
    """
    runs = 4 * runs_each
    found = score(runs, first_seed)
    return {
        kind: entry(right, f"{runs} tanh networks of many output scales, against their linearisation")
        for kind, right in found.items()
    }
