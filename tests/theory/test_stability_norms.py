"""Trace formulas and noise of one step: against automatic gradients, enumeration and Monte Carlo, with wrong twins."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.learning.networks import DiagonalLinear, TwoLayer
from separatrix.observables import output_gradients, path_norm
from separatrix.theory import (
    diagonal_largest_eigenvalue,
    diagonal_trace,
    expected_loss_after_step,
    largest_stable_l1,
    largest_stable_path_norm,
    largest_stable_trace,
    loss_noise_floor,
    relu_trace,
)


def _normal(seed: int, *shape: int) -> jnp.ndarray:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape))


def _traces(network, inputs: jnp.ndarray) -> jnp.ndarray:
    """Squared norm of the automatic gradient at each input."""
    gradients = output_gradients(lambda model, x: model(x), network, inputs)
    return jnp.sum(gradients**2, axis=(1, 2))


def test_diagonal_trace_with_the_samples_moments_is_exact():
    first, second, inputs = _normal(0, 7), _normal(1, 7), _normal(2, 5, 7)
    expected = float(jnp.mean(_traces(DiagonalLinear(first, second), inputs)))
    assert float(diagonal_trace(first, second, jnp.mean(inputs**2, axis=0))) == pytest.approx(expected, rel=1e-12)
    assert float(diagonal_trace(first, second)) != pytest.approx(expected, rel=0.01)


def test_diagonal_largest_eigenvalue_is_that_of_the_mean_matrix():
    first, second = _normal(3, 6), _normal(4, 6)
    blocks = [[jnp.diag(second**2), jnp.diag(first * second)], [jnp.diag(first * second), jnp.diag(first**2)]]
    values = jnp.linalg.eigvalsh(jnp.block(blocks) / 3)
    assert float(diagonal_largest_eigenvalue(first, second, 1 / 3)) == pytest.approx(float(values[-1]), rel=1e-12)
    assert float(diagonal_trace(first, second, 1 / 3)) == pytest.approx(float(jnp.sum(values)), rel=1e-12)


@pytest.mark.parametrize("sphere", [False, True])
def test_relu_trace_agrees_with_monte_carlo_over_automatic_gradients(sphere):
    incoming, outgoing, inputs = _normal(5, 4, 6), _normal(6, 4), _normal(7, 20_000, 6)
    if sphere:
        inputs = 6**0.5 * inputs / jnp.linalg.norm(inputs, axis=1, keepdims=True)
    sampled = _traces(TwoLayer(incoming, outgoing[:, None], jax.nn.relu), inputs)
    error = float(jnp.std(sampled)) / 20_000**0.5
    assert abs(float(relu_trace(incoming, outgoing)) - float(jnp.mean(sampled))) < 4 * error
    unscaled = 0.5 * float(jnp.sum(incoming**2) + jnp.sum(outgoing**2))
    assert abs(unscaled - float(jnp.mean(sampled))) > 40 * error


def test_trace_bounds_the_norms_and_balance_makes_equality():
    incoming, outgoing = _normal(8, 5, 9), _normal(9, 5)
    path = 3 * float(path_norm(incoming, outgoing[None, :]))
    assert float(relu_trace(incoming, outgoing)) > 1.1 * path
    scale = jnp.sqrt(3 * jnp.abs(outgoing) / jnp.linalg.norm(incoming, axis=1))
    assert float(relu_trace(incoming * scale[:, None], outgoing / scale)) == pytest.approx(path, rel=1e-12)
    first, second = _normal(10, 5), _normal(11, 5)
    l1 = 2 * float(jnp.sum(jnp.abs(first * second)))
    assert float(diagonal_trace(first, second)) > 1.01 * l1
    assert float(diagonal_trace(first, -first)) == pytest.approx(2 * float(jnp.sum(first**2)), rel=1e-12)


def test_bounds_on_norms_follow_from_the_bound_on_the_trace():
    assert float(largest_stable_trace(0.1, 4)) == pytest.approx(80.0)
    assert float(largest_stable_l1(0.1, 1 / 3)) * 2 / 3 == pytest.approx(float(largest_stable_trace(0.1)))
    assert float(largest_stable_path_norm(0.1, 16)) * 4 == pytest.approx(float(largest_stable_trace(0.1)))


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_expected_loss_agrees_with_enumeration_of_all_batches(batch):
    gradients, start = _normal(12, 4, 6), _normal(13, 6)
    losses = []
    for chosen in itertools.product(range(4), repeat=batch):
        rows = gradients[jnp.asarray(chosen)]
        after = start - 0.3 * rows.T @ (rows @ start) / batch
        losses.append(0.5 * jnp.mean((gradients @ after) ** 2))
    expected = float(jnp.mean(jnp.stack(losses)))
    assert float(expected_loss_after_step(gradients, start, 0.3, batch)) == pytest.approx(expected, rel=1e-12)


def test_noise_floor_bounds_the_loss_and_the_second_moment_does_not():
    gradients = jnp.asarray([[2.0, 0.0]])
    start = jnp.asarray([1.0, 0.0])
    loss = float(expected_loss_after_step(gradients, start, 0.25))
    assert loss == pytest.approx(0.0, abs=1e-15)  # one example has no noise, and this rate solves it in one step
    assert float(loss_noise_floor(gradients, start, 0.25)) == pytest.approx(0.0, abs=1e-15)
    second_moment_floor = 0.25**2 / 2 * 4.0 * float((gradients @ start)[0] ** 2) * 4.0
    assert second_moment_floor > 1.0
