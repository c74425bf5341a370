"""Which modes are real?"""

from collections.abc import Sequence

import numpy as np

from separatrix.probes.calibrated import measured
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.record import Record
from separatrix.probes.record_series import record_series
from separatrix.probes.series import STRONG, Series, listed

QUESTION = "Which modes are real?"
MOST_LINES = 8
NAMED = 3


def ask(subject: Record | Series) -> Answer:
    """Answer for one series, or for the losses and weights of one record."""
    if isinstance(subject, Record):
        found = record_series(subject)
        if isinstance(found, str):
            return INSTRUMENT.lacks(found)
        subject = found
    if subject.refusal:
        return INSTRUMENT.lacks(subject.refusal)
    table, model = subject.modes, subject.model
    if model.certificate_ != "valid":
        return INSTRUMENT.lacks(f"the certificate of the model is {model.certificate_}")
    strong = [k for k in range(len(table.index)) if table.share[k] >= STRONG]
    evidence = [
        f"The model has a window of {model.delays_} and keeps {model.components_.shape[1]} principal components of "
        "windows, which forecast kept-back data best. Each mode is judged over a whole window, where nothing is "
        "shared: certified, when it foretells itself within 10 %; noisy, when it does so only on average.",
        *(describe(subject, k) for k in strong[:MOST_LINES]),
    ]
    if len(strong) > MOST_LINES:
        evidence.append(f"And {len(strong) - MOST_LINES} more.")
    kind = verdict([table.kinds[k] for k in strong])
    confidence, calibrated = measured("modes", kind)
    return INSTRUMENT.answer(_sentence(subject, strong, kind), evidence, confidence, calibrated)


def verdict(kinds: Sequence[str]) -> str:
    """The kind of answer: certified, noisy or none, by the best that is said of a strong mode."""
    return next((kind for kind in ("certified", "noisy") if kind in kinds), "none")


def _sentence(series: Series, strong: list[int], kind: str) -> str:
    table = series.modes
    if kind == "none":
        return (
            "None that can be certified: no function of the recent past goes on as a mode would, so what is seen is "
            "noise, chaos, or moves too fast for these steps."
        )
    parts = []
    for word, told in (("certified", "certified"), ("noisy", "real on average, with noise")):
        chosen = [k for k in strong if table.kinds[k] == word]
        if chosen:
            names = [name(series, k) for k in chosen[:NAMED]] + (["others"] if len(chosen) > NAMED else [])
            parts.append(f"{listed(names)} ({told})")
    left = sum(table.kinds[k] in ("spurious", "void") for k in strong)
    said = "; ".join(parts) + ("." if not left else f"; {left} more of the model's modes can't be trusted.")
    return said[0].upper() + said[1:]


def name(series: Series, k: int) -> str:
    """A mode in the words of its period or decay."""
    period, decay = period_and_decay(series.modes.eigenvalues[k])
    if period > max(len(states) for states in series.data.states) and np.isfinite(period):
        return "a slow turn, longer than the series"
    if np.isfinite(period):
        return f"an oscillation of period {series.span(period)}"
    return f"a decay over {series.span(decay)}" if np.isfinite(decay) else "a level that stays"


def period_and_decay(eigenvalue: complex) -> tuple[float, float]:
    """Steps of one turn, and steps in which the mode falls to 1/e (negative when it grows); infinite where neither.

    Args:
        eigenvalue: per step.

    Returns:
        Both.

    >>> period_and_decay(1j)
    (4.0, inf)
    """
    angle, rate = abs(float(np.angle(eigenvalue))), float(np.log(abs(eigenvalue)))
    return (2 * np.pi / angle if angle > 1e-6 else np.inf), (-1 / rate if abs(rate) > 1e-9 else np.inf)


def describe(series: Series, k: int) -> str:
    """One line on a mode: period, decay, share, residual, verdict."""
    table = series.modes
    period, decay = period_and_decay(table.eigenvalues[k])
    low, high = period_interval(series, k)
    words = [f"{table.kinds[k].capitalize()}:"]
    if np.isfinite(period):
        ends = f" (95 % of refits: {low * series.step:.4g} to {high * series.step:.4g})" if np.isfinite(high) else ""
        words.append(f"period {series.span(period)}{ends},")
    lasting = abs(decay) > 20 * max(len(states) for states in series.data.states)
    words.append("steady," if lasting else f"{'falls' if decay > 0 else 'grows'} by e in {series.span(abs(decay))},")
    words.append(f"{table.share[k]:.0%} of the variance,")
    words.append(
        f"residual {table.residual[k]:.2g} over one step and {table.window_residual[k]:.2g} over "
        f"{series.span(series.model.history)}."
    )
    return " ".join(words)


def period_interval(series: Series, k: int) -> tuple[float, float]:
    """95 % interval of a mode's period in steps; infinite where it is not known."""
    intervals = series.intervals
    if intervals is None:
        return np.nan, np.inf
    low, high = np.sort(np.abs(intervals.angle[series.modes.index[k]]))
    return (2 * np.pi / high, 2 * np.pi / low) if low > 1e-6 else (np.nan, np.inf)


INSTRUMENT = Instrument("modes", QUESTION, "koopman-limits", ask, 20, of=("series", "record"))
