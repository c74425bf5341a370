"""Loss curves made ready for analysis: checked, thinned, in logarithms, with the variance of their noise."""

import dataclasses

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float, Num

from separatrix.errors import SeparatrixError

LARGEST_CURVE = 4000
FEWEST_VALUES = 8


@dataclasses.dataclass(frozen=True)
class LossCurve:
    """A loss curve prepared for scanning: log loss against time since the start, with the variance of its noise.

    Attributes:
        times: time since the first record, shape (n,).
        levels: log loss, shape (n,).
        variances: of the noise in each level, shape (n,).
        origin: the first time.
    """

    times: np.ndarray
    levels: np.ndarray
    variances: np.ndarray
    origin: float

    def mean(self, first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean level and its variance over the records first, ..., last - 1 (at least one), elementwise."""
        last = np.maximum(last, first + 1)
        count = last - first
        sums, noise = _running(self.levels), _running(self.variances)
        return (sums[last] - sums[first]) / count, (noise[last] - noise[first]) / count**2


def _running(values: np.ndarray) -> np.ndarray:
    return np.concatenate([[0.0], np.cumsum(values)])


def noise_variances(levels: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Variance of the white noise in a smooth curve, from the median size of its fourth differences in each block.

    Fourth differences see little of a smooth curve even where it is coarsely sampled, and 70 variances of white noise.

    Args:
        levels: the curve, shape (n,).

    Returns:
        One variance a point, constant over blocks of about a hundred points, shape (n,).
    """
    count = levels.shape[0]
    if count < 5:
        return np.zeros(count)
    bends = np.pad(np.abs(np.diff(levels, 4)), 2, mode="edge") / (np.sqrt(70) * 0.6745)
    blocks = np.array_split(np.arange(count), max(1, count // 100))
    return np.concatenate([np.full(len(block), np.median(bends[block]) ** 2) for block in blocks])


def prepare_curve(times: Num[ArrayLike, " n"], losses: Num[ArrayLike, " n"], floor: float = 1e-12) -> LossCurve:
    """Check a loss curve, cut it at the first loss that is not finite, and thin a long one by averaging.

    Args:
        times: increasing, in any unit, shape (n,).
        losses: not negative, shape (n,).
        floor: losses below this fraction of the largest count as zero; the curve is clipped there.

    Returns:
        The curve of log losses, of at most LARGEST_CURVE points.

    Raises:
        SeparatrixError: if times do not increase, losses are negative, or fewer than FEWEST_VALUES are finite.
    """
    clock, values = np.asarray(times, dtype=float), np.asarray(losses, dtype=float)
    finite = np.isfinite(values) & np.isfinite(clock)
    count = len(values) if finite.all() else int(np.argmin(finite))
    if count < FEWEST_VALUES:
        raise SeparatrixError(f"A loss curve needs at least {FEWEST_VALUES} finite values; got {count}: record more.")
    clock, values = clock[:count], values[:count]
    if np.any(np.diff(clock) <= 0):
        raise SeparatrixError("The times of a loss curve must increase; sort the records and drop repeated times.")
    if values.min() < 0 or values.max() <= 0:
        raise SeparatrixError(
            f"Losses must be non-negative and not all zero; got {values.min():g} to {values.max():g}: "
            "subtract the lowest loss that can be reached."
        )
    parts = np.array_split(np.arange(count), min(count, LARGEST_CURVE))
    starts = np.array([part[0] for part in parts])
    sizes = np.diff(np.append(starts, count))
    levels = np.log(np.maximum(np.add.reduceat(values, starts) / sizes, floor * values.max()))
    middle = np.add.reduceat(clock, starts) / sizes
    return LossCurve(middle - clock[0], levels, noise_variances(levels), float(clock[0]))
