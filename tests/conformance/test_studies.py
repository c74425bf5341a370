import contextlib
import json
import re

import jax
import numpy as np
import pytest

from separatrix.studies import registry
from separatrix.studies.runner import run_study

STUDIES = registry.list_studies()
KEYS = {"id", "statement", "source", "expected", "value", "interval", "seeds", "verdict", "control"}


# one worker a study, so that each runs once
BY_WORKER = [pytest.param(study, id=study.slug, marks=pytest.mark.xdist_group(study.slug)) for study in STUDIES]


@pytest.fixture(params=BY_WORKER)
def study(request):
    return request.param


@pytest.fixture(scope="session")
def smoke_runs():
    return {}


@pytest.fixture
def result(study, smoke_runs):
    if study.slug not in smoke_runs:
        with compiled_quickly():
            smoke_runs[study.slug] = run_study(study, study.config.preset("smoke"))
    return smoke_runs[study.slug]


@contextlib.contextmanager
def compiled_quickly():
    """Without the compiler's optimisations: a smoke run is almost all compilation."""
    before = jax.config.values["jax_disable_most_optimizations"]
    jax.config.update("jax_disable_most_optimizations", True)
    try:
        yield
    finally:
        jax.config.update("jax_disable_most_optimizations", before)


def test_there_are_studies():
    assert {"deep-linear", "saddle-to-saddle", "dynamical-stability"} <= {study.slug for study in STUDIES}


def test_what_a_study_says_of_itself(study):
    assert study.question.endswith("?")
    assert re.fullmatch(r"\d{4}\.\d{5}|\d{4}\.\d{4}", study.paper.arxiv)
    assert study.parts
    assert 1 <= len(study.figures) <= 6
    ids = [claim.id for claim in study.claims]
    assert len(set(ids)) == len(ids)
    numbers = {int(i[:2]) for i in ids}
    assert numbers == set(range(1, max(numbers) + 1))
    assert any(claim.control for claim in study.claims)
    assert all(claim.source and claim.statement for claim in study.claims)


def test_every_claim_gets_a_verdict(study, result):
    assert len(result.verdicts) == len(study.claims)
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    for claim in document["claims"]:
        assert set(claim) == KEYS
        assert claim["verdict"] in {"holds", "fails", "undecided"}


def test_every_claim_can_fail(study, result):
    """No verdict is hard-coded: where nothing can be measured, no claim holds."""
    empty = result.results.map_over_datasets(lambda dataset: dataset.map(spoiled))
    for claim in study.claims:
        try:
            measured = np.asarray(claim.measure(empty), dtype=float)
        except Exception:
            continue
        if claim.kind == "proportion":
            assert not np.any(measured == 1), claim.id
        else:
            assert not np.all(np.isfinite(measured)) or not claim.expect.contains(float(measured.mean())), claim.id


def spoiled(variable):
    return variable * np.nan if variable.dtype.kind in "fiu" else variable


def test_figures_are_drawn(study, result):
    for figure in study.figures:
        chart = figure.draw(result.results)
        assert chart.to_dict()["$schema"]


def test_a_setting_that_is_not_one_is_refused(study):
    from separatrix.errors import SeparatrixError

    with pytest.raises(SeparatrixError, match="no setting"):
        study.config.preset("quick").with_settings({"no_such_thing": "1"})
