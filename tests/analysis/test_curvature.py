"""Hessian and Gauss-Newton of JAX losses against matrices written out in full."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles.dense_curvature import dense_gauss_newton, dense_hessian
from separatrix.analysis import curvature, eigenpairs, leading_eigenvalue, sharpness
from separatrix.analysis.operators import NondeterministicLossError, dense
from separatrix.errors import SeparatrixError

X = jax.random.normal(jax.random.key(1), (8, 3))
Y = jax.random.normal(jax.random.key(2), (8, 2))


class Gated(eqx.Module):
    """A custom module with a static field and an integer leaf that is no parameter."""

    inner: jax.Array
    outer: jax.Array
    count: jax.Array
    activation: str = eqx.field(static=True)

    def __call__(self, x):
        return self.outer @ (jnp.tanh(self.inner @ x) * jax.nn.sigmoid(self.inner[::-1] @ x))


def _model(seed=0):
    a, b = jax.random.split(jax.random.key(seed))
    return Gated(jax.random.normal(a, (4, 3)), jax.random.normal(b, (2, 4)), jnp.array(3), "gated")


def _outputs(model):
    return jax.vmap(model)(X)


def _squares(y):
    return jnp.mean(jnp.sum((y - Y) ** 2, axis=1))


def _loss(model):
    return _squares(_outputs(model))


def _arrays(model):
    return {"inner": model.inner, "outer": model.outer}


def _rebuilt(arrays):
    return Gated(arrays["inner"], arrays["outer"], jnp.array(3), "gated")


def test_hessian_and_eigenpairs_agree_with_the_dense_matrix():
    model = _model()
    exact = dense_hessian(lambda a: _loss(_rebuilt(a)), _arrays(model))
    operator = curvature.hessian(_loss, model)
    np.testing.assert_allclose(dense(operator), exact, atol=1e-8)
    values = np.linalg.eigvalsh(exact)
    top, bottom = eigenpairs(operator, 3, tolerance=1e-10), eigenpairs(operator, 3, "smallest", tolerance=1e-10)
    np.testing.assert_allclose(top.values, values[::-1][:3], atol=1e-8)
    np.testing.assert_allclose(bottom.values, values[:3], atol=1e-8)


def test_gauss_newton_agrees_with_the_dense_matrix_and_differs_from_the_hessian():
    model = _model()
    exact = dense_gauss_newton(lambda a: _outputs(_rebuilt(a)), _squares, _arrays(model))
    operator = curvature.gauss_newton(_outputs, _squares, model)
    np.testing.assert_allclose(dense(operator), exact, atol=1e-8)
    assert np.linalg.eigvalsh(exact).min() > -1e-12
    assert np.abs(dense(curvature.hessian(_loss, model)) - exact).max() > 0.1


def test_gauss_newton_is_the_hessian_at_zero_residual():
    model = _model()
    target = _outputs(model)

    def squares(y):
        return jnp.mean(jnp.sum((y - target) ** 2, axis=1))

    hessian = dense(curvature.hessian(lambda m: squares(_outputs(m)), model))
    np.testing.assert_allclose(dense(curvature.gauss_newton(_outputs, squares, model)), hessian, atol=1e-10)


def test_nothing_is_compiled_again_for_other_parameters():
    traced = 0

    def loss(model):
        nonlocal traced
        traced += 1
        return _loss(model)

    curvature.hessian(loss, _model(0), check=False) @ np.ones(20)
    before, compiled = traced, curvature._apply._cache_size()
    curvature.hessian(loss, _model(1), check=False) @ np.ones(20)
    # the loss is traced for its shape only, and neither program is compiled again
    assert traced - before <= 1
    assert curvature._apply._cache_size() == compiled


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_products_are_symmetric_and_linear(seed):
    operator = curvature.hessian(_loss, _model(), check=False)
    u, v = np.random.default_rng(seed).standard_normal((2, operator.size))
    assert np.isclose(u @ (operator @ v), v @ (operator @ u), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(operator @ (u + 2 * v), (operator @ u) + 2 * (operator @ v), atol=1e-9)


def test_sharpness_runs_inside_a_compiled_scan():
    models = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[_arrays(_model(s)) for s in range(3)])

    @jax.jit
    def track(stacked):
        return jax.lax.scan(lambda c, m: (c, sharpness(lambda a: _loss(_rebuilt(a)))(m)), 0.0, stacked)[1]

    exact = [np.linalg.eigvalsh(dense_hessian(lambda a: _loss(_rebuilt(a)), _arrays(_model(s))))[-1] for s in range(3)]
    np.testing.assert_allclose(track(models), exact, rtol=1e-8)


def test_the_residual_of_the_compiled_solver_bounds_its_error():
    model = _model()
    exact = np.linalg.eigvalsh(dense(curvature.hessian(_loss, model)))
    for iterations in (1, 3, 6):
        value, residual = leading_eigenvalue(_loss, model, iterations=iterations, smallest=True)
        assert np.abs(exact - float(value)).min() <= float(residual) + 1e-10
    assert abs(float(leading_eigenvalue(_loss, model, iterations=1)[0]) - exact[-1]) > 1e-2


def test_an_exhausted_krylov_space_adds_no_spurious_eigenvalue():
    """All eigenvalues are negative: padding with zeros would return zero as the largest."""
    value = sharpness(lambda x: -2.0 * jnp.sum(x**2))(jnp.ones(5))
    np.testing.assert_allclose(value, -4.0, rtol=1e-12)


def test_a_random_loss_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(NondeterministicLossError, match="dropout"):
        curvature.hessian(lambda x: jnp.sum(x**2) * rng.random(), jnp.ones(3))


@pytest.mark.parametrize(("loss", "params"), [(lambda x: x, jnp.ones(2)), (lambda x: 1.0, {"a": 3})])
def test_bad_input_is_refused(loss, params):
    with pytest.raises(SeparatrixError):
        curvature.hessian(loss, params)
