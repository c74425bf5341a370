"""Exact test errors of linear models on a grid of times and ratios, beside simulating them."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.clock import by_turns
from benchmarks.row import Row
from separatrix.theory import marchenko_pastur, spectrum_edges, test_error

TIMES = np.geomspace(0.05, 1e4, 10_000)
RATIOS = np.geomspace(0.1, 10.0, 100)
SNR, INPUTS, DATA_SETS = 5.0, 200, 4
DESCENT_RATIOS, DESCENT_TIME, STEP = (0.5, 1.0, 2.0), 50.0, 0.05
FEW_TIMES = np.geomspace(0.05, DESCENT_TIME, 60)


def run() -> list[Row]:
    """Time the whole grid by theory, one data set a ratio by its eigenvectors, and by steps of gradient descent.

    Returns:
        Two rows.
    """
    jax.config.update("jax_enable_x64", True)
    return [_beside_modes(), _beside_descent()]


def _theory(times: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    return np.asarray(test_error(marchenko_pastur(ratios), times, 1.0, 1 / SNR))


def _draw(key: jax.Array, ratio: jax.Array, most: int) -> tuple[jax.Array, ...]:
    """A data set with columns of zeros beyond its examples, so that all ratios share one compiled program."""
    keys = jax.random.split(key, 3)
    shown = (jnp.arange(most) < jnp.round(ratio * INPUTS))[None, :]
    x = jax.random.normal(keys[0], (INPUTS, most)) * shown / INPUTS**0.5
    teacher = jax.random.normal(keys[1], (INPUTS,))
    return x, teacher, teacher @ x + jax.random.normal(keys[2], (most,)) * shown[0] / SNR**0.5


def _modes(x: jax.Array, teacher: jax.Array, y: jax.Array, times: jax.Array) -> jax.Array:
    values, vectors = jnp.linalg.eigh(x @ x.T)
    seen = values > 1e-10 * values[-1]
    fixed = jnp.where(seen, y @ x.T @ vectors / jnp.where(seen, values, 1.0), 0.0)
    left = jnp.exp(-values[None, :] * times[:, None])
    return jnp.mean((teacher @ vectors - fixed * (1 - left)) ** 2, axis=1) + 1 / SNR


@functools.partial(jax.jit, static_argnames="most")
def _all_modes(keys: jax.Array, ratios: jax.Array, times: jax.Array, most: int) -> jax.Array:
    return jax.lax.map(lambda one: _modes(*_draw(*one, most), times), (keys, ratios))


def _propagated(times: np.ndarray, ratios: np.ndarray, key: jax.Array) -> np.ndarray:
    most = round(float(ratios.max()) * INPUTS)
    return np.asarray(_all_modes(jax.random.split(key, len(ratios)), jnp.asarray(ratios), jnp.asarray(times), most))


@jax.jit
def _descend(x: jax.Array, teacher: jax.Array, y: jax.Array, rate: jax.Array, marks: jax.Array) -> jax.Array:
    def until(weights: jax.Array, steps: jax.Array) -> tuple[jax.Array, jax.Array]:
        weights = jax.lax.fori_loop(0, steps, lambda _, w: w + rate * (y - w @ x) @ x.T, weights)
        return weights, jnp.mean((teacher - weights) ** 2) + 1 / SNR

    return jax.lax.scan(until, jnp.zeros(INPUTS), marks)[1]


def _descended(key: jax.Array) -> np.ndarray:
    found, most = [], round(max(DESCENT_RATIOS) * INPUTS)
    for ratio, one in zip(DESCENT_RATIOS, jax.random.split(key, len(DESCENT_RATIOS)), strict=True):
        rate = STEP / float(spectrum_edges(ratio)[1])
        marks = np.diff(np.concatenate([[0], np.round(FEW_TIMES / rate)])).astype(int)
        found.append(_descend(*_draw(one, jnp.asarray(ratio), most), jnp.asarray(rate), jnp.asarray(marks)))
    return np.asarray(jax.block_until_ready(found))


def _off(simulate: object, theory: np.ndarray, until: float, times: np.ndarray) -> float:
    """Mean relative distance of the mean over data sets from theory, up to a time."""
    mean = np.mean([simulate(jax.random.key(seed)) for seed in range(DATA_SETS)], axis=0)  # type: ignore[operator]
    return float(np.mean(np.abs(mean / theory - 1)[:, times <= until]))


def _beside_modes() -> Row:
    key = jax.random.key(0)
    times = by_turns({"ours": lambda: _theory(TIMES, RATIOS), "theirs": lambda: _propagated(TIMES, RATIOS, key)}, 3)
    ours, theirs = (float(np.median(times[name])) for name in ("ours", "theirs"))
    few, some = TIMES[::100], RATIOS[::10]
    off = _off(lambda k: _propagated(few, some, k), _theory(few, some), DESCENT_TIME, few)
    return Row(
        f"test error of a linear model, {len(TIMES):,} times x {len(RATIOS)} ratios of examples to parameters",
        f"one simulated data set of {INPUTS} parameters a ratio, propagated by its eigenvectors",
        "times faster",
        theirs / ours,
        at_least=5,
        ours=f"{ours:.2f} s for {TIMES.size * RATIOS.size:,} errors",
        theirs=f"{theirs:.2f} s",
        accuracy=f"ours is exact to 1e-9; {DATA_SETS} data sets a ratio still err by {off:.1%} up to time "
        f"{DESCENT_TIME:g}, on average",
    )


def _beside_descent() -> Row:
    key, ratios = jax.random.key(1), np.asarray(DESCENT_RATIOS)
    times = by_turns({"ours": lambda: _theory(FEW_TIMES, ratios), "theirs": lambda: _descended(key)}, 3)
    ours, theirs = (float(np.median(times[name])) for name in ("ours", "theirs"))
    off = _off(_descended, _theory(FEW_TIMES, ratios), DESCENT_TIME, FEW_TIMES)
    return Row(
        f"test error of a linear model at {len(ratios)} ratios, {len(FEW_TIMES)} times up to {DESCENT_TIME:g}",
        f"gradient descent on one data set of {INPUTS} parameters a ratio, step {STEP:g} / largest eigenvalue",
        "times faster",
        theirs / ours,
        at_least=20,
        ours=f"{ours * 1e3:.1f} ms",
        theirs=f"{theirs:.2f} s",
        accuracy=f"ours is exact to 1e-9; {DATA_SETS} data sets a ratio still err by {off:.1%} on average",
    )
