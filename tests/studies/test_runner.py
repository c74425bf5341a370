import dataclasses

import jax
import pytest
import xarray as xr

from separatrix.errors import SeparatrixError
from separatrix.store import Store
from separatrix.studies import Figure, run_study
from separatrix.studies.registry import find_study


@pytest.fixture
def study(toys):
    return find_study("toy-study")


def test_without_a_store_nothing_is_written(study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run_study(study, study.config.preset("smoke"))
    assert (result.run, list(tmp_path.iterdir())) == (None, [])
    assert set(result.results.children) == set(study.experiments)
    assert [verdict.claim.id for verdict in result.verdicts] == [claim.id for claim in study.claims]


def test_a_stored_run_holds_the_same_arrays(study, tmp_path):
    store = Store(tmp_path, create=True)
    result = run_study(study, study.config.preset("smoke"), store=store, profile="smoke")
    for name, node in result.results.children.items():
        xr.testing.assert_equal(store.results(result.run)[name].to_dataset(), node.to_dataset())
    document = store.document(result.run)
    assert (document["profile"], document["seeds"], document["config"]["steps"]) == ("smoke", 5, 3)
    assert document["verdicts"][0]["high"] == 0.6
    assert document["versions"]["jax"] == jax.__version__


@pytest.mark.parametrize("float64", [True, False])
def test_precision_is_the_studys_own_and_is_put_back(study, float64):
    result = run_study(dataclasses.replace(study, float64=float64), study.config.preset("smoke"))
    assert bool(result.results["first"]["x64"]) is float64
    assert jax.config.jax_enable_x64  # as the tests have it


def test_progress_is_told_before_each_experiment(study, tmp_path):
    told = []
    store = Store(tmp_path, create=True)
    run_study(study, study.config.preset("smoke"), store=store, progress=lambda *what: told.append(what))
    assert told == [*((name, i, 5) for i, name in enumerate(study.experiments)), ("figures", 5, 5)]


def test_a_failed_experiment_keeps_the_finished_ones(study, tmp_path):
    def explode(config):
        raise RuntimeError("no")

    store, config = Store(tmp_path, create=True), study.config.preset("smoke")
    broken = dataclasses.replace(study, experiments={**study.experiments, "fourth": explode})
    with pytest.raises(RuntimeError, match="no"):
        run_study(broken, config, store=store)
    assert store.runs() == []
    assert run_study(study, config, store=store).resumed == 3
    assert run_study(study, config, store=store).resumed == 0  # what is finished is a run of its own


def test_another_configuration_does_not_resume(study, tmp_path):
    store, config = Store(tmp_path, create=True), study.config.preset("smoke")
    failing = dataclasses.replace(study, claims=(dataclasses.replace(study.claims[0], measure=lambda _: 1 / 0),))
    with pytest.raises(ZeroDivisionError):
        run_study(failing, config, store=store)
    assert run_study(study, dataclasses.replace(config, seed=1), store=store).resumed == 0
    assert run_study(study, config, store=store).resumed == 5


def test_a_figure_that_fails_does_not_lose_the_run(study, tmp_path):
    bad = Figure("bad", "It cannot be drawn", lambda results: results["nowhere"])
    result = run_study(
        dataclasses.replace(study, figures=(bad,)), study.config.preset("smoke"), store=Store(tmp_path, create=True)
    )
    assert "nowhere" in result.figures[0]["error"]
    assert Store(tmp_path).runs()[0]["id"] == result.run


def test_no_seeds_are_refused(study):
    with pytest.raises(SeparatrixError, match="whole number, 1 or more"):
        run_study(study, dataclasses.replace(study.config(), seeds=0))
