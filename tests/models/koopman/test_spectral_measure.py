import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.models.koopman import (
    disk_grid,
    galerkin,
    measure_preserving,
    pseudospectrum,
    quadrature_error,
    rational_kernel,
    smoothed_measure,
    verified_spectrum,
    worst_distance,
)


def poisson(angle, bandwidth):
    radius = 1 / (1 + bandwidth)
    return (1 - radius**2) / (1 - 2 * radius * np.cos(angle) + radius**2) / (2 * np.pi)


@pytest.mark.parametrize("order", [1, 2, 3, 6])
def test_every_order_gives_the_mass_of_a_measure(order):
    draw = np.random.default_rng(order)
    unitary = np.linalg.qr(draw.normal(size=(7, 7)) + 1j * draw.normal(size=(7, 7)))[0]
    vector = draw.normal(size=7)
    theta = 2 * np.pi * np.arange(400) / 400
    density = smoothed_measure(unitary, vector, theta, bandwidth=0.3, order=order)
    assert density.mean() * 2 * np.pi == pytest.approx(vector @ vector, rel=1e-10)


def test_order_one_is_a_sum_of_poisson_kernels():
    angles, vector = np.array([0.3, 2.0, -1.0]), np.array([1.0, 0.5, 2.0])
    theta = np.linspace(-3, 3, 20)
    found = smoothed_measure(np.diag(np.exp(1j * angles)), vector, theta, bandwidth=0.2, order=1)
    truth = (poisson(theta[:, None] - angles[None, :], 0.2) * np.square(vector)[None, :]).sum(axis=1)
    np.testing.assert_allclose(found, truth, rtol=1e-12)
    assert not np.allclose(
        smoothed_measure(np.diag(np.exp(-1j * angles)), vector, theta, bandwidth=0.2, order=1), truth
    )


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_the_error_falls_to_the_order_of_the_kernel(order):
    # the shift and e_0 + e_1 / 2, whose density is known
    matrix, vector = np.eye(41, k=1), np.zeros(41)
    vector[[20, 19]] = 1.0, 0.5
    theta, bandwidths = np.array([0.3, 1.1, 2.5]), (0.04, 0.02)
    truth = np.square(np.abs(1 + 0.5 * np.exp(1j * theta))) / (2 * np.pi)
    coarse, fine = (
        np.abs(smoothed_measure(matrix, vector, theta, bandwidth=b, order=order) - truth).max() for b in bandwidths
    )
    assert order - 0.35 < np.log2(coarse / fine) < order + 0.35


@pytest.mark.parametrize(("order", "bandwidth"), [(0, 0.1), (2, 0.0)])
def test_kernels_that_do_not_exist_are_refused(order, bandwidth):
    with pytest.raises(SeparatrixError, match="rational_kernel"):
        rational_kernel(order, bandwidth)


def test_moments_in_a_krylov_dictionary_are_exact_up_to_its_size():
    angle = 2 * np.pi * np.arange(256) / 256
    images = np.stack([1 / (1.25 - np.cos(angle + j * np.sqrt(2))) for j in range(7)], axis=1)
    pair = galerkin(images[:, :6], images[:, 1:])
    model = measure_preserving(pair)
    np.testing.assert_allclose(model.vectors.conj().T @ model.vectors, np.eye(6), atol=1e-12)
    weights = model.spectral_weights(pair.coefficients(images[:, :1])[:, 0])
    powers = model.eigenvalues[:, None] ** np.arange(7)[None, :]
    error = np.abs(weights @ powers - images.T @ images[:, 0] / 256)
    assert error[:6].max() < 1e-10 < 1e-3 < error[6]


def test_every_point_of_a_verified_spectrum_is_within_its_bound():
    angle, k = 2 * np.pi * np.arange(400) / 400, np.arange(-12, 13)[None, :]
    pair = galerkin(np.exp(1j * angle[:, None] * k), np.exp(1j * (angle[:, None] + 1) * k))
    distances = []
    for n in (4, 8):
        grid = disk_grid(1 / n)
        found = verified_spectrum(grid, pseudospectrum(pair, grid), 1 / n)
        assert np.abs(1 - np.abs(found.points)).max() <= found.error + 1e-12
        distances.append(worst_distance(found.points, np.exp(1j * k[0])))
    assert distances[1] < distances[0]


def test_a_grid_without_a_candidate_gives_an_empty_spectrum():
    grid = disk_grid(0.5)
    found = verified_spectrum(grid, np.ones(len(grid)), 0.5)
    assert (len(found.points), found.error) == (0, 0.0)
    assert worst_distance(found.points, np.array([1.0 + 0j])) == np.inf


def test_sums_are_within_the_bound_that_the_modulus_of_continuity_gives():
    # a rotation by midpoints that are not equidistant: no sum is exact
    edges = np.sort(np.random.default_rng(0).uniform(0, 2 * np.pi, 3000))
    edges = np.concatenate([[0.0], edges, [2 * np.pi]])
    angle, weights = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / (2 * np.pi)
    k, spacing = np.arange(-2, 3)[None, :], np.diff(edges).max() / 2
    px, py = np.exp(1j * angle[:, None] * k), np.exp(1j * (angle[:, None] + 1) * k)
    bound = quadrature_error(5, 2.0, lambda distance: distance, spacing)
    gram, compressed = px.conj().T @ (weights[:, None] * px), px.conj().T @ (weights[:, None] * py)
    worst = max(np.linalg.norm(gram - np.eye(5), 2), np.linalg.norm(compressed - np.diag(np.exp(1j * k[0])), 2))
    assert 0 < worst < bound < 0.5
