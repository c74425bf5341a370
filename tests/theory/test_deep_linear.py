"""Closed forms of deep linear learning against integrated equations, their limits, and against each other."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.special import polygamma

from separatrix.theory import deep_linear as theory
from separatrix.theory import deep_linear_depth as depth
from separatrix.theory import isometry

TOLERANCE = 1e-8  # of the reference integration


def integrated(velocity, start, ts):
    return solve_ivp(velocity, (0, ts[-1]), np.atleast_1d(start), t_eval=ts, method="DOP853", rtol=1e-11, atol=1e-13).y


TS = np.linspace(0, 6, 25)


@pytest.mark.parametrize("variance", [1.0, 0.3, 4.0])
def test_a_balanced_mode_solves_its_equation(variance):
    s, start = 1.3, 1e-3
    exact = integrated(lambda t, u: 2 * u * (s - variance * u), start, TS)[0]
    found = theory.mode_strength(TS, s, start, variance)
    np.testing.assert_allclose(found, exact, rtol=TOLERANCE)
    if variance != 1.0:
        forgotten = theory.mode_strength(TS, s, start)
        assert np.max(np.abs(np.asarray(forgotten) - exact)) > 0.1  # white inputs assumed


def test_a_mode_without_correlation_decays_as_a_power():
    exact = integrated(lambda t, u: -2 * u**2, 0.5, TS)[0]
    np.testing.assert_allclose(theory.mode_strength(TS, 0.0, 0.5), exact, rtol=TOLERANCE)


def test_time_inverts_strength():
    s, start = 1.7, 2e-3
    reached = theory.mode_strength(TS[1:], s, start, 0.8)
    np.testing.assert_allclose(theory.mode_time(start, reached, s, 0.8), TS[1:], rtol=1e-6)
    assert float(theory.mode_strength(theory.half_time(s, start), s, start)) == pytest.approx(s / 2)


@pytest.mark.parametrize("weights", [(0.7, 0.02), (0.02, 0.7), (-0.7, -0.02), (0.7, -0.02)])
def test_an_unbalanced_mode_solves_its_equation(weights):
    s = 1.3
    a, b = integrated(lambda t, x: [x[1] * (s - x[0] * x[1]), x[0] * (s - x[0] * x[1])], weights, TS)
    np.testing.assert_allclose(theory.unbalanced_strength(TS, s, *weights), a * b, rtol=1e-7, atol=1e-10)
    balanced = np.asarray(theory.mode_strength(TS, s, abs(weights[0] * weights[1])))
    assert np.max(np.abs(balanced - a * b)) > 0.05


def test_unbalanced_time_is_that_of_the_strength():
    s, a, b = 2.0, 0.9, 0.1
    reached = theory.unbalanced_strength(TS[1:8], s, a, b)
    np.testing.assert_allclose(theory.unbalanced_time(s, a, b, reached), TS[1:8], rtol=1e-6)


def test_nearly_balanced_weights_follow_the_sigmoid():
    found = theory.unbalanced_strength(TS, 1.0, 0.1, 0.1 * (1 + 1e-6))
    np.testing.assert_allclose(found, theory.mode_strength(TS, 1.0, 0.01), rtol=1e-5)  # off balance by 1e-6


def test_only_the_sum_of_a_modes_weights_starts_it():
    first, second = jnp.array([[0.2, 0.0], [0.0, 0.5]]), jnp.array([[-0.2, 0.0], [0.0, 0.5]])
    start = theory.effective_start(first, second, jnp.eye(2), jnp.eye(2))
    np.testing.assert_allclose(start, [0.0, 0.25], atol=1e-15)


def test_small_random_weights_start_at_the_effective_strength():
    rng = np.random.default_rng(0)
    first, second = 1e-4 * rng.standard_normal((5, 1)), 1e-4 * rng.standard_normal((1, 5))
    x0 = np.concatenate([first[:, 0], second[0]])

    def velocity(t, x):
        a, b = x[:5], x[5:]
        gap = 2.0 - a @ b
        return np.concatenate([gap * b, gap * a])

    x = integrated(velocity, x0, TS)
    simulated = np.sum(x[:5] * x[5:], axis=0)
    start = theory.effective_start(jnp.asarray(first), jnp.asarray(second), jnp.eye(1), jnp.eye(1))
    late = simulated > 1e-3
    right = theory.mode_strength(TS, 2.0, float(start[0]))
    np.testing.assert_allclose(np.asarray(right)[late], simulated[late], rtol=1e-3)
    wrong = theory.mode_strength(TS, 2.0, abs(float(first[:, 0] @ second[0])))
    assert np.max(np.abs(np.asarray(wrong)[late] / simulated[late] - 1)) > 0.05


def test_mode_dynamics_names_what_a_simulation_observes():
    modes = theory.mode_dynamics(TS, np.array([2.0, 1.0]), np.array([1e-3, 1e-2]))
    assert modes.strength.dims == ("time", "mode") and modes.loss.dims == ("time",)
    np.testing.assert_allclose(modes.loss, 0.5 * ((modes.strength - modes.singular_value) ** 2).sum("mode"))
    deeper = theory.mode_dynamics(TS, np.array([2.0, 1.0]), np.array([1e-3, 1e-2]), matrices=3)
    assert float(deeper.loss[-1]) > 0


@pytest.mark.parametrize("matrices", [1, 2, 3, 7])
def test_a_mode_in_depth_solves_its_equation(matrices):
    s, start, ts = 1.4, 0.02, np.linspace(0, 4, 9)
    exact = integrated(lambda t, u: matrices * u ** (2 - 2 / matrices) * (s - u), start, ts)[0]
    found = np.asarray(depth.depth_strength(ts, s, start, matrices))
    np.testing.assert_allclose(found, exact, rtol=TOLERANCE)
    one_more = np.asarray(depth.depth_strength(ts, s, start, matrices + 1))
    assert np.max(np.abs(one_more - exact)) > 0.01


def test_two_matrices_in_depth_are_the_sigmoid():
    np.testing.assert_allclose(
        depth.depth_strength(TS, 1.4, 0.02, 2), theory.mode_strength(TS, 1.4, 0.02), rtol=TOLERANCE
    )


@pytest.mark.parametrize("matrices", [1, 2, 5, 99, math.inf])
def test_the_depth_integral_is_the_integral(matrices):
    start, end, s = 1e-3, 0.99, 1.2
    exponent = 2 - 2 / matrices
    exact = quad(
        lambda x: np.exp((1 - exponent) * x) / (s - np.exp(x)), np.log(start), np.log(end), epsabs=0, epsrel=1e-11
    )
    assert float(depth.depth_integral(start, end, s, matrices)) == pytest.approx(exact[0], rel=1e-9)


def test_infinite_depth_is_the_limit():
    start, end, s = 1e-3, 0.99, 1.3
    closed = float(depth.infinite_depth_integral(start, end, s))
    assert float(depth.depth_integral(start, end, s, math.inf)) == pytest.approx(closed, rel=1e-10)
    errors = [closed - float(depth.depth_integral(start, end, s, L)) for L in (1000, 2000)]
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.01)  # approached as 1 / L


@pytest.mark.parametrize("strength", [0.4, 1.3])
def test_curvature_is_the_hessians(strength):
    s, matrices = 1.3, 4
    a = np.full(matrices, strength ** (1 / matrices))
    product, others = np.prod(a), np.prod(a) / a
    second = product / np.outer(a, a) * (1 - np.eye(matrices))
    hessian = np.outer(others, others) - (s - product) * second
    along = hessian.sum() / matrices
    assert float(depth.mode_curvature(s, matrices, strength)) == pytest.approx(along)
    if strength == s:
        assert np.linalg.eigvalsh(hessian)[-1] == pytest.approx(along)


def test_activity_dies_below_the_edge_and_lives_above_it():
    below, above = (np.asarray(isometry.activity(g, 1.0, 300)) for g in (0.9, 1.1))
    assert below[-1] < 1e-12
    q = above[-1]
    samples = np.sqrt(q) * np.random.default_rng(0).standard_normal(400_000)
    assert 1.21 * np.mean(np.tanh(samples) ** 2) == pytest.approx(q, rel=0.01)  # Monte Carlo error 0.3 %


def test_jacobian_scale_is_that_of_wide_networks():
    n, layers, gain, networks = 64, 8, 1.05, 16
    rng = np.random.default_rng(1)
    scales = np.empty(networks)
    for k in range(networks):
        x, jacobian = rng.standard_normal(n), np.eye(n)
        for _ in range(layers):
            w = gain * np.linalg.qr(rng.standard_normal((n, n)))[0]
            jacobian = w @ (jacobian / np.cosh(x)[:, None] ** 2)
            x = w @ np.tanh(x)
        scales[k] = np.linalg.norm(jacobian) / np.sqrt(n)
    spread = 4 * scales.std(ddof=1) / np.sqrt(networks)
    assert abs(float(isometry.jacobian_scale(gain, 1.0, layers)[-1]) - scales.mean()) < spread
    assert abs(float(isometry.jacobian_scale(1.1, 1.0, layers)[-1]) - scales.mean()) > spread


def test_gaussian_products_shrink_at_newmans_rates():
    n, factors = 40, 60
    rng = np.random.default_rng(2)
    q, logs = np.eye(n), np.zeros(n)
    for _ in range(factors):
        q, r = np.linalg.qr(rng.standard_normal((n, n)) / np.sqrt(n) @ q)
        logs += np.log(np.abs(np.diag(r)))
    rates = isometry.gaussian_product_rates(n)
    deviation = np.sqrt(polygamma(1, (n - np.arange(n)) / 2) / 4 / factors)  # of the mean of log chi
    assert np.max(np.abs(logs / factors - rates) / deviation) < 4
    assert (
        np.max(np.abs(logs / factors - np.log(1 - np.arange(n) / n) / 2) / deviation) > 4
    )  # the limit of wide matrices
    assert rates[n // 2] == pytest.approx(-math.log(2) / 2, abs=0.05)
