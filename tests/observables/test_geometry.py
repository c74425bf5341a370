"""Geometry of representations: closed forms, an independent ridge decoder, and what must fail."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from separatrix.errors import SeparatrixError
from separatrix.observables import (
    balanced_dichotomies,
    class_means,
    cross_condition_generalisation,
    decoding_accuracy,
    dimensionality,
    interclass_axis,
    intra_to_inter,
    intraclass_part,
    parallelism_score,
)
from separatrix.observables.kernel_shares import kernel_shares

SQUARE = jnp.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
TETRAHEDRON = jnp.eye(4)


def test_parallelism_of_square_and_tetrahedron():
    assert parallelism_score(SQUARE[:2], SQUARE[2:]) == pytest.approx(1, abs=1e-12)
    # the two coding vectors e1 - e3 and e2 - e4 are orthogonal in either pairing
    assert parallelism_score(TETRAHEDRON[:2], TETRAHEDRON[2:]) == pytest.approx(0, abs=1e-12)
    # the parity of a square is coded by opposite vectors in either pairing
    parity = SQUARE[jnp.array([0, 3, 1, 2])]
    assert parallelism_score(parity[:2], parity[2:]) < 0.1


def test_parallelism_takes_the_best_pairing():
    swapped = parallelism_score(SQUARE[:2], SQUARE[jnp.array([3, 2])])
    assert swapped == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("rows", [1, 7])
def test_parallelism_refuses_other_numbers_of_conditions(rows):
    with pytest.raises(SeparatrixError, match="2 to 6 rows"):
        parallelism_score(jnp.ones((rows, 3)), jnp.ones((rows, 3)))


def test_dichotomies_are_balanced_and_all_different():
    found = balanced_dichotomies(8)
    assert found.shape == (35, 8)
    assert not found.sum(axis=1).any()
    assert len({tuple(row * row[0]) for row in found}) == 35
    with pytest.raises(SeparatrixError, match="even number"):
        balanced_dichotomies(5)


def _noisy(key, conditions, examples, noise):
    which = jnp.arange(examples) % len(conditions)
    return conditions[which] + noise * jax.random.normal(key, (examples, conditions.shape[1])), which


def test_decoding_is_that_of_scikit_learns_ridge_classifier():
    keys = jax.random.split(jax.random.key(0), 3)
    means = jax.random.normal(keys[0], (4, 6))
    x, which = _noisy(keys[1], means, 120, 1.0)
    fresh, fresh_which = _noisy(keys[2], means, 200, 1.0)
    sides = jnp.asarray(balanced_dichotomies(4).T, float)
    found = decoding_accuracy(x, sides[which], fresh, sides[fresh_which], decay=0.1)
    centred = np.asarray(x - x.mean(axis=0)[None, :])
    alpha = 0.1 * float(np.trace(centred.T @ centred)) / 6  # scikit-learn does not divide by the number of examples
    for column in range(3):
        peer = RidgeClassifier(alpha=alpha).fit(np.asarray(x), np.asarray(sides[which, column]))
        assert found[column] == pytest.approx(peer.score(np.asarray(fresh), np.asarray(sides[fresh_which, column])))


def test_generalisation_across_conditions_tells_a_square_from_its_parity():
    x, which = _noisy(jax.random.key(0), SQUARE, 200, 0.1)
    bit, parity = jnp.array([1.0, 1.0, -1.0, -1.0]), jnp.array([1.0, -1.0, -1.0, 1.0])
    # fitted along an edge it is right on the other edge, fitted along a diagonal at least at chance on the other
    assert cross_condition_generalisation(x, which, bit) >= 0.75
    # a decoder of the parity, fitted along an edge, says the opposite on the other edge
    assert cross_condition_generalisation(x, which, parity) < 0.25
    with pytest.raises(SeparatrixError, match="four or more"):
        cross_condition_generalisation(x, which, jnp.array([1.0, -1.0]))


def test_dimensionality_of_known_spectra():
    assert dimensionality(TETRAHEDRON) == pytest.approx(3, abs=1e-12)
    assert dimensionality(jnp.arange(5.0)[:, None] * jnp.ones(7)[None, :]) == pytest.approx(1, abs=1e-12)
    assert dimensionality(jnp.ones((4, 2))) == 0


def test_class_means():
    members = jnp.eye(2)[jnp.array([0, 1, 0])]
    np.testing.assert_allclose(class_means(jnp.array([[1.0], [5.0], [3.0]]), members), [[2.0], [5.0]])


def test_weights_along_and_within_classes():
    labels = jnp.array([1.0, 1.0, 0.0, 0.0])
    means = jnp.eye(4, 6)
    axis = interclass_axis(means, labels)
    np.testing.assert_allclose(axis, [1, 1, -1, -1, 0, 0])
    rows = jnp.stack([axis, means[0], means[0] - means[1]])
    # the first is all between, the last all within, a single mean has half of its square in each
    np.testing.assert_allclose(
        intraclass_part(rows, means, labels), [[0] * 6, [0.5, -0.5, 0, 0, 0, 0], [1, -1, 0, 0, 0, 0]], atol=1e-12
    )
    assert intra_to_inter(rows[:1], means, labels) == pytest.approx(0, abs=1e-12)
    assert intra_to_inter(rows[1:2], means, labels) == pytest.approx(2**0.5, rel=1e-9)


def test_shares_of_a_mixture_are_those_it_was_made_of():
    rng = np.random.default_rng(0)
    parts = [part @ part.T for part in rng.standard_normal((2, 9, 3))]
    x, y = (part / np.linalg.norm(part) for part in parts)
    mixture = 0.3 * x + 0.7 * y
    mixture /= np.linalg.norm(mixture)
    found = kernel_shares(np.sum(mixture * x), np.sum(mixture * y), np.sum(x * y))
    assert found.target == pytest.approx(0.7, rel=1e-9)
    assert found.explained == pytest.approx(1, rel=1e-9)
    # a comparison of the two alignments would call the plain input a third the targets'
    assert kernel_shares(1.0, float(np.sum(x * y)), float(np.sum(x * y))).target == 0
