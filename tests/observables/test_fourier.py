"""Fourier observables against the dense basis, waves that were put in, and the law of noise."""

import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.observables import (
    dominant_frequency,
    dominant_share,
    dominant_share_p_value,
    fourier_basis,
    fourier_harmonics,
    fourier_power,
    inverse_participation_ratio,
    misalignment,
    wrapped,
)


@pytest.mark.parametrize("p", [2, 3, 23, 24])
def test_the_basis_is_orthonormal_and_gives_the_power(p):
    basis = np.asarray(fourier_basis(p))
    np.testing.assert_allclose(basis @ basis.T, np.eye(p), atol=1e-13)
    vectors = np.random.default_rng(0).standard_normal((4, p))
    coefficients = (vectors @ basis.T)[:, 1:] ** 2
    if p % 2 == 0:
        coefficients = np.concatenate([coefficients, np.zeros((4, 1))], axis=1)
    dense = coefficients.reshape(4, -1, 2).sum(axis=2)
    np.testing.assert_allclose(fourier_power(vectors), dense, atol=1e-12)
    np.testing.assert_allclose(fourier_power(vectors.T, axis=0), dense, atol=1e-12)


def test_waves_that_were_put_in_are_found():
    p, k, magnitude, phase = 23, 5, 0.7, -2.0
    j = np.arange(p)
    wave = 3.0 + magnitude * np.cos(2 * np.pi * k * j / p + phase)
    found = fourier_harmonics(wave)
    assert int(dominant_frequency(found.magnitude)) == k
    np.testing.assert_allclose(found.magnitude[k - 1], magnitude, rtol=1e-12)
    np.testing.assert_allclose(found.phase[k - 1], phase, rtol=1e-12)
    assert abs(found.phase[k - 1] + phase) > 1, "the other sign of the transform is another phase"
    np.testing.assert_allclose(inverse_participation_ratio(fourier_power(wave)), 1.0, rtol=1e-12)
    alternating = fourier_harmonics(2.0 * (-1.0) ** np.arange(6))
    np.testing.assert_allclose(alternating.magnitude, [0, 0, 2.0], atol=1e-13)


def test_angles_are_wrapped_to_the_half_open_interval():
    np.testing.assert_allclose(
        wrapped(np.array([np.pi, 3 * np.pi, -3.5, 7.0])), [np.pi, np.pi, 2 * np.pi - 3.5, 7 - 2 * np.pi]
    )
    assert abs(float(misalignment(1.5, 0.18)) - (3.0 - 0.18)) < 1e-12
    assert abs(float(misalignment(-2.0, 2.0)) - (2 * np.pi - 6.0)) < 1e-12


@pytest.mark.parametrize(("p", "columns"), [(23, 1), (24, 1), (23, 4)])
def test_the_p_value_is_that_of_noise(p, columns):
    """The largest share exceeds its level of chance q in a fraction q of draws; the bound is tight at small q."""
    noise = np.random.default_rng(1).standard_normal((20_000, p, columns))
    shares = np.asarray(dominant_share(fourier_power(noise, axis=1).sum(axis=1)))
    chances = np.asarray(dominant_share_p_value(shares, p, columns))
    for level in (0.05, 0.01):
        error = 4 * np.sqrt(level / 20_000)
        assert level * 0.9 - error < np.mean(chances <= level) <= level + error
    single = np.asarray(dominant_share_p_value(shares, p, columns)) / (p // 2)
    assert np.mean(single <= 0.05) > 0.2, "without counting the frequencies that were looked at, noise passes"


def test_the_mean_concentration_of_noise():
    noise = np.random.default_rng(2).standard_normal((20_000, 23))
    # standard error of the mean is below 0.0005
    assert abs(float(jnp.mean(inverse_participation_ratio(fourier_power(noise)))) - 2 / 12) < 0.002


def test_a_single_number_has_no_frequencies():
    with pytest.raises(SeparatrixError, match="length 2 or more"):
        fourier_power(np.ones((3, 1)))
