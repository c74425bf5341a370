import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.polynomial.legendre import leggauss

from separatrix.errors import SeparatrixError
from separatrix.models.koopman import (
    EDMD,
    Delays,
    Fourier,
    Legendre,
    Monomials,
    RadialBasis,
    TrainedDictionary,
    galerkin,
)
from separatrix.models.koopman.dictionary import count_of_products, multi_indices
from separatrix.models.koopman.trained_dictionary import share_outside

STATES = np.random.default_rng(0).uniform(-1, 1, (50, 3))


@pytest.mark.parametrize(("dimension", "degree"), [(1, 5), (2, 3), (3, 4), (10, 2)])
def test_multi_indices_are_all_products(dimension, degree):
    rows = multi_indices(dimension, degree)
    assert len({tuple(row) for row in rows.tolist()}) == len(rows) == count_of_products(dimension, degree)
    assert rows.sum(axis=1).max() == degree


def test_monomials_are_powers():
    dictionary = Monomials(3, scaled=False).fit(STATES)
    by_hand = np.prod(STATES[:, None, :] ** dictionary.powers_[None, :, :], axis=2)
    np.testing.assert_allclose(dictionary.transform(STATES), by_hand, atol=1e-14)
    scaled = Monomials(3).fit_transform(STATES)
    # the same span, better conditioned
    left = scaled - by_hand @ np.linalg.lstsq(by_hand, scaled)[0]
    assert np.abs(left).max() < 1e-10
    far = STATES + 100
    assert np.linalg.cond(Monomials(3).fit_transform(far)) < 1e-3 * np.linalg.cond(
        Monomials(3, False).fit_transform(far)
    )


def test_legendre_polynomials_are_orthonormal_on_their_box():
    nodes, weights = leggauss(8)
    grid = np.stack(np.meshgrid(2 * nodes + 3, nodes, indexing="ij"), axis=-1).reshape(-1, 2)
    measure = np.outer(weights, weights).ravel() / 4
    values = Legendre(4, box=(np.array([1.0, -1.0]), np.array([5.0, 1.0]))).fit_transform(grid)
    np.testing.assert_allclose(values.T @ (measure[:, None] * values), np.eye(values.shape[1]), atol=1e-12)


@pytest.mark.parametrize(("index", "count"), [("total", 13), ("box", 25)])
def test_waves_are_orthogonal_on_the_torus(index, count):
    line = np.arange(16) / 16
    grid = np.stack(np.meshgrid(line, 3 * line, indexing="ij"), axis=-1).reshape(-1, 2)
    values = Fourier(2, period=np.array([1.0, 3.0]), index=index).fit_transform(grid)
    assert values.shape[1] == count
    gram = values.T @ values / len(grid)
    np.testing.assert_allclose(gram, np.diag([1.0, *np.full(count - 1, 0.5)]), atol=1e-12)


def test_radial_functions_peak_at_their_centres():
    dictionary = RadialBasis(5, length_scale=0.5).fit(STATES)
    assert dictionary.centres_.shape == (5, 3)
    values = dictionary.transform(dictionary.centres_)
    np.testing.assert_allclose(np.diag(values[:, 1:]), 1.0)
    assert (values[:, 1:] <= 1 + 1e-12).all()
    assert RadialBasis().fit(STATES).centres_.shape == (6, 3)


def test_delays_are_sliding_windows_of_another_dictionary():
    inner = Monomials(2, scaled=False)
    rows = Delays(3, inner).fit_transform(STATES)
    values = inner.fit_transform(STATES)
    np.testing.assert_array_equal(rows, np.concatenate([values[2:], values[1:-1], values[:-2]], axis=1))
    assert Delays(3, Delays(2)).history == 4
    assert Delays(3, Delays(2)).fit_transform([STATES, STATES[:4]]).shape == (48, 18)
    with pytest.raises(SeparatrixError, match="need a series of at least 3 states; this one has 2"):
        Delays(3).fit(STATES).transform(STATES[:2])


def test_the_share_outside_the_span_is_that_of_the_residuals():
    rng = np.random.default_rng(0)
    px, py = rng.standard_normal((2, 200, 4))
    pair = galerkin(px, py)
    outside = pair.c - pair.q @ pair.matrix
    expected = np.sum(outside**2) / np.sum(pair.c**2)
    assert float(share_outside(jnp.asarray(px), jnp.asarray(py))) == pytest.approx(expected, abs=1e-3)
    mixed = rng.standard_normal((4, 4))
    again = share_outside(jnp.asarray(px @ mixed), jnp.asarray(py @ mixed))
    assert float(again) == pytest.approx(expected, abs=2e-3)


def test_a_trained_dictionary_is_nearly_invariant_and_the_same_every_time():
    # x' = 0.9 x, y' = 0.5 y + 0.4 x^2: x^2 is what the components lack
    states = [np.random.default_rng(1).uniform(-1, 1, (100, 2))]
    for _ in range(3):
        x, y = states[-1].T
        states.append(np.stack([0.9 * x, 0.5 * y + 0.4 * x**2], axis=1))
    series = list(np.stack(states, axis=1))
    dictionary = TrainedDictionary(functions=2, width=8, steps=200, batch=64).fit(series)
    assert dictionary.losses_[-20:].mean() < 0.1 * dictionary.losses_[0]
    plain, trained = (EDMD(kind).fit(series).score(series) for kind in (Monomials(1), dictionary))
    assert 1 - trained < 0.1 * (1 - plain)
    again = TrainedDictionary(functions=2, width=8, steps=200, batch=64).fit(series)
    np.testing.assert_array_equal(again.transform(series), dictionary.transform(series))
    assert jax.tree.leaves(dictionary.network_)


@pytest.mark.parametrize("dictionary", [Monomials(12), Fourier(9), Fourier(2, index="box")], ids=str)
def test_a_dictionary_beyond_the_memory_is_refused(dictionary):
    with pytest.raises(SeparatrixError, match="at most 20000 are taken"):
        dictionary.fit(np.zeros((3, 12)))
