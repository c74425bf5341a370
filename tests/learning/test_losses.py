"""Losses against their definitions."""

import jax
import jax.numpy as jnp
import numpy as np

from separatrix.learning import accuracy, cross_entropy, half_mean_squared, half_summed_squared, on
from separatrix.learning.networks import deep_linear

MODEL = deep_linear(jax.random.key(0), (3, 4))
X = jax.random.normal(jax.random.key(1), (6, 3))
LABELS = jnp.array([0, 3, 1, 2, 3, 0])
OUTPUT = np.asarray(X) @ np.asarray(MODEL.weights[0]).T


def test_squared_losses():
    y = jnp.ones((6, 4))
    summed = 0.5 * np.sum((OUTPUT - 1) ** 2)
    np.testing.assert_allclose(half_summed_squared(MODEL, (X, y)), summed, rtol=1e-12)
    np.testing.assert_allclose(half_mean_squared(MODEL, (X, y)), summed / 6, rtol=1e-12)
    np.testing.assert_allclose(on(half_mean_squared, (X, y))(MODEL), summed / 6, rtol=1e-12)


def test_cross_entropy_of_labels_rows_and_probabilities():
    log_odds = OUTPUT - np.log(np.exp(OUTPUT).sum(1, keepdims=True))
    expected = -log_odds[np.arange(6), LABELS].mean()
    np.testing.assert_allclose(cross_entropy(MODEL, (X, LABELS)), expected, rtol=1e-12)
    np.testing.assert_allclose(cross_entropy(MODEL, (X, jax.nn.one_hot(LABELS, 4))), expected, rtol=1e-12)
    np.testing.assert_allclose(cross_entropy(MODEL, (X, jnp.full((6, 4), 0.25))), -log_odds.mean(), rtol=1e-12)


def test_accuracy():
    expected = np.mean(OUTPUT.argmax(1) == np.asarray(LABELS))
    assert accuracy(MODEL, (X, LABELS)) == expected
    assert accuracy(MODEL, (X, jax.nn.one_hot(LABELS, 4))) == expected


def test_new_data_of_the_same_shape_compile_nothing_anew():
    traces = []

    @jax.jit
    def value(loss, model):
        traces.append(None)
        return loss(model)

    for shift in (0.0, 1.0):
        value(on(half_mean_squared, (X + shift, jnp.ones((6, 4)))), MODEL)
    assert len(traces) == 1
