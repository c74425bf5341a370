import errno
import os
import sqlite3

import numpy as np
import pytest
import xarray as xr

from separatrix.errors import SeparatrixError
from separatrix.store import Store
from separatrix.store.arrays import read_group, write_group
from separatrix.store.runs import default_store


def dataset() -> xr.Dataset:
    return xr.Dataset(
        {
            "loss": (("seed", "time"), np.array([[1.0, np.nan], [0.1, np.inf]]), {"units": "1"}),
            "steps": ("seed", np.array([3, 4])),
            "ok": ("seed", np.array([True, False])),
            "name": ("seed", np.array(["a", "bcd"])),
            "single": ("seed", np.array([1, 2], np.float32)),
        },
        coords={"seed": [0, 1], "time": [0.5, 1.5]},
        attrs={"number": np.float64(2.0), "none": None, "dict": {"a": (1,)}},
    )


def document(**changes):
    base = {"study": "s", "profile": "quick", "seeds": 5, "seconds": 1.0, "version": "0"}
    verdicts = [{"verdict": "holds"}, {"verdict": "fails"}, {"verdict": "holds"}]
    return {**base, "verdicts": verdicts, **changes}


def stored(path, mark="f"):
    store = Store(path, create=True)
    with store.pending("s", mark) as pending:
        pending.write("one", dataset(), 1.0)
        run = pending.commit(document())
    return store, run


def test_results_come_back_as_they_were(tmp_path):
    store, run = stored(tmp_path)
    back = store.results(run)["one"].to_dataset()
    xr.testing.assert_equal(back, dataset())
    assert back["single"].dtype == np.float32
    assert back["ok"].dtype == bool
    assert back["loss"].attrs["units"] == "1"
    assert store.runs()[0] | {"created": ""} == {
        "id": "s-1", "study": "s", "profile": "quick", "seeds": 5, "created": "", "seconds": 1.0,
        "holds": 2, "fails": 1, "undecided": 0, "version": "0",
    }  # fmt: skip


def test_runs_are_numbered_and_found_by_name(tmp_path):
    store, first = stored(tmp_path)
    (tmp_path / "s-2").mkdir()  # a recorder's folder of that name is in the way
    _, second = stored(tmp_path)
    assert (first, second) == ("s-1", "s-3")
    assert store.find("s") == store.find("last") == store.find("s-3") == "s-3"
    with pytest.raises(SeparatrixError, match="no run 'x'"):
        store.find("x")


def test_a_run_in_the_making_is_not_in_the_index_and_resumes(tmp_path):
    store = Store(tmp_path, create=True)
    with store.pending("s", "f") as pending:
        pending.write("one", dataset(), 2.0)
    assert Store(tmp_path).runs() == []
    with store.pending("s", "f") as pending:
        assert pending.has("one")
        assert not pending.has("two")
        data, seconds = pending.read("one")
        assert seconds == 2.0
        xr.testing.assert_equal(data, dataset())
    with store.pending("s", "another") as pending:
        assert not pending.has("one")


def test_a_half_written_experiment_is_not_there(tmp_path, monkeypatch):
    store = Store(tmp_path, create=True)
    with store.pending("s", "f") as pending:
        with monkeypatch.context() as patch:
            patch.setattr(xr.Dataset, "to_zarr", _full_disk)
            with pytest.raises(SeparatrixError, match="disk is full"):
                pending.write("one", dataset(), 1.0)
        assert not pending.has("one")
        pending.write("one", dataset(), 1.0)
        assert pending.has("one")


def _full_disk(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_two_processes_do_not_make_the_same_run(tmp_path):
    store = Store(tmp_path, create=True)
    with store.pending("s", "f"), pytest.raises(SeparatrixError, match="another process"), store.pending("s", "f"):
        pass


def test_death_between_rename_and_index_loses_nothing(tmp_path):
    store, run = stored(tmp_path)
    store._index.remove(run)
    assert [row["id"] for row in Store(tmp_path).runs()] == [run]


def test_a_deleted_index_is_made_again_and_a_deleted_run_forgotten(tmp_path):
    stored(tmp_path)
    (tmp_path / "index.sqlite").unlink()
    store = Store(tmp_path)
    assert [row["id"] for row in store.runs()] == ["s-1"]
    (tmp_path / "s-1" / "run.json").unlink()
    assert Store(tmp_path).runs() == []


def test_other_folders_beside_runs_are_left_alone(tmp_path):
    stored(tmp_path)
    (tmp_path / "digits").mkdir()
    (tmp_path / "digits" / "run.json").write_text('{"learning_rate": 0.1}')
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    assert [row["id"] for row in Store(tmp_path).runs()] == ["s-1"]


@pytest.mark.parametrize("content", [b"", b"not a database at all, not even nearly" * 20])
def test_a_damaged_index_is_told(tmp_path, content):
    stored(tmp_path)
    (tmp_path / "index.sqlite").write_bytes(content)
    if content:
        with pytest.raises(SeparatrixError, match="damaged"):
            Store(tmp_path)
    else:
        assert [row["id"] for row in Store(tmp_path).runs()] == ["s-1"]  # an empty file is an empty index


def test_an_index_of_something_else_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "index.sqlite") as connection:
        connection.execute("CREATE TABLE runs (id TEXT)")
    connection.close()
    with pytest.raises(SeparatrixError, match="not one of separatrix's"):
        Store(tmp_path)


def test_damaged_results_are_told(tmp_path):
    store, run = stored(tmp_path)
    group = tmp_path / run / "results.zarr" / "one"
    (group / "loss" / "zarr.json").write_text('{"shape"')
    with pytest.raises(SeparatrixError, match="damaged"):
        store.results(run)
    (tmp_path / run / "run.json").write_text("")
    with pytest.raises(SeparatrixError, match=r"run\.json"):
        store.document(run)


def test_a_missing_store_and_group_are_told(tmp_path):
    with pytest.raises(SeparatrixError, match="no store of runs"):
        Store(tmp_path / "nowhere")
    with pytest.raises(SeparatrixError, match="missing"):
        read_group(tmp_path, "one")


def test_a_group_is_replaced_wholly(tmp_path):
    write_group(tmp_path, "one", dataset())
    write_group(tmp_path, "one", dataset()[["steps"]])
    assert set(read_group(tmp_path, "one").data_vars) == {"steps"}


def test_the_default_store(monkeypatch):
    monkeypatch.delenv("SEPARATRIX_RUNS", raising=False)
    assert str(default_store()) == "runs"
    monkeypatch.setenv("SEPARATRIX_RUNS", "/x")
    assert str(default_store()) == "/x"
