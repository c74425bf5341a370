"""The instrument on second descents, on linear models of features of several sizes, with exact test errors."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray

from separatrix.probes.calibration import entry
from separatrix.probes.instruments.descent import FALL, FARTHEST, TIMES, verdict
from separatrix.theory.slow_signal import foretell_descent

INPUTS, EXAMPLES, FRESH = 40, 80, 80
WORLDS = ("slow signal", "slow signal, three sizes", "slow features without signal", "features of one size")


def _draw(world: int, key: PRNGKeyArray) -> dict[str, Array]:
    keys = jax.random.split(key, 9)
    fast = jax.random.randint(keys[0], (), 10, 30)
    ratio = jnp.exp(jax.random.uniform(keys[1], (), minval=jnp.log(8.0), maxval=jnp.log(100.0)))
    places = jnp.arange(INPUTS)
    slow = places >= fast
    sizes = jnp.where(slow, 1 / ratio, 1.0)
    if world == 1:
        sizes = jnp.where(places >= fast + (INPUTS - fast) // 2, 1 / ratio**2, sizes)
    if world == 3:
        sizes = jnp.ones(INPUTS)
    teacher = jax.random.normal(keys[2], (INPUTS,)) / INPUTS**0.5 / sizes
    if world == 2:
        teacher = jnp.where(slow, 0.0, teacher)
    else:
        # from much slow signal to so little that the noise drowns it
        teacher = jnp.where(slow, jax.random.uniform(keys[7], (), minval=0.2), 1.0) * teacher
    noise = jax.random.uniform(keys[3], (), minval=0.0 if world in (0, 1) else 0.3, maxval=1.0)
    latent = jax.random.normal(keys[4], (EXAMPLES + FRESH, INPUTS))
    rows = latent * sizes[None, :]
    x = rows[:EXAMPLES]
    y = x @ teacher + noise * jax.random.normal(keys[5], (EXAMPLES,))
    left, values, right = jnp.linalg.svd(x, full_matrices=False)

    def error(time: Array) -> Array:
        weights = (-jnp.expm1(-(values**2) * time) * (y @ left) / values) @ right
        return jnp.sum(sizes**2 * (teacher - weights) ** 2) + noise**2

    # asked on the hump: fast features are fitted, slow ones not yet
    share = jax.random.uniform(keys[6], ())
    now = jnp.exp(jnp.log(4.0) + share * jnp.log(jnp.maximum(0.1 * ratio**2, 5.0) / 4.0)) / EXAMPLES
    later = now * jnp.geomspace(1.0, FARTHEST, TIMES + 1)[1:]
    forecast = foretell_descent(x, y[:, None], rows.T @ rows / len(rows), now, later)
    course = jax.vmap(error)(jnp.concatenate([now[None], later]))
    return {"truth": jnp.min(course[1:]) / course[0], "remaining": forecast.remaining}


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Ask near the hump; right when the true error does, or does not, fall by a tenth of what it is.

    Args:
        runs_each: runs in each of four worlds; in two of them slow features carry signal.
        first_seed: of all simulations.

    Returns:
        Counts by kind of answer.
    """
    found: dict[str, list[bool]] = {}
    for world in range(len(WORLDS)):
        keys = jax.random.split(jax.random.fold_in(jax.random.key(first_seed), world), runs_each)
        drawn = jax.tree.map(np.asarray, jax.jit(jax.vmap(partial(_draw, world)))(keys))
        for truth, remaining in zip(drawn["truth"], drawn["remaining"], strict=True):
            kind = verdict(remaining)
            found.setdefault(kind, []).append(kind.startswith("down") == bool(truth <= 1 - FALL))
    runs = f"{runs_each * len(WORLDS)} linear models with features of one, two or three sizes, asked near the hump"
    return {kind: entry(right, runs) for kind, right in found.items()}
