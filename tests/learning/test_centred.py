"""The centred parametrisation: zero at the start, scaled, and trained through the model alone."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from separatrix.learning import Centred, centred, half_mean_squared, networks, on

DATA = jnp.linspace(-1, 1, 12).reshape(4, 3), jnp.ones((4, 2))


def test_it_starts_at_zero_and_scales_the_difference():
    net = networks.perceptron(jax.random.key(0), (3, 5, 2), jnp.tanh)
    other = networks.perceptron(jax.random.key(1), (3, 5, 2), jnp.tanh)
    x = DATA[0][0]
    np.testing.assert_array_equal(Centred(net, net, 7.0)(x), 0)
    np.testing.assert_allclose(Centred(other, net, 7.0)(x), 7 * (other(x) - net(x)), rtol=1e-12)


def test_only_the_model_is_trained():
    net = networks.two_layer(jax.random.key(0), 3, 5, 2, jnp.tanh)
    model = Centred(net, net, jnp.asarray(3.0))
    slope = eqx.filter_grad(lambda m: half_mean_squared(m, DATA))(model)
    assert all(not np.any(leaf) for leaf in jax.tree.leaves((slope.initial, slope.scale)))
    assert any(np.any(leaf) for leaf in jax.tree.leaves(slope.model))
    bare = eqx.filter_grad(centred(on(half_mean_squared, DATA), net, 3.0))(net)
    np.testing.assert_allclose(bare.u, slope.model.u, rtol=1e-12)
