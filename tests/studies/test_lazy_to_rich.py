"""What the study reads off curves that are known, and its runs beside an independent loop."""

import jax
import numpy as np
import pytest
import xarray as xr

from separatrix.studies.lazy_to_rich import measures
from separatrix.studies.lazy_to_rich.training import descend, draw, pace

TIMES = np.concatenate([[0.0], np.geomspace(1, 1000, 61)])


def _curve(values):
    return xr.DataArray(np.stack(values), dims=("seed", "step"), coords={"time": ("step", TIMES)})


@pytest.fixture
def results():
    train, test = 1 / (1 + TIMES), 1 / (1 + TIMES / 20)
    runs = xr.Dataset({"train": _curve([train]), "test": _curve([test]), "alignment": _curve([TIMES])})
    runs = runs.expand_dims(case=["known"]).assign(learned=0.1)
    return xr.DataTree.from_dict({"networks": runs})


def test_times_delays_and_values_are_those_built_in(results):
    assert float(measures.done(results, "networks", "known", "train")[0]) == pytest.approx(9, rel=1e-2)
    assert float(measures.delay(results, "networks", "known")[0]) == pytest.approx(20, rel=1e-2)
    assert float(measures.at_done(results, "networks", "known", "alignment")[0]) == pytest.approx(9, rel=1e-2)
    assert float(measures.last(results, "networks", "known", "test")[0]) == pytest.approx(1 / 51)


def test_what_never_falls_is_never_done_and_its_delay_a_lower_bound(results):
    level = _curve([np.ones_like(TIMES)])
    assert np.isinf(measures.first_below(level, 0.1)[0])
    never = results["networks"].to_dataset().assign(test=results["networks"]["test"] * 0 + 1)
    bound = measures.delay(xr.DataTree.from_dict({"networks": never}), "networks", "known")
    assert float(bound[0]) == pytest.approx(1000 / 9, rel=1e-2)


def test_exponents_and_factors_of_series():
    points = np.array([1.0, 2.0, 4.0])
    series = [xr.DataArray([3 * p**-1.5, p**2], dims="seed") for p in points]
    np.testing.assert_allclose(measures.slope(series, points), [-1.5, 2.0])
    np.testing.assert_allclose(measures.smallest_factor(series), [2**-1.5, 4.0])
    assert np.isnan(measures.slope([series[0] / 0, *series[1:]], points)).all()


def test_padding_and_repetition_change_nothing_but_the_sample():
    key = jax.random.key(0)
    padded, bare = draw(key, 4, 6, 20, 2.5), draw(key, 4, 6, 20, 5.0)
    assert int(padded.count) == 10
    np.testing.assert_array_equal(padded.x[:10], bare.x[:10])
    assert not np.any(padded.x[10:])
    doubled = draw(key, 4, 6, 20, 5.0, distinct=2.5)
    rate = pace(1.0, 0.25)
    once, twice = (descend(problem, problem.weights, 1.0, 0.25, rate) for problem in (padded, doubled))
    np.testing.assert_allclose(once, twice, rtol=1e-12)
    assert np.abs(once - descend(bare, bare.weights, 1.0, 0.25, rate)).max() > 1e-3
