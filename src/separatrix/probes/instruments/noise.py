"""Is SGD's noise flattening the minimum?"""

import numpy as np

from separatrix.probes.calibrated import measured
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.record import Record

ACTIVE = 0.3


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
    batch, size = record.meta.get("batch_size"), record.meta.get("data_size")
    if batch is None:
        return INSTRUMENT.lacks("the batch size is not known; pass batch_size to Recorder", tuple(evidence))
    rule = last["rule"]
    if rule["preconditioned"] or rule["pace"] is None:
        return INSTRUMENT.lacks(f"the bound of the trace is known for SGD, not for {rule['name']}", tuple(evidence))
    if size is not None and batch >= size:
        return INSTRUMENT.answer(
            "No: each step used all the data, so there is no noise.", evidence, 1.0, "By definition."
        )
    return _compare(record, rows, batch, evidence)


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
    ratio, slack = value / bound, width / bound
    kind = "yes" if ratio - slack >= ACTIVE else "no" if ratio + slack < ACTIVE else "open"
    confidence, calibrated = measured("noise", kind)
    sentence = {
        "yes": "Yes: the trace is near the most that this noise tolerates; a larger rate or smaller batch would "
        "push to flatter minima.",
        "no": f"No: the trace uses only {ratio:.1%} of what this noise tolerates, so the noise does not limit it.",
        "open": "Perhaps: the trace is near the most that this noise tolerates, but known too roughly to say.",
    }[kind]
    return INSTRUMENT.answer(sentence, evidence, confidence, calibrated)


INSTRUMENT = Instrument("noise", "Is SGD's noise flattening it (trace against 2/lr)?", "dynamical-stability", ask, 4)
