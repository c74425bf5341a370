"""The instrument for conservation, loss and driving on systems of which that is known."""

from separatrix.probes.calibration import entry
from separatrix.probes.calibration.series_families import draw_cases, subject
from separatrix.probes.energy_balance import judge_balance


def right(said: str, kind: str, several: bool) -> bool:
    """Whether a judgement is right; that one orbit is steady is right of a conservative system and of a cycle.

    Args:
        said: by the instrument.
        kind: of the system.
        several: whether several orbits were seen.

    Returns:
        Whether it is.
    """
    return said == kind or (said == "steady" and kind == "conservative" and not several)


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Ask of five families whether they are conservative, dissipative or driven.

    Args:
        runs_each: series of each family.
        first_seed: of all simulations.

    Returns:
        Counts by kind of answer; where it cannot be said nothing is counted.
    """
    found: dict[str, list[bool]] = {}
    cases = [case for case in draw_cases(runs_each, first_seed) if case.kind]
    for case in cases:
        said = judge_balance(subject(case)).kind
        if said != "unsaid":
            found.setdefault(said, []).append(right(said, case.kind, len(case.data.states) > 1))
    silent = len(cases) - sum(len(answers) for answers in found.values())
    what = f"{len(cases)} series of springs, pendulums, cycles, chaos, damped and noisy oscillators; {silent} not said"
    return {kind: entry(answers, what) for kind, answers in sorted(found.items())}
