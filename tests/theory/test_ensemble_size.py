"""Ensemble sizes against brute force and draws; the closed forms of permutations against kernel regression."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from separatrix.errors import SeparatrixError
from separatrix.theory.ensemble_size import (
    all_right_probability,
    models_until_right,
    right_class_probability,
    right_sign_probability,
    sample_average,
    smallest_ensemble,
    union_bound,
)
from separatrix.theory.infinite_width import OutputLaw, WideNetwork, trained_law
from separatrix.theory.permutations import (
    binary_inputs,
    learning_rates,
    models_needed,
    pair_inputs,
    permutation_law,
    unit_length,
)


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_closed_forms_are_kernel_regression(rate):
    k = 6
    support = jnp.arange(1, k + 1)
    on = jnp.arange(k)[None, :] < support[:, None]
    network = WideNetwork(hidden_rate=rate)
    law = trained_law(network, jnp.eye(k), jnp.eye(k), unit_length(on.astype(float)))
    found = permutation_law(k, support, rate)
    np.testing.assert_allclose(law.mean, jnp.where(on, found.ones[:, None], found.zeros[:, None]), atol=1e-13)
    np.testing.assert_allclose(law.variance, found.variance, atol=1e-13)
    values = jnp.linalg.eigvalsh(network.tangent_kernel(jnp.eye(k), jnp.eye(k)))
    np.testing.assert_allclose([values[-1], values[0]], learning_rates(k, rate), rtol=1e-12)
    other = permutation_law(k, support, 0.5)
    assert float(jnp.max(jnp.abs(other.ones - found.ones))) > 1e-3


def test_a_linear_network_learns_every_permutation_without_an_ensemble():
    # its training inputs span all inputs, so nothing of its random start is left
    inputs = unit_length(binary_inputs(4))
    law = trained_law(WideNetwork("linear"), jnp.eye(4), jnp.eye(4), inputs)
    np.testing.assert_allclose(law.mean, inputs, atol=1e-12)
    np.testing.assert_allclose(law.variance, 0, atol=1e-12)
    assert float(trained_law(WideNetwork(), jnp.eye(4), jnp.eye(4), inputs).variance[-1]) > 0.01


@pytest.mark.parametrize(
    ("rate", "target", "expected"),
    [(1.0, 0.9, (205, 333, 840)), (1.0, 0.999, (716, 902, 1854)), (0.0, 0.9, (28, 58, 190))],
)
def test_models_needed_are_the_smallest(rate, target, expected):
    assert tuple(models_needed(k, 2, target, rate) for k in (5, 10, 30)) == expected
    law = permutation_law(10, 2, rate)
    margins = np.array([float(law.ones), -float(law.zeros)])

    def right(models):
        return np.prod(stats.norm.cdf(margins * np.sqrt(models / float(law.variance))) ** [2, 8])

    assert right(expected[1]) >= target > right(expected[1] - 1)


def test_bisection_finds_the_first_success_and_gives_up():
    for wanted in (1, 2, 3, 17, 64, 1000):
        assert smallest_ensemble(lambda n, w=wanted: float(n >= w), 0.5) == wanted
    assert smallest_ensemble(lambda n: 0.0, 0.5, most=100) == np.inf


def test_the_union_bound_suffices_but_not_without_its_logarithm():
    law = permutation_law(10, 2)
    bound = union_bound(law.margin, law.variance, 10, failure=0.1)
    margins, counts = jnp.stack([law.ones, -law.zeros]), jnp.array([2, 8])
    assert float(all_right_probability(margins, law.variance, bound, counts)) > 0.9
    bare = 2 * float(law.variance / law.margin**2)
    assert float(all_right_probability(margins, law.variance, bare, counts)) < 0.9
    with pytest.raises(SeparatrixError, match="range \\(0, 1\\)"):
        union_bound(1.0, 1.0, 2, failure=1.0)


def test_draws_have_the_law_of_averages():
    law = trained_law(WideNetwork(), jnp.eye(3), jnp.eye(3), unit_length(pair_inputs(3)))
    draws = sample_average(law, 4, jax.random.key(0), 20_000)
    # standard errors: 0.06 / sqrt(20,000) of a mean, and 1 % of a variance, over three coordinates
    np.testing.assert_allclose(draws.mean(axis=0), law.mean, atol=0.003)
    spread = np.einsum("nic,njc->ij", draws - law.mean[None], draws - law.mean[None]) / 60_000
    np.testing.assert_allclose(spread, law.covariance / 4, atol=0.03 * float(law.covariance[0, 0]) / 4)
    assert np.max(np.abs(spread - law.covariance)) > 0.5 * float(law.covariance[0, 0])


def test_until_right_is_the_border_between_wrong_and_right():
    law = trained_law(WideNetwork(), jnp.eye(4), jnp.eye(4), unit_length(pair_inputs(4)))
    targets, key = pair_inputs(4), jax.random.key(3)
    until = np.asarray(models_until_right(law, targets, key, 50)).max(axis=1)
    for models, expected in ((until.max() * 1.01, 1.0), (until.min() * 0.99, 0.0)):
        average = sample_average(law, models, key, 50)
        assert float(jnp.mean(jnp.all((average > 0) == (targets > 0)[None], axis=(1, 2)))) == expected
    wrong = OutputLaw(-law.mean, law.covariance)
    assert np.all(np.isinf(models_until_right(wrong, targets, key, 2)))


def test_right_classes_by_quadrature_and_by_draws():
    mean, variance = np.array([[0.3, 0.1], [0.2, 0.5]]), np.array([0.2, 0.1])
    two = right_class_probability(mean, variance, np.array([0, 0]), 3)
    exact = stats.norm.cdf((mean[:, 0] - mean[:, 1]) / np.sqrt(2 * variance / 3))
    np.testing.assert_allclose(two, exact, atol=1e-7)
    mean = np.array([[0.3, 0.1, 0.25, -0.4]])
    draws = mean[0] + np.sqrt(0.2 / 3) * np.random.default_rng(0).normal(size=(200_000, 4))
    found = float(right_class_probability(mean, variance[:1], np.array([0]), 3)[0])
    assert found == pytest.approx(np.mean(draws.argmax(axis=1) == 0), abs=0.004)
    assert found < float(right_sign_probability(0.05, 0.4 / 3, 1))


def test_certain_outputs_are_decided_by_their_mean():
    assert [float(right_sign_probability(m, 0.0, 5)) for m in (-0.1, 0.0, 0.1)] == [0.0, 0.5, 1.0]
