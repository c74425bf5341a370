"""The energy of features: dense reference, finite differences, maxima of all irreps, and its rivals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.learning.tasks import cyclic, dihedral, group_one_hot, symmetric
from separatrix.observables import irrep_power, real_irreps
from separatrix.theory import (
    TargetEnergy,
    ascend,
    critical_pairs,
    feature_energy,
    frequency_energy,
    largest_energy,
    token_energy,
    units_to_generalise,
)


def dense(table, train, w, activation):
    """|Yt^T sigma(X w)|^2 / 2 with every matrix written out."""
    task = group_one_hot(jax.random.key(0), table, test_fraction=0)
    rows = np.flatnonzero(np.asarray(train).ravel())
    y = task.y[rows]
    yt = y - jnp.mean(y, axis=0, keepdims=True)
    return 0.5 * jnp.sum((yt.T @ activation(task.x[rows] @ w)) ** 2)


@pytest.mark.parametrize("activation", [jnp.square, jax.nn.silu])
def test_energy_and_gradient_are_those_of_the_written_out_matrices(activation):
    table = dihedral(3)
    train = np.random.default_rng(0).random((6, 6)) < 0.7
    w = jnp.asarray(np.random.default_rng(1).normal(size=12))
    energy = feature_energy(table, train, activation)
    value, slope = jax.value_and_grad(lambda v: dense(table, train, v, activation))(w)
    np.testing.assert_allclose(energy(w), value, rtol=1e-12)
    np.testing.assert_allclose(energy.gradient(w), slope, rtol=1e-9)
    assert not np.isclose(feature_energy(table, train, activation, centred=False)(w), value, rtol=0.01)


def test_energy_of_targets_is_that_of_the_task_for_its_own_targets():
    table = symmetric(3)
    y = jax.nn.one_hot(table.ravel(), 6)
    targets = (y - jnp.mean(y, axis=0, keepdims=True)).reshape(6, 6, 6)
    w = jnp.asarray(np.random.default_rng(1).normal(size=12))
    np.testing.assert_allclose(TargetEnergy(targets, jnp.square)(w), feature_energy(table)(w), rtol=1e-12)


def test_ascents_end_in_one_irrep_at_the_predicted_energy():
    table = symmetric(3)
    irreps, energy = real_irreps(table), feature_energy(table)
    starts = jnp.asarray(np.random.default_rng(0).normal(size=(40, 12)))
    ends = jax.jit(jax.vmap(lambda w: ascend(energy, w)))(starts)
    power = np.asarray(irrep_power(ends.weights.reshape(40, 2, 6), irreps)).sum(axis=1)
    found = power.argmax(axis=1)
    np.testing.assert_allclose(power.max(axis=1), 1.0, atol=1e-9)
    np.testing.assert_allclose(ends.energy, largest_energy(6, irreps.dimension[found]), rtol=1e-9)
    assert set(found.tolist()) == {1, 2}
    assert float(ends.residual.max()) <= 1e-8
    unfinished = ascend(energy, starts[0], most=2)
    assert float(unfinished.residual) > 1e-3  # and says so


def test_energies_of_memorising_and_of_features_cross_at_two_thirds():
    m, draws = 31, 200
    for share in (0.3, 0.9):
        train = jax.random.uniform(jax.random.key(0), (draws, m, m)) < share
        place = 2 * jnp.pi * 3 * jnp.arange(m) / m
        wave = jnp.concatenate([jnp.cos(place), jnp.cos(place)]) / m**0.5
        token = jnp.zeros(2 * m).at[4].set(1.0)
        of = jax.jit(jax.vmap(lambda kept, w: feature_energy(cyclic(m), kept)(w), in_axes=(0, None)))
        # counts of answers are drawn too, which takes a share of about 2 / m; the sample adds a per cent
        np.testing.assert_allclose(of(train, token).mean(), token_energy(m, share), rtol=2 / m + 0.02)
        excess = float(of(train, wave).mean() / frequency_energy(m, share))
        assert 1.0 < excess < 1.6  # fluctuations of the sample add to the leading order
        assert (token_energy(m, share) > frequency_energy(m, share)) == (share < 2 / 3)


def test_counts():
    assert float(critical_pairs(23)) / 23**2 == pytest.approx(0.3747, abs=1e-4)  # the paper's share for M = 23
    assert float(critical_pairs(24, dimension=3)) == pytest.approx(1.5 * float(critical_pairs(24)))
    assert units_to_generalise(23) == 46
