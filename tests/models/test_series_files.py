"""Series written by the ordinary clients of each format come back as they were, and what is amiss is told in a line."""

import builtins
import pickle

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from separatrix.errors import SeparatrixError
from separatrix.models.series_files import is_series, read_series

FINITE = st.floats(allow_nan=False, allow_infinity=False, width=64)


def waves(rows=40, step=0.5):
    times = step * np.arange(rows)
    return pd.DataFrame({"time": times, "a": np.sin(times), "b": np.cos(times)})


def written(path, frame):
    name = path.suffix
    if name == ".csv":
        frame.to_csv(path, index=False)
    elif name == ".parquet":
        frame.to_parquet(path, index=False)
    elif name == ".npz":
        np.savez(path, **{key: frame[key].to_numpy() for key in frame})
    else:
        data = xr.Dataset(
            {key: ("time", frame[key].to_numpy()) for key in frame if key != "time"}, {"time": frame["time"].to_numpy()}
        )
        if name == ".nc":
            data.to_netcdf(path, engine="h5netcdf")
        else:
            data.to_zarr(path, zarr_format=3, consolidated=False)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz", ".nc", ".zarr"])
def test_every_format_gives_back_what_was_written(tmp_path, suffix):
    if suffix == ".nc":
        pytest.importorskip("h5py", reason="h5netcdf reads by it")
    frame = waves()
    found = read_series(written(tmp_path / f"s{suffix}", frame))
    assert found.names == ("a", "b")
    np.testing.assert_array_equal(found.times[0], frame["time"])
    np.testing.assert_array_equal(found.states[0], frame[["a", "b"]])


def test_a_classic_netcdf_needs_only_scipy(tmp_path):
    data = xr.Dataset({"a": ("time", np.sin(np.arange(30.0)))}, {"time": np.arange(30.0)})
    data.to_netcdf(tmp_path / "s.nc", engine="scipy")
    assert len(read_series(tmp_path / "s.nc").states[0]) == 30


@settings(max_examples=15)
@given(
    values=st.lists(FINITE, min_size=20, max_size=30, unique=True),
    delimiter=st.sampled_from(",;\t|"),
    head=st.booleans(),
)
def test_any_table_survives_the_trip(tmp_path_factory, values, delimiter, head):
    path = tmp_path_factory.mktemp("trip") / "s.csv"
    table = pd.DataFrame({"time": np.arange(float(len(values))), "x": values, "y": values[::-1]})
    table.to_csv(path, index=False, sep=delimiter, header=head)
    found = read_series(path)
    np.testing.assert_array_equal(found.states[0], table[["x", "y"]])
    assert found.step == 1.0
    assert found.names == (("x", "y") if head else ("x1", "x2"))


def test_a_column_of_labels_tells_series_apart(tmp_path):
    frame = pd.concat([waves(25).assign(trajectory="p"), waves(15).assign(trajectory="q")])
    found = read_series(written(tmp_path / "s.csv", frame))
    assert [len(series) for series in found.states] == [25, 15]
    assert found.names == ("a", "b")


def test_files_as_others_write_them(tmp_path):
    times, wave = np.arange(30.0), np.sin(np.arange(30.0))
    np.savetxt(tmp_path / "numpy.txt", np.stack([times, wave], 1), header="t x")
    assert read_series(tmp_path / "numpy.txt").names == ("x",)
    pd.DataFrame({"x": wave}).to_csv(tmp_path / "indexed.csv")
    assert read_series(tmp_path / "indexed.csv").names == ("x",)
    (tmp_path / "comma.csv").write_text(
        "zeit;x\n" + "".join(f"{i};{0.5 * i % 3:.1f}\n".replace(".", ",") for i in range(30))
    )
    assert read_series(tmp_path / "comma.csv").states[0][1, 0] == 0.5
    (tmp_path / "one.csv").write_text("".join(f"{value}\n" for value in wave))
    assert read_series(tmp_path / "one.csv").names == ("x0",)
    np.savez(tmp_path / "many.npz", first=wave, second=wave[:25])
    assert [len(series) for series in read_series(tmp_path / "many.npz").states] == [30, 25]


def test_dates_are_days_and_months_are_even(tmp_path):
    wave = np.sin(np.arange(36.0))
    days = pd.DataFrame({"date": pd.date_range("2001-01-01", periods=36, freq="D"), "x": wave})
    assert read_series(written(tmp_path / "days.csv", days)).step == 1.0
    for name in ("months.csv", "months.parquet"):
        months = pd.DataFrame({"when": pd.date_range("2001-01-01", periods=36, freq="MS"), "x": wave})
        assert read_series(written(tmp_path / name, months)).step == pytest.approx(30.436875)


BAD_TABLES = {
    "": "is empty",
    "a,b\n": "no rows",
    "t,x\n" + "".join(f"{i},{i % 3}\n" for i in range(10)): "at least 20",
    "t,x\n" + "".join(f"{i},{i % 3}\n" for i in range(25)) + "25,\n": "'x' is empty at row 26",
    "t,x\n" + "".join(f"{i},{i % 3}\n" for i in range(25)) + "25,oh\n": "'x' holds 'oh' at row 26",
    "t,x\n" + "".join(f"{i},1+{i}j\n" for i in range(25)): "'x' holds '1+0j' at row 1",
    "t,x,y\n" + "".join(f"{i},{i % 3},7\n" for i in range(25)): "Constant throughout: y",
    "t,x\n" + "".join(f"{i % 20},{i % 3}\n" for i in range(25)): "don't ascend at row 21",
    "t,x\n1,2,3\n4,5\n": "cells where others have",
    "x,x\n" + "".join(f"{i},{i % 3}\n" for i in range(25)): "several columns named 'x'",
}


@pytest.mark.parametrize("text", BAD_TABLES, ids=range(len(BAD_TABLES)))
def test_a_bad_table_is_told_in_one_line(tmp_path, text):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(SeparatrixError, match=BAD_TABLES[text].replace("+", r"\+")) as caught:
        read_series(tmp_path / "s.csv")
    assert "\n" not in str(caught.value)
    assert "s.csv" in str(caught.value)


def test_what_is_no_series_is_refused(tmp_path):
    def refused(name, expected):
        with pytest.raises(SeparatrixError, match=expected) as caught:
            read_series(tmp_path / name)
        assert "\n" not in str(caught.value)

    refused("none.csv", "does not exist")
    (tmp_path / "s.docx").write_text("x")
    refused("s.docx", "no known kind")
    (tmp_path / "s.pkl").write_bytes(pickle.dumps([1]))
    refused("s.pkl", "is a pickle")
    np.savez(tmp_path / "objects.npz", x=np.array([{}] * 30))
    refused("objects.npz", "pickled objects")
    np.savez(tmp_path / "complex.npz", x=np.exp(1j * np.arange(30.0)))
    refused("complex.npz", "complex")
    for name in ("s.nc", "s.parquet", "s.npz"):
        (tmp_path / name).write_bytes(b"PK not what it says it is")
        refused(name, "cannot be read|pickled")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00x")
    refused("bytes.csv", "no text")
    (tmp_path / "empty.zarr").mkdir()
    refused("empty.zarr", "cannot be read|no variables")
    xr.Dataset({"x": ("place", np.arange(30.0))}).to_netcdf(tmp_path / "still.nc", engine="scipy")
    refused("still.nc", "dim 'time'")


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    path = written(tmp_path / "s.parquet", waves())
    ordinary = builtins.__import__

    def without(name, *arguments, **options):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return ordinary(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SeparatrixError, match=r"separatrix\[series\]"):
        read_series(path)


def test_a_folder_is_a_record_unless_it_is_zarr(tmp_path):
    assert not is_series(tmp_path)
    assert is_series("a.zarr")
    assert is_series("a.csv")
