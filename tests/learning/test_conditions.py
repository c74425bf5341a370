"""Tasks of few conditions have the geometry that they promise; a fixed readout stays fixed."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from separatrix.errors import SeparatrixError
from separatrix.learning.losses import bernoulli_cross_entropy, on
from separatrix.learning.networks import Clipped, fixed_readout
from separatrix.learning.rules import descent
from separatrix.learning.tasks import (
    aligned_conditions,
    condition_of,
    square_conditions,
    unstructured_conditions,
    walsh_vectors,
)
from separatrix.observables import feature_kernel, target_alignment

KEY = jax.random.key(0)


def test_walsh_vectors_are_orthogonal_and_balanced():
    vectors = walsh_vectors(3)
    np.testing.assert_array_equal(vectors.T @ vectors, 8 * np.eye(7))
    assert not vectors.sum(axis=0).any()
    np.testing.assert_array_equal(vectors[:, 3], vectors[:, 0] * vectors[:, 1])


@pytest.mark.parametrize("targets", [1, 3])
@pytest.mark.parametrize("alignment", [0.0, 0.2, 0.6])
def test_inputs_are_aligned_with_labels_as_asked(targets, alignment):
    found = aligned_conditions(KEY, 3, targets, alignment, 20)
    assert target_alignment(feature_kernel(found.means), found.labels) == pytest.approx(alignment, abs=1e-9)
    assert jnp.mean(jnp.sum(found.means**2, axis=1)) == pytest.approx(20, rel=1e-9)


def test_without_structure_all_means_are_equally_far():
    means = aligned_conditions(KEY, 3, 1, 7**-0.5, 20).means
    gram = means @ means.T
    np.testing.assert_allclose(gram, 20 * (8 * np.eye(8) - 1) / 7, atol=1e-9)


def test_a_square_is_one_and_its_parity_separable_only_when_nudged():
    flat, nudged = square_conditions(KEY, 12), square_conditions(KEY, 12, 0.5)
    np.testing.assert_allclose(jnp.linalg.svd(flat.means)[1][:3], [4, 4, 0], atol=1e-9)
    assert target_alignment(feature_kernel(flat.means), flat.labels) == pytest.approx(0, abs=1e-9)
    assert target_alignment(feature_kernel(nudged.means), nudged.labels) > 0.1
    bit = square_conditions(KEY, 12, label="bit")
    assert target_alignment(feature_kernel(bit.means), bit.labels) == pytest.approx(2**-0.5, rel=1e-9)


def test_samples_are_means_and_noise():
    found = unstructured_conditions(KEY, 4, 5)
    task = found.sample(KEY, 4000, 0.5)
    which = condition_of(4000, 4)
    residual = np.asarray(task.x - found.means[which])
    assert residual.std() == pytest.approx(0.5, rel=0.02)  # 20000 draws: 0.5 %
    np.testing.assert_array_equal(task.y, found.labels[which])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: unstructured_conditions(KEY, 3, 5),
        lambda: square_conditions(KEY, 2),
        lambda: square_conditions(KEY, 5, label="colour"),
        lambda: aligned_conditions(KEY, 2, 3, 0.1, 9),
        lambda: aligned_conditions(KEY, 3, 1, 0.1, 5),
        lambda: walsh_vectors(0),
        lambda: fixed_readout(KEY, 3, 5, 1, jnp.tanh),
    ],
)
def test_tasks_that_cannot_be_are_refused(wrong):
    with pytest.raises(SeparatrixError):
        wrong()


@pytest.mark.parametrize("biased", [False, True])
def test_only_the_hidden_layer_learns(biased):
    network = fixed_readout(KEY, 3, 6, 2, Clipped(low=0.0, high=2.0), biased=biased)
    assert not network.readout.sum(axis=1).any()
    data = (jax.random.normal(KEY, (9, 3)), jnp.ones((9, 2)))
    rule = descent(on(bernoulli_cross_entropy, data), optax.sgd(0.5))
    after = rule.step(0, rule.initial(network), None).model
    np.testing.assert_array_equal(after.readout, network.readout)
    assert jnp.any(after.weights != network.weights)
    assert bool(jnp.any(after.biases != network.biases)) == biased
    assert (after.activation.low, after.activation.high) == (0.0, 2.0)


def test_clipped_units_are_the_known_ones():
    z = jnp.linspace(-3, 3, 13)
    np.testing.assert_array_equal(Clipped(low=0.0)(z), jax.nn.relu(z))
    np.testing.assert_array_equal(Clipped(-1.0, 1.0)(z), jax.nn.hard_tanh(z))
    np.testing.assert_array_equal(Clipped()(z), z)


def test_the_loss_is_the_mean_over_labels_and_examples():
    logits, y = jnp.array([[0.3, -2.0]]), jnp.array([[1.0, 0.0]])
    expected = (np.log1p(np.exp(-0.3)) + np.log1p(np.exp(-2.0))) / 2
    assert bernoulli_cross_entropy(lambda x: x, (logits, y)) == pytest.approx(expected, rel=1e-12)
