"""The parts of the study that the conformance suite does not see: symmetry of weights, and how claims read results."""

import numpy as np
import pytest
import xarray as xr

from separatrix.learning.networks import boolean_inputs
from separatrix.studies import judge
from separatrix.studies.universality_lens import STUDY, boolean, coins, redundant, singular
from separatrix.studies.universality_lens.config import Config


def test_weights_are_symmetric_in_inputs_and_their_signs():
    tables, logs = boolean.reachable()
    weight = {tuple(t): w for t, w in zip(tables, logs, strict=True)}
    points = boolean_inputs(3)
    for change in (points[:, [1, 0, 2]], points * np.array([1, -1, 1])):
        order = [int(np.flatnonzero((points == x).all(axis=1))[0]) for x in change]
        for table, log in weight.items():
            assert weight[tuple(np.asarray(table)[order])] == pytest.approx(log)
    assert np.exp(logs).sum() == pytest.approx(1.0)
    assert np.all(np.diff(logs) <= 0)


def test_divergences_of_functions_count_where_they_differ():
    tables = np.array([[0] * 8, [1] * 8, [0] * 7 + [1]])
    found = boolean._divergences(tables, 0.1)
    assert found[0, 1] == pytest.approx(0.8 * np.log(9))
    assert found[0, 2] == pytest.approx(0.1 * np.log(9))
    np.testing.assert_allclose(found, found.T)


def test_the_first_time_below_a_level():
    curve = xr.DataArray([[1.0, 0.5, 0.01, 0.0], [1.0, 1.0, 1.0, 1.0]], dims=("seed", "n"))
    np.testing.assert_array_equal(boolean._first_below(curve, 0.02), [2, np.nan])


@pytest.fixture(scope="module")
def exact() -> xr.DataTree:
    config = Config(parameters=(10, 100), lengths=(10, 100, 1000, 10_000))
    runs = (coins.coins, coins.chain, coins.directions, boolean.weights, redundant.redundant, singular.balls)
    return xr.DataTree.from_dict({run.__name__: run(config) for run in runs})


EXACT = [c for c in STUDY.claims if c.id[:2] in ("01", "02", "03", "07") and "langevin" not in c.id]


@pytest.mark.parametrize("claim", [c for c in EXACT if "counting" not in c.id], ids=lambda c: c.id)
def test_exact_claims_hold_and_their_controls_fail(claim, exact):
    verdict = judge(claim, exact)
    assert verdict.outcome == "holds"
    assert verdict.control_fails


def test_every_claim_has_a_control():
    assert {claim.id[:2] for claim in STUDY.claims} == {f"{n:02d}" for n in range(1, 9)}
    assert all(claim.control is not None for claim in STUDY.claims)
