"""Is it at the edge of stability?"""

import numpy as np

from separatrix.probes.calibrated import measured
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.record import Record, stale

NEAR = 0.8
OVER = 1.3


def verdict(ratios: np.ndarray) -> str:
    """``beyond``, ``edge`` or ``below``, from the sharpness over its threshold at the last probes."""
    recent = float(np.median(ratios[-3:]))
    return "beyond" if recent > OVER else "edge" if recent >= NEAR else "below"


def ask(record: Record) -> Answer:
    """Answer for one record."""
    if not record.recorded:
        return INSTRUMENT.lacks("weights alone do not tell the curvature; record the run with Recorder")
    rows = [row for row in record.having("top", "value") if row["step"] > 0] or list(record.having("top", "value"))
    if not rows:
        return INSTRUMENT.lacks("no curvature was measured; raise overhead or train longer")
    known = [row for row in rows if row["rule"]["threshold"] is not None]
    last = rows[-1]
    which = "preconditioned Hessian" if last["rule"]["preconditioned"] else "Hessian"
    quality = "" if last["top"]["converged"] else ", not converged"
    evidence = [
        f"At step {last['step']} the largest eigenvalue of the {which} is {last['top']['value']:.4g} "
        f"(error at most {last['top']['error']:.1g}{quality})."
    ]
    if 2 * last["step"] < len(record.losses):
        return INSTRUMENT.lacks(stale(last["step"], len(record.losses)), tuple(evidence))
    if not known or last["rule"]["threshold"] is None:
        return INSTRUMENT.lacks("; ".join(last["rule"]["notes"]), tuple(evidence))
    ratios = np.array([row["top"]["value"] / row["rule"]["threshold"] for row in known])
    rule = known[-1]["rule"]
    evidence.append(
        f"{rule['name'].capitalize()} at learning rate {rule['learning_rate']:.3g} is stable below "
        f"{rule['threshold']:.4g} = "
        f"{rule['formula']}: the ratio is {ratios[-1]:.2g}."
    )
    evidence += [f"Note: {note}." for note in rule["notes"]]
    if len(known) > 1:
        evidence.append(
            f"Over {len(known)} probes the ratio went from {ratios[0]:.2g} (step {known[0]['step']}) to "
            f"{ratios[-1]:.2f}, "
            f"at most {ratios.max():.2g}."
        )
    kind = verdict(ratios)
    confidence, calibrated = measured("edge", kind)
    sentence = {
        "edge": "Yes: the sharpest direction sits at the limit that this learning rate tolerates; a larger rate "
        "would make it flatter, not faster there.",
        "beyond": "Beyond it: the sharpest direction is over the limit, so the loss will jump until the run finds "
        "a flatter place or diverges.",
        "below": f"No: the sharpest direction is at {100 * ratios[-1]:.2g} % of the limit; the learning rate could be "
        f"about {1 / max(ratios[-1], 1e-9):.2g} times larger before it bites.",
    }[kind]
    return INSTRUMENT.answer(sentence, evidence, confidence, calibrated)


INSTRUMENT = Instrument("edge", "Is it at the edge of stability?", "dynamical-stability", ask, 3)
