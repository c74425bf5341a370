"""Questions to series and to the courses of runs, on systems whose answers are known."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from separatrix.app.cli import main
from separatrix.errors import SeparatrixError
from separatrix.probes import diagnose, list_instruments
from separatrix.probes.record import open_record
from separatrix.probes.record_series import record_series
from separatrix.probes.run_forecast import forecast_run
from separatrix.probes.writer import RecordWriter

TIMES = 0.5 * np.arange(400.0)
OF_SERIES = [instrument.name for instrument in list_instruments() if "series" in instrument.of]


def write(path, columns):
    table = np.column_stack(list(columns.values()))
    np.savetxt(path, table, delimiter=",", header=",".join(columns), comments="")
    return path


@pytest.fixture(scope="module")
def wave(tmp_path_factory):
    noise = np.random.default_rng(0).normal(size=(2, 400))
    columns = {"time": TIMES, "x": np.sin(0.6 * TIMES) + 0.02 * noise[0], "v": np.cos(0.6 * TIMES) + 0.02 * noise[1]}
    return write(tmp_path_factory.mktemp("series") / "wave.csv", columns)


def test_a_wave_is_certified_forecast_and_steady(wave):
    modes, horizon, balance = diagnose(wave)
    assert modes.answer == "An oscillation of period 10.5 (certified)."  # 2 pi / 0.6
    assert horizon.answer.startswith("At least 30")  # half of the held-out 60
    assert balance.answer.startswith("Steady")
    assert all(answer.confidence and answer.confidence > 0.8 for answer in (modes, horizon, balance))


def test_what_dies_out_is_dissipative(tmp_path):
    ring = np.exp(-0.02 * TIMES) * np.sin(0.6 * TIMES)
    (answer,) = diagnose(write(tmp_path / "ring.csv", {"time": TIMES, "x": ring}), ask="balance")
    assert answer.answer.startswith("Dissipative")


def test_what_noise_keeps_up_is_driven_and_noise_alone_is_nothing(tmp_path):
    pushes, root = np.random.default_rng(1).normal(size=(2, 800)), 0.95 * np.exp(0.4j)
    path = np.zeros(800, complex)
    for t in range(799):
        path[t + 1] = root * path[t] + pushes[0, t] + 1j * pushes[1, t]
    (answer,) = diagnose(write(tmp_path / "driven.csv", {"x": path.real, "v": path.imag}), ask="balance")
    assert answer.answer.startswith("Driven")
    white = write(tmp_path / "white.csv", {"x": pushes[0]})
    modes, horizon, balance = diagnose(white)
    assert modes.answer.startswith("None that can be certified")
    assert horizon.answer.startswith("Not even one step")
    assert balance.missing


def test_unequal_steps_are_named(tmp_path):
    times = np.cumsum(1 + np.arange(60.0) % 3)
    for answer in diagnose(write(tmp_path / "uneven.csv", {"time": times, "x": np.sin(times)})):
        assert "need equal ones" in answer.missing


@pytest.mark.parametrize("name", OF_SERIES)
def test_instruments_say_of_what_they_are_asked(wave, tmp_path, name):
    assert len(diagnose(wave, ask=name)) == 1
    (other,) = diagnose(wave, ask="plateau")
    assert "asked of a recorded run" in other.missing
    with pytest.raises(SeparatrixError, match="No question matches"):
        diagnose(wave, ask="nonsense")


def test_the_command_line_takes_a_series(wave, tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["diagnose", str(wave), "--ask", "modes", "--json", "--html", str(tmp_path / "report.html")])
    assert left.value.code == 0
    (document,) = json.loads(capsys.readouterr().out)
    assert set(document) == {"question", "answer", "evidence", "confidence", "paper"}
    page = (tmp_path / "report.html").read_text()
    assert "What the series says" in page
    assert page.count("<figure>") == 4
    (tmp_path / "bad.csv").write_text("t,x\n1,a\n")
    with pytest.raises(SystemExit) as left:
        main(["diagnose", str(tmp_path / "bad.csv")])
    assert left.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_sum_of_exponentials_is_foretold_better_than_by_lines():
    steps = np.arange(5000.0)
    losses = np.exp(-steps / 300) + 0.3 * np.exp(-steps / 3000) + 0.05
    found = forecast_run(losses[:4000], 1000)
    assert not isinstance(found, str)
    assert found.kind == "forecast"
    truth = np.log(losses[4950:].mean())
    assert abs(found.end - truth) < min(found.half, 0.05)
    assert abs(found.path[1, -1] - truth) > 0.1  # the last value


def test_a_plateau_says_that_losses_cannot_tell(tmp_path):
    losses = 2.3 * np.exp(0.01 * np.random.default_rng(0).normal(size=5000))
    record = tmp_path / "run"
    writer = RecordWriter(record)
    writer.losses(losses.tolist())
    writer.meta({"status": "complete"})
    writer.close()
    (answer,) = diagnose(record, ask="ahead")
    assert "flat" in answer.missing
    assert "too few" in forecast_run(losses[:300], 1000)
    assert "not all positive" in forecast_run(losses - 2.3, 500)


def test_checkpoints_at_equal_steps_give_modes_of_the_weights(tmp_path):
    plane = np.linalg.qr(np.random.default_rng(0).normal(size=(30, 2)))[0]
    for index in range(80):  # weights that spiral in towards a minimum
        turn = 0.98**index * np.array([np.cos(0.4 * index), np.sin(0.4 * index)])
        save_file({"w": (plane @ turn).reshape(5, 6)}, tmp_path / f"step-{10 * index:06d}.safetensors")
    series = record_series(open_record(tmp_path))
    assert not isinstance(series, str)
    (answer,) = diagnose(tmp_path, ask="modes")
    assert answer.answer.startswith("An oscillation of period 157 steps (certified)")  # 2 pi / 0.4 times 10
