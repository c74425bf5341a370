import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import solve_continuous_lyapunov, solve_discrete_lyapunov

from separatrix.dynamics import complete_graph, laplacian, path_graph, random_graph, ring_graph
from separatrix.errors import SeparatrixError
from separatrix.theory import (
    bias_of_centre,
    expected_error_of_centre,
    expected_synchronisation_error,
    laplacian_spectrum,
    synchronisation_bound,
    synchronisation_radius,
)

CURVATURES, NOISE, STRENGTH = np.array([0.3, 1.0, 2.5]), 0.7, 1.3


def deviation(covariance, copies, dimension):
    keep = np.kron(np.eye(copies) - 1 / copies, np.eye(dimension))
    return np.trace(keep @ covariance @ keep)


@pytest.mark.parametrize("graph", [path_graph(5), random_graph(5, 0.8, 1)])
def test_the_floor_is_that_of_lyapunovs_equation(graph):
    ties = np.asarray(laplacian(graph))
    drift = np.kron(np.eye(5), np.diag(CURVATURES)) + STRENGTH * np.kron(ties, np.eye(3))
    covariance = solve_continuous_lyapunov(drift, NOISE**2 * np.eye(15))
    spectrum = np.linalg.eigvalsh(ties)
    expected = expected_synchronisation_error(CURVATURES, spectrum, STRENGTH, NOISE)
    np.testing.assert_allclose(deviation(covariance, 5, 3), expected, rtol=1e-10)
    mean = np.kron(np.full((1, 5), 1 / 5), np.eye(3))
    centre = np.trace(mean @ covariance @ mean.T)
    np.testing.assert_allclose(centre, expected_error_of_centre(CURVATURES, NOISE, 5), rtol=1e-10)
    bound = synchronisation_bound(CURVATURES.min(), spectrum[1], STRENGTH, NOISE, 5, 3)
    assert expected < bound
    np.testing.assert_allclose(synchronisation_radius(bound, 5), np.sqrt(bound / 5))


def test_steps_of_finite_size_are_exact_too():
    step, spectrum = 0.05, laplacian_spectrum("ring", 4)

    drift = np.kron(np.eye(4), np.diag(CURVATURES)) + STRENGTH * np.kron(
        np.asarray(laplacian(ring_graph(4))), np.eye(3)
    )
    covariance = solve_discrete_lyapunov(np.eye(12) - step * drift, NOISE**2 * step * np.eye(12))
    expected = expected_synchronisation_error(CURVATURES, spectrum, STRENGTH, NOISE, step)
    np.testing.assert_allclose(deviation(covariance, 4, 3), expected, rtol=1e-10)
    continuous = expected_synchronisation_error(CURVATURES, spectrum, STRENGTH, NOISE)
    assert not np.isclose(expected, continuous, rtol=1e-2)


def test_the_bound_is_tight_for_the_complete_graph_and_void_without_a_rate():
    spectrum = np.linalg.eigvalsh(laplacian(complete_graph(6)))
    exact = expected_synchronisation_error(jnp.ones(2), spectrum, 0.5, NOISE)
    np.testing.assert_allclose(synchronisation_bound(1.0, 6.0, 0.5, NOISE, 6, 2), exact, rtol=1e-10)
    assert synchronisation_bound(-1.0, 0.5, 1.0, NOISE, 6, 2) == np.inf


def test_bias_falls_from_one_copys_to_that_of_a_nth_of_the_noise():
    spectrum = laplacian_spectrum("complete", 10)
    alone = bias_of_centre(1.0, 1.0, spectrum, 0.0, 0.5)
    np.testing.assert_allclose(alone, -(0.5**2) / 4)
    np.testing.assert_allclose(bias_of_centre(1.0, 1.0, spectrum, 1e9, 0.5), alone / 10, rtol=1e-6)


def test_an_unknown_graph_is_named():
    with pytest.raises(SeparatrixError, match="'graph' parameter"):
        laplacian_spectrum("wheel", 5)
