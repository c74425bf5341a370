"""The instrument for forecasts on series whose continuation is known."""

import numpy as np

from separatrix.models.forecast_horizon import Horizon, forecast_horizon
from separatrix.probes.calibration import entry
from separatrix.probes.calibration.series_families import Case, draw_cases, subject
from separatrix.probes.instruments.horizon import verdict
from separatrix.probes.series import Series


def true_horizon(series: Series, case: Case) -> Horizon | None:
    """How far the same model forecasts what comes after the series.

    Args:
        series: the case as instruments see it.
        case: with its future.

    Returns:
        The horizon there; None where the future is too short.
    """
    model = series.early
    states = np.concatenate([case.data.states[-1][-model.history :], case.future])
    spread = np.concatenate(case.data.states).std(axis=0)
    return forecast_horizon(model, [(states, model.history)], mean=model.mean_, spread=spread)


def holds(said: Horizon, truth: Horizon) -> bool:
    """Whether the true horizon is where it was said to be, to a step; either is known only as far as it was looked.

    Args:
        said: by the instrument.
        truth: after the series.

    Returns:
        Whether it is.
    """
    reach = min(said.longest, truth.longest)
    exact, low, high = (min(steps, reach) for steps in (truth.steps, said.low, said.high))
    return low - 1 <= exact <= high + 1


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Ask how far series of six families can be forecast, and compare with what then comes.

    Args:
        runs_each: series of each family.
        first_seed: of all simulations.

    Returns:
        Counts by kind of answer: right when the true horizon lies in the interval.
    """
    found: dict[str, list[bool]] = {}
    for case in draw_cases(runs_each, first_seed):
        series = subject(case)
        said, truth = series.horizon, true_horizon(series, case)
        if said is not None and truth is not None:
            found.setdefault(verdict(said), []).append(holds(said, truth))
    count = sum(len(right) for right in found.values())
    what = f"{count} series of noisy, damped and coupled oscillators, cycles, chaos and noise, followed on"
    return {kind: entry(right, what) for kind, right in sorted(found.items())}
