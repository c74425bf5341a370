"""Real steps of gradient descent, beside the exact propagation of the same run, with and without weight decay."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, PRNGKeyArray

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.studies.generalization_dynamics.config import Config
from separatrix.studies.generalization_dynamics.draws import normals
from separatrix.theory import spectrum_edges

SNR = 5.0
OBSERVED = 60


def descent(config: Config) -> xr.Dataset:
    """Gradient descent on the sum loss from random initial weights as large as the teacher's.

    Args:
        config: sizes, step and decay.

    Returns:
        ``test_error`` of the steps and ``flow_error`` of exact gradient flow on the same data, ``passed`` (the time)
        and ``moved``: the largest movement of a weight in the directions that no example shows. Dims (seed, ratio,
        decay, time).
    """
    n = config.descent_inputs
    most = round(max(config.descent_ratios) * n)
    fastest = float(spectrum_edges(max(config.descent_ratios))[1])
    steps = round(config.descent_time * fastest / config.descent_step)
    observed = np.unique(np.concatenate([[0], np.geomspace(1, steps, OBSERVED).round()])).astype(int)

    def build(key: PRNGKeyArray, ratio: Array, decay: Array) -> Setup:
        inputs, teacher, disturbed, start = normals(key, (n, most), (n,), (most,), (n,))
        shown = (jnp.arange(most) < jnp.round(ratio * n)).astype(float)
        x = inputs * shown[None, :] / n**0.5
        y = teacher @ x + disturbed * shown / SNR**0.5
        rate = config.descent_step / spectrum_edges(ratio)[1]
        values, vectors = jnp.linalg.eigh(x @ x.T)
        seen = values > 1e-10 * values[-1]
        hidden = jnp.where(seen, 0.0, 1.0)
        rates = jnp.where(seen, values, 1.0)
        fixed = jnp.where(seen, y @ x.T @ vectors / rates, start @ vectors)

        def error(weights: Array) -> Array:
            return jnp.mean((teacher - weights) ** 2) + 1 / SNR

        def flow(state: tuple[Array, Array]) -> Array:
            decayed = jnp.where(seen, jnp.exp(-values * rate * state[1]), 1.0)
            return error(vectors @ (fixed + (start @ vectors - fixed) * decayed))

        def step(index: Array, state: tuple[Array, Array], key: Array) -> tuple[Array, Array]:
            weights, count = state
            return weights + rate * ((y - weights @ x) @ x.T - decay * weights), count + 1

        kept = {
            "test_error": lambda state: error(state[0]),
            "flow_error": flow,
            "passed": lambda state: rate * state[1],
            "moved": lambda state: jnp.max(jnp.abs(hidden * ((state[0] - start) @ vectors))),
        }
        return Setup(Map(step), (start, jnp.zeros(())), kept)

    return ensemble(
        build,
        observed,
        seeds=config.descent_seeds,
        grid={"ratio": np.asarray(config.descent_ratios), "decay": np.array([0.0, config.decay])},
        key=jax.random.key(config.seed + 1),
    )[["test_error", "flow_error", "passed", "moved"]].assign_attrs(limit=config.descent_time)
