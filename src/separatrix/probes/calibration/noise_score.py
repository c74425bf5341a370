"""The noise instrument against the exact second moment of SGD, at interpolating minima of random small problems."""

import jax
import jax.numpy as jnp
import numpy as np

from separatrix.analysis.sgd_stability import critical_learning_rate, fisher_sharpness
from separatrix.probes.calibration import entry
from separatrix.probes.instruments.noise import load, verdict

EXAMPLES, PARAMETERS = 8, 10


def _draw(key):
    keys = jax.random.split(key, 3)
    spread = jnp.exp(0.5 * jax.random.normal(keys[0], (EXAMPLES, 1)))
    gradients = spread * jax.random.normal(keys[1], (EXAMPLES, PARAMETERS))
    batch = 2.0 ** jax.random.randint(keys[2], (), 0, 8)
    size = fisher_sharpness(gradients)
    return (
        gradients,
        batch,
        size.trace,
        critical_learning_rate(gradients, batch),
        critical_learning_rate(gradients, 1e9),
    )


def score(runs: int, first_seed: int) -> dict[str, list[bool]]:
    """Ask at learning rates around the critical ones.

    The truth is yes when noise lowers the critical rate by a tenth or more and the rate used is at least 30 % of it.

    Args:
        runs: how many.
        first_seed: of the random problems.

    Returns:
        For each kind of answer, whether each was right.
    """
    rng = np.random.default_rng(first_seed)
    keys = jax.random.split(jax.random.key(first_seed), runs)
    _, batch, trace, critical, quiet = (np.asarray(a) for a in jax.jit(jax.vmap(_draw))(keys))
    rates = critical * 10 ** rng.uniform(-1.5, 0.0, runs)
    found: dict[str, list[bool]] = {}
    for index in range(runs):
        sharpness = float(rates[index] / quiet[index])
        says = verdict(*load(float(trace[index]), float(rates[index]), float(batch[index]), sharpness))
        limits = critical[index] < 0.9 * quiet[index] and rates[index] >= 0.3 * critical[index]
        found.setdefault(says, []).append((says == "yes") == bool(limits))
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
        kind: entry(right, f"{runs} interpolating minima, against the exact second moment of SGD")
        for kind, right in found.items()
    }
