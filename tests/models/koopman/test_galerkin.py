import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.models.koopman import (
    certificate,
    eigenpairs,
    galerkin,
    koopman_modes,
    residuals,
    stochastic_residuals,
    verdicts,
)


def linear_map():
    draw = np.random.default_rng(0)
    matrix = np.array([[0.9, 0.3], [-0.2, 0.7]])
    states = draw.normal(size=(60, 2))
    return matrix, states, states @ matrix.T


def test_the_basis_is_orthonormal_for_any_weights_and_scales():
    _, states, images = linear_map()
    weights = np.random.default_rng(1).uniform(0.1, 1, 60)
    px, py = states * np.array([[1e-6, 1e5]]), images * np.array([[1e-6, 1e5]])
    pair = galerkin(px, py, weights)
    np.testing.assert_allclose(pair.q.T @ pair.q, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(np.sqrt(weights)[:, None] * px @ pair.basis, pair.q, atol=1e-12)
    np.testing.assert_allclose(np.sqrt(weights)[:, None] * py @ pair.basis, pair.c, atol=1e-10)


def test_dependent_functions_are_dropped_and_change_nothing():
    _, states, images = linear_map()
    double = galerkin(*(np.concatenate([part, part.sum(axis=1, keepdims=True)], axis=1) for part in (states, images)))
    assert (double.rank, double.dictionary_size) == (2, 3)
    one = np.sort_complex(eigenpairs(galerkin(states, images)).eigenvalues)
    np.testing.assert_allclose(np.sort_complex(eigenpairs(double).eigenvalues), one)


def test_a_linear_map_has_its_eigenvalues_and_modes_without_residual():
    matrix, states, images = linear_map()
    pair = galerkin(states, images)
    pairs = eigenpairs(pair)
    truth = np.sort_complex(np.linalg.eigvals(matrix))
    np.testing.assert_allclose(np.sort_complex(pairs.eigenvalues), truth)
    assert pairs.residuals.max() < 1e-14
    again = (states @ pairs.functions * pairs.eigenvalues[None, :]) @ koopman_modes(pair, pairs, states)
    np.testing.assert_allclose(again.real, images, atol=1e-13)


def test_residuals_hold_digits_that_the_squared_form_loses():
    _, states, images = linear_map()
    pair = galerkin(states, images)
    pairs = eigenpairs(pair)
    off = pairs.eigenvalues + 1e-11
    np.testing.assert_allclose(residuals(pair, off, pairs.vectors), 1e-11, rtol=1e-3)
    a, square = pair.matrix, pair.c.T @ pair.c
    v, z = pairs.vectors[:, 0], off[0]
    form = square - z * a.T - np.conj(z) * a + abs(z) ** 2 * np.eye(2)
    assert abs(np.sqrt(abs(v.conj() @ form @ v)) / 1e-11 - 1) > 1  # the failing twin


def test_certificates_need_four_snapshots_a_function():
    _, states, images = linear_map()
    assert certificate(galerkin(states[:8], images[:8])) == "valid"
    void = certificate(galerkin(states[:7], images[:7]))
    assert void.startswith("void: 7 snapshots for 2 functions")
    assert verdicts(np.array([0.0]), void).tolist() == ["void"]


def test_noise_leaves_a_residual_that_two_images_remove():
    draw = np.random.default_rng(2)
    x = draw.normal(size=(40_000, 1))
    one, other = (galerkin(x, 0.5 * x + 0.3 * draw.normal(size=x.shape)) for _ in range(2))
    value, vector = np.array([0.5]), np.ones((1, 1))
    assert residuals(one, value, vector)[0] == pytest.approx(0.3, abs=0.01)
    found = stochastic_residuals(one, other, value, vector)
    assert found.residuals[0] < 0.04  # standard error of the square: 0.09 / 200
    assert found.spreads[0] == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(
    ("px", "py", "weights"),
    [
        (np.full((3, 1), np.nan), np.ones((3, 1)), None),
        (np.ones((3, 1)), np.ones((3, 1)), np.zeros(3)),
        (np.zeros((3, 1)), np.ones((3, 1)), None),
    ],
)
def test_unusable_data_are_refused_in_one_line(px, py, weights):
    with pytest.raises(SeparatrixError) as error:
        galerkin(px, py, weights)
    assert "\n" not in str(error.value)
