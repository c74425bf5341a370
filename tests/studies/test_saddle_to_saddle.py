"""The machinery of the study: measures on curves that are known, flows that share a program, the symmetries."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from separatrix.studies import judge
from separatrix.studies.saddle_to_saddle import STUDY, flows, measures, sampled, symmetries
from separatrix.studies.saddle_to_saddle.config import Config

TIMES = np.concatenate([[0.0], np.geomspace(0.05, 60.0, 400)])
LEVELS = (2.625, 0.625, 0.125, 0.0)


@pytest.fixture(scope="module")
def stairs() -> xr.DataArray:
    """Three logistic drops at times 3, 8 and 20."""
    modes = [
        0.5 * s**2 * (1 / (1 + (2**0.5 - 1) * np.exp(2 * s * (TIMES - t)))) ** 2
        for s, t in ((2.0, 3.0), (1.0, 8.0), (0.5, 20.0))
    ]
    return xr.DataArray(np.stack([sum(modes)] * 2), dims=("seed", "time"), coords={"time": TIMES})


def test_transition_times_are_those_built_in(stairs):
    found = measures.transition_times(stairs, LEVELS)
    np.testing.assert_allclose(found.isel(seed=0), [3.0, 8.0, 20.0], rtol=2e-3)  # overlap of neighbouring drops
    assert np.isnan(measures.transition_times(stairs + 1, LEVELS).isel(seed=0, transition=-1))


def test_heights_of_plateaus_are_those_built_in(stairs):
    heights = measures.flattest_levels(stairs, LEVELS).isel(seed=0)
    np.testing.assert_allclose(heights, LEVELS[:-1], atol=0.02 * LEVELS[0])
    np.testing.assert_allclose(measures.height_after(stairs, 1.6, 2.0).isel(seed=0), 0.625, atol=0.02 * LEVELS[0])


def test_speeding_up_tells_stairs_from_decay(stairs):
    decay = xr.DataArray(np.exp(-TIMES) + 0.1 * np.exp(-TIMES / 3), dims="time", coords={"time": TIMES})
    assert float(measures.speeding_up(decay, 0.01)) < 1e-6
    assert float(measures.speeding_up(stairs, 0.02).min()) > 2


def test_dwell_is_the_time_near_a_height(stairs):
    near_first = float(measures.dwell(stairs, LEVELS[0], 0.05).isel(seed=0))
    assert 2.0 < near_first < 3.0
    assert float(measures.dwell(stairs, 1.5, 0.05).isel(seed=0)) < 0.1


def test_hold_last_fills_only_after_the_end():
    values = xr.DataArray([[1.0, 2.0, np.nan, np.nan], [1.0, 2.0, 3.0, 4.0]], dims=("seed", "time"))
    np.testing.assert_array_equal(flows.hold_last(values), [[1, 2, 2, 2], [1, 2, 3, 4]])


def test_convolutional_targets_have_the_strengths_that_theory_is_given():
    for target in sampled.conv_targets():
        np.testing.assert_allclose(np.linalg.svd(target, compute_uv=False), sampled.CONV_STRENGTHS, rtol=1e-12)


def test_rays_count_directions_of_active_units():
    problem = sampled.rectified_problems(Config())["relu"]
    assert problem.x.shape[1] == sampled.SIZE * sampled.PATCHES
    u = jnp.array([[1.0, 0.5, 0.0, 0.0], [2.0, 1.0, -3.0, 0.0], [0.0, 0.0, 1.0, 1.0], [1e-4, 0.0, 0.0, 0.0]])
    v = jnp.array([1.0, 2.0, -1.0, 1e-4])
    patches = sampled.patches_of_signal(8, 4, 4)
    both = jnp.stack([v, jnp.zeros(4)], axis=1)[:, :, None]
    assert float(sampled.rays(sampled.TwoLayerConvolutional(u, both, patches, jnp.tanh))) == 2


@pytest.fixture(scope="module")
def symmetric() -> xr.DataTree:
    config = dataclasses.replace(Config(), seeds=5)
    return xr.DataTree.from_dict(
        {"embeddings": symmetries.embeddings(config), "invariance": symmetries.invariance(config)}
    )


@pytest.mark.parametrize(
    "claim", [c for c in STUDY.claims if c.id[3:].startswith(("embedded", "scaled", "equal-units", "proportional"))]
)
def test_symmetry_claims_hold_and_their_controls_fail(claim, symmetric):
    verdict = judge(claim, symmetric)
    assert verdict.outcome == "holds"
    assert verdict.control_fails


def test_every_claim_of_the_paper_is_there_with_a_control():
    assert {claim.id[:2] for claim in STUDY.claims} == {f"{n:02d}" for n in range(1, 11)}
    assert all(claim.control is not None for claim in STUDY.claims)
    assert len({claim.id for claim in STUDY.claims}) == len(STUDY.claims)


@pytest.mark.slow
def test_the_study_runs_and_every_claim_is_measured():
    config = Config.preset("smoke")
    results = xr.DataTree.from_dict({name: run(config) for name, run in STUDY.experiments.items()})
    for claim in STUDY.claims:
        assert judge(claim, results).outcome in ("holds", "fails", "undecided")
