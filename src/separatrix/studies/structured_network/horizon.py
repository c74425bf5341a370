"""How fast neighbouring states of Lorenz's flow part, and how long found equations stay near the truth."""

import jax.numpy as jnp
import numpy as np
import xarray as xr

from separatrix.dynamics import lorenz63
from separatrix.studies.structured_network.config import Config
from separatrix.studies.structured_network.integration import runge_kutta
from separatrix.studies.structured_network.lorenz import of_config

SAMPLES = 241
"""Times at which distances are looked at."""


def partings(config: Config) -> xr.Dataset:
    """Distances of perturbed copies from the true state, in standard deviations of the components.

    Args:
        config: the study's.

    Returns:
        ``distance`` over (seed, start, size, time), root mean square over components.
    """
    states = of_config(config)
    rng = np.random.default_rng([config.seed, 4])
    spread = states.std(axis=(0, 1))
    rows = np.linspace(config.test_from, states.shape[1] - 1, config.starts).astype(int)
    begin = jnp.asarray(states[:, rows])
    kicks = rng.normal(size=(config.seeds, config.starts, 3))
    kicks *= 3**0.5 / np.linalg.norm(kicks, axis=2, keepdims=True)  # of root mean square 1
    sizes = np.concatenate([[0.0], config.perturbations])

    kick = sizes[None, :, None, None] * kicks[:, None] * spread
    every = round(config.run_time / config.step) // (SAMPLES - 1)
    runs = runge_kutta(lorenz63(), begin[:, None] + jnp.asarray(kick), config.step, every, SAMPLES)
    apart = (runs[:, :, 1:] - runs[:, :, :1]) / spread  # (time, seed, size, start, component)
    distance = np.sqrt(np.mean(apart**2, axis=-1))
    return xr.Dataset(
        {"distance": (("time", "seed", "size", "start"), distance)},
        coords={"size": list(config.perturbations), "time": every * config.step * np.arange(SAMPLES)},
    )
