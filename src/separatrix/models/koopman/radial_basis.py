"""A dictionary of radial functions about centres that k-means lays through the data, and the laying of centres."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from jaxtyping import Float, Int
from sklearn.cluster import KMeans

from separatrix.errors import bad_parameter
from separatrix.models.koopman.dictionary import Dictionary
from separatrix.models.koopman.kernels import KernelName, ScaledKernel, kernel_for
from separatrix.models.koopman.reading import InvalidData
from separatrix.models.trajectories import Trajectories

MOST_BY_ITSELF = 100
"""Centres taken when nobody says how many; fewer where the data are few."""
STATES_PER_CENTRE = 8
"""So that there remain the four snapshots for each function that a certificate needs."""

SEEN = 10
"""Snapshots that must see a function. Where n are expected to, none does with probability exp(-n): then a function is
taken for mapped to nothing whose image lies between the snapshots."""


class RadialBasis(Dictionary):
    """A constant, and a kernel about each of several centres found by k-means.

    Args:
        centres: how many; None takes an eighth of the states, at most 100.
        kernel: "gaussian", "laplace", "polynomial", or a function of two arrays of scaled states.
        length_scale: in standard deviations of the components; None for 2 sqrt(dimension).
        random_state: seed of k-means.
    """

    def __init__(
        self,
        centres: int | None = None,
        kernel: KernelName | Callable = "gaussian",
        length_scale: float | None = None,
        random_state: Any = 0,
    ):
        self.centres = centres
        self.kernel = kernel
        self.length_scale = length_scale
        self.random_state = random_state

    def _learn(self, series: Trajectories) -> None:
        states = np.concatenate(series.states)
        count = number_of_centres(self.centres, len(states), "RadialBasis")
        self.kernel_ = kernel_for(states, self.kernel, self.length_scale, 3, "RadialBasis")
        scaled = self.kernel_.scaled(states)
        distinct = min(count, len(np.unique(scaled, axis=0)))
        means = KMeans(distinct, n_init=cast(Any, 1), random_state=self.random_state).fit(scaled)
        self.centres_ = means.cluster_centers_ * self.kernel_.scale[None, :] + self.kernel_.mean[None, :]

    def _evaluate(self, states: np.ndarray) -> np.ndarray:
        return np.concatenate([np.ones((len(states), 1)), self.kernel_(states, self.centres_)], axis=1)


def number_of_centres(asked: int | None, states: int, owner: str) -> int:
    """How many centres to take.

    Args:
        asked: by the user, or None.
        states: number of states.
        owner: the estimator's name, for messages.

    Returns:
        The number.

    Raises:
        bad_parameter: not a positive whole number.
        InvalidData: more than there are states.
    """
    if asked is None:
        return max(1, min(MOST_BY_ITSELF, states // STATES_PER_CENTRE))
    if not (isinstance(asked, (int, np.integer)) and asked >= 1):
        raise bad_parameter("centres", owner, "an int in the range [1, inf) or None", asked)
    if asked > states:
        raise InvalidData(f"{owner} is asked for {asked} centres and has {states} states. Ask for fewer.")
    return int(asked)


def spread_centres(
    kernel: ScaledKernel, states: Float[np.ndarray, "M D"], count: int
) -> tuple[Int[np.ndarray, "m"], Float[np.ndarray, "M m"]]:
    """Choose states as centres by a pivoted Cholesky factorisation of their Gram matrix.

    Each next centre is the state whose kernel is worst approximated by those of the centres before it; the matrix
    itself, (M, M), is never formed.

    Args:
        kernel: positive.
        states: to choose from, (M, D).
        count: how many centres at most.

    Returns:
        Their places, fewer than asked for when the kernels of those span all others to rounding; and the factor L,
        whose product L L^T is the Gram matrix of all states, as far as the centres span it.

    Source: Fine and Scheinberg, Efficient SVM training using low-rank kernel representations (JMLR 2001), algorithm 2.
    """
    left, scaled = kernel.diagonal(states).astype(float), kernel.scaled(states)
    floor = left.max() * len(states) * np.finfo(float).eps
    factor, chosen = np.empty((count, len(states))), []
    for index in range(count):
        pivot = int(np.argmax(left))
        if left[pivot] <= floor:
            break
        column = kernel.of_scaled(scaled[pivot][None, :], scaled)[0]
        factor[index] = (column - factor[:index, pivot] @ factor[:index]) / np.sqrt(left[pivot])
        left = left - factor[index] ** 2
        left[[*chosen, pivot]] = -np.inf
        chosen.append(pivot)
    return np.array(chosen, dtype=int), factor[: len(chosen)].T


def seen_by(values: Float[np.ndarray, "M N"]) -> str:
    """Whether snapshots are dense enough for functions that are large in one place only.

    Args:
        values: of the functions at the snapshots, (M, N).

    Returns:
        ``"valid"``, or ``"void: "`` and why, when fewer than ten snapshots hold most of some function's squared norm
        (by the participation ratio of its squares).

    >>> seen_by(np.ones((20, 1))), seen_by(np.eye(20)).split(";")[0]
    ('valid', 'void: the narrowest function is seen by 1 snapshots, and needs 10')
    """
    squares = values**2
    fourth = np.sum(squares**2, axis=0)
    counts = np.divide(np.sum(squares, axis=0) ** 2, fourth, out=np.zeros(len(fourth)), where=fourth > 0)
    if counts.min() >= SEEN:
        return "valid"
    return (
        f"void: the narrowest function is seen by {counts.min():.0f} snapshots, and needs {SEEN}; widen the kernel, or "
        "take more snapshots"
    )
