import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.theory.temporal_information import (
    contrast_ceiling,
    gaussian_information,
    information_chain,
    mode_information,
    squared_error_floor,
    stationary_covariance,
    temporal_information,
    variation_bound,
)

EIGENVALUES = np.array([0.99, 0.9, 0.5])


def stable(rng, size):
    matrix = rng.normal(size=(size, size))
    return 0.9 * matrix / np.abs(np.linalg.eigvals(matrix)).max()


def positive(rng, size):
    root = rng.normal(size=(size, size))
    return root @ root.T + 0.1 * np.eye(size)


@pytest.mark.parametrize(("lag", "nats"), [(1, 2.9327), (5, 1.3886)])
def test_reference_numbers_whatever_the_noise(lag, nats):
    noise = np.diag([3.0, 0.2, 1.0])
    found = temporal_information(np.diag(EIGENVALUES), noise, lag)
    assert found == pytest.approx(nats, abs=5e-5)
    assert found == pytest.approx(mode_information(EIGENVALUES, lag).sum(), abs=1e-10)
    assert found != pytest.approx(mode_information(np.sqrt(EIGENVALUES), lag).sum(), rel=0.1)  # lambda^lag: wrong


def test_information_of_a_general_process_is_that_of_its_joint_covariance():
    rng = np.random.default_rng(0)
    k, noise = stable(rng, 4), positive(rng, 4)
    p, power = stationary_covariance(k, noise), np.linalg.matrix_power(k, 3)
    assert p == pytest.approx(k @ p @ k.T + noise)
    joint = np.block([[p, p @ power.T], [power @ p, p]])
    assert temporal_information(k, noise, 3) == pytest.approx(gaussian_information(joint, 4), rel=1e-9)


def test_chain_falls_and_is_level_for_an_invertible_encoder():
    rng = np.random.default_rng(1)
    k, noise = stable(rng, 4), positive(rng, 4)
    states, half, latents = information_chain(k, noise, rng.normal(size=(2, 4)))
    assert states > half > latents > 0
    levels = information_chain(k, noise, rng.normal(size=(4, 4)))
    assert np.ptp(levels) < 1e-9
    assert levels[0] == pytest.approx(temporal_information(k, noise, 1), rel=1e-9)


def test_error_floor_is_below_the_best_linear_forecast_and_met_where_errors_are_alike():
    rng = np.random.default_rng(2)
    k, noise, encoder = stable(rng, 3), positive(rng, 3), rng.normal(size=(2, 3))
    p = stationary_covariance(k, noise)
    gain = k @ p @ encoder.T @ np.linalg.inv(encoder @ p @ encoder.T)
    error = p - gain @ encoder @ p @ k.T
    information = information_chain(k, noise, encoder)[1]
    assert squared_error_floor(p, information) == pytest.approx(np.linalg.det(error) ** (1 / 3), rel=1e-9)
    assert squared_error_floor(p, information) < np.trace(error) / 3


def test_variation_bound_is_zero_without_loss_and_at_most_one():
    assert variation_bound(np.ones(3), np.ones(3)) == 0
    assert variation_bound(np.ones(3), np.ones(3), 0.02) == pytest.approx(0.1)
    assert variation_bound(np.full(3, 9.0), np.ones(3)) == 1


def test_bad_input():
    with pytest.raises(SeparatrixError, match="stationary"):
        stationary_covariance(np.eye(2), np.eye(2))
    with pytest.raises(SeparatrixError, match="lag"):
        temporal_information(np.diag(EIGENVALUES), np.eye(3), 0)
    with pytest.raises(SeparatrixError, match="at least 8"):
        contrast_ceiling(7, 3)
