"""The study's own machinery against the library's parts and against closed forms, and the whole of it at smoke size."""

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import xarray as xr

from separatrix.learning import rules
from separatrix.learning.losses import half_summed_squared, on
from separatrix.learning.networks import DeepLinear, aligned, deep_linear
from separatrix.studies import judge
from separatrix.studies.deep_linear import STUDY, digits, network, spectra, training

TARGET = jnp.asarray(np.random.default_rng(0).standard_normal((3, 4)))


def by_the_library(model, rate, steps, target=TARGET):
    """Descent on white inputs by automatic differentiation."""
    rule = rules.descent(on(half_summed_squared, (jnp.eye(target.shape[1]), target.T)), optax.sgd(rate))
    state = rule.initial(model)
    for _ in range(steps):
        state = rule.step(0, state, None)
    return state.model


@pytest.mark.parametrize("update", [network.RIGHT, network.SEQUENTIAL, network.DECAYED])
def test_the_papers_update_is_gradient_descent_and_the_wrong_ones_are_not(update):
    config = dataclasses.replace(STUDY.config(), stride=0.03, decay=0.5)
    model = deep_linear(jax.random.key(1), (4, 5, 3))
    found = network.descent(TARGET, config, jnp.asarray(0.01), update).step(0, model, None)
    expected = by_the_library(model, 0.01, 3)
    gap = max(float(jnp.max(jnp.abs(a - b))) for a, b in zip(found.weights, expected.weights, strict=True))
    assert (gap < 1e-14) == (update == network.RIGHT)


def test_the_chains_step_is_gradient_descent():
    key = jax.random.key(2)
    model = deep_linear(key, (4, 5, 5, 5, 3))
    first, *middle, last = model.weights
    found = training.descend(training.Chain(first, jnp.stack(middle), last), TARGET, jnp.asarray(0.05))
    expected = by_the_library(model, 0.05, 1).weights
    np.testing.assert_allclose(found.first, expected[0], rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(found.middle, jnp.stack(expected[1:-1]), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(found.last, expected[-1], rtol=1e-13, atol=1e-15)


def test_an_aligned_network_is_one_number_a_mode():
    s, start, matrices, rate = np.array([1.0, 0.6]), 0.2, 3, 0.2
    target = jnp.diag(jnp.asarray(s))
    model = DeepLinear(aligned(jax.random.key(3), target, (4, 4), start))
    a = np.full(2, start ** (1 / matrices))
    for _ in range(8):
        a = a + rate * a ** (matrices - 1) * (s - a**matrices)
    whole = by_the_library(model, rate, 8, target).end_to_end()
    np.testing.assert_allclose(whole, np.diag(a**matrices), atol=1e-12)


def test_small_singular_values_survive_long_products():
    rng = np.random.default_rng(4)
    frame, triangle, log_det = np.eye(2), np.eye(2), 0.0
    plain = np.eye(2)
    for _ in range(120):
        factor = rng.standard_normal((2, 2))
        plain = factor @ plain
        log_det += np.log(abs(np.linalg.det(factor)))
        frame, r = np.linalg.qr(factor @ frame)
        triangle = r @ triangle
    found = np.log(np.asarray(spectra.singular_values(jnp.asarray(triangle))))
    expected = log_det - np.log(np.linalg.norm(triangle, 2))  # of two values the smaller is the determinant's share
    assert found[1] == pytest.approx(expected, abs=1e-9)
    assert np.log(np.linalg.svd(plain, compute_uv=False)[1]) != pytest.approx(expected, abs=1.0)


def test_a_crossing_is_interpolated_and_nan_where_there_is_none():
    values = xr.DataArray([[0.0, 1.0, 4.0], [0.0, 0.5, 0.9]], dims=("run", "time"), coords={"time": [0.0, 1.0, 2.0]})
    found = network.crossing(values, 2.0)
    np.testing.assert_allclose(found, [4 / 3, np.nan])


def test_digits_have_nine_directions_and_the_largest_correlation_one():
    matrix, values = digits.correlation()
    assert matrix.shape == (9, 9) and values[0] == 1.0 and values[-1] > 0.3
    np.testing.assert_allclose(np.linalg.svd(matrix, compute_uv=False), values)


@pytest.fixture(scope="module")
def results():
    config = dataclasses.replace(STUDY.config.preset("smoke"), seeds=2)
    return xr.DataTree.from_dict({name: experiment(config) for name, experiment in STUDY.experiments.items()})


def test_every_claim_is_measured(results):
    verdicts = {claim.id: judge(claim, results) for claim in STUDY.claims}
    assert {int(name[:2]) for name in verdicts} == set(range(1, 11))
    assert json.dumps([verdict.to_json() for verdict in verdicts.values()])
    exact = [
        v for v in verdicts.values() if v.claim.kind == "deterministic" and v.claim.id[:2] in ("01", "03", "05", "06")
    ]
    assert all(np.isfinite(v.estimate.value) for v in exact)
    certain = {v.claim.id for v in exact if v.outcome == "holds"}
    assert {
        "01-sigmoid-strengths",
        "01-error-first-order",
        "03-time-inverse-to-strength",
        "05-unbalanced-time",
    } <= certain
    assert {"06-depth-times", "06-finite-delay"} <= certain


def test_theory_and_simulation_line_up(results):
    run = results["aligned_start"].to_dataset()
    assert (run.strength - run.theory_strength).dims == ("rate", "time", "mode")
    run = results["random_start"].to_dataset()
    assert set((run.loss - run.theory_loss).dims) == {"seed", "rate", "update", "time"}


def test_the_figures_are_drawn(results):
    for figure in STUDY.figures:
        assert figure.draw(results).to_dict()["layer"]
