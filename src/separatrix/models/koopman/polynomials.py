"""Dictionaries of polynomials: monomials about the data's mean, and Legendre polynomials on a box."""

from functools import lru_cache

import numpy as np
from numpy.polynomial.legendre import legvander

from separatrix.errors import bad_parameter
from separatrix.models.koopman.dictionary import Dictionary, multi_indices
from separatrix.models.trajectories import Trajectories


class Monomials(Dictionary):
    """All products of components up to a total degree, the constant included.

    Args:
        degree: highest total degree, at least 1.
        scaled: take them of (x - mean) / standard deviation instead of x. The span is the same, the conditioning much
            better.

    >>> Monomials(2, scaled=False).fit_transform(np.array([[2.0, 3.0]])).tolist()
    [[1.0, 2.0, 3.0, 4.0, 6.0, 9.0]]
    """

    def __init__(self, degree: int = 2, scaled: bool = True):
        self.degree = degree
        self.scaled = scaled

    def _learn(self, series: Trajectories) -> None:
        if not (isinstance(self.degree, (int, np.integer)) and self.degree >= 1):
            raise bad_parameter("degree", "Monomials", "an int in the range [1, inf)", self.degree)
        states = np.concatenate(series.states)
        spread = states.std(axis=0)
        self.mean_ = states.mean(axis=0) if self.scaled else np.zeros(series.dimension)
        self.scale_ = np.where(spread > 0, spread, 1.0) if self.scaled else np.ones(series.dimension)
        self.powers_, self._parent_, self._last_ = _recurrence(series.dimension, int(self.degree))

    def _evaluate(self, states: np.ndarray) -> np.ndarray:
        columns = np.ascontiguousarray(((states - self.mean_[None, :]) / self.scale_[None, :]).T)
        products = np.empty((len(self.powers_), len(states)))
        products[0] = 1.0
        for index, (parent, last) in enumerate(zip(self._parent_, self._last_, strict=True), start=1):
            np.multiply(products[parent], columns[last], out=products[index])
        return products.T


@lru_cache(maxsize=64)
def _recurrence(dimension: int, degree: int) -> tuple[np.ndarray, tuple[int, ...], tuple[int, ...]]:
    """Exponents; and for each product but the constant, the earlier one and the variable whose product it is."""
    powers = multi_indices(dimension, degree)
    powers.setflags(write=False)
    places = {tuple(row): index for index, row in enumerate(powers)}
    unit = np.eye(dimension, dtype=int)
    last = tuple(int(np.max(np.nonzero(row)[0])) for row in powers[1:])
    parent = tuple(places[tuple(row - unit[variable])] for row, variable in zip(powers[1:], last, strict=True))
    return powers, parent, last


class Legendre(Dictionary):
    """Products of Legendre polynomials up to a total degree, orthonormal under the uniform measure on a box.

    Args:
        degree: highest total degree, at least 1.
        box: lower and upper ends, two numbers or two arrays (dimension,); None takes the range of the data.

    >>> Legendre(2, box=(-1.0, 1.0)).fit_transform(np.array([[1.0]])).round(3).tolist()
    [[1.0, 1.732, 2.236]]
    """

    def __init__(self, degree: int = 3, box: tuple | None = None):
        self.degree = degree
        self.box = box

    def _learn(self, series: Trajectories) -> None:
        if not (isinstance(self.degree, (int, np.integer)) and self.degree >= 1):
            raise bad_parameter("degree", "Legendre", "an int in the range [1, inf)", self.degree)
        states = np.concatenate(series.states)
        ends = (states.min(axis=0), states.max(axis=0)) if self.box is None else self.box
        low, high = (np.broadcast_to(np.asarray(end, float), (series.dimension,)) for end in ends)
        if self.box is not None and not (low < high).all():
            raise bad_parameter("box", "Legendre", "a pair (lower, upper) with lower < upper", self.box)
        self.middle_ = (low + high) / 2
        self.half_width_ = np.where(high > low, (high - low) / 2, 1.0)
        self.degrees_ = multi_indices(series.dimension, self.degree)

    def _evaluate(self, states: np.ndarray) -> np.ndarray:
        within = (states - self.middle_[None, :]) / self.half_width_[None, :]
        norms = np.sqrt(2 * np.arange(self.degree + 1) + 1)
        values = np.ones((len(states), len(self.degrees_)))
        for component in range(states.shape[1]):
            single = legvander(within[:, component], self.degree) * norms[None, :]
            values *= single[:, self.degrees_[:, component]]
        return values
