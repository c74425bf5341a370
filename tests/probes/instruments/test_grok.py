"""Answers to *will it grok?* on losses of known law, and how the calibration counts."""

import numpy as np
import pytest

from separatrix.analysis.delayed_generalisation import HALVING, generalisation_outlook, recent_exponent
from separatrix.probes import diagnose
from separatrix.probes.writer import RecordWriter

STEPS = np.unique(np.geomspace(1, 1000, 40).round())


def _outlook(power, train=1.0, moving=0.5, validation=None):
    held = 5 * STEPS**-power if validation is None else validation
    return generalisation_outlook(STEPS, STEPS**-train, held, STEPS, STEPS**moving)


@pytest.mark.parametrize(
    ("power", "train", "moving", "kind"),
    [
        (0.32, 1.0, 0.5, "yes"),
        (0.28, 1.0, 0.5, "no"),
        (-0.2, 1.0, 0.5, "no"),
        (0.32, 2.0, 0.5, "unclear"),  # the training loss is used up too fast
        (0.0, 1.0, 0.5, "unclear"),  # level, but the weights move
        (0.0, 1.0, 0.02, "no"),
        (0.5, 0.1, 0.5, "early"),
        (1.0, 1.0, 0.5, "already"),
    ],
)
def test_kinds_follow_the_law_of_the_losses(power, train, moving, kind):
    assert _outlook(power, train, moving).kind == kind


def test_exponents_are_measured_and_a_halving_is_when_the_law_halves():
    outlook = _outlook(HALVING)
    assert outlook.exponent == pytest.approx(HALVING)
    assert outlook.halved == pytest.approx(10)
    assert np.isnan(recent_exponent(STEPS[:2], STEPS[:2]))
    bent = np.where(STEPS < 100, 1.0, (STEPS / 100) ** -0.5)
    assert recent_exponent(STEPS, bent) == pytest.approx(-0.5)  # only what happened lately counts


def _answer(folder, power, keep=True):
    writer = RecordWriter(folder)
    writer.losses([1.0] * 1001)
    for step in (0, *STEPS):
        row = {"step": int(step), "seconds": 0.0, "loss": 1 / (1 + step), "displacement_relative": 0.1 * step**0.5}
        row["validation"] = {"loss": 5.0 if step == 0 else 5 * step**-power} if keep else None
        writer.row(row)
    writer.meta({"status": "complete", "batch_size": 10, "data_size": 100, "outputs": 1})
    writer.close()
    (answer,) = diagnose(folder, ask="grok")
    return answer


def test_the_answer_words_the_law_and_cites_its_calibration(tmp_path):
    yes = _answer(tmp_path / "yes", 0.325)
    assert yes.answer.startswith("Yes: the validation loss still falls steadily and should halve by 8.")
    assert any("steps^-0.3" in sentence for sentence in yes.evidence)
    assert _answer(tmp_path / "no", 0.1).answer.startswith("No")
    assert _answer(tmp_path / "already", 0.9).confidence is None


def test_without_validation_data_it_says_how_to_give_them(tmp_path):
    answer = _answer(tmp_path / "run", 0.3, keep=False)
    assert answer.missing is not None
    assert "validation=(x, y)" in answer.missing
