"""Will it grok?"""

import numpy as np

from separatrix.analysis.delayed_generalisation import LONGER, Outlook, generalisation_outlook
from separatrix.probes.calibrated import measured
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.record import Record

LEAST_PROBES = 4
NO_VALIDATION = "there is no loss on validation data; give Recorder(..., validation=(x, y))"


def ask(record: Record) -> Answer:
    """Answer for a record with validation losses."""
    steps, validation = record.column("validation", "loss")
    train = dict(zip(*record.column("loss"), strict=True))
    both = np.array([step in train for step in steps], bool)
    if not both.any():
        return INSTRUMENT.lacks(NO_VALIDATION)
    steps, validation = steps[both], validation[both]
    losses = np.array([train[step] for step in steps])
    if len(steps) < LEAST_PROBES or not np.all(np.isfinite(losses)) or not np.all(np.isfinite(validation)):
        return INSTRUMENT.lacks(f"at least {LEAST_PROBES} finite validation losses are needed; train longer")
    if losses[0] <= 0 or validation[0] <= 0:
        return INSTRUMENT.lacks("the first losses must be positive, so that shares of them mean something")
    moved_steps, moved = record.column("displacement_relative")
    outlook = generalisation_outlook(steps, losses, validation, moved_steps, moved)
    evidence = _evidence(record, outlook, int(steps[-1]))
    sentence = {
        "early": "Too early: the training data are not fitted yet, so nothing is delayed.",
        "already": "Already: the validation loss has fallen with the training loss.",
        "yes": f"Yes: the validation loss still falls steadily and should halve by {_times(outlook.halved)} the steps.",
        "no": f"No: even {LONGER:g} times the steps should not halve the validation loss.",
        "unclear": "Cannot be told yet: what the validation loss did lately says neither yes nor no.",
    }[outlook.kind]
    if outlook.kind in ("yes", "no"):
        return INSTRUMENT.answer(sentence, evidence, *measured("grok", outlook.kind))
    return INSTRUMENT.answer(sentence, evidence, None, "No prediction is made, so there is nothing to calibrate.")


def _times(factor: float) -> str:
    return f"{factor:.2g} times"


def _evidence(record: Record, outlook: Outlook, step: int) -> list[str]:
    found = [
        f"At step {step} the training loss is at {outlook.train:.2g} of its first value, the validation loss at "
        f"{outlook.validation:.2g}."
    ]
    if np.isfinite(outlook.exponent):
        found.append(
            f"Over the last factor of two in steps the validation loss went as steps^{-outlook.exponent:.2f}; "
            f"to halve within {LONGER:g} times the steps it must fall as steps^-0.30 or faster. The training loss went "
            f"as steps^-{outlook.fitting:.2f}."
        )
    if np.isfinite(outlook.movement):
        found.append(f"The weights' distance from their start went as steps^{outlook.movement:.2f}.")
    kernels = record.having("kernel", "turned")
    if len(kernels) > 1:
        last = kernels[-1]
        found.append(f"By step {last['step']} the tangent kernel had turned by {last['kernel']['turned']:.3g}.")
    return found


INSTRUMENT = Instrument("grok", "Will it grok?", "lazy-to-rich", ask, 7)
