"""Stochastic estimates against exact spectra, with the power of each statistical test stated."""

import jax.numpy as jnp
import matfree.decomp
import numpy as np
import pytest

from separatrix.analysis import frobenius_norm, spectral_density, trace, trace_with_sketch
from separatrix.analysis.lanczos import tridiagonalise
from separatrix.analysis.operators import from_matrix
from separatrix.errors import SeparatrixError


def _matrix(values, seed=0):
    n = len(values)
    basis = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))[0]
    return (basis * values) @ basis.T


VALUES = np.concatenate([[9.0, 6.0, -3.0], np.linspace(-0.2, 0.4, 77)])
MATRIX = from_matrix(_matrix(VALUES))
KNOWN = np.linalg.qr(np.random.default_rng(0).standard_normal((80, 80)))[0][:, :3]


@pytest.mark.parametrize(
    ("estimate", "truth"),
    [
        (lambda seed: trace(MATRIX, 20, seed=seed), VALUES.sum()),
        (lambda seed: trace(MATRIX, 20, known=KNOWN, seed=seed), VALUES.sum()),
        (lambda seed: trace_with_sketch(MATRIX, 60, seed=seed), VALUES.sum()),
        (lambda seed: frobenius_norm(MATRIX, 20, seed=seed), np.sqrt((VALUES**2).sum())),
    ],
    ids=["hutchinson", "deflated", "sketch", "frobenius"],
)
def test_intervals_cover(estimate, truth):
    """200 runs at 95 %: fewer than 176 covered has probability below 1e-4; at a true coverage of 80 % it has 0.998."""
    results = [estimate(seed) for seed in range(200)]
    covered = sum(r.low <= truth <= r.high for r in results)
    narrow = sum(abs(r.value - truth) < 0.5 * r.standard_error for r in results)
    assert covered >= 176
    assert narrow < 176  # failing twin: half a standard error does not cover


def test_known_vectors_and_sketches_narrow_the_interval():
    plain, known, sketch = trace(MATRIX, 60), trace(MATRIX, 57, known=KNOWN), trace_with_sketch(MATRIX, 60)
    assert known.matvecs == sketch.matvecs == plain.matvecs == 60
    assert known.standard_error < plain.standard_error / 4
    assert sketch.standard_error < plain.standard_error / 4


def test_the_density_has_the_moments_of_the_spectrum():
    density = spectral_density(MATRIX, probes=40, steps=20)
    for power in (1, 2, 3, 4):
        value, error = density.moment(power)
        assert abs(value - np.mean(VALUES**power)) < 4 * error  # 4 standard errors of 40 probes: 3e-4 each
    assert abs(density.moment(2)[0] - np.var(VALUES) * 2.5) > 4 * density.moment(2)[1]
    np.testing.assert_allclose(density.weights.sum(axis=1), 1.0, rtol=1e-12)


def test_the_density_resembles_the_histogram():
    density = spectral_density(MATRIX, probes=40, steps=30)
    grid = np.linspace(-5.0, 12.0, 2000)
    smooth = density.on_grid(grid, 0.3)
    exact = np.mean(np.exp(-((grid[:, None] - VALUES[None, :]) ** 2) / 0.18), axis=1) / (0.3 * np.sqrt(2 * np.pi))
    step = grid[1] - grid[0]
    assert abs(smooth.sum() * step - 1) < 1e-6
    assert np.abs(smooth - exact).sum() * step < 0.05
    assert np.abs(np.roll(smooth, 100) - exact).sum() * step > 0.5
    assert abs(density.count_above(2.0) - 2) < 0.5


def test_lanczos_agrees_with_an_independent_program():
    start = np.random.default_rng(0).standard_normal(80)
    dense = jnp.asarray(_matrix(VALUES))
    other = matfree.decomp.tridiag_sym(12, reortho="full")(lambda v: dense @ v, jnp.asarray(start))
    matrix = np.asarray(other.J_small)
    diagonal, subdiagonal = tridiagonalise(MATRIX, start, 12)
    np.testing.assert_allclose(diagonal, np.diag(matrix), atol=1e-10)
    np.testing.assert_allclose(subdiagonal, np.abs(np.diag(matrix, 1)), atol=1e-10)


def test_an_exhausted_probe_stops_early():
    density = spectral_density(from_matrix(2 * np.eye(10)), probes=2, steps=5)
    assert density.matvecs == 2
    np.testing.assert_allclose(density.moment(1), (2.0, 0.0), atol=1e-14)


@pytest.mark.parametrize(
    "call",
    [
        lambda: trace(MATRIX, 1),
        lambda: trace_with_sketch(MATRIX, 3),
        lambda: frobenius_norm(MATRIX, 0),
        lambda: spectral_density(MATRIX, probes=1),
        lambda: spectral_density(MATRIX, steps=0),
    ],
)
def test_too_few_samples_are_refused(call):
    with pytest.raises(SeparatrixError, match=r"at least|positive"):
        call()
