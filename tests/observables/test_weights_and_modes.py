"""Observables of weights and of the input-output map, against closed forms."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix import observables
from separatrix.errors import SeparatrixError

RANDOM = np.random.default_rng(0)


def test_ranks_of_a_projector_are_its_dimension():
    basis, _ = np.linalg.qr(RANDOM.normal(size=(6, 3)))
    values = observables.singular_values(3.0 * basis @ basis.T)
    for rank in (observables.effective_rank, observables.stable_rank, observables.participation_ratio):
        assert float(rank(values)) == pytest.approx(3, rel=1e-6)
    assert float(observables.effective_rank(np.zeros(4))) == 0
    assert float(observables.stable_rank(np.zeros(4))) == 0


def test_ranks_tell_unequal_values_apart():
    values = np.array([4.0, 2.0, 1.0])
    shares = values / 7
    assert float(observables.effective_rank(values)) == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))
    assert float(observables.stable_rank(values)) == pytest.approx(21 / 16)
    assert float(observables.participation_ratio(values)) == pytest.approx(21**2 / (256 + 16 + 1))


def test_input_output_map_recovers_a_linear_network():
    weights, inputs = RANDOM.normal(size=(2, 4)), RANDOM.normal(size=(30, 4))
    np.testing.assert_allclose(observables.input_output_map(inputs @ weights.T, inputs), weights, atol=1e-12)


def _whitened(n: int, d: int) -> np.ndarray:
    inputs, _ = np.linalg.qr(RANDOM.normal(size=(n, d)))
    return inputs * np.sqrt(n) * 2.0  # second moment 4 in every direction


def test_mode_strengths_of_a_linear_network_are_its_singular_values():
    inputs, teacher = _whitened(40, 5), RANDOM.normal(size=(3, 5))
    modes = observables.correlation_modes(inputs @ teacher.T, inputs)
    left, values, right = np.linalg.svd(teacher, full_matrices=False)
    np.testing.assert_allclose(modes.strengths, values, rtol=1e-10)
    student = left @ np.diag([0.5, 0.2, 0.1]) @ right
    learned = observables.mode_strengths(inputs @ student.T, inputs, modes)
    np.testing.assert_allclose(learned, [0.5, 0.2, 0.1], atol=1e-10)
    # The failing twin: without the division by the input's variance the answer is four times too large.
    assert abs(float(np.mean((inputs @ student.T @ left[:, 0]) * (inputs @ right[0]))) - 0.5) > 1


def test_mode_strengths_see_the_linear_part_of_any_network():
    inputs = _whitened(4000, 2)
    targets = inputs[:, :1]
    modes = observables.correlation_modes(targets, inputs)
    even = np.abs(inputs[:, :1])  # nearly nothing of the mode: correlation ~ 1/sqrt(4000)
    assert abs(float(observables.mode_strengths(even, inputs, modes)[0])) < 0.1
    assert float(observables.mode_strengths(targets + even, inputs, modes)[0]) == pytest.approx(1, abs=0.1)


def test_targets_and_inputs_must_match():
    with pytest.raises(SeparatrixError, match="3 targets for 4 inputs"):
        observables.correlation_modes(np.ones((3, 1)), np.ones((4, 2)))


def test_units_from_weights_and_activations():
    incoming = np.array([[3.0, 4.0], [0.0, 1.0], [1e-4, 0.0]])
    outgoing = np.array([[1.0, 2.0, 1e-4]])
    strengths = observables.unit_strengths(incoming, outgoing)
    np.testing.assert_allclose(strengths, [5, 2, 1e-8])
    np.testing.assert_allclose(observables.unit_strengths(incoming, outgoing, 2), [25, 2, 1e-12])
    assert float(observables.active_units(strengths)) == 2
    assert float(observables.active_units(np.zeros(3))) == 0
    np.testing.assert_allclose(observables.unit_shares(strengths), strengths / strengths.sum())
    assert float(observables.effective_units(np.ones(7))) == pytest.approx(7)
    assert float(observables.effective_units(np.array([1.0, 0.0]))) == pytest.approx(1)
    activations = np.array([[3.0, 0.0], [4.0, 0.0]])
    np.testing.assert_allclose(observables.activation_strengths(activations), [np.sqrt(12.5), 0])


def test_displacement_counts_floating_arrays_only():
    initial = eqx.nn.Linear(3, 2, key=jax.random.key(0))
    moved = eqx.tree_at(lambda layer: layer.weight, initial, initial.weight + 1.0)
    total = np.sqrt(np.sum(np.asarray(initial.weight) ** 2) + np.sum(np.asarray(initial.bias) ** 2))
    assert float(observables.weight_norm(initial)) == pytest.approx(total)
    assert float(observables.displacement(moved, initial)) == pytest.approx(np.sqrt(6) / total)
    each = observables.leaf_displacements(moved, initial)
    assert observables.leaf_names(initial) == ["weight", "bias"]
    np.testing.assert_allclose(each, [np.sqrt(6) / np.linalg.norm(initial.weight), 0])
    with pytest.raises(SeparatrixError, match="same network"):
        observables.displacement({"w": jnp.ones(3)}, {"w": jnp.ones(2)})


def test_path_norm_and_balance():
    incoming, outgoing = RANDOM.normal(size=(4, 3)), RANDOM.normal(size=(1, 4))
    scale = np.array([0.5, 2.0, 3.0, 0.1])
    expected = float(np.sum(np.abs(outgoing[0]) * np.linalg.norm(incoming, axis=1)))
    # Rescaling a unit in against out leaves the function of a ReLU network, and the path norm, unchanged.
    rescaled = observables.path_norm(incoming * scale[:, None], outgoing / scale[None, :])
    assert float(rescaled) == pytest.approx(expected)
    a = RANDOM.normal(size=5)
    assert float(observables.balance_ratio(a, -a)) == pytest.approx(1)
    # b = c a has ratio (1 + c^2) / 2c.
    assert float(observables.balance_ratio(a, 3 * a)) == pytest.approx(10 / 6)
