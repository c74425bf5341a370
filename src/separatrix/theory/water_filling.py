"""How an encoder that maximises information spreads a budget of variance over its modes: water-filling."""

import numpy as np
from jaxtyping import Float

from separatrix.errors import bad_parameter

_BISECTIONS = 200
"""Halvings of an interval: more than the bits of a float64, so that both roots are right to rounding."""


def water_filling(gains: Float[np.ndarray, "modes"]) -> Float[np.ndarray, "modes"]:
    """The shares of variance that maximise the information through parallel Gaussian channels, and starve the weak.

    Maximises sum_i log(1 + g_i p_i) / 2 over shares p >= 0 with sum 1: p_i = max(0, level - 1 / g_i).

    Args:
        gains: signal-to-noise ratio g_i of each mode at the whole budget, positive, (modes,).

    Returns:
        The shares, (modes,).

    Raises:
        SeparatrixError: a gain is not positive.

    Source: Cover and Thomas, Elements of Information Theory, section 9.4; arXiv 2510.13025, mode collapse.

    >>> water_filling(np.array([4.0, 2.0, 1.0, 0.5, 0.25])).tolist()
    [0.625, 0.375, 0.0, 0.0, 0.0]
    """
    floors = np.sort(1 / _checked(gains))
    # with the k lowest floors under water the level is (1 + their sum) / k; the right k is the last whose floor is wet
    levels = (1 + np.cumsum(floors)) / np.arange(1, len(floors) + 1)
    level = levels[np.flatnonzero(levels > floors)[-1]]
    return np.maximum(0.0, level - 1 / gains)


def entropic_water_filling(gains: Float[np.ndarray, "modes"], weight: float) -> Float[np.ndarray, "modes"]:
    """The shares when their entropy is rewarded too: no mode is starved.

    Maximises sum_i log(1 + g_i p_i) / 2 - weight * sum_i p_i log p_i. Where this is stationary,
    p_i = exp((g_i / (2 (1 + g_i p_i)) - nu) / weight) > 0; the left side grows and the right side falls with p_i, and
    every p_i falls with nu, so that two nested bisections find the one solution.

    Args:
        gains: signal-to-noise ratio of each mode at the whole budget, positive, (modes,).
        weight: of the entropy, at least 0; 0 gives ``water_filling``.

    Returns:
        The shares, (modes,).

    Raises:
        SeparatrixError: a gain is not positive, or the weight is negative (then every vertex of the simplex is a local
            maximum, since the slope of the entropy is infinite there, and there is no one solution).

    Source: arXiv 2510.13025, the entropy term; the equation re-derived.

    >>> round(effective_modes(entropic_water_filling(np.array([4.0, 2.0, 1.0, 0.5, 0.25]), 0.1)), 3)
    2.7
    """
    _check_weight(weight)
    if weight == 0:
        return water_filling(gains)
    _checked(gains)
    low, high = 0.0, float(gains.max()) / 2 + weight * np.log(len(gains))
    for _ in range(_BISECTIONS):
        nu = (low + high) / 2
        low, high = (nu, high) if _shares(gains, weight, nu).sum() > 1 else (low, nu)
    shares = _shares(gains, weight, (low + high) / 2)
    return shares / shares.sum()


def _shares(gains: np.ndarray, weight: float, nu: float) -> np.ndarray:
    """The root p_i <= 1 of each stationarity condition, found in log p_i."""
    low = np.minimum(-nu / weight, 0.0) + np.zeros_like(gains)
    high = np.minimum((gains / 2 - nu) / weight, 0.0)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        below = weight * middle < gains / (2 * (1 + gains * np.exp(middle))) - nu
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.exp((low + high) / 2)


def effective_modes(shares: Float[np.ndarray, "modes"]) -> float:
    """Number of modes in use: the exponential of the entropy of their shares.

    Args:
        shares: non-negative with sum 1, (modes,).

    Returns:
        Between 1 and the number of modes.

    >>> effective_modes(np.array([0.5, 0.5, 0.0]))
    2.0
    """
    used = shares[shares > 0]
    return float(np.exp(-np.sum(used * np.log(used))))


def _checked(gains: np.ndarray) -> np.ndarray:
    if gains.ndim != 1 or not gains.size or not np.all(gains > 0):
        raise bad_parameter("gains", "water_filling", "a one-dimensional array of positive numbers", gains)
    return gains


def _check_weight(weight: float) -> None:
    if not 0 <= weight < np.inf:
        raise bad_parameter("weight", "entropic_water_filling", "a float in the range [0, inf)", weight)
