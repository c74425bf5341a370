"""What a ridge readout sends back: against scikit-learn, gradients, and its own closed form and limits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.linear_model import Ridge

from separatrix.theory import readout_signal, ridge_readout, ridge_residual, ridge_signal, unit_coupling

RNG = np.random.default_rng(0)
F, Y = jnp.asarray(RNG.normal(size=(20, 30))), jnp.asarray(RNG.normal(size=(20, 3)))


@pytest.mark.parametrize("eta", [0.1, 10.0])
def test_readout_is_that_of_scikit_learn(eta):
    peer = Ridge(alpha=eta).fit(np.asarray(F), np.asarray(Y))
    np.testing.assert_allclose(ridge_readout(F, Y, eta), peer.coef_.T, rtol=1e-8)


@pytest.mark.parametrize("eta", [0.1, 10.0])
def test_closed_form_is_the_signal(eta):
    true = readout_signal(F, Y, ridge_readout(F, Y, eta))
    np.testing.assert_allclose(ridge_signal(F, Y, eta), true, atol=1e-12 * float(jnp.max(jnp.abs(true))))
    residual = ridge_residual(F, Y, eta)
    ft, yt = F - jnp.mean(F, axis=0, keepdims=True), Y - jnp.mean(Y, axis=0, keepdims=True)
    np.testing.assert_allclose(residual, yt - ft @ ridge_readout(F, Y, eta), atol=1e-12)
    one_sided = residual @ (yt.T @ ft) / eta
    assert not np.allclose(one_sided, true, rtol=0.05)


def test_signal_is_minus_the_gradient_of_half_the_squared_error():
    v = jnp.asarray(RNG.normal(size=(30, 3)))

    def error(features):
        left = Y - features @ v
        return 0.5 * jnp.sum((left - jnp.mean(left, axis=0, keepdims=True)) ** 2)

    np.testing.assert_allclose(readout_signal(F, Y, v), -jax.grad(error)(F), rtol=1e-9)


def test_signal_vanishes_without_decay_and_becomes_each_units_own_with_much():
    ft, yt = F - jnp.mean(F, axis=0, keepdims=True), Y - jnp.mean(Y, axis=0, keepdims=True)
    small = [float(jnp.linalg.norm(ridge_signal(F, Y, eta))) for eta in (1e-4, 1e-3)]
    assert small[1] / small[0] == pytest.approx(10, rel=0.01)
    own = yt @ (yt.T @ ft)
    np.testing.assert_allclose(1e8 * ridge_signal(F, Y, 1e8), own, atol=1e-4 * float(jnp.max(jnp.abs(own))))
    assert not np.allclose(1.0 * ridge_signal(F, Y, 1.0), own, rtol=0.1)


def test_two_like_units_repel():
    features = jnp.asarray(RNG.normal(size=(50, 1))) + 0.3 * jnp.asarray(RNG.normal(size=(50, 2)))
    assert float(unit_coupling(features, 1.0)[0, 1]) < 0
    assert float(unit_coupling(features * jnp.array([[1.0, -1.0]]), 1.0)[0, 1]) > 0
