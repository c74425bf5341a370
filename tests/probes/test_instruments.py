"""Answers of the instruments on rows made by hand, and what importing them costs."""

import subprocess
import sys

import numpy as np
import pytest

from separatrix.probes import diagnose, list_instruments
from separatrix.probes.instruments import edge, lazy
from separatrix.probes.layers import effective_rank, unit_shares
from separatrix.probes.modes import InputOutputModes
from separatrix.probes.writer import RecordWriter


def _end(value):
    return {"value": value, "error": 1e-4, "residual": 1e-3, "converged": True, "products": 5}


def _heavy(step, loss, top=1.0, trace=2.0, nodes=(-0.5, 1.0), masses=(1e-6, 1e-6), depth=0.4):
    rule = {"name": "plain descent", "learning_rate": 0.1, "pace": 0.1, "threshold": 20.0, "formula": "2 / lr"}
    rule |= {"preconditioned": False, "notes": []}
    return {
        "step": step,
        "seconds": float(step),
        "rule": rule,
        "loss": loss,
        "gradient_norm": 1e-3,
        "top": _end(top),
        "bottom": _end(-0.5),
        "trace": {"value": trace, "half_width": 0.1},
        "escape": {"nodes": list(nodes), "masses": list(masses), "acceleration": 0.0},
        "scan": {"depth": depth, "distance": 1.0},
        "kernel": {"turned": 0.0 if step == 0 else 0.5, "grown": 1.0},
        "displacement_relative": 0.0 if step == 0 else 2.0,
        "layers": {"0.weight": {"shape": [4, 4], "singular_values": [1.0], "effective_rank": 1.0, "change_rank": 1.0}},
        "units": {"0.weight": {"units": 4, "active": 1, "participation": 1.0}},
        "modes": {"values": [2.0, 1.0], "learned": [0.98, 0.02]},
    }


def _record(folder, rows, batch=10, size=100):
    writer = RecordWriter(folder)
    writer.losses([row["loss"] for row in rows for _ in range(100)])
    for row in rows:
        writer.row(row)
    writer.meta({"status": "complete", "batch_size": batch, "data_size": size, "outputs": 1})
    writer.close()
    answers = diagnose(folder)
    asked = [instrument.name for instrument in list_instruments() if "record" in instrument.of]
    return dict(zip(asked, answers, strict=True))


def _plateau(**more):
    return [_heavy(100 * i, 3.0 if i < 3 else 1.0, **more) for i in range(10)]


def test_a_saddle_is_timed_in_steps(tmp_path):
    answer = _record(tmp_path / "run", _plateau())["plateau"]
    # S = 1e-6 / (2 * 0.5) reaches 0.83 of the depth 0.4 after ln(0.332 / 1e-6) / (2 * 0.5) = 12.7, at 0.1 a step
    assert answer.answer.startswith("A saddle: it will break in about 130 steps, near step 1 000")
    assert answer.confidence is not None and 0.9 < answer.confidence < 1
    assert "108 simulated runs" in answer.calibration


def test_an_end_says_so_and_the_edge_gives_no_forecast(tmp_path):
    end = _record(tmp_path / "end", _plateau(nodes=(0.1, 1.0), depth=0.0))["plateau"]
    assert end.answer.startswith("The end")
    edgy = _record(tmp_path / "edge", _plateau(top=20.0))
    assert "edge of stability" in edgy["plateau"].missing
    assert edgy["edge"].answer.startswith("Yes")


def test_the_other_answers_follow_their_numbers(tmp_path):
    answers = _record(tmp_path / "run", _plateau())
    assert "1 of 2 modes" in answers["learned"].answer
    assert answers["edge"].answer.startswith("No: the sharpest direction is at 5 % of the limit")
    assert answers["noise"].answer.startswith("No")
    assert answers["lazy"].answer.startswith("Rich")
    noisy = _record(tmp_path / "noisy", _plateau(trace=150.0))
    assert noisy["noise"].answer.startswith("Yes")
    full = _record(tmp_path / "full", _plateau(), batch=100)
    assert "no noise" in full["noise"].answer
    unknown = _record(tmp_path / "unknown", _plateau(), batch=None)
    assert "batch size is not known" in unknown["noise"].missing


def test_old_curvature_is_not_passed_off_as_new(tmp_path):
    rows = _plateau()
    for row in rows[1:]:
        for key in ("top", "trace", "escape", "kernel"):
            row.pop(key)
    answers = _record(tmp_path / "run", rows)
    assert "from step 0 of 1000" in answers["edge"].missing
    assert any("No curvature was measured" in line for line in answers["plateau"].evidence)


def _without_curvature(norms):
    rows = [_heavy(100 * i, 3.0 if i < 3 else 1.0) for i in range(len(norms))]
    for row, norm in zip(rows, norms, strict=True):
        for key in ("top", "trace", "escape", "kernel"):
            row.pop(key)
        row["gradient_norm"] = float(norm)
    return rows


def test_without_curvature_a_plateau_is_judged_by_what_grows_on_it(tmp_path):
    # Escape at rate 0.05 per unit of flow time, 10 units a probe: the gradient norm doubles every 139 steps, and the
    # deficit norm^2 / 0.1 reaches 0.83 * 0.8 after ln(0.0664 / norm^2) / 0.1 units.
    norms = np.where(np.arange(20) < 3, 1.0, 1e-5 * np.exp(0.5 * np.arange(20)))
    answer = _record(tmp_path / "saddle", _without_curvature(norms))["plateau"]
    left = np.log(0.0664 / norms[-1] ** 2) / 0.1 / 0.1
    assert answer.answer.startswith("A saddle: it will break in about")
    said = int(answer.answer.split("about ")[1].split(" steps")[0].replace(" ", ""))
    assert said == pytest.approx(left, rel=0.3)  # the drop is guessed within a factor of two
    assert any("about every 139 steps" in line or "about every 14" in line for line in answer.evidence)
    still = np.where(np.arange(20) < 3, 1.0, 1e-3 * np.exp(-0.3 * np.arange(20)))
    end = _record(tmp_path / "end", _without_curvature(still))["plateau"]
    assert end.answer.startswith("The end, or an escape too young to be seen")


@pytest.mark.parametrize(("ratio", "kind"), [(0.5, "below"), (0.9, "edge"), (1.1, "edge"), (1.5, "beyond")])
def test_the_edge_is_where_the_ratio_is_near_one(ratio, kind):
    assert edge.verdict(np.array([0.1, 0.1, ratio, ratio, ratio])) == kind


def test_the_kernel_outweighs_the_weights():
    assert lazy.verdict(None, 0.01) == "lazy"
    assert lazy.verdict(0.5, 0.01) == "rich"


def test_rank_and_units_of_known_weights():
    assert effective_rank(np.array([3.0, 3.0, 3.0, 0.0])) == pytest.approx(3.0)
    entering, leaving = np.zeros((4, 3)), np.zeros((2, 4))
    entering[:2], leaving[:, :2] = 1.0, 1.0
    assert unit_shares({"0": entering, "1": leaving}) == {
        "0": {"units": 4, "active": 2, "participation": pytest.approx(2.0)}
    }
    assert unit_shares({"w1": entering.T, "w2": leaving.T})["w1"]["active"] == 2
    kernels, head = np.ones((4, 1, 3, 3)), np.ones((2, 4 * 5))
    assert unit_shares({"0": kernels, "1": head})["0"]["units"] == 4


def test_modes_of_a_linear_map_are_reproduced_by_it_and_not_by_zero():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 3))
    y = x @ np.diag([3.0, 2.0, 1.0])
    modes = InputOutputModes.of(x, y)
    np.testing.assert_allclose(modes.strengths(y)["learned"], 1.0)
    np.testing.assert_allclose(modes.strengths(0 * y)["learned"], 0.0)
    strongest = x @ np.outer(modes.right[:, 0], modes.left[:, 0]) * modes.values[0]
    learned = modes.strengths(strongest)["learned"]
    # inputs are white up to 400 samples
    assert learned[0] == pytest.approx(1.0, abs=0.2) and abs(learned[1]) < 0.2


def test_importing_probes_does_not_import_torch():
    code = "import sys; from separatrix.probes import Recorder, diagnose, list_instruments as all_of; all_of()"
    code += "; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
