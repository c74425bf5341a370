"""The instrument for modes on series of known spectrum."""

import numpy as np

from separatrix.probes.calibration import entry
from separatrix.probes.calibration.series_families import Case, draw_cases, subject
from separatrix.probes.instruments.modes import period_and_decay, period_interval, verdict
from separatrix.probes.series import STRONG, Series

PERIOD = 0.05
"""Relative error of a period that is allowed, unless its interval holds the true one."""
DECAY = 2.0
"""Factor by which a time of decay may be wrong."""


def matches(eigenvalue: complex, ends: tuple[float, float], true: complex, length: int) -> bool:
    """Whether an eigenvalue has the period and, where it matters over the series, the decay of a true one.

    Args:
        eigenvalue: that was found.
        ends: 95 % interval of its period in steps.
        true: of the system.
        length: of the series.

    Returns:
        Whether it does.
    """
    (period, decay), (exact, fading) = period_and_decay(eigenvalue), period_and_decay(true)
    if np.isinf(exact) or np.isinf(period):
        same = np.isinf(exact) and (np.isinf(period) or period > 10 * length)
    else:
        same = abs(period / exact - 1) <= PERIOD or ends[0] <= exact <= ends[1]
    lasting = abs(decay) > 3 * length and abs(fading) > 3 * length
    return bool(same and (lasting or 1 / DECAY <= decay / fading <= DECAY))


def judge(series: Series, case: Case) -> dict[str, bool]:
    """Whether what is said of a case is right, by what is said.

    Args:
        series: the case as instruments see it.
        case: with its spectrum.

    Returns:
        ``certified``, ``noisy`` and ``period`` (whether the interval of the strongest real mode's period holds the true
        one), those that are said; or ``none``.
    """
    assert case.spectrum is not None
    table = series.modes
    strong = [k for k in range(len(table.index)) if table.share[k] >= STRONG]
    said = verdict([table.kinds[k] for k in strong])
    if said == "none":
        return {"none": not case.spectrum.size}
    length, right = int(np.median([len(states) for states in case.data.states])), {}
    for kind in ("certified", "noisy"):
        if kind == "noisy" and case.family == "chaos":  # how its correlations fade is not known
            continue
        chosen = [k for k in strong if table.kinds[k] == kind]
        if chosen:
            right[kind] = all(
                any(matches(table.eigenvalues[k], period_interval(series, k), true, length) for true in case.spectrum)
                for k in chosen
            )
    first = next((k for k in strong if table.kinds[k] in ("certified", "noisy")), None)
    if case.family == "oscillators" and first is not None:
        low, high = period_interval(series, first)
        exact = np.array([period_and_decay(true)[0] for true in case.spectrum])
        right["period"] = bool(np.any((low <= exact) & (exact <= high)))
    return right


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Ask which modes are real of series of six families.

    Args:
        runs_each: series of each family.
        first_seed: of all simulations.

    Returns:
        Counts by kind of answer; ``period`` counts how often its 95 % interval holds the true period.
    """
    found: dict[str, list[bool]] = {}
    cases = [case for case in draw_cases(runs_each, first_seed) if case.spectrum is not None]
    for case in cases:
        for kind, right in judge(subject(case), case).items():
            found.setdefault(kind, []).append(right)
    what = f"{len(cases)} series of noisy, damped and coupled oscillators, cycles, chaos and noise, of known spectrum"
    return {kind: entry(right, what) for kind, right in sorted(found.items())}
