"""Traces of functions of operators whose spectra are known."""

import numpy as np
import pytest

from separatrix.analysis.deflated_density import deflated_density
from separatrix.analysis.operators import from_matrix
from separatrix.analysis.spectral_density import spectral_density
from separatrix.errors import SeparatrixError


def rotated(values, seed=0):
    basis = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(values), len(values))))[0]
    return from_matrix(basis @ np.diag(values) @ basis.T)


def saturating(values):
    gain = 100 * np.maximum(values, 0)
    return gain / (1 + gain)


SPIKED = np.concatenate([[50.0, 20.0, 9.0, 5.0, -3.0], 1e-3 * np.linspace(0, 1, 195)])


def test_isolated_eigenvalues_are_found_and_the_rest_is_averaged():
    found = deflated_density(rotated(SPIKED))
    for value in (50.0, 20.0, 9.0, 5.0, -3.0):
        assert np.abs(found.eigenvalues - value).min() < 1e-6 * abs(value)
    np.testing.assert_allclose(found.weights.sum(axis=1), 1.0, rtol=1e-12)
    assert found.matvecs == 60


def test_traces_are_nearer_than_without_deflation():
    truth = saturating(SPIKED).sum()
    errors, plain = [], []
    for seed in range(8):
        operator = rotated(SPIKED, seed)
        value, half = deflated_density(operator, seed=seed).trace_of(saturating)
        errors.append((value - truth) / half)
        density = spectral_density(operator, 2, 30, seed=seed)
        plain.append(density.size * np.mean(np.sum(density.weights * saturating(density.nodes), axis=1)) - truth)
        assert abs(value - truth) < 0.1 * truth
    assert np.abs(errors).max() < 1.6  # three standard deviations
    assert np.abs(plain).max() > 0.1 * truth


def test_small_operators_are_exact():
    values = np.linspace(-1, 2, 30)
    assert deflated_density(rotated(values)).trace_of(np.exp) == (pytest.approx(np.exp(values).sum(), rel=1e-12), 0.0)


def test_an_exhausted_space_is_no_failure():
    values = np.repeat([3.0, 1.0], 40)
    found = deflated_density(rotated(values))
    assert found.trace_of(lambda v: v)[0] == pytest.approx(160.0, rel=0.05)


def test_counts_that_are_none_are_refused():
    with pytest.raises(SeparatrixError, match="'probes' parameter of deflated_density"):
        deflated_density(rotated(SPIKED), probes=0)
