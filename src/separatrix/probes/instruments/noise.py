"""Is SGD's noise flattening the minimum?"""

import numpy as np

from separatrix.probes.calibrated import measured
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.record import Record, stale

ACTIVE = 0.3
VISIBLE = 0.1
UNEQUAL = 1.5


def ask(record: Record) -> Answer:
    """Answer for one record; the bound is trace <= 2 B C / lr for batches of B and C outputs."""
    if not record.recorded:
        return INSTRUMENT.lacks("weights alone do not tell the curvature; record the run with Recorder")
    rows = record.having("trace", "value")
    if not rows:
        return INSTRUMENT.lacks("no trace was measured; raise overhead or train longer")
    last = rows[-1]
    value, width = last["trace"]["value"], last["trace"]["half_width"]
    evidence = [f"At step {last['step']} the trace of the Hessian is {value:.4g} ± {width:.2g} (95 %)."]
    if len(rows) > 1:
        evidence.append(f"It was {rows[0]['trace']['value']:.4g} at step {rows[0]['step']}.")
    if 2 * last["step"] < len(record.losses):
        return INSTRUMENT.lacks(stale(last["step"], len(record.losses)), tuple(evidence))
    batch, size = record.meta.get("batch_size"), record.meta.get("data_size")
    if batch is None:
        return INSTRUMENT.lacks("the batch size is not known; pass batch_size to Recorder", tuple(evidence))
    rule = last["rule"]
    if rule["learning_rate"] == 0:
        return INSTRUMENT.lacks("; ".join(rule["notes"]), tuple(evidence))
    if rule["preconditioned"] or rule["pace"] is None:
        return INSTRUMENT.lacks(f"the bound of the trace is known for SGD, not for {rule['name']}", tuple(evidence))
    if size is not None and batch >= size:
        return INSTRUMENT.answer(
            "No: each step used all the data, so there is no noise.", evidence, 1.0, "By definition."
        )
    return _compare(record, rows, batch, evidence)


def load(trace: float, rate: float, batch: float, sharpness: float, outputs: float = 1.0) -> tuple[float, float]:
    """How much of what a minimum tolerates a learning rate uses, in all and by noise alone.

    The rate tolerated is about 1 / (1.5 trace / (2 B C) + largest / 2): the bound of the trace, tightened for
    gradients of unequal size by a factor that was fitted to the exact second moment, together with the sharpness
    bound of full batches.

    Args:
        trace: of the Hessian.
        rate: learning rate.
        batch: examples a step.
        sharpness: the largest eigenvalue as a share of what full batches tolerate.
        outputs: of the network.

    Returns:
        Rate over tolerated rate, and the part of it that is due to noise.
    """
    noise = rate * UNEQUAL * trace / (2 * batch * outputs)
    return noise + sharpness, noise


def verdict(total: float, noise: float) -> str:
    """``yes`` when noise is a visible part of a load that is itself considerable, else ``no``."""
    return "yes" if total >= ACTIVE and noise >= VISIBLE * total else "no"


def _compare(record: Record, rows: tuple[dict, ...], batch: int, evidence: list[str]) -> Answer:
    last = rows[-1]
    outputs = record.meta.get("outputs") or 1
    value, width, pace = last["trace"]["value"], last["trace"]["half_width"], last["rule"]["pace"]
    bound = 2 * batch * outputs / pace
    momentum = "" if np.isclose(pace, last["rule"]["learning_rate"]) else " (the rate times what momentum makes of it)"
    outs = "" if outputs == 1 else f" x {outputs} outputs"
    evidence.append(
        f"Noise of batches of {batch} can only stay where the trace is below 2 x batch{outs} / lr = {bound:.4g}, with "
        f"lr = {pace:.3g}{momentum}: the ratio is {value / bound:.2g}."
    )
    evidence.append(
        "The bound is for minima that fit every example; the more the loss is above zero, the less it says."
    )
    sharpness = max(last["top"]["value"], 0.0) / last["rule"]["threshold"]
    total, noise = load(value, pace, batch, sharpness, outputs)
    kinds = {verdict(*load(v, pace, batch, sharpness, outputs)) for v in (value - width, value + width)}
    kind = verdict(total, noise) if len(kinds) == 1 else "open"
    evidence.append(
        f"With the sharpness, noise uses {noise:.1%} and in all {total:.1%} of what such a minimum tolerates."
    )
    confidence, calibrated = measured("noise", kind)
    sentence = {
        "yes": "Yes: the noise is near the most that this minimum tolerates; a larger rate or smaller batch would push "
        "to flatter ones.",
        "no": f"No: the noise uses only {noise:.1%} of what this minimum tolerates, so it does not limit its shape.",
        "open": "Perhaps: the noise is near what this minimum tolerates, but the trace is known too roughly to say.",
    }[kind]
    return INSTRUMENT.answer(sentence, evidence, confidence, calibrated)


INSTRUMENT = Instrument("noise", "Is SGD's noise flattening it (trace against 2/lr)?", "dynamical-stability", ask, 4)
