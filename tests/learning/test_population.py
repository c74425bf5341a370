"""Population losses against averages over samples, and the two ways to write the linear one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.learning import LinearPopulation, QuadraticPopulation
from separatrix.learning.networks import TwoLayer, activations


def _network(units: int, size: int, outputs: int, activation) -> TwoLayer:
    first, second = jax.random.split(jax.random.key(units))
    return TwoLayer(jax.random.normal(first, (units, size)), jax.random.normal(second, (units, outputs)), activation)


@pytest.mark.parametrize("units", [2, 9])
def test_linear_loss_is_the_mean_over_data_with_few_units_and_with_many(units):
    keys = jax.random.split(jax.random.key(0), 2)
    z, y = jax.random.normal(keys[0], (50, 5)), jax.random.normal(keys[1], (50, 4))
    model = _network(units, 5, 4, activations.linear)
    loss = LinearPopulation(y.T @ z / 50, z.T @ z / 50, jnp.mean(jnp.sum(y**2, axis=1)))
    direct = 0.5 * jnp.mean(jnp.sum((y - z @ model.u.T @ model.v) ** 2, axis=1))
    np.testing.assert_allclose(loss(model), direct, rtol=1e-12)
    without_covariance = LinearPopulation.whitened(y.T @ z / 50)
    assert abs(without_covariance(model) - direct) > 1e-2 * direct


def test_quadratic_loss_is_the_mean_over_gaussian_inputs():
    model, target = _network(3, 2, 1, activations.square), jnp.diag(jnp.array([1.0, -1.0]))
    # a Gauss-Hermite rule of five nodes is exact for the polynomials of degree eight that come up
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    x = jnp.asarray(np.stack(np.meshgrid(nodes, nodes), -1).reshape(-1, 2))
    mass = jnp.asarray(np.outer(weights, weights).ravel() / weights.sum() ** 2)
    y = jnp.einsum("na,ab,nb->n", x, target, x)
    f = ((x @ model.u.T) ** 2 @ model.v)[:, 0]
    np.testing.assert_allclose(QuadraticPopulation(target)(model), 0.5 * jnp.sum(mass * (y - f) ** 2), rtol=1e-10)
