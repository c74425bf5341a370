"""Depth: how long a mode takes at the depth-scaled rate, and which rate is best.

Aligned networks stay aligned and layers that start equal stay equal, under flow and under finite steps: of a mode
one weight a need be followed, whose strength is a^L.
"""

import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import Adaptive, Flow, Map, Observable, Setup, ensemble
from separatrix.studies.deep_linear import digits, network
from separatrix.studies.deep_linear.config import Config
from separatrix.theory import depth_integral, infinite_depth_integral, mode_curvature, mode_time

END = 0.99
STEPS = {"units": "steps", "long_name": "learning time at the rate 1 / matrices"}


def learning_times(config: Config) -> xr.Dataset:
    """Gradient flow of a mode of singular value 1 from a small strength to 0.99, for many depths.

    Args:
        config: depths and start.

    Returns:
        ``time`` (matrices), in steps of the depth-scaled rate 1 / L, ``theory``, the ``sigmoid`` that knows nothing of
        depth, and the time of ``infinite`` depth.
    """
    depths = np.asarray(config.matrices, float)

    def build(key: Array, matrices: Array) -> Setup:
        def velocity(t: Array, a: Array) -> Array:
            return a ** (matrices - 1) * (1 - a**matrices) / matrices

        start = jnp.asarray(config.start) ** (1 / matrices)
        return Setup(Flow(velocity), start, (Observable("odds", lambda a: _odds(a, matrices)),))

    latest = float(infinite_depth_integral(config.start, END, 1.0))
    ts = np.concatenate([[0.0], np.geomspace(1.0, 1.1 * latest, 1500)])
    method = Adaptive(rtol=1e-10)  # of one weight; the strength is its L-th power
    run = ensemble(build, ts, seeds=1, grid={"matrices": depths}, method=method).isel(seed=0, drop=True)
    found = network.crossing(run.odds, float(np.log(END / (1 - END))))
    return xr.Dataset(
        {
            "steps": found.assign_attrs(STEPS),
            "theory": ("matrices", np.asarray(depth_integral(config.start, END, 1.0, depths)), STEPS),
            "sigmoid": 2 * float(mode_time(config.start, END, 1.0)),
            "infinite": latest,
            "expected_delay": 1 / config.start,
        }
    )


def best_rates(config: Config) -> xr.Dataset:
    """Gradient descent on the modes of whitened digits for a grid of rates and depths: which rate is fastest.

    Args:
        config: depths and rates.

    Returns:
        ``epochs`` (matrices, rate) until the error is learned, NaN where it is not or does not stay so; ``best_rate``,
        ``best_epochs`` (matrices) and ``bound``, the inverse of the largest curvature, with ``bound_at_start`` the
        same formula at the starting strength; ``at_edge`` counts best rates at an end of the grid.
    """
    s = jnp.asarray(digits.correlation()[1])

    def build(key: Array, matrices: Array, rate: Array) -> Setup:
        def step(t: Array, a: Array, key: Array) -> Array:
            return a + rate * a ** (matrices - 1) * (s - a**matrices)

        def error(a: Array) -> Array:
            return jnp.sum((s - a**matrices) ** 2) / jnp.sum(s**2)

        start = jnp.full(s.shape, config.start) ** (1 / matrices)
        return Setup(Map(step), start, {"error": error})

    grid = {"matrices": np.asarray(config.rate_depths, float), "rate": np.geomspace(2e-3, 2.0, config.rates)}
    run = ensemble(build, np.arange(config.rate_epochs + 1), seeds=1, grid=grid).isel(seed=0, drop=True)
    stays = run.error.isel(time=slice(-20, None)).max("time") < config.learned
    epochs = network.crossing(-run.error, -config.learned).where(stays)
    fastest = epochs.fillna(np.inf).argmin("rate")
    edge = (fastest == 0) | (fastest == config.rates - 1)
    bound = 1 / np.asarray(mode_curvature(1.0, grid["matrices"]))
    bound_at_start = 1 / np.asarray(mode_curvature(config.start, grid["matrices"]))
    return xr.Dataset(
        {
            "epochs": epochs,
            "best_rate": run.rate.isel(rate=fastest).drop_vars("rate"),
            "best_epochs": epochs.min("rate"),
            "bound": ("matrices", bound),
            "bound_at_start": ("matrices", bound_at_start),
            "at_edge": edge.sum(),
        }
    )


def _odds(a: Array, matrices: Array) -> Array:
    log_u = matrices * jnp.log(a)
    return log_u - jnp.log(jnp.maximum(-jnp.expm1(log_u), 1e-300))
