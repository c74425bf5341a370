"""What log g^2 can do on a plateau: two ways of growing, two of decaying, each fitted with its evidence."""

import dataclasses
from collections.abc import Callable

import numpy as np
from scipy.optimize import least_squares

SMALLEST_GROWTH = 0.1


@dataclasses.dataclass(frozen=True)
class GrowthModel:
    """A model of log g^2 on a window whose time x runs from 0 to 1 (now).

    Attributes:
        name: what an answer calls it.
        value: ``value(parameters, x)``, the model of log g^2.
        starts: parameters from which the fit is tried; levels count from the last value seen.
        order: degree q of the deficit in the distance for models that grow, None for those that decay.
        levels: which parameters are levels of log g^2.
    """

    name: str
    value: Callable[[np.ndarray, np.ndarray], np.ndarray]
    starts: tuple[tuple[float, ...], ...]
    order: int | None
    levels: tuple[int, ...] = (0, 2)


def _decay(amplitude: float, log_rate: float, x: np.ndarray) -> np.ndarray:
    return amplitude - np.exp(log_rate) * x


def _exponential(p: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.logaddexp(_decay(p[0], p[1], x), p[2] + np.exp(p[3]) * (x - 1))


def _blow_up(power: float) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    def value(p: np.ndarray, x: np.ndarray) -> np.ndarray:
        remaining = np.exp(p[3])
        return np.logaddexp(_decay(p[0], p[1], x), p[2] - power * np.log1p((1 - x) / remaining))

    return value


def _floor(p: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.logaddexp(_decay(p[0], p[1], x), p[2])


def _power(p: np.ndarray, x: np.ndarray) -> np.ndarray:
    return p[0] - np.exp(p[1]) * np.log1p(x / np.exp(p[2]))


_DECAYS = (1.0, 3.0)
_SADDLES = tuple((0.0, decay, 0.0, growth) for decay in _DECAYS for growth in (0.5, 2.0))
_BLOW_UPS = tuple((0.0, decay, 0.0, remaining) for decay in _DECAYS for remaining in (-1.0, 1.0))
GROWTH_MODELS = (
    GrowthModel("exponential", _exponential, _SADDLES, 2),
    GrowthModel("finite-time, order 3", _blow_up(4.0), _BLOW_UPS, 3),
    GrowthModel("finite-time, order 4", _blow_up(3.0), _BLOW_UPS, 4),
    GrowthModel("decay to a floor", _floor, tuple((0.0, decay, -2.0) for decay in _DECAYS), None),
    GrowthModel("power of time", _power, ((0.0, 0.0, -1.0), (0.0, 1.0, 0.0)), None, (0,)),
)


@dataclasses.dataclass(frozen=True)
class GrowthFit:
    """A fitted model.

    Attributes:
        model: the model.
        parameters: at the best fit, shape (k,).
        covariance: of the parameters in the normal approximation, shape (k, k).
        evidence: logarithm of the tempered evidence; minus infinity for a growing model in which nothing grows.
    """

    model: GrowthModel
    parameters: np.ndarray
    covariance: np.ndarray
    evidence: float


def fit_growth(model: GrowthModel, x: np.ndarray, z: np.ndarray, weights: np.ndarray) -> GrowthFit:
    """Weighted least squares from each start, with an evidence by BIC.

    Residuals of a smooth curve are correlated, so that no more than 30 of them count as independent.

    Args:
        model: the model.
        x: times in [0, 1], shape (n,).
        z: log g^2, shape (n,).
        weights: of the residuals, shape (n,).

    Returns:
        The best fit.
    """
    edge, levels = max(1, len(z) // 10), list(model.levels)
    first, last = float(z[:edge].mean()), float(z[-edge:].mean())
    z = z - last
    best = None
    for start in model.starts:
        guess = np.array(start)
        guess[0] += first - last
        found = least_squares(
            lambda p: (model.value(p, x) - z) * weights,
            guess,
            method="trf",
            bounds=(-60, 60),
            loss="soft_l1",
            f_scale=1.0,
            max_nfev=80,
        )
        if best is None or found.cost < best.cost:
            best = found
    assert best is not None
    count = float(min(len(z), 30))
    variance = max(float(np.mean(best.fun**2)), 1e-7)
    information = best.jac.T @ best.jac
    covariance = np.linalg.pinv(information + 1e-6 * np.eye(len(best.x))) * variance * len(z) / count
    evidence = -0.5 * count * np.log(variance) - 0.5 * len(best.x) * np.log(count)
    if model.order is not None:
        curve = model.value(best.x, x)
        if curve[-1] - curve.min() < max(SMALLEST_GROWTH, 3 * np.sqrt(variance)):
            evidence = -np.inf  # nothing grows: a decay in disguise
    parameters = best.x.copy()
    parameters[levels] += last
    return GrowthFit(model, parameters, covariance, evidence)
