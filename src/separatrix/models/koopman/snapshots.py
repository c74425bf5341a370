"""Snapshot pairs with the dictionary at both ends: what every estimator of a Koopman model is solved from."""

import dataclasses
from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float

from separatrix.models.koopman.reading import InvalidData
from separatrix.models.trajectories import Trajectories

Lift = Callable[[np.ndarray], np.ndarray]
"""Dictionary at the states of one series, (T, D) -> (T - history + 1, N)."""


@dataclasses.dataclass(frozen=True)
class Snapshots:
    """Pairs of successive states and of the dictionary's values at them.

    Attributes:
        states: (M, D).
        images: the states that follow them, (M, D).
        px: dictionary at the states, (M, N).
        py: dictionary at the images, (M, N).
        inputs: what was done between the two, (M, P); None for a system left to itself.
        lengths: number of pairs of each series, which follow one another.
    """

    states: Float[np.ndarray, "M D"]
    images: Float[np.ndarray, "M D"]
    px: Float[np.ndarray, "M N"]
    py: Float[np.ndarray, "M N"]
    inputs: Float[np.ndarray, "M P"] | None = None
    lengths: tuple[int, ...] = ()

    def select(self, rows: Bool[np.ndarray, "M"]) -> "Snapshots":
        """Some of the pairs.

        Args:
            rows: True for those to keep.

        Returns:
            Those, without a memory of the series that they come from.
        """
        inputs = None if self.inputs is None else self.inputs[rows]
        return Snapshots(self.states[rows], self.images[rows], self.px[rows], self.py[rows], inputs)


def snapshots_of_series(lift: Lift, series: Trajectories, lag: int, history: int) -> Snapshots:
    """Pairs within each series; the dictionary is evaluated once at each state, not twice.

    Args:
        lift: the dictionary.
        series: of states.
        lag: steps between the two states of a pair.
        history: successive states that one value of the dictionary needs.

    Returns:
        The pairs; those of several series follow one another.
    """
    long = [index for index, states in enumerate(series.states) if len(states) >= history + lag]
    states = [series.states[index] for index in long]
    lifted = lift_series(lift, states, history)
    present = [part[history - 1 :] for part in states]
    given = None if series.inputs is None else [series.inputs[index][history - 1 :] for index in long]
    return Snapshots(
        np.concatenate([part[:-lag] for part in present]),
        np.concatenate([part[lag:] for part in present]),
        np.concatenate([part[:-lag] for part in lifted]),
        np.concatenate([part[lag:] for part in lifted]),
        None if given is None else np.concatenate([part[:-lag] for part in given]),
        tuple(len(part) - lag for part in present),
    )


def snapshots_of_pairs(lift: Lift, series: Trajectories, images: np.ndarray, history: int) -> Snapshots:
    """Pairs that were given as such.

    Args:
        lift: the dictionary.
        series: the states, as one series whose order means nothing.
        images: what follows each, (M, D).
        history: successive states that one value of the dictionary needs.

    Returns:
        The pairs.

    Raises:
        InvalidData: the dictionary needs a past, which single pairs don't have.
    """
    if history > 1:
        raise InvalidData("A dictionary of delays needs series; pairs (X, y) have no past. Give the series as X alone.")
    states = series.states[0]
    given = None if series.inputs is None else series.inputs[0]
    return Snapshots(states, images, lift(states), lift(images), given, (len(states),))


def lift_series(lift: Lift, states: list[np.ndarray], history: int) -> list[np.ndarray]:
    """The dictionary along each series.

    Args:
        lift: the dictionary.
        states: the series.
        history: successive states that one value of the dictionary needs.

    Returns:
        One array a series.
    """
    if history > 1 or len(states) == 1:
        return [lift(part) for part in states]
    ends = np.cumsum([len(part) for part in states])[:-1]
    return np.split(lift(np.concatenate(states)), ends)
