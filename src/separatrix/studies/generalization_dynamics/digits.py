"""Odd or even: a linear model of scikit-learn's digits with noisy labels, and what its training set foretells."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, PRNGKeyArray

from separatrix.dynamics import Map, Observable, Setup, ensemble
from separatrix.studies.generalization_dynamics.config import Config
from separatrix.theory import forecast_stopping, marchenko_pastur, test_error

OBSERVED = 60


@functools.cache
def images() -> tuple[np.ndarray, np.ndarray]:
    """Centred pixels that vary, scaled to a total variance of 1, shape (1797, 61), and 1 for odd, -1 for even."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = np.asarray(bunch.data, float)  # pyright: ignore[reportAttributeAccessIssue]
    digit = np.asarray(bunch.target)  # pyright: ignore[reportAttributeAccessIssue]
    pixels = pixels[:, pixels.std(axis=0) > 0]
    centred = pixels - pixels.mean(axis=0)
    return centred / np.sqrt(np.mean(np.sum(centred**2, axis=1))), 2.0 * (digit % 2) - 1


def digits(config: Config) -> xr.Dataset:
    """Exact gradient flow of a linear model from zero on few images, for every number of them.

    Signal and noise are estimated from the training set alone, and the covariance of test images from all images
    without their labels.

    Args:
        config: numbers of images, noise and duration.

    Returns:
        ``test_error`` on other images, with the noise of their labels, beside ``foretold`` and ``isotropic``
        (seed, examples, time), the latter by the law for inputs that are alike in all directions; ``foretold_time``
        (seed, examples, end) to stop at, the best with the ends of its interval.
    """
    pixels, labels = (jnp.asarray(part) for part in images())
    most, pool = max(config.digit_examples), len(labels)
    times = np.concatenate([[0.0], np.geomspace(0.01, config.digit_time, OBSERVED)])
    moments = jnp.asarray(times)
    covariance = pixels.T @ pixels / pool

    def build(key: PRNGKeyArray, examples: Array) -> Setup:
        of_order, of_noise = jax.random.split(key)
        order = jax.random.permutation(of_order, pool)
        shown = (jnp.arange(most) < examples).astype(float)
        x = pixels[order[:most]] * shown[:, None]
        y = (labels[order[:most]] + config.digit_noise * jax.random.normal(of_noise, (most,))) * shown
        left, values, right = jnp.linalg.svd(x, full_matrices=False)
        rates, pull = values**2, (y @ left) * values
        fresh, truth = pixels[order[most:]] @ right.T, labels[order[most:]]
        forecast = forecast_stopping(x, y[:, None], covariance, examples)
        signal, noise = forecast.evidence.signal[0], forecast.evidence.noise[0]

        def step(index: Array, state: Array, key: Array) -> Array:
            passed = moments[index + 1] - moments[index]
            gone = -jnp.expm1(-rates * passed)
            moved = jnp.where(rates > 0, gone / jnp.where(rates > 0, rates, 1.0), passed)
            return state * (1 - gone) + pull * moved

        foretold = test_error(forecast.measure, moments, signal, noise)
        isotropic = test_error(marchenko_pastur(examples / x.shape[1]), moments, signal, noise)

        kept = (
            Observable("test_error", lambda state: jnp.mean((fresh @ state - truth) ** 2) + config.digit_noise**2),
            Observable("foretold", lambda state: foretold, ("when",)),
            Observable("foretold_time", lambda state: forecast.times, ("end",), {"end": ["best", "late", "early"]}),
            Observable("isotropic", lambda state: isotropic, ("when",)),
        )
        return Setup(Map(step), jnp.zeros(len(values)), kept)

    run = ensemble(
        build,
        np.arange(len(times)),
        seeds=config.seeds,
        grid={"examples": np.asarray(config.digit_examples, float)},
        key=jax.random.key(config.seed + 4),
    )
    now = run.isel(time=0, drop=True)
    axis = ("time", times, {"units": "1", "long_name": "time (learning rate × steps)"})
    curves = now[["foretold", "isotropic"]].drop_vars("when", errors="ignore").rename(when="time")
    found = run[["test_error"]].assign_coords(time=axis)
    return found.assign(foretold=curves.foretold, isotropic=curves.isotropic, foretold_time=now.foretold_time)
