"""The weight instrument: known spectra give known dimensions, and what is missing is named."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from separatrix.analysis.operators import from_matrix
from separatrix.probes import diagnose
from separatrix.probes.density import density_sketch, read_density
from separatrix.probes.instruments.weight import dimension_range, kind_of, weigh
from separatrix.probes.writer import RecordWriter
from separatrix.theory.gaussian_mixture import effective_dimension, occam_cost

SCALE = 0.5
VALUES = np.concatenate([np.geomspace(10, 1, 6), np.zeros(114)])


def _row(step, sketch, trace=1.0, top=1.0):
    rule = {"preconditioned": False, "threshold": 20.0, "notes": []}
    measured = {"top": {"value": top}, "trace": {"value": trace, "half_width": 0.1}}
    return {"step": step, "rule": rule, "loss": 1.0, **measured} | ({} if sketch is None else {"density": sketch})


def _ask(folder, rows, size=100, about=None, first=0, weights=SCALE):
    writer = RecordWriter(folder)
    writer.losses([1.0] * 100)
    for row in rows:
        writer.row(row)
    writer.meta({"status": "complete", "batch_size": 10, "data_size": size, "about": about or {}})
    writer.close()
    save_file({"w": weights * np.ones(120)}, folder / f"step-{first:06d}.safetensors")
    (answer,) = diagnose(folder, ask="weight")
    return answer


SKETCH = density_sketch(from_matrix(np.diag(VALUES)))


def test_a_sketch_survives_the_record_and_gives_the_dimension():
    found = weigh(read_density(SKETCH), 100, SCALE)
    assert found.dimension == pytest.approx(effective_dimension(VALUES, 100, SCALE), rel=1e-3)
    assert found.cost == pytest.approx(occam_cost(VALUES, 100, SCALE), rel=1e-3)
    assert found.downward == pytest.approx(0.0, abs=1e-6)
    small = density_sketch(from_matrix(np.diag(VALUES[:10])))
    assert weigh(read_density(small), 100, SCALE).half_width == 0


def test_a_flat_solution_is_heavy(tmp_path):
    answer = _ask(tmp_path / "run", [_row(100, SKETCH)])
    assert answer.answer.startswith("Heavy: the 100 examples determine only about 5.9")
    assert "counting all parameters would say 2.76" in " ".join(answer.evidence)


def test_noise_that_is_stated_counts(tmp_path):
    answer = _ask(tmp_path / "run", [_row(100, SKETCH)], about={"noise_variance": 1000.0})
    truth = effective_dimension(VALUES, 100, SCALE / 1000**0.5)
    assert f"about {truth:.3g} of 120" in answer.answer
    wrong = _ask(tmp_path / "wrong", [_row(100, SKETCH)], about={"noise_variance": -1})
    assert "must be a positive number" in wrong.missing


def test_a_sharp_solution_is_light(tmp_path):
    sharp = density_sketch(from_matrix(np.diag(np.linspace(50, 100, 120))))
    assert _ask(tmp_path / "run", [_row(100, sharp)]).answer.startswith("Light")
    assert [kind_of(k, 100) for k in (5, 30, 60)] == ["heavy", "between", "light"]


def test_without_the_spectrum_there_are_limits_that_hold(tmp_path):
    answer = _ask(tmp_path / "run", [_row(100, None, VALUES.sum(), VALUES.max())])
    low, high = dimension_range(VALUES.sum(), VALUES.max(), 120, 100, SCALE)
    assert low <= effective_dimension(VALUES, 100, SCALE) <= high
    assert f"between {low:.2g} and {high:.2g} directions" in answer.answer
    equal = np.full(120, 0.3)
    assert dimension_range(36.0, 0.3, 120, 100, SCALE) == pytest.approx([effective_dimension(equal, 100, SCALE)] * 2)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"size": None}, "number of training examples"),
        ({"first": 50}, "initial weights"),
        ({"weights": 0.0}, "all zero"),
        ({"rows": [{"step": 100, "loss": 1.0}]}, "no curvature"),
        ({"rows": [_row(10, SKETCH)]}, "from step 10 of 100"),
        ({"rows": [_row(100, None, -1.0)]}, "only the trace"),
    ],
)
def test_what_it_lacks_it_says(tmp_path, change, what):
    rows = change.pop("rows", [_row(100, SKETCH)])
    assert what in _ask(tmp_path / "run", rows, **change).missing
