"""Is this plateau a saddle or the end, and how long until it breaks?"""

import numpy as np

from separatrix.probes.calibrated import calibration, measured
from separatrix.probes.forecast import Judgement, judge
from separatrix.probes.growth_forecast import judge_growth
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.record import Record

QUESTION = "Is this plateau a saddle or the end, and how long until it breaks?"


def flow_times(record: Record) -> np.ndarray:
    """Time of the gradient flow at each probe: steps weighted by the pace of the optimiser, shape ``(rows,)``."""
    steps = np.array([row["step"] for row in record.rows], float)
    paces = np.array([row["rule"]["pace"] or row["rule"]["learning_rate"] or 1.0 for row in record.rows], float)
    return np.concatenate([[0.0], np.cumsum(np.diff(steps) * (paces[1:] + paces[:-1]) / 2)])


def ask(record: Record) -> Answer:
    """Answer for one record."""
    if not record.recorded:
        return INSTRUMENT.lacks("a folder of checkpoints has no loss and no curvature; record the run with Recorder")
    if len(record.rows) < 3:
        return INSTRUMENT.lacks(
            f"only {len(record.rows)} probes were made, three are needed; raise overhead or train longer"
        )
    times = flow_times(record)
    losses = np.array([row["loss"] for row in record.rows], float)
    last = max((i for i, row in enumerate(record.rows) if row.get("escape")), default=None)
    probe = None if last is None else record.rows[last]
    found = judge(times, losses, probe)
    if found.kind != "falling" and (last is None or times[last] < found.begun):
        return _by_growth(record, times, losses)
    return _say(record, found, times, losses, last)


def _by_growth(record: Record, times: np.ndarray, losses: np.ndarray) -> Answer:
    """The answer where no curvature was measured on the plateau: from what grows on it."""
    now = record.rows[-1]
    norms = np.array([row["gradient_norm"] for row in record.rows], float)
    found = judge_growth(times, losses, norms)
    evidence = [*_flat(record, found.begun, times, losses), _trend(norms, found.begun, times)]
    adaptive = now["rule"]["preconditioned"] or now["rule"]["pace"] is None
    if found.kind == "unclear" or adaptive:
        return INSTRUMENT.lacks(
            "no curvature was measured on this plateau; raise overhead or train longer", tuple(evidence)
        )
    evidence.append("No curvature was measured on this plateau: only the growth of the gradient on it was judged.")
    confidence, calibrated = measured("plateau", f"{found.kind} by growth")
    if found.kind == "end":
        sentence = "The end, or an escape too young to be seen: nothing grows on this plateau."
        return INSTRUMENT.answer(sentence, evidence, confidence, calibrated)
    assert found.remaining is not None
    return _breaking(found, now, found.remaining, evidence, confidence, (calibrated, " by growth"))


def _flat(record: Record, begun: float, times: np.ndarray, losses: np.ndarray) -> list[str]:
    now = record.rows[-1]
    since = int(np.interp(begun, times, [row["step"] for row in record.rows]))
    spread = float(np.ptp(losses[times >= begun]))
    return [_level(now, losses), f"Since step {since} it has moved by no more than {spread:.2g}."]


def _level(now: dict, losses: np.ndarray) -> str:
    return f"The loss on the probe data is {losses[-1]:.4g} at step {now['step']}; it began at {losses[0]:.4g}."


def _say(record: Record, found: Judgement, times: np.ndarray, losses: np.ndarray, last: int | None) -> Answer:
    now = record.rows[-1]
    if found.kind == "falling":
        evidence = [_level(now, losses)]
        back = max(0, len(losses) - 1 - max(1, len(losses) // 10))
        moved = (losses[back] - losses[-1]) / max(abs(losses[back]), 1e-300)
        verb = "fell" if moved >= 0 else "rose"
        evidence.append(f"Since the probe at step {record.rows[back]['step']} it {verb} by {abs(moved):.1%}.")
        return INSTRUMENT.answer("Neither: the loss is still moving, there is no plateau to judge.", evidence, None, "")
    evidence = _flat(record, found.begun, times, losses)
    assert last is not None
    row = record.rows[last]
    threshold = row["rule"]["threshold"]
    if threshold is not None and row["top"]["value"] > 0.95 * threshold:
        evidence.append(f"The sharpness is {row['top']['value'] / threshold:.2g} times what the step tolerates.")
        return INSTRUMENT.lacks("at the edge of stability steps overshoot and do not follow the slope", tuple(evidence))
    evidence.append(_bottom(row))
    confidence, calibrated = measured("plateau", found.kind)
    if row["rule"]["preconditioned"] or row["rule"]["pace"] is None:
        confidence, calibrated = (
            None,
            "Not calibrated for adaptive optimisers, whose preconditioner moves during an escape.",
        )
    if found.kind == "end":
        evidence.append(
            "No direction that the gradient excites leads visibly down within twenty times the length of the run."
        )
        return INSTRUMENT.answer(
            "The end: no way further down is opening; what is left is slow settling, or noise.",
            evidence,
            confidence,
            calibrated,
        )
    return _saddle(found, row, now, times[-1] - times[last], evidence, confidence, calibrated)


def _saddle(
    found: Judgement, row: dict, now: dict, passed: float, evidence: list[str], confidence, calibrated: str
) -> Answer:
    assert found.remaining is not None and found.depth is not None
    evidence = [*evidence, f"Along the way out the loss can fall by {found.depth:.3g} from {row['loss']:.4g}."]
    return _breaking(found, now, found.remaining - passed, evidence, confidence, (calibrated, ""))


def _breaking(
    found: Judgement, now: dict, remaining: float, evidence: list[str], confidence, calibrated: tuple[str, str]
) -> Answer:
    assert found.rate is not None
    pace = now["rule"]["pace"] or now["rule"]["learning_rate"]
    left = max(0, round(remaining / pace))
    doubling = max(1, round(np.log(2) / (found.rate * pace)))
    how = "exponentially" if (found.acceleration or 0.0) < 0.2 else "ever faster, as at a degenerate saddle"
    evidence = [
        *evidence,
        f"The gradient's part along unstable directions doubles about every {doubling} steps and grows {how}.",
    ]
    told, manner = calibrated
    timing = calibration().get("plateau", {}).get(f"break{manner}")
    if timing and confidence is not None:
        confidence = min(confidence, (timing["right"] + 1) / (timing["asked"] + 2))
        share = f"{timing['right']} of {timing['asked']} runs"
        told += f" Asked halfway through the plateau, the time left was within 30 % in {share}."
    when = (
        "it is breaking now"
        if left == 0
        else f"it will break in about {_steps(left)} steps, near step {_steps(now['step'] + left)}"
    )
    return INSTRUMENT.answer(f"A saddle: {when} (then the loss is halfway down).", evidence, confidence, told)


def _steps(count: int) -> str:
    digits = max(0, len(str(count)) - 2)
    return f"{round(count, -digits):,}".replace(",", " ")


def _bottom(row: dict) -> str:
    bottom, top = row["bottom"], row["top"]["value"]
    value, error = bottom["value"], bottom["error"]
    sign = "certainly negative" if value + error < 0 else "not certainly negative"
    return (
        f"At step {row['step']} the smallest curvature is {value:.3g} (error at most {error:.1g}, so {sign}), "
        f"the largest {top:.3g}; the gradient norm is {row['gradient_norm']:.3g}."
    )


def _trend(norms: np.ndarray, begun: float, times: np.ndarray) -> str:
    here = norms[times >= begun]
    verb = "grew" if here[-1] > here[0] else "shrank"
    return f"The gradient norm {verb} from {here[0]:.3g} to {here[-1]:.3g} on it."


INSTRUMENT = Instrument("plateau", QUESTION, "saddle-to-saddle", ask, 1)
