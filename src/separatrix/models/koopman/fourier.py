"""A dictionary of waves on a torus."""

from itertools import product
from typing import Any, Literal

import numpy as np

from separatrix.errors import bad_parameter
from separatrix.models.koopman.dictionary import Dictionary, refuse_too_many
from separatrix.models.trajectories import Trajectories


class Fourier(Dictionary):
    """The constant, and cosine and sine of every wave vector up to an order; real, so that conjugate pairs stay pairs.

    Args:
        order: highest order of a wave vector, at least 1.
        period: of the components: one number, or an array (dimension,).
        index: "total" bounds the sum of the sizes of a wave vector's components, "box" their largest.

    >>> Fourier(1, period=1.0).fit_transform(np.array([[0.25]])).round(3).tolist()
    [[1.0, 0.0, 1.0]]
    """

    def __init__(self, order: int = 3, period: Any = 2 * np.pi, index: Literal["total", "box"] = "total"):
        self.order = order
        self.period = period
        self.index = index

    def _learn(self, series: Trajectories) -> None:
        if not (isinstance(self.order, (int, np.integer)) and self.order >= 1):
            raise bad_parameter("order", "Fourier", "an int in the range [1, inf)", self.order)
        if self.index not in ("total", "box"):
            raise bad_parameter("index", "Fourier", "'total' or 'box'", self.index)
        period = np.asarray(self.period, float)
        if not (np.isfinite(period) & (period > 0)).all() or period.shape not in ((), (series.dimension,)):
            raise bad_parameter("period", "Fourier", "positive, one for all components or one for each", self.period)
        self.waves_ = _waves(series.dimension, self.order, self.index == "box")

    def _evaluate(self, states: np.ndarray) -> np.ndarray:
        period = np.broadcast_to(np.asarray(self.period, float), (states.shape[1],))
        angles = (2 * np.pi * states / period[None, :]) @ self.waves_.T
        return np.concatenate([np.ones((len(states), 1)), np.cos(angles), np.sin(angles)], axis=1)


def _waves(dimension: int, order: int, box: bool) -> np.ndarray:
    """One of each pair of opposite wave vectors, shortest first, (waves, dimension)."""
    if box:
        refuse_too_many((2 * order + 1) ** dimension, dimension, order)
        rows = list(product(range(-order, order + 1), repeat=dimension))
    else:
        rows = _total(dimension, order)
    positive = [row for row in rows if next((entry for entry in row if entry), 0) > 0]
    return np.array(sorted(positive, key=lambda row: (sum(map(abs, row)), row)), float)


def _total(dimension: int, order: int) -> list[tuple[int, ...]]:
    """Wave vectors whose sizes sum up to at most the order, built one component after the other."""
    rows: list[tuple[int, ...]] = [()]
    for _ in range(dimension):
        rows = [
            (*row, entry) for row in rows for left in [order - sum(map(abs, row))] for entry in range(-left, left + 1)
        ]
        refuse_too_many(len(rows), dimension, order)
    return rows
