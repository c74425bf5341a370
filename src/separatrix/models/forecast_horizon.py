"""How far ahead a series can be forecast: held-out forecasts from many moments against what costs no thought."""

import dataclasses
import itertools
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Complex, Float

GOOD = 0.5
"""A forecast is of use while its error is below this share of the series' spread, and below every baseline's."""
SLOPE = 10
"""States that the straight line is drawn through."""
RESAMPLES = 300
BASELINES = ("last value", "mean", "straight line")


@runtime_checkable
class Propagator(Protocol):
    """A fitted model that forecasts from any moment."""

    @property
    def history(self) -> int:
        """States that it needs to see."""
        ...

    def transform(self, X: Any) -> Complex[np.ndarray, "M K"]:
        """Its functions along a series."""
        ...

    def forecast_at(self, functions: Complex[np.ndarray, "M K"], steps: np.ndarray) -> Float[np.ndarray, "M steps D"]:
        """States some steps after moments."""
        ...


@dataclasses.dataclass(frozen=True)
class Horizon:
    """Errors of held-out forecasts and how far ahead they are of use.

    Attributes:
        steps: how many steps ahead forecasts are good, 0 when none are.
        low: lower end of its 95 % interval.
        high: upper end.
        longest: how far it was looked; ``steps`` of this means at least so far.
        errors: root mean square error over the spread, by distance 1, 2, ..., of the model, (longest,).
        baselines: the same of the last value, the mean and the straight line, (3, longest).
        moments: from how many moments forecasts were made.
    """

    steps: int
    low: int
    high: int
    longest: int
    errors: Float[np.ndarray, "longest"]
    baselines: Float[np.ndarray, "3 longest"]
    moments: int

    @property
    def best_baseline(self) -> str:
        """The baseline of the least mean error."""
        return BASELINES[int(np.argmin(np.nanmean(self.baselines, axis=1)))]


def forecast_horizon(
    model: Propagator,
    series: list[tuple[Float[np.ndarray, "T D"], int]],
    *,
    mean: Float[np.ndarray, "D"],
    spread: Float[np.ndarray, "D"],
    seed: int = 0,
) -> Horizon | None:
    """How far ahead a model forecasts series that it has not seen.

    Args:
        model: fitted to other data.
        series: pairs of states and the index from which on they are held out; earlier ones are only looked back at.
        mean: of the series, as known when fitting.
        spread: standard deviation of each component.
        seed: of the bootstrap over moments.

    Returns:
        The horizon; None when nothing held out is long enough for one forecast of two steps.
    """
    squares, parts = [], []
    room = [len(states) - max(first, model.history) for states, first in series]
    longest = max(room, default=0) // 2
    if longest < 2:
        return None
    for (states, first), left in zip(series, room, strict=True):
        if left > longest:
            found = _squares(model, states, max(first, model.history), longest, mean, spread)
            squares.append(found)
            parts.append(len(found))
    errors = np.concatenate(squares)
    means = errors.mean(axis=0)
    steps = useful(means[None])[0]
    drawn = useful(_resampled(errors, parts, np.random.default_rng(seed)))
    low, high = np.quantile(drawn, [0.025, 0.975])
    roots = np.sqrt(means)
    return Horizon(int(steps), int(min(low, steps)), int(max(high, steps)), longest, roots[0], roots[1:], len(errors))


def useful(squares: Float[np.ndarray, "B 4 steps"]) -> np.ndarray:
    """Steps ahead that forecasts are good: until the error exceeds half of the spread, or no longer beats a baseline.

    Both are asked of the mean over moments; a baseline is beaten while the mean over all distances so far is lower.

    Args:
        squares: mean squared errors over the squared spread, the model's first, then the baselines', by distance.

    Returns:
        Whole numbers of steps, (B,).
    """
    so_far = np.cumsum(squares, axis=-1)
    good = (squares[:, 0] <= GOOD**2) & (so_far[:, 0] < so_far[:, 1:].min(axis=1))
    return np.where(good.all(axis=1), good.shape[1], np.argmin(good, axis=1))


def _squares(
    model: Propagator, states: np.ndarray, first: int, longest: int, mean: np.ndarray, spread: np.ndarray
) -> np.ndarray:
    """Squared errors of the model and the baselines from every moment, (moments, 4, longest)."""
    ahead, now = np.arange(1, longest + 1), np.arange(first - 1, len(states) - longest)
    now = now[:: max(1, len(now) // 400)]
    truth = states[now[:, None] + ahead[None, :]]
    functions = model.transform(states)[now - (model.history - 1)]
    with np.errstate(all="ignore"):
        forecast = np.clip(np.nan_to_num(model.forecast_at(functions, ahead), nan=1e100), -1e100, 1e100)
    back = np.arange(min(SLOPE, first))
    line = states[now[:, None] - back[None, :]]
    centred = back.mean() - back
    slope = np.einsum("mbd,b->md", line, centred) / max(np.sum(centred**2), 1.0)
    middle = line.mean(axis=1)[:, None]
    straight = middle + slope[:, None] * (ahead[None, :, None] + back.mean())
    last = np.broadcast_to(states[now][:, None], truth.shape)
    guesses = (forecast, last, np.broadcast_to(mean[None, None], truth.shape), straight)
    return np.stack([np.mean(((guess - truth) / spread) ** 2, axis=2) for guess in guesses], axis=1)


def _resampled(errors: np.ndarray, parts: list[int], rng: np.random.Generator) -> np.ndarray:
    """Mean errors over resampled moments: whole series where there are many, else blocks of neighbouring moments."""
    ends = np.cumsum([0, *parts])
    if len(parts) >= 8:
        blocks = [errors[a:b].sum(axis=0) for a, b in itertools.pairwise(ends)]
        sizes = np.asarray(parts)
    else:
        count = max(4, round(len(errors) ** 0.5 / 1.5))
        cuts = [part for part in np.array_split(np.arange(len(errors)), count) if len(part)]
        blocks, sizes = [errors[cut].sum(axis=0) for cut in cuts], np.array([len(cut) for cut in cuts])
    draws = rng.integers(len(blocks), size=(RESAMPLES, len(blocks)))
    return np.stack(blocks)[draws].sum(axis=1) / sizes[draws].sum(axis=1)[:, None, None]
