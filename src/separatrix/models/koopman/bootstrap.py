"""How far a Koopman model would move with other data of the same kind: intervals for eigenvalues and forecasts."""

import dataclasses
import warnings
from typing import Any

import numpy as np
from jaxtyping import Complex, Float
from scipy.optimize import linear_sum_assignment
from scipy.special import ndtr, ndtri, stdtrit
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from separatrix.errors import SeparatrixError, bad_parameter
from separatrix.models.trajectories import Trajectories, as_trajectories

FEWEST_SERIES = 8
"""From so many series on, whole series are drawn; fewer say too little of how series differ."""
FEWEST_REPLICATES = 20
OVERLAP_STATES = 400
"""States on which eigenfunctions of two fits are compared."""


@dataclasses.dataclass(frozen=True)
class EigenvalueIntervals:
    """Eigenvalues of a fit, and where those of fits to resampled data lie.

    Attributes:
        eigenvalues: of the fit to all data, (K,), per step.
        modulus: ends of the interval for the modulus, (K, 2).
        angle: ends of the interval for the angle, in radians a step, (K, 2).
        replicates: eigenvalues of the refits, matched to those of the fit, NaN where none was left to match, (B, K).
        overlap: median overlap of the eigenfunctions that were matched, (K,): near 1 the mode is the same one in every
            refit, near 0 it is another each time and its interval means little.
    """

    eigenvalues: Complex[np.ndarray, "K"]
    modulus: Float[np.ndarray, "K 2"]
    angle: Float[np.ndarray, "K 2"]
    replicates: Complex[np.ndarray, "B K"]
    overlap: Float[np.ndarray, "K"]


@dataclasses.dataclass(frozen=True)
class ForecastFan:
    """A forecast with its interval at every step.

    Attributes:
        forecast: continuation of the last series, (steps, D).
        low: lower ends, (steps, D).
        high: upper ends, (steps, D).
        paths: the futures that the ends are quantiles of, (B, steps, D).
    """

    forecast: Float[np.ndarray, "steps D"]
    low: Float[np.ndarray, "steps D"]
    high: Float[np.ndarray, "steps D"]
    paths: Float[np.ndarray, "B steps D"]


@dataclasses.dataclass(frozen=True)
class Draws:
    """How data are resampled.

    Attributes:
        count: how many units, series or blocks, make one resample.
        size: states a block; None where whole series are drawn.
    """

    count: int
    size: int | None


def plan_draws(trajectories: Trajectories, window: int = 1, block: int | None = None) -> Draws:
    """Whole series where there are eight or more, else moving blocks.

    Args:
        trajectories: the series.
        window: states that the estimator needs to see at once, 1 without delays.
        block: states a block, to be used whatever the number of series.

    Returns:
        The plan. Blocks hold the root of the longest series' length of steps besides the window: they grow with the
        data and so does their number, as consistency needs.

    Raises:
        SeparatrixError: the series are too short for two blocks.

    Source: moving blocks after Künsch, Annals of Statistics 17 (1989) 1217.
    """
    lengths = [len(series) for series in trajectories.states]
    if block is None and len(lengths) >= FEWEST_SERIES:
        return Draws(len(lengths), None)
    size = block or window + max(4, round(max(lengths) ** 0.5))
    steps = sum(max(0, length - window) for length in lengths)
    if not window < size <= max(lengths) or steps < 2 * (size - window):
        raise SeparatrixError(
            f"Blocks of {size} states, with a window of {window}, can't be drawn from series of at most {max(lengths)} "
            "states. Give more data, fewer delays, or whole series: at least eight."
        )
    return Draws(round(steps / (size - window)), size)


def resample(trajectories: Trajectories, draws: Draws, rng: np.random.Generator) -> Trajectories:
    """Data of the same kind, about as many: series drawn with replacement, or blocks of them.

    Each block becomes a series of its own, so that no step leads from one block into another.

    Args:
        trajectories: the series.
        draws: how.
        rng: decides which.

    Returns:
        The resampled series.
    """
    if draws.size is None:
        return trajectories.select(rng.integers(len(trajectories.states), size=draws.count))
    size = draws.size
    starts = [(i, begin) for i, series in enumerate(trajectories.states) for begin in range(len(series) - size + 1)]
    chosen = [starts[pick] for pick in rng.integers(len(starts), size=draws.count)]
    return dataclasses.replace(
        trajectories,
        states=tuple(trajectories.states[i][b : b + size] for i, b in chosen),
        times=tuple(trajectories.times[i][b : b + size] for i, b in chosen),
        inputs=None if trajectories.inputs is None else tuple(trajectories.inputs[i][b : b + size] for i, b in chosen),
    )


def bootstrap_eigenvalues(
    estimator: Any,
    data: Any,
    *,
    replicates: int = 200,
    level: float = 0.95,
    block: int | None = None,
    seed: int = 0,
) -> EigenvalueIntervals:
    """Intervals for the eigenvalues of a Koopman estimator, by refits to resampled series.

    A refit's eigenvalues are matched to the fit's one to one by the overlap of their eigenfunctions at states of the
    data, not by distance: noisy eigenvalues cross one another, functions hardly do. Intervals are bias-corrected
    percentiles of modulus and angle.

    Args:
        estimator: any of the Koopman estimators, fitted or not; it is cloned.
        data: whatever ``as_trajectories`` takes.
        replicates: refits.
        level: of the intervals, in (0, 1).
        block: states a block, see ``plan_draws``.
        seed: decides the draws.

    Returns:
        The intervals.

    Raises:
        SeparatrixError: a parameter is out of range, or fewer than half of the refits succeed.
    """
    _check(replicates, level, "bootstrap_eigenvalues")
    trajectories = as_trajectories(data)
    fitted = _fresh(estimator).fit(trajectories)
    probe = _probe(trajectories)
    functions, eigenvalues = np.asarray(fitted.transform(probe)), np.asarray(fitted.eigenvalues_, complex)
    draws = plan_draws(trajectories, len(probe) - len(functions) + 1, block)
    refits = _refits(estimator, trajectories, replicates, draws, seed)
    drawn = np.full((len(refits), len(eigenvalues)), complex(np.nan, np.nan))
    overlaps = np.zeros((len(refits), len(eigenvalues)))
    for index, refit in enumerate(refits):
        share = eigenfunction_overlap(functions, np.asarray(refit.transform(probe)))
        rows, columns = linear_sum_assignment(-share)
        drawn[index, rows] = np.asarray(refit.eigenvalues_)[columns]
        overlaps[index, rows] = share[rows, columns]
    turned = np.angle(drawn * np.exp(-1j * np.angle(eigenvalues))[None, :])  # from the fit's angle: no jump at pi
    return EigenvalueIntervals(
        eigenvalues,
        bias_corrected(np.abs(drawn), np.abs(eigenvalues), level, draws.count),
        np.angle(eigenvalues)[:, None] + bias_corrected(turned, np.zeros(len(eigenvalues)), level, draws.count),
        drawn,
        np.median(overlaps, axis=0),
    )


def forecast_fan(
    estimator: Any,
    data: Any,
    steps: int,
    *,
    replicates: int = 200,
    level: float = 0.95,
    block: int | None = None,
    seed: int = 0,
) -> ForecastFan:
    """A forecast with an interval that holds both what is not known of the model and what no model could foretell.

    Each refit forecasts a stretch of the data from a random moment; what it then misses, the whole path of it, is added
    to the forecast. No noise model is assumed.

    Args:
        estimator: any of the Koopman estimators; it is cloned.
        data: whatever ``as_trajectories`` takes.
        steps: how far ahead, at most a third of the longest series.
        replicates: refits.
        level: of the intervals.
        block: states a block, see ``plan_draws``.
        seed: decides the draws.

    Returns:
        The fan.

    Raises:
        SeparatrixError: a parameter is out of range, series are too short, or fewer than half of the refits succeed.
    """
    _check(replicates, level, "forecast_fan")
    trajectories = as_trajectories(data)
    longest = max(len(series) for series in trajectories.states)
    if not 1 <= steps <= longest // 3:
        raise SeparatrixError(
            f"The 'steps' parameter of forecast_fan must be an integer from 1 to {longest // 3}, a third of the "
            f"longest series. Got {steps!r} instead."
        )
    fitted, probe = _fresh(estimator).fit(trajectories), _probe(trajectories)
    draws = plan_draws(trajectories, len(probe) - len(fitted.transform(probe)) + 1, block)
    rng, misses = np.random.default_rng([seed, 1]), []
    long = [series for series in trajectories.states if len(series) >= 3 * steps]
    for refit in _refits(estimator, trajectories, replicates, draws, seed):
        series = long[rng.integers(len(long))]
        now = int(rng.integers(len(series) // 3, len(series) - steps + 1))
        misses.append(series[now : now + steps] - np.asarray(refit.forecast(series[:now], steps)))
    forecast = np.asarray(fitted.forecast(trajectories.states[-1], steps))
    paths = forecast[None] + np.stack(misses)
    low, high = np.quantile(paths, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return ForecastFan(forecast, low, high, paths)


def _check(replicates: int, level: float, where: str) -> None:
    if replicates < FEWEST_REPLICATES:
        raise bad_parameter("replicates", where, f"an integer of at least {FEWEST_REPLICATES}", replicates)
    if not 0 < level < 1:
        raise bad_parameter("level", where, "a float in the range (0, 1)", level)


def eigenfunction_overlap(
    first: Complex[np.ndarray, "M K"], second: Complex[np.ndarray, "M J"]
) -> Float[np.ndarray, "K J"]:
    """Moduli of the normalised inner products of functions at the same states.

    Args:
        first: values of some, (M, K).
        second: values of others, (M, J).

    Returns:
        Numbers in [0, 1], (K, J).
    """
    sizes = np.linalg.norm(first, axis=0)[:, None] * np.linalg.norm(second, axis=0)[None, :]
    return np.abs(first.conj().T @ second) / np.maximum(sizes, np.finfo(float).tiny)


def bias_corrected(
    drawn: Float[np.ndarray, "B K"], found: Float[np.ndarray, "K"], level: float, units: int
) -> Float[np.ndarray, "K 2"]:
    """Percentiles of replicates, moved by how far the replicates' median lies from the estimate.

    Percentiles are taken further out than ``level`` by the ratio of Student's quantile to the normal one: a resample of
    few units varies less than the data do.

    Args:
        drawn: replicates, NaN where missing, (B, K).
        found: the estimate, (K,).
        level: of the interval.
        units: series or blocks in a resample.

    Returns:
        Lower and upper ends, (K, 2).

    Source: Efron, JASA 82 (1987) 171; expanded percentiles of Hesterberg, American Statistician 69 (2015) 371.
    """
    reach = stdtrit(max(1, units - 1), (1 + level) / 2) * np.sqrt(units / max(1, units - 1))
    ends = np.full((len(found), 2), np.nan)
    for column, value in enumerate(found):  # over modes, a dozen
        kept = drawn[np.isfinite(drawn[:, column]), column]
        if kept.size:
            below = (np.sum(kept < value) + 0.5 * np.sum(kept == value) + 0.5) / (kept.size + 1)
            ends[column] = np.quantile(kept, ndtr(2 * ndtri(below) + np.array([-reach, reach])))
    return ends


def _fresh(estimator: Any) -> Any:
    return clone(estimator)


def _probe(trajectories: Trajectories) -> np.ndarray:
    longest = max(trajectories.states, key=len)
    return longest[-OVERLAP_STATES:]


def _refits(estimator: Any, trajectories: Trajectories, replicates: int, draws: Draws, seed: int) -> list[Any]:
    rng, refits, why = np.random.default_rng([seed, 0]), [], ""
    with (
        warnings.catch_warnings(),
        threadpool_limits(1),
    ):  # many small matrices: threads would only wait for one another
        warnings.simplefilter("ignore")  # a certificate that is void for a resample was so, or nearly, for the data
        for _ in range(replicates):
            try:
                refits.append(_fresh(estimator).fit(resample(trajectories, draws, rng)))
            except (SeparatrixError, np.linalg.LinAlgError) as error:
                why = str(error)
    if len(refits) < replicates / 2:
        raise SeparatrixError(f"Of {replicates} refits to resampled series only {len(refits)} succeeded: {why}")
    return refits
