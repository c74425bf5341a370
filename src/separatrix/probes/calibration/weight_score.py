"""The weight instrument against exact spectra: linear models of known regret, and small networks after training."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from separatrix.analysis.operators import from_matrix
from separatrix.probes.calibration import entry
from separatrix.probes.density import density_sketch, read_density
from separatrix.probes.instruments.weight import dimension_range, weigh
from separatrix.theory.gaussian_mixture import effective_dimension, gaussian_regret

WITHIN = 0.2
"""An estimate is right when it is within a fifth of the truth."""
INPUTS, UNITS, MOST, STEPS = 6, 24, 64, 400


def _linear(rng: np.random.Generator) -> tuple[np.ndarray, int, float, float]:
    """A linear-Gaussian problem: Hessian for one example, examples, prior scale, exact regret of a typical truth."""
    d, n = int(rng.integers(80, 400)), int(10 ** rng.uniform(1.3, 3.3))
    spectrum = np.arange(1, d + 1.0) ** -rng.uniform(0.3, 2.5)
    z = rng.standard_normal((n, d)) * np.sqrt(spectrum)
    scale = float(10 ** rng.uniform(-1.5, 0.5))
    gram = z.T @ z
    return gram / n, n, scale, gaussian_regret(scale**2 * gram, rng.standard_normal(d))


def trained(key: jax.Array, n: jax.Array, scale: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The Hessian of a small tanh network after descent, and the size of its initial weights.

    Args:
        key: of weights and examples.
        n: number of examples, as a float, at most 64.
        scale: of the initial weights.

    Returns:
        The Hessian of the mean loss, and the root mean square of the initial weights.
    """
    keys = jax.random.split(key, 4)
    start = {
        "enter": scale * jax.random.normal(keys[0], (INPUTS, UNITS)),
        "leave": scale * jax.random.normal(keys[1], (UNITS,)),
    }
    x = jax.random.normal(keys[2], (MOST, INPUTS))
    teacher = jax.random.normal(keys[3], (INPUTS,)) / jnp.sqrt(INPUTS)
    y, counts = jnp.tanh(2 * x @ teacher), (jnp.arange(MOST) < n).astype(float)
    flat, unravel = ravel_pytree(start)

    def loss(weights: jax.Array) -> jax.Array:
        model = unravel(weights)
        return 0.5 * jnp.sum(counts * (jnp.tanh(x @ model["enter"]) @ model["leave"] - y) ** 2) / n

    def step(weights: jax.Array, _: None) -> tuple[jax.Array, None]:
        return weights - 0.05 * jax.grad(loss)(weights), None

    end = jax.lax.scan(step, flat, None, length=STEPS)[0]
    return jax.hessian(loss)(end), jnp.sqrt(jnp.mean(flat**2))


def score(runs: int, first_seed: int) -> dict[str, list[bool]]:
    """Estimate effective dimensions, costs and ranges from sketches of spectra that are known.

    Args:
        runs: linear problems, and as many networks.
        first_seed: of the problems.

    Returns:
        For each kind of answer, whether each was right.
    """
    rng = np.random.default_rng(first_seed)
    cases = [_linear(rng) for _ in range(runs)]
    sizes, scales = rng.integers(8, MOST + 1, runs), 10 ** rng.uniform(-0.8, 0.2, runs)
    keys = jax.random.split(jax.random.key(first_seed), runs)
    hessians, starts = jax.jit(jax.vmap(trained))(keys, jnp.asarray(sizes * 1.0), jnp.asarray(scales))
    for hessian, n, scale in zip(np.asarray(hessians), sizes, np.asarray(starts), strict=True):
        if np.isfinite(hessian).all():
            cases.append((np.asarray((hessian + hessian.T) / 2), int(n), float(scale), np.nan))
    found: dict[str, list[bool]] = {"dimension": [], "cost": [], "range": []}
    for hessian, n, scale, regret in cases:
        values = np.linalg.eigvalsh(hessian)
        truth = effective_dimension(values, n, scale)
        estimate = weigh(read_density(density_sketch(from_matrix(hessian))), n, scale)
        found["dimension"].append(abs(estimate.dimension - truth) <= WITHIN * truth)
        if np.isfinite(regret):
            found["cost"].append(abs(estimate.cost - regret) <= WITHIN * regret)
        low, high = dimension_range(float(np.trace(hessian)), float(values[-1]), len(values), n, scale)
        found["range"].append(low <= truth <= high)
    return found


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Counts of right answers.

    Args:
        runs_each: a quarter of the runs.
        first_seed: of all simulations.

    Returns:
        By kind of answer.
    """
    runs = 2 * runs_each
    found = score(runs, first_seed)
    what = {
        "dimension": f"{runs} linear models and {runs} trained networks, against all their eigenvalues, within a fifth",
        "cost": f"{runs} linear models whose exact regret is known, within a fifth",
        "range": f"{runs} linear models and {runs} trained networks, against all their eigenvalues",
    }
    return {kind: entry(right, what[kind]) for kind, right in found.items()}
