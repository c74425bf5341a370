import jax
import jax.numpy as jnp
import numpy as np

from separatrix.observables import centre_of_copies, error_of_centre, error_of_one, synchronisation_error


def test_the_error_of_one_is_that_of_the_centre_and_a_share_of_the_spread():
    states = {"a": jax.random.normal(jax.random.key(0), (6, 3)), "b": jax.random.normal(jax.random.key(1), (6, 2, 2))}
    truth = {"a": jnp.ones(3), "b": jnp.zeros((2, 2))}
    flat = np.concatenate([np.asarray(states["a"]), np.asarray(states["b"]).reshape(6, 4)], axis=1)
    point = np.array([1.0, 1, 1, 0, 0, 0, 0])
    np.testing.assert_allclose(error_of_one(states, truth), np.mean(np.sum((flat - point) ** 2, axis=1)))
    np.testing.assert_allclose(error_of_centre(states, truth), np.sum((flat.mean(0) - point) ** 2))
    np.testing.assert_allclose(synchronisation_error(states), flat.var(0).sum() * 6)
    np.testing.assert_allclose(centre_of_copies(states)["a"], flat[:, :3].mean(0))
