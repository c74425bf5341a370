"""Muon's change against the polar factor of a singular value decomposition."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from separatrix.learning.rules import muon, split_rule

GRADIENT = jax.random.normal(jax.random.key(0), (12, 5))


def change(rule, weights, gradient=GRADIENT):
    updates, _ = rule.update(gradient, rule.init(weights), weights)
    return updates


def test_change_is_near_the_polar_factor():
    weights = jnp.zeros((12, 5))
    moved = -change(muon(1.0), weights)
    left, _, right = np.linalg.svd(np.asarray(GRADIENT), full_matrices=False)
    values = np.linalg.svd(np.asarray(moved), compute_uv=False)
    assert np.all((values > 0.6) & (values < 1.4))  # five steps bring singular values near one, not to one
    assert np.sum(moved * (left @ right)) / np.linalg.norm(moved) / 5**0.5 > 0.98
    assert np.sum(GRADIENT * (left @ right)) / np.linalg.norm(GRADIENT) / 5**0.5 < 0.98


def test_decay_is_decoupled_and_precision_kept():
    weights = jnp.ones((12, 5), jnp.float32)
    plain, decayed = (change(muon(0.1, d), weights, GRADIENT.astype(jnp.float32)) for d in (0.0, 0.5))
    assert plain.dtype == jnp.float32
    np.testing.assert_allclose(decayed - plain, -0.05, rtol=1e-4)


def test_one_rule_for_some_and_another_for_others():
    weights = {"inner": jnp.zeros((12, 5)), "other": jnp.zeros((12, 5))}
    rule = split_rule(muon(1.0), optax.sgd(1.0), lambda p: {"inner": True, "other": False})
    moved = change(rule, weights, {"inner": GRADIENT, "other": GRADIENT})
    np.testing.assert_allclose(moved["other"], -GRADIENT)
    assert float(jnp.linalg.norm(moved["inner"])) == pytest.approx(5**0.5, rel=0.3)
