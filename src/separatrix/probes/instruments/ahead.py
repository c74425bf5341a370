"""Can this run's next thousand steps be forecast?"""

from typing import Any

import numpy as np

from separatrix.probes.calibrated import measured
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.record import Record
from separatrix.probes.run_forecast import METHODS, PARTS, USEFUL, RunForecast, forecast_run

AHEAD = 1000


def ask(record: Any) -> Answer:
    """Answer for one record."""
    assert isinstance(record, Record)
    steps = len(record.losses)
    if steps < 4 * PARTS:
        return INSTRUMENT.lacks("no course of losses is recorded; record the run with Recorder")
    ahead = min(AHEAD, steps // 4 // PARTS * PARTS)
    found = forecast_run(record.losses, ahead)
    if isinstance(found, str):
        return INSTRUMENT.lacks(found)
    short = "" if ahead == AHEAD else f"The record is too short to try a thousand steps on; these are {ahead}."
    evidence = [*([short] if short else []), *_evidence(found, ahead)]
    if found.kind == "flat":
        return _flat(record, found, ahead, tuple(evidence))
    confidence, calibrated = measured("ahead", found.kind)
    return INSTRUMENT.answer(_sentence(found, ahead), evidence, confidence, calibrated)


def _sentence(found: RunForecast, ahead: int) -> str:
    low, middle, high = np.exp(found.end + found.half * np.array([-1.0, 0.0, 1.0]))
    then = f"the loss after {ahead} more steps should be {middle:.3g} (95 %: {low:.3g} to {high:.3g})"
    if found.kind == "lost":
        return (
            f"No: on earlier stretches of this run no method came within a factor of {np.exp(USEFUL):.2g} of the loss "
            f"{ahead} steps ahead."
        )
    if found.kind == "baseline":
        return f"Not better than by the {METHODS[found.best]}, which did best on this run's own past: by it {then}."
    return f"Yes: a Koopman model of its own past beats the baselines on this run, and by it {then}."


def _evidence(found: RunForecast, ahead: int) -> list[str]:
    errors = ", ".join(f"{name} {error:.2g}" for name, error in zip(METHODS, found.errors, strict=True))
    return [
        f"Forecasts of {ahead} steps from {found.moments} earlier moments of the run missed the log loss by, in the "
        f"root mean square: {errors}.",
        f"Over the last {ahead} steps the log loss moved by {found.moved:+.2g}; blocks of {max(1, ahead // PARTS)} "
        f"steps scatter about that by {found.noise:.2g}.",
    ]


def _flat(record: Record, found: RunForecast, ahead: int, evidence: tuple[str, ...]) -> Answer:
    """On a plateau every method says 'no change', which is right until it breaks: losses can't tell when."""
    from separatrix.probes.instruments.plateau import ask as ask_plateau

    plateau = ask_plateau(record)
    said = () if plateau.missing else (f"Of this plateau the curvature says: {plateau.answer}",)
    level = np.exp(found.path[1, -1])
    if not plateau.missing and plateau.answer.startswith("The end"):
        confidence, calibrated = measured("ahead", "flat at the end")
        return INSTRUMENT.answer(
            f"Yes: it has arrived, and the loss after {ahead} more steps should still be about {level:.3g}.",
            [*evidence, *said],
            confidence if confidence is not None else plateau.confidence,
            calibrated if confidence is not None else plateau.calibration,
        )
    return INSTRUMENT.lacks(
        f"the loss is flat at about {level:.3g}, and losses alone don't tell whether a plateau breaks; ask 'plateau'",
        (*evidence, *said),
    )


INSTRUMENT = Instrument(
    "ahead", "Can this run's next thousand steps be forecast?", "koopman-limits", ask, 23, of=("record",)
)
