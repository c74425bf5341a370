"""Stationary points, their index and the time of escape, where all of these are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from oracles.dense_curvature import two_layer_linear_saddle_eigenvalues
from separatrix.analysis import (
    curvature,
    degenerate_escape_time,
    escape_time,
    find_stationary_point,
    predicted_escape,
    saddle_index,
)
from separatrix.analysis.operators import dense, from_matrix
from separatrix.errors import SeparatrixError

STRENGTHS = (3.0, 2.0, 1.2, 0.6)


def _linear_loss(weights):
    return jnp.sum((jnp.diag(jnp.array(STRENGTHS)) - weights["outer"] @ weights["inner"]) ** 2) / 2


def _weights(inner, outer):
    return {"inner": jnp.asarray(inner), "outer": jnp.asarray(outer)}


def _stage(learned, width=5, scale=1e-3, seed=0):
    """Near the saddle at which the first modes are learned and the others are not."""
    rng = np.random.default_rng(seed)
    inner, outer = scale * rng.standard_normal((width, 4)), scale * rng.standard_normal((4, width))
    for mode in range(learned):
        inner[mode, mode] += STRENGTHS[mode] ** 0.5
        outer[mode, mode] += STRENGTHS[mode] ** 0.5
    return _weights(inner, outer)


def test_the_saddle_at_zero_of_a_linear_network():
    operator = curvature.hessian(_linear_loss, _weights(np.zeros((5, 4)), np.zeros((4, 5))))
    exact = two_layer_linear_saddle_eigenvalues(STRENGTHS, 5)
    np.testing.assert_allclose(np.linalg.eigvalsh(dense(operator)), exact, atol=1e-12)
    found = saddle_index(operator)
    assert (found.negative, found.null, found.complete) == (20, 0, True)
    np.testing.assert_allclose(found.rate, 3.0, rtol=1e-12)


def test_copies_are_counted_without_forming_the_matrix():
    operator = curvature.hessian(_linear_loss, _weights(np.zeros((5, 4)), np.zeros((4, 5))))
    found = saddle_index(operator, dense_size=0, max_matvecs=2000)
    assert (found.negative, found.complete) == (20, True)
    np.testing.assert_allclose(np.sort(found.values), -np.repeat(STRENGTHS, 5), rtol=1e-2)


def test_too_small_a_budget_answers_at_least():
    values = np.concatenate([-np.linspace(1.0, 2.0, 30), np.linspace(0.5, 3.0, 70)])
    found = saddle_index(from_matrix(np.diag(values)), dense_size=0, max_matvecs=60)
    assert not found.complete
    assert 0 < found.negative < 30


@pytest.mark.parametrize("learned", [1, 2, 3])
def test_newton_reaches_the_saddle_that_is_near_and_not_the_minimum(learned):
    start = _stage(learned)
    found = find_stationary_point(_linear_loss, start)
    assert found.converged and found.gradient_norm < 1e-11 and found.distance < 0.1
    left = sum(s**2 for s in STRENGTHS[learned:]) / 2
    np.testing.assert_allclose(float(_linear_loss(found.point)), left, rtol=1e-9)
    index = saddle_index(curvature.hessian(_linear_loss, found.point))
    # each unlearned mode lowers the loss along every hidden unit that is free, of which there are width - learned
    assert index.negative == (4 - learned) * (5 - learned)
    np.testing.assert_allclose(index.rate, STRENGTHS[learned], rtol=1e-6)


def test_a_search_that_ends_early_says_so():
    found = find_stationary_point(_linear_loss, _stage(1, scale=0.1), max_steps=1)
    assert not found.converged
    slope = find_stationary_point(lambda x: jnp.sum(jnp.log1p(jnp.exp(x))), jnp.array([1.0]), max_steps=10)
    assert not slope.converged  # a loss with no stationary point


def test_a_degenerate_saddle_is_not_called_a_minimum():
    found = find_stationary_point(lambda x: x[0] ** 3 + x[1] ** 2, jnp.array([0.1, 0.2]))
    assert found.converged
    index = saddle_index(curvature.hessian(lambda x: x[0] ** 3 + x[1] ** 2, found.point), zero=1e-4)
    assert index.degenerate and index.negative == 0 and index.rate == 0.0
    assert not saddle_index(from_matrix(np.eye(2))).degenerate


def test_escape_times_agree_with_iterated_dynamics():
    rates, amplitudes, radius, learning_rate = np.array([1.0, 0.7]), np.array([1e-6, 1e-4]), 0.5, 0.1
    state, steps = amplitudes.copy(), 0
    while np.linalg.norm(state) < radius:
        state, steps = state * (1 + learning_rate * rates), steps + 1
    predicted = escape_time(rates, amplitudes, radius, learning_rate=learning_rate)
    assert steps - 1 < predicted <= steps
    flow = escape_time(rates, amplitudes, radius)
    np.testing.assert_allclose(np.linalg.norm(amplitudes * np.exp(rates * flow)), radius, rtol=1e-9)
    assert abs(flow / learning_rate - predicted) > 1  # failing twin: the flow's rate is not that of finite steps
    assert escape_time(rates, np.zeros(2), radius) == float("inf")
    assert escape_time(rates, np.ones(2), radius) == 0.0


def test_the_predicted_escape_is_that_of_gradient_descent():
    """From near the saddle at zero: the steps that descent really takes to half the first mode's amplitude."""
    start, learning_rate, radius = _stage(0, scale=1e-6), 0.01, 0.1
    saddle = _weights(np.zeros((5, 4)), np.zeros((4, 5)))
    flat = curvature.flat_parameters
    index = saddle_index(curvature.hessian(_linear_loss, saddle))
    predicted = predicted_escape(index, np.asarray(flat(start)[0]), radius, learning_rate=learning_rate)

    def step(state):
        weights, steps = state
        slope = jax.grad(_linear_loss)(weights)
        return jax.tree.map(lambda w, g: w - learning_rate * g, weights, slope), steps + 1

    def inside(state):
        return jnp.linalg.norm(flat(state[0])[0]) < radius

    steps = int(jax.lax.while_loop(inside, step, (start, 0))[1])
    assert abs(predicted / steps - 1) < 0.01
    assert predicted_escape(saddle_index(from_matrix(np.eye(2))), np.ones(2), radius) == float("inf")


@pytest.mark.parametrize("order", [2, 3])
def test_degenerate_escape_time_agrees_with_small_steps(order):
    x, steps, step = 0.05, 0, 1e-3
    while x < 0.5:
        slope = 2.0 * x**order
        x, steps = x + step * 2.0 * (x + step * slope / 2) ** order, steps + 1
    np.testing.assert_allclose(degenerate_escape_time(2.0, order, 0.05, 0.5), steps * step, rtol=1e-3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: escape_time(np.array([-1.0]), np.ones(1), 1.0),
        lambda: escape_time(np.ones(1), np.ones(1), 0.0),
        lambda: escape_time(np.ones(1), np.ones(1), 1.0, learning_rate=0.0),
        lambda: degenerate_escape_time(1.0, 1, 0.1, 1.0),
        lambda: degenerate_escape_time(0.0, 2, 0.1, 1.0),
    ],
)
def test_bad_parameters_are_refused(call):
    with pytest.raises(SeparatrixError, match="must be"):
        call()
