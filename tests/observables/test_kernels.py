"""Kernels: alignment, movement, and the empirical tangent kernel against gradients in closed form."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix import observables

RANDOM = np.random.default_rng(1)


def test_alignment_ignores_scale_rotation_and_mean():
    features = RANDOM.normal(size=(20, 6))
    rotation, _ = np.linalg.qr(RANDOM.normal(size=(6, 6)))
    kernel = observables.feature_kernel(features)
    shifted = observables.feature_kernel(3.0 * features @ rotation + 2.0)
    assert float(observables.centred_kernel_alignment(kernel, shifted)) == pytest.approx(1, abs=1e-12)
    # The failing twin: without centring the shift is seen.
    assert float(observables.kernel_alignment(kernel, shifted)) < 0.95


def test_target_alignment_agrees_with_the_quadratic_form():
    features, target = RANDOM.normal(size=(20, 6)), RANDOM.normal(size=(20, 1))
    centred = features - features.mean(0)
    kernel, y = centred @ centred.T, target - target.mean()
    expected = (y.T @ kernel @ y).item() / (np.linalg.norm(kernel) * float((y**2).sum()))
    assert float(observables.target_alignment(features @ features.T, target)) == pytest.approx(expected)


def test_movement_is_a_turn_and_change_is_a_distance():
    kernel = observables.feature_kernel(RANDOM.normal(size=(10, 4)))
    assert float(observables.kernel_movement(2 * kernel, kernel)) == pytest.approx(0, abs=1e-12)
    assert float(observables.kernel_change(2 * kernel, kernel)) == pytest.approx(1)
    first, second = np.diag([1.0, 0.0]), np.diag([0.0, 1.0])
    assert float(observables.kernel_movement(first, second)) == pytest.approx(1)


def test_tangent_kernel_of_a_linear_map():
    inputs = RANDOM.normal(size=(5, 3))
    layer = eqx.nn.Linear(3, 2, key=jax.random.key(0))
    gradients = observables.output_gradients(lambda model, x: model(x), layer, inputs)
    assert gradients.shape == (5, 2, 8)
    # f = Wx + b: the gradients of each output are x and 1, whatever the weights.
    expected = inputs @ inputs.T + 1
    np.testing.assert_allclose(observables.tangent_kernel(gradients), 2 * expected, rtol=1e-6)
    blocks = observables.tangent_kernel_blocks(gradients, gradients[:2])
    np.testing.assert_allclose(blocks[:, 0, :, 0], expected[:, :2], rtol=1e-6)
    np.testing.assert_allclose(blocks[:, 0, :, 1], 0, atol=1e-12)


def test_tangent_kernel_of_a_scalar_two_layer_network():
    incoming, outgoing = jnp.asarray(RANDOM.normal(size=(4, 3))), jnp.asarray(RANDOM.normal(size=4))
    inputs = RANDOM.normal(size=(6, 3))
    gradients = observables.output_gradients(lambda p, x: jnp.tanh(p[0] @ x) @ p[1], (incoming, outgoing), inputs)
    hidden = np.tanh(inputs @ np.asarray(incoming).T)
    slopes = (1 - hidden**2) * np.asarray(outgoing)[None, :]
    expected = hidden @ hidden.T + (slopes @ slopes.T) * (inputs @ inputs.T)
    np.testing.assert_allclose(observables.tangent_kernel(gradients), expected, rtol=1e-10)
