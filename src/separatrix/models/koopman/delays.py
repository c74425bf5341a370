"""A dictionary of the past: another dictionary at the present state and at states before it."""

from typing import Any

import numpy as np
from sklearn.base import clone

from separatrix.errors import bad_parameter
from separatrix.models.koopman.dictionary import Dictionary
from separatrix.models.koopman.reading import InvalidData
from separatrix.models.trajectories import Trajectories


class Delays(Dictionary):
    """The values of a dictionary at the present state and the ``count - 1`` states before it, the present first.

    A series of T states gives T - count + 1 rows, of which the first is about the state number ``count - 1``.

    Args:
        count: how many states a row takes, at least 1.
        inner: the dictionary; None for the components themselves.

    >>> Delays(2).fit_transform(np.array([[1.0], [2.0], [3.0]])).tolist()
    [[2.0, 1.0], [3.0, 2.0]]
    """

    def __init__(self, count: int = 2, inner: Any = None):
        self.count = count
        self.inner = inner

    @property
    def history(self) -> int:  # type: ignore[override]
        """Number of successive states that one row needs."""
        return self.count + getattr(self.inner, "history", 1) - 1

    def _learn(self, series: Trajectories) -> None:
        if not (isinstance(self.count, (int, np.integer)) and self.count >= 1):
            raise bad_parameter("count", "Delays", "an int in the range [1, inf)", self.count)
        inner: Any = None if self.inner is None else clone(self.inner)
        self.inner_ = None if inner is None else inner.fit(series)

    def _evaluate(self, states: np.ndarray) -> np.ndarray:
        if len(states) < self.history:
            raise InvalidData(
                f"{self.count} delays need a series of at least {self.history} states; this one has {len(states)}."
            )
        values = states if self.inner_ is None else self.inner_.transform(states)
        rows = len(values) - self.count + 1
        return np.concatenate(
            [values[self.count - 1 - back : self.count - 1 - back + rows] for back in range(self.count)], axis=1
        )
