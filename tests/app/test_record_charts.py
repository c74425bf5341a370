from pathlib import Path

import numpy as np

from separatrix.app.record_charts import record_charts
from separatrix.figures import specification
from separatrix.probes.record import Record


def rows(threshold):
    return tuple(
        {"step": step, "top": {"value": float(step)}, "rule": {"threshold": threshold, "learning_rate": 0.1}}
        for step in (1, 5, 10)
    )


def test_a_full_record_gives_loss_and_sharpness_against_its_limit():
    record = Record(Path("r"), {}, np.geomspace(2.0, 0.01, 10), rows(20.0), ())
    (loss, chart), (sharp, other) = record_charts(record)
    assert loss == "The loss went from 2 to 0.01 in 10 steps"
    assert sharp == "The sharpness comes to 0.5 times the limit of stability at most"
    assert specification(chart)["layer"]
    assert specification(other)["layer"]


def test_a_record_without_a_limit_or_without_probes_gives_what_it_has():
    assert len(record_charts(Record(Path("r"), {}, np.ones(10), rows(None), ()))) == 2
    assert len(record_charts(Record(Path("r"), {}, np.ones(10), (), ()))) == 1
    assert record_charts(Record(Path("r"), {}, np.zeros(0), (), ())) == ()


def test_a_held_out_loss_and_layers_are_drawn_where_they_were_recorded():
    layers = {"hidden": {"target_alignment": 0.5}, "last": {"target_alignment": 0.9}}
    probes = [
        {"step": step, "loss": 1 / step, "validation": {"loss": held_out}, "representations": layers}
        for step, held_out in ((1, 1.0), (5, 0.4), (10, 0.6))
    ]
    record = Record(Path("r"), {}, np.ones(10), tuple(probes), ())
    _, (generalisation, chart), (geometry, _) = record_charts(record)
    assert generalisation == "The validation loss was lowest, 0.4, at step 5"
    assert geometry == "Layer last has come closest to the targets' geometry"
    assert specification(chart)["layer"]
