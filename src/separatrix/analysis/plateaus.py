r"""Plateaus of a loss curve, found at every time scale at once, with or without the noise of mini-batches.

A plateau is a window :math:`[a, b]` of time in which the logarithm of the loss changes by a small fraction of what it
changes in the windows beside it: before it, in one that spans the *same ratio* of times, :math:`[a^2/b, a]`; after it,
in one of the *same length*, :math:`[b, 2b - a]`. Both comparisons are blind to the units of time and loss. The first
keeps a power law from being a plateau (it changes as much in every ratio of times), the second an exponential decay (as
much in every equal length), and so neither needs a threshold on a slope. Windows of all lengths and places are
compared at once from running sums; noise, taken to be white, is measured from fourth differences, block by block, and a
window counts only where its changes are resolved above it.
"""

import dataclasses

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Num
from scipy.special import ndtr

from separatrix.analysis.loss_curve import LossCurve, prepare_curve

SHORTEST_WINDOW = 8
FLAT_INSIDE = 0.15
FLAT_AT_START = 0.08
SIGNIFICANT = 5.0


@dataclasses.dataclass(frozen=True)
class Plateau:
    """A stretch of time in which the loss hardly changes.

    Attributes:
        start: when the log loss came within a tenth of the preceding drop of the height; or the first time.
        end: when it left by a tenth of the following drop; or the last time.
        height: median loss between the two.
        confidence: probability in [0, 1] that this is a plateau and not a slow descent or noise.
        ended: whether the loss has since dropped.
    """

    start: float
    end: float
    height: float
    confidence: float
    ended: bool


@dataclasses.dataclass(frozen=True)
class _Windows:
    """Candidate windows first, ..., last - 1 with the changes inside and beside them, and their standard errors."""

    first: np.ndarray
    last: np.ndarray
    change: np.ndarray
    before: np.ndarray
    after: np.ndarray
    change_error: np.ndarray
    before_error: np.ndarray
    after_error: np.ndarray

    def take(self, chosen: np.ndarray) -> "_Windows":
        return _Windows(*(getattr(self, field.name)[chosen] for field in dataclasses.fields(self)))


def _candidates(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Windows of lengths in ratio 1.2, at every eighth of their length, and all those that touch either end."""
    lengths = np.unique(
        (SHORTEST_WINDOW * 1.2 ** np.arange(int(np.log(count / SHORTEST_WINDOW) / np.log(1.2)) + 1)).astype(int)
    )
    first = [np.arange(0, count - length + 1, max(1, length // 8)) for length in lengths]
    ends = np.concatenate([np.geomspace(SHORTEST_WINDOW, count, 200), np.linspace(SHORTEST_WINDOW, count, 400)])
    ends = np.unique(ends.astype(int))
    starts = np.concatenate([*first, np.zeros_like(ends), count - ends])
    stops = np.concatenate(
        [*(f + length for f, length in zip(first, lengths, strict=True)), ends, np.full_like(ends, count)]
    )
    return starts, stops


def _measure(curve: LossCurve, first: np.ndarray, last: np.ndarray) -> _Windows:
    """Changes inside the windows (range of the means of their quarters in time), before and after them."""
    begin, end = curve.times[first], curve.times[last - 1]
    length = end - begin
    inner = [np.searchsorted(curve.times, begin + length * k / 4) for k in (1, 2, 3)]
    cuts = [first, *inner, last]
    quarters = [curve.mean(cuts[k], cuts[k + 1]) for k in range(4)]
    means = np.stack([mean for mean, _ in quarters])
    error = np.sqrt(np.mean([variance for _, variance in quarters], axis=0))
    level, level_variance = curve.mean(first, last)
    # Before: the first quarter of [a^2/b, a] in the logarithm of time; after: the last quarter of [b, 2b - a].
    ratio = begin / end
    left = np.searchsorted(curve.times, begin * ratio), np.searchsorted(curve.times, begin * ratio**0.75)
    right = np.searchsorted(curve.times, end + 0.75 * length), np.searchsorted(curve.times, end + length, side="right")
    bound = len(curve.times) - 1
    right = np.minimum(right[0], bound), np.minimum(right[1], bound + 1)
    before, before_variance = curve.mean(np.minimum(left[0], bound), left[1])
    after, after_variance = curve.mean(*right)
    return _Windows(
        first,
        last,
        np.ptp(means, axis=0),
        before - level,
        level - after,
        error,
        np.sqrt(before_variance + level_variance),
        np.sqrt(after_variance + level_variance),
    )


def _flat(windows: _Windows, count: int, smallest: float) -> np.ndarray:
    """Which windows are flat against the drops beside them, beyond doubt; a side that touches an end is not asked."""
    opening, closing = windows.first == 0, windows.last == count
    # The range of four means of pure noise is 2.06 of their standard errors: three are resolved, or nothing is claimed.
    inside = np.maximum(windows.change, 3 * windows.change_error)
    before = (windows.before > smallest) & (windows.before > SIGNIFICANT * windows.before_error)
    after = (windows.after > smallest) & (windows.after > SIGNIFICANT * windows.after_error)
    before &= inside <= FLAT_INSIDE * windows.before
    after &= inside <= np.where(opening, FLAT_AT_START, FLAT_INSIDE) * windows.after
    return (before | opening) & (after | closing) & ~(opening & closing)


def _disjoint(windows: _Windows, curve: LossCurve) -> np.ndarray:
    """Indices of windows picked greedily, longest in time first, none sharing half of the shorter with another."""
    begin, end = curve.times[windows.first], curve.times[windows.last - 1]
    chosen: list[int] = []
    free = np.ones(len(begin), dtype=bool)
    for index in np.argsort(begin - end, kind="stable"):
        if free[index]:
            chosen.append(int(index))
            shared = np.minimum(end, end[index]) - np.maximum(begin, begin[index])
            free &= shared < 0.5 * np.minimum(end - begin, end[index] - begin[index])
    return np.array(sorted(chosen, key=lambda i: int(windows.first[i])), dtype=int)


def _split(windows: _Windows, curve: LossCurve, smallest: float) -> np.ndarray:
    """The disjoint windows, a long one replaced by shorter ones inside it where these have a step of their own."""
    result: list[int] = []
    for index in _disjoint(windows, curve):
        first, last = windows.first[index], windows.last[index]
        inside = np.flatnonzero(
            (windows.first >= first) & (windows.last <= last) & (windows.last - windows.first < 0.7 * (last - first))
        )
        parts = inside[_disjoint(windows.take(inside), curve)] if len(inside) else inside
        levels, variances = curve.mean(windows.first[parts], windows.last[parts])
        steps = -np.diff(levels)
        real = (steps > smallest) & (steps > SIGNIFICANT * np.sqrt(variances[1:] + variances[:-1]))
        result.extend(parts.tolist() if len(parts) > 1 and real.all() else [int(index)])
    return np.array(result, dtype=int)


def _edges(curve: LossCurve, first: int, last: int, high: float, low: float) -> tuple[int, int]:
    """Records between which the level stays within a tenth of the drops beside it, or within the noise."""
    level = float(np.median(curve.levels[first:last]))
    span = np.arange(len(curve.levels))
    noisy = 4 * float(np.sqrt(np.median(curve.variances[first:last]))) > 0.1 * min(high - level, level - low)
    reach = 4 if noisy else 0
    smooth, variance = curve.mean(np.maximum(span - reach, 0), np.minimum(span + reach + 1, len(span)))
    noise = 4.5 * np.sqrt(variance)
    above = smooth - level > np.maximum(0.1 * (high - level), noise)
    below = level - smooth > np.maximum(0.1 * (level - low), noise)
    middle = int(np.searchsorted(curve.times, (curve.times[first] + curve.times[last - 1]) / 2))
    quarter = (last - first) // 4
    before, after = np.flatnonzero(above[:middle]), np.flatnonzero(below[middle:])
    start = int(before[-1]) + 1 if len(before) else 0
    stop = middle + int(after[0]) if len(after) else len(curve.levels)
    start = 0 if first == 0 else min(start, first + quarter)
    return start, len(curve.levels) if last == len(curve.levels) else max(stop, last - quarter)


def _confidence(windows: _Windows, index: int, count: int) -> float:
    """Probability that the drops beside are real and the change inside under a third of them; at most 0.99."""
    probability = 1.0
    tiny = np.finfo(float).tiny
    sides = [(windows.before, windows.before_error, windows.first[index] > 0)]
    sides.append((windows.after, windows.after_error, windows.last[index] < count))
    change = max(float(windows.change[index] - 2.06 * windows.change_error[index]), 0.0)
    for drops, errors, present in sides:
        if present:
            drop, error = float(drops[index]), float(errors[index]) + tiny
            flatness = (drop / 3 - change) / (float(windows.change_error[index]) + 0.06 * drop + tiny)
            probability *= float(ndtr(drop / error - 2)) * float(ndtr(flatness))
    return 0.99 * probability


def _unbroken(curve: LossCurve, flat: float) -> Plateau | None:
    """The whole curve as one plateau that has not ended: less change than ``flat``."""
    count = len(curve.levels)
    whole = _measure(curve, np.array([0]), np.array([count]))
    change, error = float(whole.change[0]), float(whole.change_error[0])
    if change - 3 * error > flat:
        return None
    confidence = float(ndtr((flat - max(change - 2.06 * error, 0.0)) / (error + 0.3 * flat)))
    height = float(np.exp(np.median(curve.levels)))
    return Plateau(curve.origin, curve.origin + float(curve.times[-1]), height, confidence, ended=False)


def find_plateaus(
    times: Num[ArrayLike, " n"],
    losses: Num[ArrayLike, " n"],
    *,
    smallest_drop: float = 0.05,
    flat: float = 0.05,
    floor: float = 1e-12,
) -> list[Plateau]:
    """Plateaus of a loss curve in order of time; the last one may still last.

    A loss that decays exponentially to zero, or as a power of time, has none. A curve that has not moved at all is one
    plateau that has not ended.

    Args:
        times: increasing, evenly or geometrically spaced or neither, shape (n,). Time counts from the first.
        losses: non-negative, full-batch or mini-batch; cut at the first that is not finite, shape (n,).
        smallest_drop: drops of the log loss below this do not separate plateaus (0.05 is 5 % of the loss).
        flat: a curve whose log loss changes by less than this in all counts as one that has not moved.
        floor: losses below this fraction of the largest count as zero, and a curve that rests there as converged.

    Returns:
        The plateaus.

    Raises:
        SeparatrixError: if times do not increase, losses are negative, or fewer than eight are finite.

    >>> import numpy as np
    >>> t = np.linspace(0, 20, 400)
    >>> [stage] = find_plateaus(t, 1e-3 + 1 / (1 + np.exp(2 * (t - 10))), floor=1e-2)
    >>> stage.start, round(stage.height, 2), stage.ended
    (0.0, 1.0, True)
    """
    curve = prepare_curve(times, losses, floor)
    count = len(curve.levels)
    smallest = min(smallest_drop, 0.1 * max(float(np.ptp(curve.levels)), flat))
    windows = _measure(curve, *_candidates(count))
    windows = windows.take(_flat(windows, count, smallest))
    bottom = float(curve.levels.max()) + np.log(floor)
    chosen = _split(windows, curve, smallest)
    if not len(chosen):
        whole = _unbroken(curve, flat)
        return [] if whole is None else [whole]
    heights = [float(np.median(curve.levels[windows.first[i] : windows.last[i]])) for i in chosen]
    bounds = [float(curve.levels[0]), *heights, float(curve.levels[-1])]
    plateaus = []
    for place, index in enumerate(chosen):
        if heights[place] < bottom + 1:
            continue
        start, stop = _edges(
            curve, int(windows.first[index]), int(windows.last[index]), bounds[place], bounds[place + 2]
        )
        ended = stop < count
        confidence = _confidence(windows, int(index), count)
        begin, end = curve.times[start], curve.times[min(stop, count - 1)]
        height = float(np.exp(np.median(curve.levels[start:stop])))
        plateaus.append(Plateau(curve.origin + float(begin), curve.origin + float(end), height, confidence, ended))
    return plateaus


def current_plateau(
    times: Num[ArrayLike, " n"],
    losses: Num[ArrayLike, " n"],
    *,
    smallest_drop: float = 0.05,
    flat: float = 0.05,
    floor: float = 1e-12,
) -> Plateau | None:
    """The plateau on which a run now is, or None while the loss still falls or has reached zero.

    Args:
        times: increasing, shape (n,).
        losses: non-negative, shape (n,).
        smallest_drop: as in ``find_plateaus``.
        flat: as in ``find_plateaus``.
        floor: as in ``find_plateaus``.

    Returns:
        The last plateau, if it has not ended.

    Raises:
        SeparatrixError: if times do not increase, losses are negative, or fewer than eight are finite.
    """
    plateaus = find_plateaus(times, losses, smallest_drop=smallest_drop, flat=flat, floor=floor)
    return plateaus[-1] if plateaus and not plateaus[-1].ended else None
