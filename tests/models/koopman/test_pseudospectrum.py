import dataclasses
import importlib

import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.models.koopman import exceeds, galerkin, pseudo_eigenfunctions, pseudospectrum


def pair(count=90, *, real=True, weights=None):
    draw = np.random.default_rng(3)
    px, py = draw.normal(size=(2, 5 * count, count))
    py = 0.8 * px @ np.eye(count, k=1) + 0.3 * py
    return galerkin(px, py if real else py * np.exp(0.4j), weights)


def least_singular_values(model, z):
    return np.array([np.linalg.svd(model.c - each * model.q, compute_uv=False)[-1] for each in z])


def scattered(count, seed=0):
    draw = np.random.default_rng(seed)
    return draw.uniform(-1.5, 1.5, count) + 1j * draw.uniform(-1.5, 1.5, count)


@pytest.fixture(params=["whole", "in cells"])
def way(request, monkeypatch):
    if request.param == "in cells":
        module = importlib.import_module("separatrix.models.koopman.pseudospectrum")
        monkeypatch.setattr(module, "DENSE", 0)
        monkeypatch.setattr(module, "DENSE_WORK", 0.0)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("real", [True, False])
def test_it_is_the_least_singular_value_of_the_rectangular_pencil(real):
    model, z = pair(40, real=real), scattered(60)
    found, truth = pseudospectrum(model, z, tolerance=1e-6)[::6], least_singular_values(model, z[::6])
    # attained by a function, so never below (to rounding); above by ten times the tolerance at most
    assert np.all(found >= truth - 1e-13)
    np.testing.assert_allclose(found, truth, atol=1e-5)


def test_images_as_the_dictionary_holds_them_are_no_substitute():
    model, z = pair(30), scattered(10)
    wrong = dataclasses.replace(model, c=model.q @ model.matrix)
    assert np.abs(pseudospectrum(wrong, z) - least_singular_values(model, z)).max() > 0.1


@pytest.mark.usefixtures("way")
def test_a_rotation_of_many_waves_gives_the_distance_from_its_eigenvalues():
    # the hardest case: everywhere in the disk all singular values crowd together
    angle, k = 2 * np.pi * np.arange(600) / 600, np.arange(-25, 26)[None, :]
    model = galerkin(np.exp(1j * angle[:, None] * k), np.exp(1j * (angle[:, None] + 1) * k))
    z = scattered(60)
    truth = np.abs(z[:, None] - np.exp(1j * k)).min(axis=1)
    found = pseudospectrum(model, z, tolerance=1e-4)
    assert np.all(found >= truth - 1e-13)
    np.testing.assert_allclose(found, truth, atol=1e-3)


def test_the_shape_is_kept_and_repeated_points_agree():
    model = pair(30)
    z = scattered(6).reshape(2, 3)
    np.testing.assert_array_equal(pseudospectrum(model, z), pseudospectrum(model, z.ravel()).reshape(2, 3))
    np.testing.assert_array_equal(*pseudospectrum(model, np.array([0.3 + 0.2j, 0.3 - 0.2j]))[:, None])  # real data


def test_minimisers_have_the_residuals_that_are_given():
    model, z = pair(30), scattered(5)
    found = pseudo_eigenfunctions(model, z)
    parts = model.c @ found.vectors - (model.q @ found.vectors) * z[None, :]
    np.testing.assert_allclose(np.linalg.norm(parts, axis=0), found.residuals, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=0), 1.0)
    np.testing.assert_allclose(found.functions, model.basis @ found.vectors)


def test_lower_bounds_are_proven_below_the_truth_and_never_above():
    model, z = pair(30), scattered(5)
    truth = least_singular_values(model, z)
    assert exceeds(model, z, truth * (1 - 1e-6)).all()
    assert not exceeds(model, z, truth * (1 + 1e-6)).any()


def test_it_never_rises_with_the_dictionary_and_never_falls_below_the_distance_for_isometries():
    angle, z = 2 * np.pi * np.arange(512) / 512, scattered(30)
    found = []
    for order in (4, 8, 16):
        k = np.arange(-order, order + 1)[None, :]
        found.append(pseudospectrum(galerkin(np.exp(1j * angle[:, None] * k), np.exp(2j * angle[:, None] * k)), z))
    assert np.all(np.diff(found, axis=0) <= 1e-12)
    assert np.all(np.array(found) >= np.abs(1 - np.abs(z))[None, :] - 1e-12)


@pytest.mark.parametrize(("z", "tolerance"), [([np.nan], 1e-4), ([0.0], 0.0)])
def test_unusable_questions_are_refused(z, tolerance):
    with pytest.raises(SeparatrixError, match=r"finite|range"):
        pseudospectrum(pair(20), np.array(z), tolerance=tolerance)
