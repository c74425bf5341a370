"""Stop now or later: on records of linear models trained by hand, whose test error is known at every step."""

import numpy as np
import pytest

from separatrix.probes import diagnose
from separatrix.probes.examples import write_examples
from separatrix.probes.instruments import stop
from separatrix.probes.linear_run import read_linear_run
from separatrix.probes.record import open_record
from separatrix.probes.writer import RecordWriter

INPUTS, EXAMPLES, RATE = 30, 45, 0.5
RULE = {"name": "plain descent", "learning_rate": RATE, "pace": RATE, "threshold": 2 / RATE, "formula": "2 / lr"}
RULE |= {"preconditioned": False, "notes": []}


def _data(seed=0, noise=1.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(EXAMPLES + 4000, INPUTS)) / INPUTS**0.5
    teacher = rng.normal(size=INPUTS)
    y = x @ teacher + noise * rng.normal(size=len(x))
    return (x[:EXAMPLES], y[:EXAMPLES]), (x[EXAMPLES:], y[EXAMPLES:]), teacher


def _train(steps, seed=0, noise=1.0, scale=1.0, bend=0.0, start=0.3):
    """Gradient descent on scale x mean squared error; a bend makes the model's loss unlike a linear one's."""
    (x, y), fresh, teacher = _data(seed, noise)
    weights = np.full(INPUTS, start)
    losses, tests, kept = [], [], [weights.copy()]
    for _ in range(steps):
        error = x @ weights - y
        losses.append(scale * np.mean(error**2))
        tests.append(np.mean((teacher - weights) ** 2) + noise**2)
        weights = weights - RATE * scale * 2 / EXAMPLES * x.T @ error
        kept.append(weights.copy())
    losses = np.array(losses)
    return (x, y), fresh, losses * (1 + bend * np.linspace(0, 1, steps)), np.array(tests), kept


def _record(folder, steps, rows=None, rule=RULE, validation=False, keep=True, **how):
    (x, y), fresh, losses, tests, weights = _train(steps, **how)
    writer = RecordWriter(folder)
    writer.losses(losses.tolist())
    for step in np.unique(np.geomspace(1, steps, 25).round().astype(int)) - 1:
        row = {"step": int(step), "seconds": float(step), "rule": rule, "loss": float(losses[step])}
        if validation:
            error = fresh[0] @ weights[step] - fresh[1]
            row["validation"] = {"loss": float(np.mean(error**2))}
        writer.row(row)
    writer.checkpoint(0, {"weight": weights[0][None, :]})
    writer.meta({"status": "complete", "batch_size": EXAMPLES, "data_size": EXAMPLES, "outputs": 1})
    writer.close()
    if keep:
        write_examples(folder, {"x": x, "y": y[:, None]})
    return tests


def _answer(folder):
    (answer,) = diagnose(folder, ask="stop")
    return answer


@pytest.mark.parametrize("scale", [1.0, 0.5, EXAMPLES / 2])
def test_the_clock_is_that_of_the_loss_whatever_its_scale(tmp_path, scale):
    # the same run, told with another scale of the loss and another learning rate
    _record(tmp_path / "run", 400, rule={**RULE, "pace": RATE / scale, "learning_rate": RATE / scale})
    record = open_record(tmp_path / "run")
    for row in record.rows:
        row["loss"] *= scale
    run = read_linear_run(record)
    assert not isinstance(run, str)
    assert run.scale == pytest.approx(scale)
    assert run.exact
    # steps follow the flow to first order in the rate: (1 - r) against exp(-r), r = 2 x 0.5 / 45 x 3.3 at most
    assert run.misfit < 0.02
    assert run.pace == pytest.approx(2 * RATE / EXAMPLES)


def test_it_says_later_before_and_past_after_the_best_step(tmp_path):
    tests = _record(tmp_path / "long", 3000)
    best = int(np.argmin(tests))
    answer = _answer(tmp_path / "long")
    assert answer.answer.startswith("Past it")
    _record(tmp_path / "short", max(best // 8, 4))
    early = _answer(tmp_path / "short")
    assert early.answer.startswith(("Later", "About now"))
    assert answer.confidence is None or 0 < answer.confidence < 1


def test_stopping_at_the_named_step_costs_little(tmp_path):
    worse = []
    for seed in range(6):
        tests = _record(tmp_path / f"{seed}", 3000, seed=seed)
        run = read_linear_run(open_record(tmp_path / f"{seed}"))
        assert not isinstance(run, str)
        step = min(int(run.step_at(float(run.forecast.times[0]))), len(tests) - 1)
        worse.append(tests[step] / tests.min() - 1)
        never = tests[-1] / tests.min() - 1
        assert never > 0.1  # the control: going on would not do
    assert np.median(worse) < 0.1


def test_a_validation_curve_is_told_and_answers_alone_where_the_run_is_not_linear(tmp_path):
    _record(tmp_path / "linear", 3000, validation=True)
    assert any("validation loss was lowest" in line for line in _answer(tmp_path / "linear").evidence)
    _record(tmp_path / "bent", 3000, bend=3.0, validation=True)
    assert _answer(tmp_path / "bent").answer.startswith("Past it, by the validation loss")
    _record(tmp_path / "blind", 3000, bend=3.0)
    assert "not that of a linear model" in (_answer(tmp_path / "blind").missing or "")


def test_it_says_what_it_lacks(tmp_path):
    _record(tmp_path / "bare", 100, keep=False)
    assert "give data=" in (_answer(tmp_path / "bare").missing or "")
    _record(tmp_path / "adam", 100, rule={**RULE, "name": "Adam", "preconditioned": True})
    assert "Adam turns the spectrum" in (_answer(tmp_path / "adam").missing or "")
    _record(tmp_path / "odd", 100, scale=7.3)
    assert "loss_scale" in (_answer(tmp_path / "odd").missing or "")
    _record(tmp_path / "classes", 100)
    (x, y), *_ = _data()
    write_examples(tmp_path / "classes", {"x": x, "y": (y > 0).astype(int)})
    assert "targets are classes" in (_answer(tmp_path / "classes").missing or "")


def test_kinds_of_answers():
    assert [stop.verdict(now, 1.0, 4.0) for now in (0.5, 2.0, 5.0)] == ["later", "now", "past"]
    assert stop.verdict(5.0, 1.0, 4.0, noisy=False) == "never"
