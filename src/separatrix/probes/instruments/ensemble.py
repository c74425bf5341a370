"""How many models must I average?"""

import numpy as np

from separatrix.probes.calibrated import measured
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.instruments.lazy import verdict
from separatrix.probes.record import Record

FEW = 8
MOST_CLASSES = 100
NEEDED = ("x", "y", "validation_x", "validation_y")


def kind(size: int | None) -> str:
    """The kind of answer that a size gives: ``one``, ``few`` or ``many``."""
    return "one" if size == 1 else "few" if size is not None and size <= FEW else "many"


def classes(y: np.ndarray, validation: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Targets of a network and classes of the validation examples, where the targets are classes.

    Args:
        y: targets of the data: integer labels, two numbers, or rows with one largest entry (one-hot).
        validation: targets of the validation data, alike.

    Returns:
        Targets, shape (n, c), and classes, shape (m,): with two classes c is 1 and the targets are -1 and 1. None if
        these are not classes.
    """
    if y.ndim == 2 and y.shape[1] == 1:
        y, validation = y[:, 0], validation[:, 0]
    if y.ndim == 1:
        values = np.unique(np.concatenate([y, validation]))
        if len(values) == 2:
            return np.where(y == values[1], 1.0, -1.0)[:, None], (validation == values[1]).astype(int)
        whole = np.array_equal(values, np.round(values)) and 2 < len(values) <= MOST_CLASSES
        if not whole or values.min() < 0 or values.max() >= MOST_CLASSES:
            return None
        return np.eye(int(values.max()) + 1)[y.astype(int)], validation.astype(int)
    if y.ndim == 2 and all(len(np.unique(rows)) == 2 for rows in (y, validation)):
        one = [np.all(np.sum(rows == rows.max(), axis=1) == 1) for rows in (y, validation)]
        return (y.astype(float), validation.argmax(axis=1)) if all(one) else None
    return None


def ask(record: Record) -> Answer:
    """Answer for a record or a folder of checkpoints that keeps examples."""
    examples = record.examples
    if any(name not in examples for name in NEEDED):
        return INSTRUMENT.lacks(
            "it needs examples with targets and others to judge by; pass validation=(x, y) to Recorder, with data that "
            "are a pair of arrays"
        )
    found = classes(examples["y"], examples["validation_y"])
    if found is None:
        return INSTRUMENT.lacks("the targets are no classes; it needs integer labels, two values, or one-hot rows")
    x, tests = (np.asarray(examples[n], float).reshape(len(examples[n]), -1) for n in ("x", "validation_x"))
    return _forecast(record, x, found[0], tests, found[1])


def _forecast(record: Record, x: np.ndarray, y: np.ndarray, tests: np.ndarray, labels: np.ndarray) -> Answer:
    from separatrix.probes.two_layers import read_two_layers
    from separatrix.theory.ensemble_forecast import SIZES, forecast_ensemble
    from separatrix.theory.infinite_width import WideNetwork

    own = read_two_layers(record.weights(0), x.shape[1], y.shape[1]) if record.checkpoints else None
    found = forecast_ensemble(WideNetwork() if own is None else own.wide(), x, y, tests, labels)
    enough, most = found.smallest(0.9), found.smallest(0.99)
    evidence = [
        f"On {len(tests)} validation examples, from {len(x)} training examples: one model {found.accuracy[0]:.1%} "
        f"right, four {found.at(4):.1%}, sixteen {found.at(16):.1%}, infinitely many {found.limit:.1%}.",
        f"90 % of the latter takes {_count(enough, SIZES[-1])}, 99 % takes {_count(most, SIZES[-1])}.",
        f"{float(np.mean((found.examples > 0.1) & (found.examples < 0.9))):.0%} of the examples are decided by the "
        "random start: there one model in ten or more says otherwise.",
        "This is the theory of wide two-layer ReLU networks that are trained to the end on the squared loss, "
        + (
            "with weights N(0, 1 / fan-in), both layers learning alike: the run's own start was not found, or is no "
            "two-layer network."
            if own is None
            else f"at the scales of this run's own start (width {own.width})."
        ),
    ]
    regime, sentence = _regime(record)
    evidence.append(sentence)
    answer, calibrated = kind(most), "No confidence: the calibration is of two-layer networks that are not rich."
    confidence = None
    if regime in ("lazy", "between") and own is not None:
        confidence, calibrated = measured("ensemble", answer)
    words = {
        "one": f"One: a single model gets {found.accuracy[0]:.1%} right, and infinitely many {found.limit:.1%}.",
        "few": f"About {most}: a single model gets {found.accuracy[0]:.1%} right, {most} averaged get 99 % of the "
        f"{found.limit:.1%} of infinitely many.",
        "many": f"Many: 99 % of the {found.limit:.1%} that infinitely many get right takes "
        f"{_count(most, SIZES[-1])}, a single model gets {found.accuracy[0]:.1%}.",
    }[answer]
    if regime == "rich":
        words = f"Not foreseeable, as this run is rich. If it were lazy: {words[0].lower()}{words[1:]}"
    return INSTRUMENT.answer(words, evidence, confidence, calibrated)


def _count(size: int | None, most: int) -> str:
    return f"more than {most} models" if size is None else "one model" if size == 1 else f"{size} models"


def _regime(record: Record) -> tuple[str | None, str]:
    """Whether the run is lazy, as the theory supposes."""
    rows = [row for row in record.having("displacement_relative") if row["step"] > 0]
    if not rows:
        return None, "Whether this run is lazy, as the theory supposes, was not measured."
    turns = [row for row in record.having("kernel", "turned") if row["step"] > 0]
    turned = turns[-1]["kernel"]["turned"] if turns else None
    regime = verdict(turned, rows[-1]["displacement_relative"])
    by = (
        f"the weights moved by {rows[-1]['displacement_relative']:.2g} of their size"
        if turned is None
        else f"the tangent kernel turned by {turned:.2g}"
    )
    means = {
        "lazy": "the theory's own regime",
        "between": "at the border of the theory's regime",
        "rich": "outside the theory, whose features do not change; such runs may need fewer models, or more",
    }[regime]
    return regime, f"This run is {regime if regime != 'between' else 'between lazy and rich'} ({by}): {means}."


INSTRUMENT = Instrument("ensemble", "How many models must I average?", "permutations-ntk", ask, 12)
