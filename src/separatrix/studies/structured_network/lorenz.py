"""Lorenz's series, near and far forecasts from its windows, and the equations found from it."""

import functools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from separatrix.dynamics import lorenz63
from separatrix.models import SINDy
from separatrix.models.koopman import HAVOK, Monomials
from separatrix.models.structured import dense_least_squares
from separatrix.models.window_networks import parameter_count
from separatrix.studies.structured_network.config import Config
from separatrix.studies.structured_network.exact import disordered
from separatrix.studies.structured_network.integration import runge_kutta
from separatrix.studies.structured_network.training import applied, fitted, free_running, networks

BURN_IN = 10.0
"""Time before a series begins, in which it reaches the attractor."""
LINEAR, PERSISTENCE = "linear delays", "persistence"
HAVOK_DELAYS, HAVOK_RANK = 100, 15
STRUCTURED, DENSE, NARROW, SMALL = "structured x 3", "dense, 64 hidden", "dense, 15 hidden", "structured x 1"
RUNNERS, LEAKED, DISORDERED = (STRUCTURED, DENSE), "true delays", "wrong order"


@functools.cache
def series(seeds: int, points: int, step: float, seed: int) -> np.ndarray:
    """States of Lorenz's flow at the usual parameters, from random starts, (seeds, points, 3)."""
    start = jax.random.normal(jax.random.key(seed), (seeds, 3)) + jnp.array([1.0, 1.0, 25.0])[None]
    skipped = round(BURN_IN / step)
    return np.moveaxis(runge_kutta(lorenz63(), start, step, 1, skipped + points)[skipped:], 0, 1)


def of_config(config: Config) -> np.ndarray:
    """The study's series."""
    return series(config.seeds, config.points, config.step, config.seed)


def standardised(states: np.ndarray) -> np.ndarray:
    """Every component with mean 0 and standard deviation 1."""
    return (states - states.mean(axis=1, keepdims=True)) / states.std(axis=1, keepdims=True)


def windows(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Values at given distances from every place where they all exist, (seeds, places, offsets)."""
    places = values.shape[1] - offsets.max()
    return values[:, np.arange(places)[:, None] + offsets[None, :]]


def linear_fit(past: np.ndarray, future: np.ndarray) -> np.ndarray:
    """Least squares with a constant for every seed, (seeds, m, n + 1)."""
    ones = np.ones((*past.shape[:2], 1))
    pairs = zip(np.concatenate([past, ones], axis=2), future, strict=True)
    return np.stack([dense_least_squares(x, y) for x, y in pairs])


def linear_map(coefficients: np.ndarray, past: np.ndarray) -> np.ndarray:
    """Apply ``linear_fit`` to windows, (seeds, rows, n) -> (seeds, rows, m)."""
    return np.einsum("smn,srn->srm", coefficients[:, :, :-1], past) + coefficients[:, None, :, -1]


def forecasts(config: Config) -> xr.Dataset:
    """Errors of the next few states of x from a window of delays, by every network and linear baseline.

    Near: neighbouring states without noise. Far: every so many states, with noise. Both regimes of all seeds are one
    program. Networks and linear delays also run freely in the near regime, from many starts.

    Args:
        config: the study's.

    Returns:
        ``lead`` mean squared errors over (regime, seed, model, ahead), in squares of standard deviations, their mean
        ``error``, the ``parameters`` of the models; ``havok``, that method's near error at the last distance;
        ``free`` absolute errors over (seed, runner, start, time).
    """
    n, ahead = config.window, config.horizon
    shown, kept, truth = _regimes(config)
    past, future, seen = shown[:, :, :n], shown[:, :, n:], kept[:, :, :n]
    coefficients = linear_fit(past, future)
    found = {
        PERSISTENCE: (np.repeat(seen[:, :, -1:], ahead, axis=2), 0),
        LINEAR: (linear_map(coefficients, seen), (n + 1) * ahead),
    }
    data = (jnp.asarray(past, jnp.float32), jnp.asarray(future, jnp.float32))
    builds, runs = networks(config, n), _linear_runs(config, coefficients, kept)
    keys = jax.random.split(jax.random.key(config.seed + 1), len(builds))
    for key, (name, build) in zip(keys, builds.items(), strict=True):
        trained = fitted(build, data, key, steps=config.steps, rate=config.rate, batch=config.batch)
        predicted = np.asarray(applied(trained, jnp.asarray(seen, jnp.float32)), float)
        found[name] = (predicted[:, :, :ahead], parameter_count(trained) // len(seen))
        if name in RUNNERS:
            runs[name] = _network_run(config, trained, kept)
            runs[f"{name}, {LEAKED}"] = _leaked_run(config, predicted, kept)
        if name == STRUCTURED:
            runs[f"{name}, {DISORDERED}"] = _network_run(config, disordered(trained), kept)
    lead = np.stack([np.mean((predicted - truth) ** 2, axis=1) for predicted, _ in found.values()], axis=1)
    lead = lead.reshape(2, config.seeds, len(found), ahead)
    return xr.Dataset(
        {
            "lead": (("regime", "seed", "model", "ahead"), lead),
            "error": (("regime", "seed", "model"), lead.mean(axis=3)),
            "parameters": ("model", [count for _, count in found.values()]),
            "havok": ("seed", _havok(config, seen.shape[1])),
            "free": (("seed", "runner", "start", "time"), np.stack(list(runs.values()), axis=1)),
        },
        coords={
            "regime": ["near", "far"],
            "model": list(found),
            "ahead": np.arange(1, ahead + 1),
            "runner": list(runs),
            "time": config.step * np.arange(1, _blocks(config) * ahead + 1),
        },
    ).assign_attrs(near_step=config.step, far_step=config.step * config.far_stride)


def _regimes(config: Config) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows to train on, to test on, and what should be predicted of the latter: near ones of all seeds, then far."""
    x = standardised(of_config(config))[:, :, 0]
    noisy = x + config.far_noise * np.random.default_rng([config.seed, 2]).normal(size=x.shape)
    steps = np.arange(config.window + config.horizon)
    places = [stride * steps for stride in (1, config.far_stride)]
    last = places[1].max()

    def both(values: tuple[np.ndarray, np.ndarray], part: slice) -> np.ndarray:
        cut = [windows(series[:, part], offsets) for series, offsets in zip(values, places, strict=True)]
        rows = values[0][:, part].shape[1] - last
        return np.concatenate([table[:, :rows] for table in cut])

    tested = slice(config.test_from, None)
    shown, kept = both((x, noisy), slice(0, config.train)), both((x, noisy), tested)
    return shown, kept, both((x, x), tested)[:, :, config.window :]


def _havok(config: Config, rows: int) -> np.ndarray:
    """HAVOK's error at the end of the near horizon, for the same places, from longer windows with the forcing held."""
    errors = []
    begin = config.test_from + config.window - HAVOK_DELAYS
    for values in standardised(of_config(config))[:, :, 0]:
        times = config.step * np.arange(len(values))
        model = HAVOK(HAVOK_DELAYS, rank=HAVOK_RANK).fit(values[: config.train], times=times[: config.train])
        ahead = model.predict(values[begin:, None], steps=config.horizon)[:rows, 0]
        truth = values[config.test_from + config.window + config.horizon - 1 :][:rows]
        errors.append(np.mean((ahead - truth) ** 2))
    return np.asarray(errors)


def _blocks(config: Config) -> int:
    return round(config.free_time / config.step) // config.horizon


def _rows(config: Config, kept: np.ndarray) -> np.ndarray:
    """Windows to begin from, spread over the near test series."""
    latest = kept.shape[1] - _blocks(config) * config.horizon - config.window
    return np.linspace(0, latest, config.starts).astype(int)


def _starts(config: Config, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Those windows, and what follows each: the series is that of the windows' first entry."""
    series, rows = kept[: config.seeds, :, 0], _rows(config, kept)
    ahead = config.window + np.arange(_blocks(config) * config.horizon)
    return kept[: config.seeds, rows, : config.window], series[:, rows[:, None] + ahead[None, :]]


def _network_run(config: Config, trained: Any, kept: np.ndarray) -> np.ndarray:
    begin, truth = _starts(config, kept)
    near = jax.tree.map(lambda leaf: leaf[: config.seeds] if eqx.is_array(leaf) else leaf, trained)
    run = free_running(near, jnp.asarray(begin, jnp.float32), config.horizon, _blocks(config))
    return np.abs(np.asarray(run, float) - truth)


def _leaked_run(config: Config, predicted: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Predictions from the true delays at every block, where a free run has its own."""
    rows = _rows(config, kept)
    begins = rows[:, None] + config.horizon * np.arange(_blocks(config))[None, :]
    blocks = predicted[: config.seeds, begins, : config.horizon]
    return np.abs(blocks.reshape(config.seeds, len(rows), -1) - _starts(config, kept)[1])


def _linear_runs(config: Config, coefficients: np.ndarray, kept: np.ndarray) -> dict[str, np.ndarray]:
    begin, truth = _starts(config, kept)
    linear = Linear(jnp.asarray(coefficients[: config.seeds]))
    run = free_running(linear, jnp.asarray(begin), config.horizon, _blocks(config))
    return {LINEAR: np.abs(np.asarray(run) - truth), PERSISTENCE: np.abs(begin[:, :, -1:] - truth)}


class Linear(eqx.Module):
    """A linear map of columns with a constant: coefficients (m, n + 1)."""

    coefficients: Float[Array, "*seeds m n1"]

    def __call__(self, x: Float[Array, "n *batch"]) -> Float[Array, "m *batch"]:
        """Apply to columns."""
        return self.coefficients[:, :-1] @ x + self.coefficients[:, -1].reshape(-1, *[1] * (x.ndim - 1))


TRUE = np.zeros((10, 3))
TRUE[[1, 2], 0] = -10.0, 10.0
TRUE[[1, 2, 6], 1] = 28.0, -1.0, -1.0
TRUE[[3, 5], 2] = -8 / 3, 1.0
"""Lorenz's equations over 1, x, y, z, xx, xy, xz, yy, yz, zz."""


def equations(config: Config) -> xr.Dataset:
    """Equations found by sparse regression: with clean derivatives, with differences of clean and of noisy states.

    Args:
        config: the study's.

    Returns:
        ``coefficient`` errors and numbers of terms over (seed, case), and the unexplained share of the derivatives.
    """
    states = of_config(config)[:, : config.train]
    times = config.step * np.arange(states.shape[1])
    rng = np.random.default_rng([config.seed, 3])
    rows = []
    for x in states:
        rates = np.asarray(lorenz63().velocity(0.0, jnp.asarray(x)))
        noisy = x + config.far_noise * x.std(axis=0) * rng.normal(size=x.shape)
        models = {
            "clean derivatives": SINDy().fit(x, rates),
            "degree 1": SINDy(Monomials(1, scaled=False)).fit(x, rates),
            "differences": SINDy().fit(x, times=times),
            "noisy differences": SINDy().fit(noisy, times=times),
        }
        off = []
        for model in models.values():
            found = np.zeros_like(TRUE)
            found[: len(model.coefficients_)] = model.coefficients_
            terms = np.count_nonzero(found)
            off.append((np.abs(found - TRUE).max(), terms, 1 - model.score(x, rates)))
        rows.append(off)
    table = np.asarray(rows)
    dims = ("seed", "case")
    return xr.Dataset(
        {name: (dims, table[:, :, place]) for place, name in enumerate(("coefficient", "terms", "unexplained"))},
        coords={"case": list(models)},
    )
