import numpy as np

from separatrix.models.koopman import Galerkin, pseudospectrum
from separatrix.studies.koopman_limits.dictionaries import cat_map, doubling, projected
from separatrix.studies.koopman_limits.disk import quasi_random
from separatrix.studies.koopman_limits.interval_maps import chain_length, exact_residual


def test_the_longest_chain_of_doubled_frequencies():
    assert [chain_length(n) for n in (1, 7, 8, 64)] == [1, 3, 4, 7]


def test_the_residual_law_is_the_least_singular_value_of_one_chain():
    # the longest chain alone: a shift of m + 1 waves on m of them
    z, m = np.array([0.2 + 0.5j, -1.1, 0.0]), chain_length(20)
    shift = np.eye(m + 1, m, k=-1), np.eye(m + 1, m)
    chain = [np.linalg.svd(shift[0] - each * shift[1], compute_uv=False)[-1] for each in z]
    np.testing.assert_allclose(exact_residual(z, 20), np.minimum(chain, np.abs(z - 1)), atol=1e-14)
    np.testing.assert_allclose(pseudospectrum(doubling(20, 300), z), exact_residual(z, 20), atol=1e-12)


def test_the_cat_maps_sums_are_exact():
    pair: Galerkin = cat_map(2)
    np.testing.assert_allclose(pair.c.conj().T @ pair.c, np.eye(25), atol=1e-12)  # an isometry
    found = np.abs(pair.matrix)
    np.testing.assert_allclose(found * (1 - found), 0.0, atol=1e-12)  # waves go to waves, or out of the dictionary


def test_the_wrong_build_knows_nothing_outside_the_dictionary():
    pair = projected(doubling(8, 100))
    np.testing.assert_allclose(pair.c, pair.q @ pair.matrix, atol=1e-13)


def test_the_design_fills_the_disk():
    radii = np.sort(quasi_random(500)[:, 0])
    assert np.diff(radii).max() < 3 / 500
