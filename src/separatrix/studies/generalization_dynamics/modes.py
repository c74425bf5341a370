"""Gradient flow on random data sets, propagated exactly mode by mode, for every ratio of examples to parameters."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.dynamics import Map, Observable, Setup, ensemble
from separatrix.studies.generalization_dynamics.config import Config
from separatrix.studies.generalization_dynamics.draws import normals

PARTS = ("signal", "noise", "start")
RIDGE_SNRS = (1.0, 10.0)
CRITICAL_RATIOS = (0.9, 1.0)
LATE, LATER = 200.0, 1000.0
"""Times at which long training is judged (claims 3 and 9)."""
_ZERO = 1e-10


def observed_times(config: Config) -> Float[np.ndarray, " times"]:
    """The times of observation: from 0.05 to a tenth of N^2, at least to 1000, the judged ones among them."""
    last = max(LATER, config.inputs**2 / 10)
    grid = np.geomspace(0.05, last, config.times)
    return np.unique(np.concatenate([[0.0], grid, [LATE, LATER]]))


def modes(config: Config) -> xr.Dataset:
    """Exact gradient flow of linear students on data of their own.

    The state is the share that each mode has not yet learned. The run is linear in what it is fed: its error is a
    quadratic form in the standard deviations of the teacher's weights, of the noise and of the start. The form is
    recorded, from which ``measures.error`` has the error at any signal-to-noise ratio. On each data set it is averaged
    over teachers, each of which is scaled to unit variance.

    Args:
        config: sizes.

    Returns:
        ``test`` and ``train`` (seed, ratio, time, part, other): quadratic forms of the error on fresh inputs, without
        their noise, and of that on the training set; ``ridge`` (seed, ratio, snr): test error of Bayes' ridge.
    """
    n, times = config.inputs, observed_times(config)
    most = max(_examples(ratio, n) for ratio in config.ratios)
    moments = jnp.asarray(times)
    snrs = jnp.asarray(RIDGE_SNRS)

    def build(key: PRNGKeyArray, ratio: Array) -> Setup:
        many = (config.teachers, n)
        inputs, weights, disturbed, begun = normals(key, (n, most), many, (config.teachers, most), many)
        count = jnp.round(ratio * n)
        shown = (jnp.arange(most) < count).astype(float)
        x = inputs * shown[None, :] / n**0.5
        values, vectors = jnp.linalg.eigh(x @ x.T)
        seen = values > _ZERO * values[-1]
        rates = jnp.where(seen, values, 0.0)
        roots = jnp.sqrt(jnp.where(seen, values, 1.0))[None, :]
        teacher = _unit(weights, n) @ vectors
        noise = _unit(disturbed * shown[None, :], count)
        start = _unit(begun, n) @ vectors
        turned = jnp.where(seen[None, :], noise @ x.T @ vectors / roots, 0.0)
        # what of the noise lies outside the span of the inputs is never fitted
        outside = jnp.mean(jnp.sum(noise**2, axis=1) - jnp.sum(turned**2, axis=1))
        unfitted = jnp.zeros((3, 3)).at[1, 1].set(outside)
        errors = jnp.stack([teacher, -turned / roots, -start])
        second = jnp.einsum("ami,bmi->abi", errors, errors) / config.teachers
        scales = jnp.stack([roots[0], -roots[0], roots[0]]) * seen[None, :]

        def step(index: Array, left: Array, key: Array) -> Array:
            return left * jnp.exp(-rates * (moments[index + 1] - moments[index]))

        def test(left: Array) -> Array:
            shares = jnp.stack([left, 1 - left, left])
            return jnp.sum(second * shares[:, None] * shares[None], axis=2) / n

        def train(left: Array) -> Array:
            residuals = scales * left[None, :]
            return (jnp.sum(second * residuals[:, None] * residuals[None], axis=2) + unfitted) / count

        kept_by_ridge = rates[None, :] / (rates[None, :] + 1 / snrs[:, None])
        data = teacher[None] + turned[None] / roots[None] / jnp.sqrt(snrs)[:, None, None]
        ridge = jnp.mean((teacher[None] - kept_by_ridge[:, None, :] * data) ** 2, axis=(1, 2)) + 1 / snrs

        kept = (
            Observable("test", test, ("part", "other"), {"part": list(PARTS), "other": list(PARTS)}),
            Observable("train", train, ("part", "other")),
            Observable("ridge", lambda left: ridge, ("snr",), {"snr": list(RIDGE_SNRS)}),
        )
        return Setup(Map(step), jnp.ones(n), kept)

    run = ensemble(
        build,
        np.arange(len(times)),
        seeds=config.seeds,
        grid={"ratio": np.asarray(config.ratios)},
        key=jax.random.key(config.seed),
    )
    axis = ("time", times, {"units": "1", "long_name": "time (learning rate × steps)"})
    run = run.assign_coords(time=axis)[["test", "train", "ridge"]]
    return run.assign(ridge=run.ridge.isel(time=0, drop=True)).assign_attrs(inputs=n)


def critical(config: Config) -> xr.Dataset:
    """The same for larger students at ratio one, where late times need small eigenvalues, and a little below it.

    Args:
        config: sizes.

    Returns:
        As ``modes``.
    """
    larger = dataclasses.replace(config, inputs=config.critical_inputs, ratios=CRITICAL_RATIOS, seed=config.seed + 5)
    return modes(larger)


def _examples(ratio: float, inputs: int) -> int:
    return round(ratio * inputs)


def _unit(rows: Array, count: Array | int) -> Array:
    """Rows scaled to a mean square of 1 over ``count`` entries."""
    return rows * jnp.sqrt(count / jnp.sum(rows**2, axis=1))[:, None]
