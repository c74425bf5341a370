import hypothesis
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import strategies as st

from separatrix.errors import SeparatrixError
from separatrix.models import as_trajectories, refuse_constant


@hypothesis.given(st.lists(st.integers(2, 6), min_size=1, max_size=4), st.integers(1, 3), st.integers(1, 3))
def test_pairs_never_cross_from_one_series_to_the_next(lengths, dimension, lag):
    series = [100.0 * i + np.arange(n * dimension).reshape(n, dimension) for i, n in enumerate(lengths)]
    if max(lengths) <= lag:
        with pytest.raises(SeparatrixError, match="needs a series of at least"):
            as_trajectories(series).pairs(lag)
        return
    before, after = as_trajectories(series).pairs(lag)
    assert len(before) == sum(max(n - lag, 0) for n in lengths)
    np.testing.assert_array_equal(after - before, lag * dimension)


def test_frames_keep_their_names_and_times():
    frame = pd.DataFrame({"prey": [1.0, 2.0, 3.0], "predator": [3, 2, 1]}, index=[0.0, 0.5, 1.0])
    found = as_trajectories(frame)
    assert found.names == ("prey", "predator")
    assert found.step == 0.5
    dated = as_trajectories(frame.set_index(pd.date_range("2000-01-01", periods=3, freq="D")))
    np.testing.assert_array_equal(dated.times[0], [0.0, 1.0, 2.0])


@pytest.mark.parametrize("dims", [("seed", "time", "state"), ("time", "seed", "state")])
def test_further_dims_of_an_array_are_separate_series(dims):
    values = np.arange(24.0).reshape(2, 4, 3)
    array = xr.DataArray(values, dims=("seed", "time", "state"), coords={"time": [0.0, 0.1, 0.2, 0.3]}).transpose(*dims)
    found = as_trajectories(array)
    assert len(found.states) == 2
    np.testing.assert_array_equal(found.states[1], values[1])
    assert found.equal_step("EDMD") == pytest.approx(0.1)


def test_variables_of_a_dataset_are_components():
    scalars = xr.Dataset({"x": ("time", [1.0, 2.0]), "y": ("time", [3.0, 4.0])}, coords={"time": [0.0, 1.0]})
    assert as_trajectories(scalars).names == ("x", "y")
    vectors = xr.Dataset(
        {"x": (("seed", "time", "axis"), np.zeros((2, 5, 3))), "energy": (("seed", "time"), np.ones((2, 5)))}
    )
    found = as_trajectories(vectors)
    assert (len(found.states), found.dimension) == (2, 4)


def test_unequal_steps_are_refused_only_by_what_needs_equal_ones():
    found = as_trajectories(np.zeros((3, 1)), times=[0.0, 1.0, 3.0])
    assert found.step is None
    with pytest.raises(SeparatrixError, match="HAVOK needs equal steps between times; these go from 1 to 2"):
        found.equal_step("HAVOK")


def test_parts_of_a_series_are_cut_by_share():
    found = as_trajectories([np.arange(10.0), np.arange(4.0)]).between(0.5, 1.0)
    assert [series.ravel().tolist() for series in found.states] == [[5, 6, 7, 8, 9], [2, 3]]
    assert found.select([1, 1, 0]).states[1].ravel().tolist() == [2, 3]


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (np.ones((3, 2)) * 1j, {}, "complex"),
        (np.array([[1.0, np.nan], [2.0, 3.0]]), {}, "first in x1 at row 0"),
        (np.array([["a"], ["b"]]), {}, "must be numbers"),
        (np.zeros((2, 2, 2)), {}, "shape"),
        ([], {}, "empty"),
        ([np.zeros((3, 1)), np.zeros((3, 2))], {}, "same components"),
        (np.zeros((3, 1)), {"times": [0.0, 1.0]}, "as many times"),
        (np.zeros((3, 1)), {"times": [0.0, 2.0, 1.0]}, "ascend"),
        (np.zeros((3, 1)), {"inputs": np.zeros((2, 1))}, "one row a state"),
        (xr.DataArray(np.zeros(3), dims="step"), {}, "needs the dim 'time'"),
    ],
)
def test_bad_data_are_named_in_one_line(data, options, message):
    with pytest.raises(SeparatrixError, match=message) as caught:
        as_trajectories(data, **options)
    assert "\n" not in str(caught.value)


def test_a_constant_column_is_named():
    with pytest.raises(SeparatrixError, match="Constant throughout: x1"):
        refuse_constant(as_trajectories(np.array([[1.0, 5.0], [2.0, 5.0]])))
    refuse_constant(as_trajectories([np.array([[1.0, 5.0]]), np.array([[2.0, 6.0]])]))
