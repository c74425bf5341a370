"""Ask every instrument about a run."""

import importlib
import pkgutil
from pathlib import Path

import numpy as np

from separatrix.errors import SeparatrixError
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.record import Record, open_record


def list_instruments() -> list[Instrument]:
    """All instruments: the modules of ``separatrix.probes.instruments`` that define INSTRUMENT.

    Returns:
        In the order of their answers.
    """
    from separatrix.probes import instruments

    names = [info.name for info in pkgutil.iter_modules(instruments.__path__)]
    modules = [importlib.import_module(f"{instruments.__name__}.{name}") for name in names]
    return sorted((m.INSTRUMENT for m in modules if hasattr(m, "INSTRUMENT")), key=lambda found: found.order)


def diagnose(path: str | Path, ask: str | None = None) -> list[Answer]:
    """Answers to all questions about a recorded run, or about a bare folder of ``step-*.safetensors``.

    Args:
        path: the folder.
        ask: only this question: an instrument's name, or words of its question.

    Returns:
        One answer an instrument; one that lacks what it needs says so.

    Raises:
        SeparatrixError: the record is missing, empty or broken, the run diverged, or no question matches.
    """
    chosen = _choose(ask)
    record = open_record(path)
    _refuse_divergence(record)
    _refuse_nothing(record)
    return [instrument.ask(record) for instrument in chosen]


def _choose(ask: str | None) -> list[Instrument]:
    known = list_instruments()
    if ask is None:
        return known
    wanted = ask.strip().lower()
    named = [found for found in known if found.name == wanted] or [
        found for found in known if wanted and wanted in f"{found.name} {found.question}".lower()
    ]
    if not named:
        names = ", ".join(found.name for found in known)
        raise SeparatrixError(f"No question matches {ask!r}. Ask one of: {names}, or words of their questions.")
    return named


def _refuse_nothing(record: Record) -> None:
    if record.recorded and not len(record.losses):
        raise SeparatrixError(
            f"{record.path} is a record of no steps: the run ended before its first recorder.step(loss)."
        )


def _refuse_divergence(record: Record) -> None:
    bad = np.flatnonzero(~np.isfinite(record.losses))
    if not bad.size:
        return
    step, rate, advice = int(bad[0]) + 1, None, "Lower the learning rate, and record again."
    before = [
        row for row in record.having("top", "value") if row["step"] < step and row["rule"]["threshold"] is not None
    ]
    if before:
        last = before[-1]
        sharpness, threshold, rate = last["top"]["value"], last["rule"]["threshold"], last["rule"]["learning_rate"]
        advice = (
            f"The last probe before, at step {last['step']}, saw sharpness {sharpness:.3g} where "
            f"{threshold:.3g} is the most that the "
            f"learning rate {rate:.3g} tolerates. Lower it, and record again."
        )
    raise SeparatrixError(
        f"The losses of {record.path} are not finite from step {step} of {len(record.losses)} on: the run "
        f"diverged. {advice}"
    )
