import re

import pytest

from separatrix.app.demo import demo, predicted_step, sparkline, steepest_drop
from separatrix.app.diagnosis import answer_json, print_answers, trust
from separatrix.app.report import Report, StudySection, render, write_report
from separatrix.app.terminal import number, output, with_interval
from separatrix.errors import SeparatrixError
from separatrix.probes import Answer
from separatrix.store import Store
from separatrix.studies import run_study
from separatrix.studies.registry import find_study

ANSWER = Answer(
    "Is it <stuck>?", "A saddle & no end.", ("λ = -0.1 < 0",), 0.96, "saddle-to-saddle", "Right in 97 of 100."
)
SILENT = Answer("Is it noisy?", "Cannot be said: no batch size.", (), None, "deep-linear", missing="no batch size")


@pytest.fixture
def section(toys):
    store = Store(toys / "runs", create=True)
    study = find_study("toy-study")
    result = run_study(study, study.config.preset("smoke"), store=store)
    return StudySection(store.document(result.run), result.folder)


def test_a_report_holds_everything_and_needs_no_network(section, tmp_path):
    write_report(tmp_path / "r.html", Report("Title <b>", "Lede", (ANSWER, SILENT), (), (section,)))
    page = (tmp_path / "r.html").read_text()
    assert page.count("vegaEmbed=") == 1  # one copy of the bundle for all charts
    markup = re.sub(r"(<script[^>]*>).*?</script>", r"\1", page, flags=re.DOTALL)
    assert not re.search(r"<(script|link|img)[^>]*(src|href)\s*=", markup)
    for text in ("Title &lt;b&gt;", "Is it &lt;stuck&gt;?", "A saddle &amp; no end.", "96% sure", "One more question"):
        assert text in page
    assert "The loss falls exponentially" in page
    assert page.count("<figure>") == 2  # the study's own and the claim panel
    assert "prefers-color-scheme: dark" in page
    assert "name='viewport'" in page


def test_text_from_a_study_cannot_break_out_of_the_page(section):
    document = {**section.document, "title": "</script><script>alert(1)</script>"}
    assert "<script>alert(1)" not in render(Report("r", studies=(StudySection(document, section.folder),)))


def test_an_unwritable_report_is_told(tmp_path):
    with pytest.raises(SeparatrixError, match="Cannot write"):
        write_report(tmp_path / "nowhere" / "r.html", Report("r"))


def test_an_answers_json_has_the_documented_keys():
    assert list(answer_json(ANSWER)) == ["question", "answer", "evidence", "confidence", "paper"]


def test_trust_is_told_in_words():
    assert trust(ANSWER) == "96% sure (right in 97 of 100)"
    assert trust(SILENT) == "cannot be answered from this run"


def test_answers_are_printed_with_evidence_and_the_unanswerable_last(capsys):
    print_answers(output(), [SILENT, ANSWER])
    out = capsys.readouterr().out
    assert out.index("Is it <stuck>?") < out.index("λ = -0.1 < 0") < out.index("Is it noisy?")


@pytest.mark.parametrize(
    ("value", "interval", "text"),
    [
        (0.9984, [0.9963, 1.0005], "0.9984 ± 0.0021"),
        (1.0, [0.5, 1.0], "1 (0.5 to 1)"),
        (3.0, [None, None], "3"),
        (None, [None, None], "–"),
        (1e-9, [0.0, 2e-9], "1.000e-09 ± 1.0e-09"),
        (2.0, [2.0, 2.0], "2 ± 0"),
    ],
)
def test_numbers_are_written_with_their_uncertainty(value, interval, text):
    assert with_interval(value, interval) == text


def test_numbers_that_json_lacks_are_dashes():
    assert number(float("nan")) == number(None) == "–"


def test_the_predicted_step_is_read_off_an_answer():
    assert predicted_step("A saddle: it will break in about 490 steps, near step 1 300 (then ...)") == 1300
    assert predicted_step("near step 950.") == 950
    assert predicted_step("The end.") is None


def test_the_first_drop_is_found_where_it_is_steepest():
    import numpy as np
    import xarray as xr

    steps = np.arange(1, 2001)
    curve = 2.0 - 1 / (1 + np.exp(-(steps - 700) / 30)) - 1 / (1 + np.exp(-(steps - 1500) / 60))
    noisy = curve + 0.02 * np.random.default_rng(0).normal(size=curve.size)
    drop = steepest_drop(xr.DataArray(noisy, dims="step", coords={"step": steps}))
    assert abs(drop - 700) <= 25  # half the averaging window
    assert len(sparkline(noisy)) == 60


@pytest.mark.torch
def test_the_demo_runs_from_end_to_end(toys, capsys):
    pytest.importorskip("torch")
    demo(toys / "runs", toys / "report.html", slugs=["toy-study"], steps=(60, 120))
    out = capsys.readouterr().out
    assert "3 claims of 1 paper were tested here: 3 hold" in out
    assert (toys / "report.html").stat().st_size > 500_000
