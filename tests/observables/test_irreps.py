"""Irreps of finite groups, against their known dimensions, characters and Fourier analysis."""

import numpy as np
import pytest

from separatrix.learning.tasks import cyclic, dihedral, direct_product, symmetric
from separatrix.observables import fourier_power, irrep_chance, irrep_power, real_irreps


def quaternions():
    one, i, j = np.eye(2), np.array([[1j, 0], [0, -1j]]), np.array([[0, 1], [-1, 0]])
    every = [sign * unit for unit in (one, i, j, i @ j) for sign in (1, -1)]
    return np.array([[next(n for n, c in enumerate(every) if np.allclose(c, a @ b)) for b in every] for a in every])


KNOWN = {
    "Z8": (cyclic(8), [1, 2, 2, 2, 1], [1, 2, 2, 2, 1]),
    "Z3 x Z4": (direct_product(cyclic(3), cyclic(4)), [1, 1, 2, 2, 2, 2, 2], [1, 1, 2, 2, 2, 2, 2]),
    "D4": (dihedral(4), [1, 1, 1, 1, 2], [1, 1, 1, 1, 4]),
    "S4": (symmetric(4), [1, 1, 2, 3, 3], [1, 1, 4, 9, 9]),
    "Q8": (quaternions(), [1, 1, 1, 1, 4], [1, 1, 1, 1, 4]),
}


@pytest.mark.parametrize("name", KNOWN)
def test_dimensions_are_those_of_character_tables(name):
    table, dimension, functions = KNOWN[name]
    irreps = real_irreps(table)
    assert irreps.dimension.tolist() == dimension
    assert irreps.functions.tolist() == functions
    np.testing.assert_allclose(irreps.basis @ irreps.basis.T, np.eye(len(table)), atol=1e-12)  # rounding of eigh


@pytest.mark.parametrize("name", ["S4", "Q8"])
def test_translations_of_a_function_stay_in_its_irreps(name):
    table = KNOWN[name][0]
    irreps = real_irreps(table)
    f = np.random.default_rng(0).normal(size=len(table))
    for moved in (f[table[3]], f[table[:, 5]]):
        np.testing.assert_allclose(irrep_power(moved, irreps), irrep_power(f, irreps), rtol=1e-9)
    shuffled = np.random.default_rng(1).permutation(f)
    assert not np.allclose(irrep_power(shuffled, irreps), irrep_power(f, irreps), rtol=0.01)


def test_cyclic_groups_are_analysed_by_frequency_whatever_the_numbering():
    p = 9
    f = np.random.default_rng(0).normal(size=(2, p))
    by_frequency = np.asarray(irrep_power(f, real_irreps(cyclic(p))))
    np.testing.assert_allclose(by_frequency[:, 1:], fourier_power(f), rtol=1e-9)
    order = np.array([0, *np.random.default_rng(1).permutation(np.arange(1, p))])
    renamed = np.argsort(order)[cyclic(p)[order][:, order]]
    again = np.asarray(irrep_power(f[:, order], real_irreps(renamed)))
    np.testing.assert_allclose(np.sort(again[:, 1:]), np.sort(by_frequency[:, 1:]), rtol=1e-9)


def test_noise_stands_out_as_rarely_as_the_chance_says():
    irreps = real_irreps(symmetric(4))
    noise = np.random.default_rng(0).normal(size=(4000, 2, 24))
    power = np.asarray(irrep_power(noise, irreps)).sum(axis=1)
    _, share, chance = irrep_chance(power, irreps, vectors=2)
    low = float(np.mean(np.asarray(chance) < 0.1))
    assert 0.07 < low <= 0.115  # a bound that is nearly tight; 0.115 is three standard deviations above it
    wrong = irrep_chance(power, irreps, vectors=1)[2]  # twin: as if one vector had been looked at
    assert not 0.07 < float(np.mean(np.asarray(wrong) < 0.1)) <= 0.115
    assert float(share.max()) < 1


def test_a_pure_function_is_found_beyond_doubt():
    irreps = real_irreps(symmetric(4))
    pure = irreps.basis[irreps.label == 3][0]
    found, share, chance = irrep_chance(irrep_power(pure, irreps), irreps)
    assert (int(found), round(float(share), 9)) == (3, 1.0)
    assert float(chance) < 1e-9
