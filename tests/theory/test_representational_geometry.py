"""The theory of layers with a fixed readout: gradients, attractors, limits, and a wide network that follows it."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from separatrix.dynamics import Setup, ensemble
from separatrix.errors import SeparatrixError
from separatrix.learning.losses import bernoulli_cross_entropy, on
from separatrix.learning.networks import Clipped, fixed_readout
from separatrix.learning.rules import descent
from separatrix.observables import centred_kernel_alignment, feature_kernel, target_alignment
from separatrix.theory import (
    attractor_map,
    count_attractors,
    expected_gradient,
    layer_alignment,
    one_sided_limit,
    orthogonal_conditions,
)

LABELS = jnp.array([1.0, 1.0, 0.0, 0.0])


@pytest.mark.parametrize("activation", [jnp.tanh, jax.nn.relu, jax.nn.softplus])
def test_the_expected_gradient_is_that_of_the_loss(activation):
    network = fixed_readout(jax.random.key(0), 5, 6, 1, activation)
    means = jax.random.normal(jax.random.key(1), (4, 5))
    slope = jax.grad(lambda w: bernoulli_cross_entropy(type(network)(w, *_rest(network)), (means, LABELS[:, None])))
    np.testing.assert_allclose(
        expected_gradient(network.weights, network.readout[0], means, LABELS, activation),
        slope(network.weights),
        rtol=1e-9,
        atol=1e-12,
    )


def _rest(network):
    return network.biases, network.readout, network.activation


def test_relu_has_three_attractors_and_tanh_one():
    means, start = jnp.eye(4, 8), jax.random.normal(jax.random.key(0), (60, 8))

    def settle(slope):
        weights = start
        for _ in range(10):
            weights = attractor_map(weights, means, LABELS, slope)
        return weights

    one_sided = settle(lambda u: (u > 1e-9).astype(u.dtype))
    assert count_attractors(one_sided) == 3
    assert count_attractors(settle(jnp.ones_like)) == 1
    # a quarter of the units start silent on the positive class and stay so
    assert 0.1 < np.mean(np.linalg.norm(one_sided, axis=1) == 0) < 0.45


def test_limits_of_saturated_layers():
    huge = 1e4
    start = jnp.linspace(-2, 2, 400)
    both = layer_alignment(jnp.stack([start + huge, start - huge]), jnp.tanh, 4, 64)
    assert both.target == pytest.approx(1, abs=1e-12)
    assert both.input == pytest.approx(1 / 3**0.5, abs=1e-12)
    heard = jnp.where(start > 0, 1.0, 0.0)
    rising = jnp.stack([start + huge * heard, start - huge * heard])
    one = layer_alignment(rising, jax.nn.relu, 4, 64)
    assert (one.target, one.input) == (pytest.approx(one_sided_limit(4)[0], abs=1e-3), pytest.approx(0.870, abs=1e-3))


@pytest.mark.parametrize(("activation", "other"), [(jnp.tanh, jax.nn.relu), (jax.nn.relu, jnp.tanh)])
def test_networks_follow_the_theory_on_average(activation, other):
    d, units, steps = 16, 128, [0, 10, 100, 1000]
    means = jnp.eye(4, d) * d**0.5
    labels = LABELS[:, None]
    rule = descent(on(bernoulli_cross_entropy, (means, labels)), optax.sgd(0.6))

    def kernel(learner):
        return feature_kernel(jax.vmap(learner.model.hidden)(means))

    observe = {
        "target": lambda learner: target_alignment(kernel(learner), labels),
        "input": lambda learner: centred_kernel_alignment(kernel(learner), feature_kernel(means)),
    }

    def build(key):
        return Setup(rule, rule.initial(fixed_readout(key, d, units, 1, activation)))

    run = ensemble(build, steps, observe=observe, seeds=40).mean("seed")

    def furthest(phi):
        theory = orthogonal_conditions(steps, phi, rate=0.6, dimension=d, units=units)
        return float(max(abs(run.target - theory.target).max(), abs(run.input - theory.input).max()))

    # kernels of 128 units are off by 1 / sqrt(128) each, alignments by (p - 1) / 256 on average and, over 40 seeds, by
    # 0.01 more; ReLU and tanh end 0.07 and 0.12 apart
    assert furthest(activation) < 0.03 < furthest(other)


def test_clipping_needs_noise_to_reach_the_labels():
    quiet, noisy = (orthogonal_conditions([0, 1000], Clipped(0.0, 1.0), noise=noise).target[-1] for noise in (0.0, 0.5))
    assert quiet < 0.8 < 0.95 < noisy


def test_an_odd_number_of_conditions_is_refused():
    with pytest.raises(SeparatrixError, match="even number"):
        orthogonal_conditions([0, 1], jnp.tanh, conditions=3)
