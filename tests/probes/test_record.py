"""Broken, missing and half-written records are refused or read back as far as they are true."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from safetensors.numpy import save_file

from separatrix.errors import SeparatrixError
from separatrix.probes import diagnose, list_instruments
from separatrix.probes.record import open_record
from separatrix.probes.writer import RecordWriter


def _row(step, **more):
    rule = {"name": "plain descent", "learning_rate": 0.1, "pace": 0.1, "threshold": 20.0, "formula": "2 / lr"}
    rule |= {"preconditioned": False, "notes": []}
    return {"step": step, "seconds": 0.0, "rule": rule, "loss": 1.0, "gradient_norm": 1.0, **more}


def _record(folder, losses=(1.0, 0.5), rows=None):
    writer = RecordWriter(folder)
    writer.losses(list(losses))
    for row in [_row(0), _row(2)] if rows is None else rows:
        writer.row(row)
    writer.meta({"status": "complete", "batch_size": 4, "data_size": 100, "outputs": 1})
    writer.close()
    return folder


def _checkpoints(folder, count=3):
    folder.mkdir()
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((6, 4)), rng.standard_normal((2, 6))
    for index in range(count):
        grown = {"0.weight": (first + index * np.ones((6, 4))).astype("f4"), "2.weight": second.astype("f4")}
        save_file(grown, folder / f"step-{100 * index:06d}.safetensors")
    return folder


def test_what_was_written_is_read_back(tmp_path):
    record = open_record(_record(tmp_path / "run"))
    np.testing.assert_array_equal(record.losses, [1.0, 0.5])
    assert [row["step"] for row in record.rows] == [0, 2]


def test_two_probes_of_one_step_are_one_row(tmp_path):
    record = open_record(_record(tmp_path / "run", rows=[_row(2, a=1), _row(0), _row(2, b=2)]))
    assert [row["step"] for row in record.rows] == [0, 2]
    assert record.rows[1]["a"], record.rows[1]["b"] == (1, 2)


def test_an_unfinished_last_item_is_dropped(tmp_path):
    folder = _record(tmp_path / "run")
    with (folder / "losses.f64").open("ab") as file:
        file.write(b"\x00\x01\x02")
    with (folder / "probes.jsonl").open("ab") as file:
        file.write(b'{"step": 9, "loss": 0.1')
    record = open_record(folder)
    assert len(record.losses) == 2
    assert [row["step"] for row in record.rows] == [0, 2]


def _spoil(folder, name, content):
    (folder / name).write_bytes(content)
    return folder


_BROKEN = {
    "missing": (lambda t: t / "nothing", "does not exist"),
    "empty folder": (lambda t: (t / "x").mkdir() or t / "x", "is empty"),
    "run.json truncated": (lambda t: _spoil(_record(t / "run"), "run.json", b'{"format": "separ'), "not valid JSON"),
    "run.json no object": (lambda t: _spoil(_checkpoints(t / "run"), "run.json", b"[1]"), "must hold one JSON object"),
    "run.json binary": (lambda t: _spoil(_record(t / "run"), "run.json", b"\xff\xfe\x00"), "not valid JSON"),
    "newer": (
        lambda t: _spoil(_record(t / "run"), "run.json", b'{"format": "separatrix-record", "version": 9}'),
        "format version 9",
    ),
    "row corrupt": (lambda t: _spoil(_record(t / "run"), "probes.jsonl", b'{"step": 0}\nrubbish\n'), "Line 2 of"),
    "losses gone": (lambda t: (_record(t / "run") / "losses.f64").unlink() or t / "run", "is missing"),
    "no steps": (lambda t: _record(t / "run", losses=()), "record of no steps"),
    "nan": (lambda t: _record(t / "run", losses=(1.0, float("nan"))), "not finite from step 2 of 2"),
    "zero rate": (lambda t: _spoil(_checkpoints(t / "run"), "run.json", b'{"learning_rate": 0}'), "positive number"),
    "tensors empty": (lambda t: _spoil(_checkpoints(t / "run"), "step-000200.safetensors", b""), "is empty"),
    "tensors corrupt": (
        lambda t: _spoil(_checkpoints(t / "run"), "step-000200.safetensors", b"\x01" * 50),
        "truncated or corrupt",
    ),
    "tensors truncated": (
        lambda t: _spoil(
            _checkpoints(t / "run"),
            "step-000200.safetensors",
            (t / "run" / "step-000200.safetensors").read_bytes()[:-8],
        ),
        "truncated or corrupt",
    ),
    "pickle folder": (lambda t: (t / "x").mkdir() or _spoil(t / "x", "model.pt", b"junk"), "not read"),
    "pickle file": (lambda t: _spoil(t, "model.pt", b"junk") / "model.pt", "safetensors.torch.save_file"),
}


@pytest.mark.parametrize("case", list(_BROKEN))
def test_broken_input_is_refused_in_one_clear_line(case, tmp_path):
    make, message = _BROKEN[case]
    with pytest.raises(SeparatrixError, match=message) as caught:
        diagnose(make(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_divergence_names_the_sharpness_before_it(tmp_path):
    top = {"value": 50.0, "error": 0.1, "converged": True}
    folder = _record(tmp_path / "run", losses=(1.0, 2.0, float("inf")), rows=[_row(1, top=top)])
    with pytest.raises(SeparatrixError, match=r"at step 1, saw sharpness 50 where 20 is the most"):
        diagnose(folder)


def test_an_existing_record_is_not_overwritten_unasked(tmp_path):
    folder = _record(tmp_path / "run")
    with pytest.raises(SeparatrixError, match="already holds a record"):
        RecordWriter(folder)
    RecordWriter(folder, overwrite=True).close()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("precious")
    with pytest.raises(SeparatrixError, match="not a record"):
        RecordWriter(tmp_path / "other", overwrite=True)
    assert (tmp_path / "other" / "thesis.txt").exists()


def test_a_bare_folder_gets_the_instruments_that_need_only_weights(tmp_path):
    names = [instrument.name for instrument in list_instruments() if "record" in instrument.of]
    answers = dict(zip(names, diagnose(_checkpoints(tmp_path / "run")), strict=True))
    learned = answers["learned"]
    assert learned.missing is None
    # a constant was added to every entry of the first layer: a change of rank one
    assert "what training changed in 0.weight has rank 1.0 of 4" in learned.answer
    assert answers["lazy"].missing is None
    assert answers["plateau"].missing is not None


def test_one_checkpoint_cannot_show_movement(tmp_path):
    (answer,) = diagnose(_checkpoints(tmp_path / "run", 1), "lazy")
    assert "one checkpoint" in answer.answer


def test_an_unknown_question_names_the_known_ones(tmp_path):
    with pytest.raises(SeparatrixError, match="Ask one of: plateau, learned, edge, noise, lazy"):
        diagnose(_record(tmp_path / "run"), "why")


def test_answers_are_plain_data(tmp_path):
    for answer in diagnose(_record(tmp_path / "run")):
        plain = json.loads(json.dumps(answer.to_json()))
        assert {"question", "answer", "evidence", "confidence", "paper"} <= plain.keys()


_LOOP = """
import torch, sys
from separatrix.probes import Recorder
x, y = torch.randn(32, 4), torch.randn(32, 2)
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
loss = lambda model, batch: ((model(batch[0]) - batch[1]) ** 2).mean()
with Recorder(model, loss=loss, data=(x, y), optimizer=optimizer, out=sys.argv[1], overhead=5.0) as recorder:
    while True:
        value = loss(model, (x, y))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        recorder.step(value)
"""


@pytest.mark.torch
def test_a_run_killed_in_the_middle_can_be_diagnosed(tmp_path):
    pytest.importorskip("torch")
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_LOOP), str(tmp_path / "run")],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    try:
        rows, deadline = tmp_path / "run" / "probes.jsonl", time.monotonic() + 100
        while time.monotonic() < deadline and not (rows.exists() and rows.stat().st_size > 20_000):
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    finally:
        process.wait(timeout=30)
    record = open_record(tmp_path / "run")
    assert record.meta["status"] == "running"
    assert len(record.losses) > 0 and len(record.rows) > 3
    assert np.isfinite(record.losses).all()
    assert {"Is it at the edge of stability?"} <= {a.question for a in diagnose(tmp_path / "run") if a.missing is None}
