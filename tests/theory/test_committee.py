"""Committee machines: closed moments, exact losses, lazy limits, and the mean-field theory beside simulations."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy.linalg import solve

from separatrix.learning import centred, descent, half_mean_squared, networks, on
from separatrix.learning.networks import activations
from separatrix.learning.tasks import single_index
from separatrix.observables import output_gradients, tangent_kernel
from separatrix.theory import committee, lazy
from separatrix.theory.committee import Moments
from separatrix.theory.committee_mean_field import TOLERANCE, committee_mean_field

D, N, P, ALPHA, EPSILON = 6, 9, 14, 1.5, 0.4


@pytest.fixture(scope="module")
def problem():
    keys = jax.random.split(jax.random.key(3), 3)
    beta = jax.random.normal(keys[0], (D,))
    net = networks.committee(keys[1], D, N, activations.linear_quadratic(EPSILON))
    return beta, net, single_index(keys[2], beta, P)


def _difference(net, start, beta):
    return committee.committee_error(Moments.of(net.weights), Moments.of(start.weights), beta, ALPHA, EPSILON)


def test_descent_of_any_width_closes_on_two_moments(problem):
    _, net, task = problem
    loss, rate = centred(on(half_mean_squared, task.data), net, ALPHA), 0.3
    rule = descent(loss, optax.sgd(2 * rate * N / ALPHA**2))  # the mean squared error is twice the loss
    learner, first = rule.initial(net), Moments.of(net.weights)
    now = first
    for _ in range(4):
        learner = rule.step(0, learner, None)
        moved = Moments(now.mean - first.mean, now.second - first.second)
        residuals = ALPHA * committee.committee_output(moved, task.x, EPSILON) - task.y[:, 0]
        now = committee.moment_step(now, committee.sample_forces(residuals, task.x), 2 * rate / ALPHA, EPSILON)
    network = Moments.of(learner.model.weights)
    np.testing.assert_allclose(now.mean, network.mean, atol=1e-12)
    np.testing.assert_allclose(now.second, network.second, atol=1e-12)
    assert np.abs(now.second - first.second).max() > 0.1  # and they did move


def test_exact_test_loss_is_the_integral_over_inputs(problem):
    beta, net, _ = problem
    error = committee.committee_error(Moments.of(net.weights), None, beta, ALPHA, EPSILON)
    power = committee.gaussian_power(error, beta)
    # a quartic of Gaussian inputs is averaged exactly by Gauss-Hermite nodes in a frame where A is diagonal
    values, frame = np.linalg.eigh(error.quadratic)
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    nodes, weights = nodes / D**0.5, weights / weights.sum()
    parts = np.asarray(frame.T @ error.linear)[:, None] * nodes + 0.5 * values[:, None] * nodes**2
    mean = parts @ weights
    variance = parts**2 @ weights - mean**2
    np.testing.assert_allclose(power.total, variance.sum() + mean.sum() ** 2, rtol=1e-12)
    assert abs(float((power.total - power.trace) / power.total) - 1) > 1e-3


def test_kernel_is_that_of_automatic_differentiation(problem):
    _, net, task = problem
    gradients = output_gradients(lambda model, x: model(x), net, task.x)
    ours = committee.committee_kernel(Moments.of(net.weights), task.x, task.x, EPSILON)
    np.testing.assert_allclose(ours, N * tangent_kernel(gradients), rtol=1e-10, atol=1e-12)


def test_lazy_training_is_a_loop_over_steps_and_ends_at_regression(problem):
    beta, net, task = problem
    first, y = Moments.of(net.weights), task.y[:, 0]
    kernel = committee.committee_kernel(first, task.x, task.x, EPSILON)
    training, rate = lazy.lazy_training(kernel, y), 1.7 / float(jnp.linalg.norm(kernel, 2))
    a = jnp.zeros(P)
    for _ in range(7):
        a = a - rate * (kernel @ a - y)
    found = training.coefficients(rate, jnp.array([7.0]))[0]
    np.testing.assert_allclose(found, a, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(training.residuals(rate, jnp.array([7.0]))[0], kernel @ a - y, atol=1e-10)
    fresh = jax.random.normal(jax.random.key(0), (5, D)) / D**0.5
    cross = committee.committee_kernel(first, fresh, task.x, EPSILON)
    np.testing.assert_allclose(lazy.kernel_regression(kernel, cross, y), cross @ solve(kernel, y), rtol=1e-6)
    error = committee.lazy_error(found, task.x, first, beta, EPSILON)
    wanted = cross @ found - 0.5 * (fresh @ beta) ** 2
    np.testing.assert_allclose(
        fresh @ error.linear + 0.5 * jnp.sum((fresh @ error.quadratic) * fresh, axis=1), wanted, atol=1e-10
    )


def test_large_scales_train_lazily_and_small_ones_do_not(problem):
    _, net, task = problem

    def ends(scale):
        loss, rate = centred(on(half_mean_squared, task.data), net, scale), 0.5
        rule = descent(loss, optax.sgd(2 * rate * N / scale**2))
        learner = jax.lax.fori_loop(0, 50, lambda _, now: rule.step(0, now, None), rule.initial(net))
        kernel = committee.committee_kernel(Moments.of(net.weights), task.x, task.x, EPSILON)
        left = lazy.lazy_training(kernel, task.y[:, 0]).residuals(2 * rate / P, jnp.array([50.0]))[0]
        return float(2 * loss(learner.model) / jnp.mean(left**2))

    assert ends(1e4) == pytest.approx(1, abs=1e-2)
    assert abs(ends(0.5) - 1) > 0.05


def test_infinite_data_move_the_network_as_the_mean_over_many_inputs(problem):
    beta, net, _ = problem
    start = networks.committee(jax.random.key(9), D, N, net.activation)
    difference = _difference(net, start, beta)
    x = jax.random.normal(jax.random.key(1), (200_000, D)) / D**0.5
    r = x @ difference.linear + 0.5 * jnp.sum((x @ difference.quadratic) * x, axis=1)
    for ours, sampled in zip(committee.population_forces(difference), committee.sample_forces(r, x), strict=True):
        np.testing.assert_allclose(ours, sampled, atol=0.02)  # five standard errors of 200 000 inputs
        assert np.abs(ours).max() > 0.1


def test_movement_that_learns_the_feature_is_that_of_the_matrix_root():
    beta, scale = jnp.array([1.0, 2.0, 0.5, 0.3]), 3.0
    beta = beta * 2 / jnp.linalg.norm(beta)
    values, vectors = np.linalg.eigh(np.eye(4) + np.outer(beta, beta) / (scale * EPSILON))
    root = (vectors * np.sqrt(values)) @ vectors.T
    moved = np.sum((root - np.eye(4)) ** 2) / 4
    np.testing.assert_allclose(committee.learned_displacement(4.0, scale, EPSILON), moved, rtol=1e-12)
    x = jax.random.normal(jax.random.key(0), (5, 4))
    once, twice = (committee.lazy_displacement(x, x[:, 0], s, EPSILON) for s in (1.0, 2.0))
    assert float(once / twice) == pytest.approx(4)


def _simulated(ratio, step, times, d=64, seeds=8):
    """Mean losses of infinitely wide networks in finite dimension."""
    keys = jax.random.split(jax.random.key(7), seeds)
    beta = jnp.ones(d)

    def run(key):
        task, first = single_index(key, beta, round(ratio * d)), Moments.infinite_width(d)

        def advance(now, _):
            moved = Moments(now.mean, now.second - first.second)
            r = ALPHA * committee.committee_output(moved, task.x, EPSILON) - task.y[:, 0]
            error = committee.committee_error(now, first, beta, ALPHA, EPSILON)
            test = committee.gaussian_power(error, beta).total
            after = committee.moment_step(now, committee.sample_forces(r, task.x), 2 * step * d / ALPHA, EPSILON)
            return after, (jnp.mean(r**2), test, jnp.trace(now.second) / d)

        return jax.lax.scan(advance, first, None, length=times)[1]

    return [np.mean(values, axis=0) for values in jax.jit(jax.vmap(run))(keys)]


def test_mean_field_theory_agrees_with_networks_in_high_dimension():
    ratio, step, times = 5.5, 0.15, 18
    theory = committee_mean_field(
        jax.random.key(0), ALPHA, EPSILON, ratio, dimension=64.0, step=step, times=times, examples=128, error=0.0
    )
    assert bool(theory.converged)
    train, test, norm = _simulated(ratio, step, times)
    # the tolerance is that of eight networks of 64 inputs, whose losses vary by a tenth from one to the next
    np.testing.assert_allclose(theory.train_loss[4:], train[4:], rtol=0.15)
    np.testing.assert_allclose(theory.test_loss, test, rtol=0.15)
    np.testing.assert_allclose(theory.norm, norm, rtol=0.05)
    few, _, _ = _simulated(2.0, step, times)
    assert np.max(np.abs(few[4:] / theory.train_loss[4:] - 1)) > 0.3


def test_an_error_in_the_solution_is_reported_and_not_called_converged():
    spoiled = committee_mean_field(
        jax.random.key(0), ALPHA, EPSILON, 5.5, dimension=64.0, step=0.15, times=18, examples=128, error=1e-3
    )
    assert not bool(spoiled.converged)
    assert float(spoiled.residual) > 100 * TOLERANCE
