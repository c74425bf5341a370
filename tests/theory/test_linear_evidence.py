"""Signal and noise from one training set, against draws whose variances are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix import theory

D, N, SIGNAL, NOISE = 20, 40, 2.0, 0.5


def _draw(key):
    keys = jax.random.split(key, 3)
    x = jax.random.normal(keys[0], (N, D)) / D**0.5
    y = x @ (SIGNAL**0.5 * jax.random.normal(keys[1], (D, 1))) + NOISE**0.5 * jax.random.normal(keys[2], (N, 1))
    return x, y


@pytest.fixture(scope="module")
def forecasts():
    keys = jax.random.split(jax.random.key(0), 200)

    def one(key):
        x, y = _draw(key)
        return theory.forecast_stopping(x, y, jnp.eye(D) / D)

    return jax.jit(jax.vmap(one))(keys)


def test_the_interval_of_noise_over_signal_covers_the_truth(forecasts):
    ratio = np.asarray(forecasts.evidence.noise / forecasts.evidence.signal)
    covered = np.mean((ratio[:, 1] <= NOISE / SIGNAL) & (ratio[:, 2] >= NOISE / SIGNAL))
    assert covered > 0.89  # 95 % less four standard errors of 200 draws, and what chi-square is off for 40 examples
    twice = np.mean((ratio[:, 1] <= 4 * NOISE / SIGNAL) & (ratio[:, 2] >= 4 * NOISE / SIGNAL))
    assert twice < 0.5
    assert np.median(ratio[:, 0]) == pytest.approx(NOISE / SIGNAL, rel=0.2)


def test_more_noise_means_to_stop_sooner(forecasts):
    times = np.asarray(forecasts.times)
    assert np.all(times[:, 2] <= times[:, 0])
    assert np.all(times[:, 0] <= times[:, 1])


def test_padding_and_more_examples_change_what_they_must_and_nothing_else():
    x, y = _draw(jax.random.key(1))
    plain = theory.forecast_stopping(x, y, jnp.eye(D) / D)
    padded = theory.forecast_stopping(
        jnp.concatenate([x, jnp.zeros((7, D))]), jnp.concatenate([y, jnp.zeros((7, 1))]), jnp.eye(D) / D, N
    )
    np.testing.assert_allclose(padded.times, plain.times, rtol=1e-6)
    wrong = theory.forecast_stopping(
        jnp.concatenate([x, jnp.zeros((7, D))]), jnp.concatenate([y, jnp.zeros((7, 1))]), jnp.eye(D) / D
    )
    assert abs(float(wrong.evidence.noise[0] / plain.evidence.noise[0]) - 1) > 0.05
    doubled = theory.forecast_stopping(x, y, jnp.eye(D) / D, None, 2.0)
    np.testing.assert_allclose(doubled.measure.eigenvalues, 2 * plain.measure.eigenvalues)


def test_the_course_of_the_training_error_is_that_of_gradient_descent():
    x, y = _draw(jax.random.key(2))
    forecast = theory.forecast_stopping(x, y, jnp.eye(D) / D)
    rate, steps = 1e-3, 500
    weights = jax.lax.fori_loop(0, steps, lambda _, w: w + rate * x.T @ (y - x @ w), jnp.zeros((D, 1)))
    found = float(jnp.sum((y - x @ weights) ** 2))
    assert float(forecast.train_course(jnp.array([rate * steps]))[0]) == pytest.approx(found, rel=2e-3)  # order of rate
    half = float(forecast.train_course(jnp.array([rate * steps / 2]))[0])
    assert abs(half / found - 1) > 0.02
