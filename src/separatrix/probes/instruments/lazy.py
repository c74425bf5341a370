"""Lazy or rich?"""

import numpy as np

from separatrix.probes.calibrated import measured
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.layers import displacement
from separatrix.probes.record import Record

LAZY_TURN, RICH_TURN = 0.002, 0.02
LAZY_MOVE, RICH_MOVE = 0.1, 0.4


def verdict(turned: float | None, moved: float) -> str:
    """``lazy``, ``rich`` or ``between``, by the turn of the tangent kernel, else by the relative displacement."""
    value, low, high = (moved, LAZY_MOVE, RICH_MOVE) if turned is None else (turned, LAZY_TURN, RICH_TURN)
    return "lazy" if value < low else "rich" if value > high else "between"


def ask(record: Record) -> Answer:
    """Answer for a record or a folder of checkpoints."""
    kernels = [row for row in record.having("kernel", "turned") if row["step"] > 0]
    started = any(row["step"] == 0 and row.get("kernel") for row in record.rows)
    moves = record.having("displacement_relative")
    if moves:
        step, moved = moves[-1]["step"], moves[-1]["displacement_relative"]
    elif len(record.checkpoints) > 1:
        first, last = record.weights(0), record.weights(-1)
        step, moved = record.checkpoints[-1][0], displacement(last, first)["displacement_relative"]
        if not np.isfinite(moved) or not first:
            return INSTRUMENT.lacks("the first checkpoint has no weights to compare with")
    else:
        return INSTRUMENT.lacks(
            "one checkpoint cannot show movement; give an early one too, best step-000000.safetensors"
        )
    evidence = [f"By step {step} the weights have moved by {moved:.3g} times the size that they had at the start."]
    turned = kernels[-1]["kernel"]["turned"] if kernels and started else None
    if turned is not None:
        kernel = kernels[-1]["kernel"]
        evidence.append(
            f"Between step 0 and step {kernels[-1]['step']} the tangent kernel turned by {turned:.3g} (1 - "
            "cosine; 0 means "
            f"unchanged features) and its size was multiplied by {kernel['grown']:.3g}."
        )
    else:
        evidence.append("The tangent kernel was not measured, so this rests on the weights' movement alone.")
    kind = verdict(turned, moved)
    confidence, calibrated = measured("lazy", kind if turned is not None else f"{kind} by weights")
    sentence = {
        "lazy": "Lazy: features hardly changed, the network learns like a linear model on its initial features.",
        "rich": "Rich: the features themselves were learned.",
        "between": "Between: features moved, but the initial ones still matter.",
    }[kind]
    return INSTRUMENT.answer(sentence, evidence, confidence, calibrated)


INSTRUMENT = Instrument("lazy", "Lazy or rich?", "lazy-to-rich", ask, 5)
