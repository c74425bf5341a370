"""The stopping instrument on linear models whose test error is known exactly at every step."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from separatrix.probes.calibration import entry
from separatrix.probes.instruments.stop import verdict
from separatrix.theory import forecast_stopping, shrunk_covariance

INPUTS = 40
RATIOS = (0.5, 1.0, 1.5, 4.0)
ALLOWED = 0.1
"""By how much the error at the step that the instrument names may exceed the lowest of the run."""


def _case(examples: int) -> Callable[[PRNGKeyArray], dict[str, Array]]:
    def draw(key: PRNGKeyArray) -> dict[str, Array]:
        keys = jax.random.split(key, 7)
        places = jnp.arange(1, INPUTS + 1)
        power = places ** -jax.random.uniform(keys[0], (), minval=0.0, maxval=1.5)
        variances = jnp.where(jax.random.bernoulli(keys[1]), power / jnp.sum(power), 1.0 / INPUTS)
        x = jax.random.normal(keys[2], (examples, INPUTS)) * jnp.sqrt(variances)[None, :]
        # half of the teachers are such as the estimate assumes, the others prefer strong directions
        prefer = jax.random.bernoulli(keys[3]).astype(float) * jnp.log(variances * INPUTS)
        teacher = jax.random.normal(keys[4], (INPUTS,)) * jnp.exp(0.5 * prefer)
        noise = jnp.sum(variances * teacher**2) * 10 ** jax.random.uniform(keys[5], (), minval=-2.0, maxval=1.0)
        y = x @ teacher + jnp.sqrt(noise) * jax.random.normal(keys[6], (examples,))
        forecast = forecast_stopping(x, y[:, None], shrunk_covariance(x))
        left, values, right = jnp.linalg.svd(x, full_matrices=False)
        fitted = (y @ left) / values

        def error(time: Array) -> Array:
            weights = -jnp.expm1(-(values**2) * time) * fitted @ right
            return jnp.sum(variances * (teacher - weights) ** 2) + noise

        times = jnp.geomspace(1e-3, 1e7, 1500) / jnp.max(values) ** 2
        best, late, early = forecast.times
        return {
            "excess": jnp.stack([error(best), error(times[-1])]) / jnp.min(jax.vmap(error)(times)) - 1,
            "times": jnp.stack([best, jnp.where(forecast.evidence.bounded[1] > 0, late, jnp.inf), early]),
            "noisy": forecast.evidence.bounded[0],
        }

    return draw


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Ask at moments from a tenth to ten times the foretold step; right where stopping at that step costs at most 10 %.

    Where the answer is never to stop, it is right if the error in the end is within 10 % of the lowest.

    Args:
        runs_each: runs for each of four ratios of examples to inputs.
        first_seed: of all simulations.

    Returns:
        Counts by kind of answer.
    """
    rng = np.random.default_rng(first_seed)
    found: dict[str, list[bool]] = {}
    for index, ratio in enumerate(RATIOS):
        keys = jax.random.split(jax.random.fold_in(jax.random.key(first_seed), index), runs_each)
        runs = jax.tree.map(np.asarray, jax.jit(jax.vmap(_case(round(ratio * INPUTS))))(keys))
        for run, moment in enumerate(10 ** rng.uniform(-1.0, 1.0, runs_each)):
            best, late, early = runs["times"][run]
            kind = verdict(moment * best, early, late, bool(runs["noisy"][run]))
            found.setdefault(kind, []).append(bool(runs["excess"][run, int(kind == "never")] <= ALLOWED))
    what = (
        f"{len(RATIOS) * runs_each} linear models of {INPUTS} inputs with known test error: stopping at the named step "
        f"costs at most {ALLOWED:.0%}"
    )
    return {kind: entry(right, what) for kind, right in found.items()}
