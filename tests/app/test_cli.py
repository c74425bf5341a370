import json
import subprocess
import sys

import pytest

from separatrix.app.cli import _exit_code
from separatrix.app.completion import study_slugs

CLAIM_KEYS = ["id", "statement", "source", "expected", "value", "interval", "seeds", "verdict", "control"]


def invoke(capsys, *arguments):
    code = _exit_code(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def one_line(err: str) -> bool:
    return err.startswith("Error: ") and err.count("\n") == 1 and "Traceback" not in err


def test_list_in_json_has_the_documented_keys(toys, capsys):
    code, out, err = invoke(capsys, "list", "--json")
    [study] = json.loads(out)
    assert (code, err) == (0, "")
    assert list(study) == ["slug", "title", "arxiv", "date", "world", "parts", "question"]


def test_run_in_json_prints_one_document_and_nothing_else(toys, capsys):
    code, out, err = invoke(capsys, "run", "toy-study", "--json")
    [document] = json.loads(out)
    assert (code, err) == (0, "")
    assert list(document) == ["study", "seconds", "claims"]
    assert all(list(claim) == CLAIM_KEYS for claim in document["claims"])
    assert [claim["verdict"] for claim in document["claims"]] == ["holds", "holds", "holds"]


def test_a_failing_claim_gives_exit_code_one(toys, capsys):
    code, out, _ = invoke(capsys, "run", "toy-study", "--set", "rate=0.1", "--json")
    assert code == 1
    assert [claim["verdict"] for claim in json.loads(out)[0]["claims"]][2] == "fails"


def test_too_few_seeds_are_undecided_and_no_failure(toys, capsys):
    code, out, _ = invoke(capsys, "run", "toy-study", "--seeds", "3", "--json")
    assert code == 0
    assert {claim["verdict"] for claim in json.loads(out)[0]["claims"][:2]} == {"undecided"}


def test_what_was_run_can_be_listed_shown_and_compared(toys, capsys):
    assert invoke(capsys, "run", "toy-study")[0] == 0
    assert invoke(capsys, "run", "toy-study", "--seeds", "6", "--profile", "smoke")[0] in (0, 1)
    rows = json.loads(invoke(capsys, "runs", "--json")[1])
    assert [row["id"] for row in rows] == ["toy-study-2", "toy-study-1"]
    document = json.loads(invoke(capsys, "show", "last", "--json")[1])
    assert document["config"] == {"seeds": 6, "seed": 0, "steps": 3, "rate": 0.5, "broken": False}
    comparison = json.loads(invoke(capsys, "compare", "toy-study-1", "toy-study-2", "--json")[1])
    assert comparison["settings"]["steps"] == [20, 3]
    assert len(comparison["claims"]) == 3
    for command in (["runs"], ["show", "toy-study-1"], ["compare", "toy-study-1", "toy-study"]):
        code, out, err = invoke(capsys, *command)
        assert (code, err) == (0, "")
        assert max(map(len, out.splitlines())) <= 100 or command[0] == "show"


def test_figures_are_written_beside_the_results(toys, capsys):
    code, out, _ = invoke(capsys, "run", "toy-study", "--out", str(toys / "elsewhere"))
    folder = toys / "elsewhere" / "toy-study-1"
    assert code == 0
    assert (folder / "figures" / "decay.png").stat().st_size > 1000
    assert "http" not in (folder / "figures" / "decay.html").read_text().split("<script>")[0]
    assert "decay.html" in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "toy-stdy"], "Did you mean 'toy-study'"),
        (["run"], "Name a study"),
        (["run", "toy-study", "--all"], "not both"),
        (["run", "toy-study", "--profile", "big"], "quick or full"),
        (["run", "toy-study", "--seeds", "0"], "1 or more"),
        (["run", "toy-study", "--seeds", "many"], "--seeds"),
        (["run", "toy-study", "--set", "speed=1"], "no setting 'speed'"),
        (["run", "toy-study", "--set", "steps"], "key=value"),
        (["run", "toy-study", "--set", "steps=fast"], "must be of type int"),
        (["run", "toy-study", "--fast"], "No such option"),
        (["walk"], "No such command"),
        (["runs"], "no store of runs"),
        (["show", "toy-study"], "no store of runs"),
        (["diagnose", "nowhere"], "nowhere"),
    ],
)
def test_bad_input_is_told_in_one_line(toys, capsys, arguments, expected):
    code, out, err = invoke(capsys, *arguments)
    assert (code, out) == (2, "")
    assert one_line(err)
    assert expected in err


def test_a_run_of_another_name_is_not_there(toys, capsys):
    invoke(capsys, "run", "toy-study")
    code, _, err = invoke(capsys, "show", "other")
    assert code == 2
    assert one_line(err)
    assert "toy-study-1" in err


def test_an_unwritable_store_is_told_in_one_line(toys, capsys):
    (toys / "file").write_text("x")
    code, _, err = invoke(capsys, "run", "toy-study", "--out", str(toys / "file"))
    assert code == 2
    assert one_line(err)


def test_a_cluster_that_does_not_answer_is_told_in_one_line(toys, capsys):
    pytest.importorskip("distributed")
    code, _, err = invoke(capsys, "run", "toy-study", "--cluster", "nonsense://x")
    assert code == 2
    assert one_line(err)


def test_help_and_version_import_nothing_heavy():
    program = (
        "import sys; from separatrix.app.cli import _exit_code; code = _exit_code(['run', '--help']);"
        "heavy = {'jax', 'xarray', 'altair', 'numpy', 'scipy', 'torch', 'zarr'} & set(sys.modules);"
        "assert code == 0 and not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Examples" in done.stdout


def test_version(capsys):
    code, out, _ = invoke(capsys, "--version")
    assert code == 0
    assert out.startswith("separatrix 0.")


def test_completion_reads_slugs_without_importing():
    assert all("_" not in slug for slug in study_slugs())
    assert study_slugs("no-such") == []
