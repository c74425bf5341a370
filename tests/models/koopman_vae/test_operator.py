"""The operator and its spectrum beside NumPy's least squares and finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.models.koopman_vae import (
    eigenvalue_moduli,
    koopman_operator,
    linear_residual,
    noise_floor,
    spectral_penalty,
)

RNG = np.random.default_rng(1)
BEFORE, AFTER = jnp.array(RNG.normal(size=(12, 4))), jnp.array(RNG.normal(size=(12, 4)))
FLAT = BEFORE[:, :2] @ jnp.array(RNG.normal(size=(2, 4)))
WEIGHTS = jnp.array(RNG.normal(size=(4, 4)))


@pytest.mark.parametrize("solver", ["qr", "pinv"])
def test_operator_is_numpys_least_squares(solver):
    expected = np.linalg.lstsq(BEFORE, AFTER)[0]
    found = koopman_operator(BEFORE, AFTER, solver)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert np.abs(found.T - expected).max() > 1e-2


def test_pseudo_inverse_stays_small_where_states_span_too_little():
    smallest = np.linalg.lstsq(FLAT, AFTER)[0]
    np.testing.assert_allclose(koopman_operator(FLAT, AFTER, "pinv"), smallest, atol=1e-12)
    assert np.linalg.norm(koopman_operator(FLAT, AFTER, "qr")) > 1e6 * np.linalg.norm(smallest)


@pytest.mark.parametrize(("before", "solver"), [(BEFORE, "qr"), (BEFORE, "pinv"), (FLAT, "pinv")])
def test_gradients_are_those_through_the_pseudo_inverse(before, solver):
    def ours(before, after):
        return jnp.sum(WEIGHTS * koopman_operator(before, after, solver))

    def theirs(before, after):
        return jnp.sum(WEIGHTS * (jnp.linalg.pinv(before, rtol=1e-12) @ after))

    for found, expected in zip(
        jax.grad(ours, (0, 1))(before, AFTER), jax.grad(theirs, (0, 1))(before, AFTER), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("constraint", ["two", "three", "all", "half", "stable"])
def test_penalty_has_the_gradient_of_finite_differences(constraint):
    matrix, along = RNG.normal(size=(5, 5)), RNG.normal(size=(5, 5))

    def value(step):
        return float(spectral_penalty(jnp.array(matrix + step * along), constraint))

    slope = np.sum(along * np.asarray(jax.grad(spectral_penalty)(jnp.array(matrix), constraint)))
    # the damping of gradients, 1e-6 over a squared cosine, is the larger error
    assert slope == pytest.approx((value(1e-6) - value(-1e-6)) / 2e-6, rel=1e-4, abs=1e-6)


def test_gradients_are_finite_where_eigenvalues_meet():
    defective = jnp.array([[0.5, 1.0], [0.0, 0.5]])
    assert np.isfinite(jax.grad(spectral_penalty)(defective, "all")).all()
    np.testing.assert_allclose(jax.grad(lambda a: eigenvalue_moduli(a).sum())(jnp.eye(3)), np.eye(3), atol=1e-5)
    assert float(spectral_penalty(defective, "none")) == 0


def test_linear_residual_of_noise_is_its_floor():
    mean, noise = jnp.zeros((400, 30, 2)), jnp.array(RNG.normal(size=(400, 30, 2)))
    floor = float(noise_floor(mean, jnp.zeros_like(mean)))
    assert floor == 1
    assert float(linear_residual(noise)) == pytest.approx(floor, abs=1e-2)  # two components of 12 000 pairs
