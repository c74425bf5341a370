"""The machinery of the study of dynamical stability, at a size that takes seconds."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from separatrix.learning.networks import TwoLayer
from separatrix.observables import output_gradients
from separatrix.studies import judge
from separatrix.studies.dynamical_stability import STUDY
from separatrix.studies.dynamical_stability.diagonal import gradients_of
from separatrix.studies.dynamical_stability.relu import large_start, relu_gram
from separatrix.studies.dynamical_stability.training import largest_eigenvalue, observation_steps, single_precision

LINEAR = ("critical_rates", "worked_example", "growth", "noise_floor")


@pytest.fixture(scope="module")
def linear() -> xr.DataTree:
    config = dataclasses.replace(STUDY.config.preset("smoke"), trajectories=2000)
    return xr.DataTree.from_dict({name: STUDY.experiments[name](config) for name in LINEAR})


def _verdict(results: xr.DataTree, claim_id: str):
    return judge(next(claim for claim in STUDY.claims if claim.id == claim_id), results)


def test_every_claim_of_the_paper_is_there_with_a_control():
    assert {int(claim.id[:2]) for claim in STUDY.claims} == set(range(1, 9))
    assert all(claim.control is not None for claim in STUDY.claims)
    assert len({claim.id for claim in STUDY.claims}) == len(STUDY.claims)


@pytest.mark.parametrize(
    "claim_id",
    [
        "01-trace-at-most-two-over-rate",
        "01-fourth-moment-bound",
        "01-worked-example",
        "01-noise-floor-of-the-loss",
        "02-critical-rate-rises-with-batch",
        "02-worked-example",
        "03-grows-above",
        "08-descent-converges-there",
    ],
)
def test_exact_claims_hold_and_their_controls_fail(linear, claim_id):
    verdict = _verdict(linear, claim_id)
    assert verdict.outcome == "holds"
    assert verdict.control_fails


def test_seeds_are_independent_and_runs_repeat(linear):
    again = STUDY.experiments["critical_rates"](STUDY.config.preset("smoke"))
    xr.testing.assert_identical(again, linear["critical_rates"].to_dataset())
    assert np.unique(again["critical"].sel(batch=1).values).size == again["critical"].sel(batch=1).size


def test_trained_diagonal_networks_obey_the_bound_that_descent_breaks():
    config = STUDY.config.preset("smoke")
    runs = {name: STUDY.experiments[name](config) for name in ("diagonal_sgd", "diagonal_descent")}
    results = xr.DataTree.from_dict(runs)
    claim = next(claim for claim in STUDY.claims if claim.id == "04-l1-norm-below-its-bound")
    assert judge(claim, results).control_fails
    assert bool((runs["diagonal_sgd"]["train_loss"].isel(time=-1) < 1e-4).all())
    start = {name: run["trace"].isel(time=0, rates=0).values for name, run in runs.items()}
    np.testing.assert_array_equal(start["diagonal_sgd"], start["diagonal_descent"])  # the same networks and data


def test_largest_eigenvalue_by_squaring_agrees_with_lapack():
    rows = jnp.asarray(np.random.default_rng(0).normal(size=(20, 30)))
    gram = rows @ rows.T / 20
    exact = float(jnp.linalg.eigvalsh(gram)[-1])
    assert float(largest_eigenvalue(gram)) == pytest.approx(exact, rel=1e-6)
    assert float(largest_eigenvalue(gram, doublings=1)) < 0.95 * exact  # few squarings only average the spectrum


def test_gram_matrices_agree_with_automatic_gradients():
    inputs = jnp.asarray(np.random.default_rng(1).normal(size=(5, 4)))
    network = large_start(jax.random.key(0), 4, 3)
    network = TwoLayer(network.u.astype(float), network.v.astype(float), jax.nn.relu)
    jacobian = output_gradients(lambda model, x: model(x), network, inputs)[:, 0, :]
    np.testing.assert_allclose(relu_gram(network, inputs), jacobian @ jacobian.T / 5, rtol=1e-10)


def test_gradients_of_the_diagonal_network_are_its_automatic_ones():
    from separatrix.learning.networks import DiagonalLinear

    generator = np.random.default_rng(2)
    network = DiagonalLinear(*(jnp.asarray(generator.normal(size=4)) for _ in range(2)))
    inputs = jnp.asarray(generator.normal(size=(3, 4)))
    expected = output_gradients(lambda model, x: model(x), network, inputs)[:, 0, :]
    np.testing.assert_allclose(gradients_of(network, inputs), expected, rtol=1e-12)


def test_observation_steps_begin_at_zero_and_end_at_the_last():
    steps = observation_steps(1000, 12)
    assert steps[0] == 0 and steps[-1] == 1000 and bool(np.all(np.diff(steps) > 0))


def test_single_precision_leaves_other_types_alone():
    tree = single_precision({"a": jnp.ones(2), "b": jnp.arange(2)})
    assert tree["a"].dtype == jnp.float32 and tree["b"].dtype == jnp.arange(2).dtype


@pytest.mark.slow
def test_the_whole_study_runs_and_every_figure_is_drawn():
    from separatrix.figures import specification

    config = STUDY.config.preset("smoke")
    results = xr.DataTree.from_dict({name: run(config) for name, run in STUDY.experiments.items()})
    assert {judge(claim, results).outcome for claim in STUDY.claims} <= {"holds", "fails", "undecided"}
    for figure in STUDY.figures:
        assert specification(figure.draw(results))["config"]
