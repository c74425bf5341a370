"""The two parametrisations and the masks of the study's networks, against plain networks."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr

from separatrix.learning import descent, half_summed_squared, on
from separatrix.learning.networks import TwoLayer
from separatrix.studies.permutations_ntk.size_claims import crossing, growth
from separatrix.studies.permutations_ntk.training import layerwise, start

K, WIDTH = 3, 24
LOSS = on(half_summed_squared, (jnp.eye(K, dtype=jnp.float32), jnp.eye(K, dtype=jnp.float32)))


def _descend(model, optimizer, steps=12):
    rule = descent(LOSS, optimizer)
    state = rule.initial(model)
    step = eqx.filter_jit(lambda state: rule.step(0, state, None))
    for _ in range(steps):
        state = step(state)
    return state.model


def test_the_standard_parametrisation_is_one_rate_for_both_layers():
    model = start(jax.random.key(0), K, WIDTH, K)
    found = _descend(model, layerwise(2.0, K, WIDTH, K / WIDTH))
    plain = _descend(model, optax.sgd(2.0 / WIDTH))
    np.testing.assert_allclose(found.u, plain.u, rtol=1e-5, atol=1e-6)
    assert float(jnp.max(jnp.abs(_descend(model, layerwise(2.0, K, WIDTH, 1.0)).u - plain.u))) > 0.01


def test_the_ntk_parametrisation_is_one_rate_for_weights_of_unit_variance():
    model = start(jax.random.key(1), K, WIDTH, K)
    found = _descend(model, layerwise(2.0, K, WIDTH, 1.0))

    def loss(weights):
        w, v = weights
        return LOSS(TwoLayer(w / K**0.5, v / WIDTH**0.5, jax.nn.relu))

    weights = (model.u * K**0.5, model.v * WIDTH**0.5)
    gradient = jax.jit(jax.grad(loss))
    for _ in range(12):
        weights = jax.tree.map(lambda w, g: w - 2.0 * g, weights, gradient(weights))
    np.testing.assert_allclose(found.u * K**0.5, weights[0], rtol=1e-4, atol=1e-5)


def test_units_that_are_not_active_stay_zero():
    model = start(jax.random.key(2), K, WIDTH, K, jnp.asarray(10))
    found = _descend(model, layerwise(2.0, K, 10, 1.0))
    assert float(jnp.max(jnp.abs(found.u[10:]))) == 0.0 == float(jnp.max(jnp.abs(found.v[10:])))
    cut = _descend(TwoLayer(model.u[:10], model.v[:10], jax.nn.relu), layerwise(2.0, K, 10, 1.0))
    np.testing.assert_allclose(found.u[:10], cut.u, rtol=1e-5, atol=1e-6)


def test_crossings_and_growth():
    sizes = np.array([1, 10, 100])
    share = xr.DataArray([0.1, 0.8, 1.0], dims="models", coords={"models": sizes})
    np.testing.assert_allclose(crossing(share), 10**1.5)
    assert np.isnan(crossing(share * 0.5))
    bits = np.array([4, 6, 10])
    np.testing.assert_allclose(growth(xr.DataArray(3.0 * bits**1.7, dims="bits", coords={"bits": bits})), 1.7)
