"""The diagonal linear network: what it computes, and what gradient flow conserves."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from separatrix.learning import half_mean_squared
from separatrix.learning.networks import DiagonalLinear


def test_it_is_linear_with_the_products_as_coefficients():
    generator = np.random.default_rng(0)
    first, second, x = (jnp.asarray(generator.normal(size=5)) for _ in range(3))
    network = DiagonalLinear(first, second)
    np.testing.assert_allclose(network(x), [np.sum(np.asarray(first) * np.asarray(second) * np.asarray(x))], rtol=1e-12)
    np.testing.assert_allclose(jax.jacobian(network)(x)[0], network.coefficients, rtol=1e-12)


def test_gradient_flow_conserves_the_differences_of_squares():
    generator = np.random.default_rng(1)
    network = DiagonalLinear(*(jnp.asarray(generator.normal(size=4)) for _ in range(2)))
    batch = (jnp.asarray(generator.normal(size=(6, 4))), jnp.asarray(generator.normal(size=(6, 1))))
    gradient = eqx.filter_grad(half_mean_squared)(network, batch)
    np.testing.assert_allclose(network.first * gradient.first - network.second * gradient.second, 0, atol=1e-12)
    assert float(jnp.max(jnp.abs(network.first * gradient.first + network.second * gradient.second))) > 0.1
