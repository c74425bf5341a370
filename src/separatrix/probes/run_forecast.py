"""Forecasts of a training run from its own past, tested on its past."""

import dataclasses

import numpy as np
from jaxtyping import Float
from scipy.special import stdtrit

from separatrix.errors import SeparatrixError
from separatrix.models.koopman.delay_model import DelayModel
from separatrix.models.trajectories import Trajectories
from separatrix.probes.series import fitted

METHODS = ("Koopman model", "last value", "straight line", "straight line in log loss")
PARTS = 20
"""Blocks that the distance is cut into."""
MOMENTS = 7
EARLIEST = 0.35
"""Share of the run before which no forecast is tried."""
FLAT = 0.05
"""Change of the log loss, over the distance just passed, up to which the run is on a plateau, where noise is less."""
USEFUL = 0.4
"""Error of the log loss from which on a forecast says nothing: half as much, or half again."""


@dataclasses.dataclass(frozen=True)
class RunForecast:
    """What forecasting the run's own past came to, and its future.

    Attributes:
        errors: root mean square over moments of the error of the log loss, over the whole distance, by method, (4,).
        moments: from how many moments.
        best: which method erred least.
        end: log loss at the end of the distance, by that method.
        half: half of the width of its 95 % interval, from the errors there at earlier moments.
        path: forecast log losses by method, (4, 20).
        moved: change of the log loss over the distance just passed.
        noise: standard deviation of a block's log loss about a straight line through the distance just passed.
        kind: "forecast", "baseline", "lost" or "flat".
    """

    errors: Float[np.ndarray, "4"]
    moments: int
    best: int
    end: float
    half: float
    path: Float[np.ndarray, "4 20"]
    moved: float
    noise: float
    kind: str


def forecast_run(losses: Float[np.ndarray, "T"], ahead: int) -> RunForecast | str:
    """Forecast the next ``ahead`` losses by methods that are tried out on earlier stretches of the same run.

    Args:
        losses: one a step, positive.
        ahead: how many steps.

    Returns:
        The forecast, or what is lacking.

    Source: the model is one of delays of the log loss, see ``DelayModel``.
    """
    size = max(1, ahead // PARTS)
    count = len(losses) // size
    if count < 4 * PARTS:
        return f"{len(losses)} steps are too few to try forecasts of {ahead} on; at least {4 * PARTS * size} are needed"
    if not np.all(np.isfinite(losses)) or np.min(losses) <= 0:
        return "the losses are not all positive, so that errors have no scale"
    logs = np.log(losses[len(losses) - count * size :].reshape(count, size).mean(axis=1))
    moments = np.unique(np.linspace(max(2 * PARTS, EARLIEST * count), count - PARTS, MOMENTS).astype(int))
    tried = np.stack([_forecasts(logs[:now]) - logs[None, now : now + PARTS] for now in moments])
    errors = np.sqrt(np.mean(tried**2, axis=(0, 2)))
    best = int(np.argmin(errors))
    path = _forecasts(logs)
    at_end = tried[:, best, -1]
    reach = stdtrit(len(moments) - 1, 0.975) * np.sqrt(1 + 1 / len(moments))
    moved, noise = _movement(logs[-PARTS:])
    return RunForecast(
        errors=errors,
        moments=len(moments),
        best=best,
        end=float(path[best, -1]),
        half=float(reach * np.sqrt(np.mean(at_end**2))),
        path=path,
        moved=moved,
        noise=noise,
        kind=_kind(errors, best, moved, noise),
    )


def _kind(errors: np.ndarray, best: int, moved: float, noise: float) -> str:
    if abs(moved) <= max(FLAT, 2 * noise):
        return "flat"
    if errors[best] > USEFUL:
        return "lost"
    return "forecast" if best == 0 else "baseline"


def _movement(logs: np.ndarray) -> tuple[float, float]:
    """Change along the straight line through the logs, and their spread about it."""
    places = np.arange(len(logs)) - (len(logs) - 1) / 2
    slope = float(places @ logs / (places @ places))
    return slope * (len(logs) - 1), float(np.std(logs - logs.mean() - slope * places, ddof=2))


def _forecasts(logs: np.ndarray) -> np.ndarray:
    """The next blocks' log losses by each method, (4, 20)."""
    ahead = np.arange(1, PARTS + 1)
    recent = logs[-PARTS // 2 :]
    back = np.arange(len(recent)) - (len(recent) - 1)
    level, values = recent.mean(), np.exp(recent)
    slope = np.polyfit(back, recent, 1)[0]
    linear = np.polyval(np.polyfit(back, values, 1), ahead)
    lowest = np.exp(logs.min()) / 10  # a line may cross zero, a loss may not
    straight = np.log(np.maximum(linear, lowest))
    return np.stack(
        [_koopman(logs), np.full(PARTS, recent[-5:].mean()), straight, level + slope * (ahead - back.mean())]
    )


def _koopman(logs: np.ndarray) -> np.ndarray:
    """Continuation by the model of the recent past: learning changes its pace, so that early times mislead."""
    recent = logs[-6 * PARTS :]
    if np.ptp(recent) == 0:
        return np.full(PARTS, recent[-1])
    data = Trajectories((recent[:, None],), (np.arange(float(len(recent))),), ("log loss",))
    try:
        found = fitted(DelayModel(), data).forecast(data, PARTS)[:, 0]
    except (SeparatrixError, np.linalg.LinAlgError):
        return np.full(PARTS, recent[-1])
    bound = 3 * np.ptp(recent)  # a growing mode may not run away
    return np.clip(found, recent[-1] - bound, recent[-1] + bound)
