"""What all dictionaries share: functions of the state, learnt from series and evaluated row by row."""

from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from sklearn.base import BaseEstimator, TransformerMixin

from separatrix.models.koopman.reading import InvalidData, given_again, given_series, remember
from separatrix.models.trajectories import Trajectories

LARGEST = 20_000
"""Functions beyond which a dictionary is surely a mistake: its matrices would not fit the memory."""


class Dictionary(TransformerMixin, BaseEstimator):
    """A dictionary of observables: ``fit`` learns what it must from the states, ``transform`` evaluates the functions.

    To write one, give ``_learn(series)`` and ``_evaluate(states)``.
    """

    n_features_in_: int
    history = 1
    """Number of successive states that one row of ``transform`` needs."""

    def fit(self, X: Any, y: Any = None) -> "Dictionary":
        """Learn centres, scales or weights from states.

        Args:
            X: series of states, as of ``as_trajectories``.
            y: not used.

        Returns:
            Itself.
        """
        series = given_series(X)
        remember(self, series)
        self._learn(series)
        return self

    def transform(self, X: Any) -> Float[np.ndarray, "M N"]:
        """Evaluate all functions.

        Args:
            X: series of states, (times, dimension) each.

        Returns:
            One row a state, one column a function; rows of several series follow one another.
        """
        return np.concatenate([self._evaluate(states) for states in given_again(self, X).states])

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the functions.

        Args:
            input_features: not used.

        Returns:
            One name a function.
        """
        count = self.transform(np.zeros((self.history, self.n_features_in_))).shape[1]
        return np.array([f"{type(self).__name__.lower()}{index}" for index in range(count)], dtype=object)

    def _learn(self, series: Trajectories) -> None:
        """Learn from series; what is learnt goes to attributes that end in an underscore."""

    def _evaluate(self, states: np.ndarray) -> np.ndarray:
        """Functions at the states of one series that has been checked, (M, D) -> (M - history + 1, N)."""
        raise NotImplementedError


def multi_indices(dimension: int, degree: int) -> Int[np.ndarray, "N dimension"]:
    """Exponents of all products up to a total degree, low degrees first.

    Args:
        dimension: number of variables.
        degree: highest sum of the exponents.

    Returns:
        One row a product.

    Raises:
        InvalidData: there are too many.

    >>> multi_indices(2, 2).tolist()
    [[0, 0], [1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]
    """
    refuse_too_many(count_of_products(dimension, degree), dimension, degree)
    chosen = [
        variables for total in range(degree + 1) for variables in combinations_with_replacement(range(dimension), total)
    ]
    return np.array([np.bincount(variables, minlength=dimension) for variables in chosen], dtype=int)


def count_of_products(dimension: int, degree: int) -> int:
    """Number of products of variables up to a total degree: (dimension + degree) over degree.

    Args:
        dimension: number of variables.
        degree: highest sum of the exponents.

    Returns:
        How many.
    """
    count = 1
    for index in range(1, degree + 1):
        count = count * (dimension + index) // index
    return count


def refuse_too_many(count: int, dimension: int, degree: int) -> None:
    """Refuse a dictionary that would not fit the memory.

    Args:
        count: number of functions.
        dimension: of the state.
        degree: or order, that was asked for.

    Raises:
        InvalidData: more than ``LARGEST``.
    """
    if count > LARGEST:
        raise InvalidData(
            f"Degree {degree} in {dimension} components makes {count} functions; at most {LARGEST} are taken. Lower "
            "the degree, or use a kernel method."
        )
