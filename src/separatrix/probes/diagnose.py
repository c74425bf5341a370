"""Ask every instrument about a run, or about a series."""

import importlib
import pkgutil
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from separatrix.errors import SeparatrixError
from separatrix.models.series_files import is_series
from separatrix.probes.instrument import KINDS, Answer, Instrument
from separatrix.probes.record import Record, open_record
from separatrix.probes.series import Series, open_series


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
    """Answers to all questions about a recorded run, a bare folder of ``step-*.safetensors``, or a series in a file.

    Args:
        path: the folder, or a CSV, Parquet, NetCDF, NPZ file or Zarr folder.
        ask: only this question: an instrument's name, or words of its question.

    Returns:
        One answer an instrument that can be asked of such a thing; one that lacks what it needs says so.

    Raises:
        SeparatrixError: the record or the series is missing, empty or broken, the run diverged, or no question matches.
    """
    refuse_unknown(ask)
    return answer_all(open_subject(path), ask)


def refuse_unknown(ask: str | None) -> None:
    """Refuse a question that no instrument has, before anything is read.

    Args:
        ask: as of ``diagnose``.

    Raises:
        SeparatrixError: no question matches.
    """
    _choose(ask)


def open_subject(path: str | Path) -> Record | Series:
    """Read what is to be diagnosed.

    Args:
        path: as of ``diagnose``.

    Returns:
        A record, or a series.

    Raises:
        SeparatrixError: it is missing, empty or broken, or the run diverged.
    """
    path = Path(path)
    if is_series(path):
        return open_series(path)
    record = open_record(path)
    _refuse_divergence(record)
    _refuse_nothing(record)
    return record


def answer_all(subject: Record | Series, ask: str | None = None) -> list[Answer]:
    """Ask about what has been read already.

    Args:
        subject: a record or a series.
        ask: as of ``diagnose``.

    Returns:
        One answer an instrument.

    Raises:
        SeparatrixError: no question matches.
    """
    kind = "series" if isinstance(subject, Series) else "record"
    chosen = _choose(ask)
    fitting = [instrument for instrument in chosen if kind in instrument.of]
    if not fitting:
        return [
            instrument.lacks(f"it is asked of {KINDS[instrument.of[0]]}, and this is {KINDS[kind]}")
            for instrument in chosen
        ]
    if kind == "record":
        return [instrument.ask(subject) for instrument in fitting]
    with threadpool_limits(1):  # many small matrices: threads would only wait for one another
        return [instrument.ask(subject) for instrument in fitting]


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
