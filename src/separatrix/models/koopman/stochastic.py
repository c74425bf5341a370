"""Residuals of stochastic systems, which one image a state cannot give: their square holds the variance too."""

import dataclasses

import numpy as np
from jaxtyping import Float, Num

from separatrix.errors import SeparatrixError
from separatrix.models.koopman.galerkin import Galerkin


@dataclasses.dataclass(frozen=True)
class StochasticResiduals:
    """Residuals of pairs of a stochastic Koopman operator, the expectation over one step, and what noise adds.

    Attributes:
        residuals: ||(Koopman - lambda) g|| / ||g||, (J,); 0 where noise of the estimate makes the square negative.
        spreads: root mean variance of g's image over its norm, (J,).
    """

    residuals: Float[np.ndarray, "J"]
    spreads: Float[np.ndarray, "J"]


def stochastic_residuals(
    first: Galerkin, second: Galerkin, eigenvalues: Num[np.ndarray, "J"], vectors: Num[np.ndarray, "K J"]
) -> StochasticResiduals:
    """Residuals from two independent images of every state.

    With one image, the squared residual is that of the operator plus the variance of g's image: it never vanishes,
    however good the pair. Products of two independent images are free of the variance.

    Args:
        first: the dictionary at the states and at one image of each.
        second: the same at the same states and at another, independent image.
        eigenvalues: candidates, (J,).
        vectors: in the orthonormal functions, one a column, (K, J).

    Returns:
        Residuals and spreads.

    Raises:
        SeparatrixError: the two are not over the same states.

    Source: Colbrook, Li, Raut and Townsend, arXiv 2308.10697, the section on variance.
    """
    if first.q.shape != second.q.shape or not np.allclose(first.q, second.q):
        raise SeparatrixError("Two images of the same states are needed; the two models are over different states.")
    scaled = vectors / np.linalg.norm(vectors, axis=0)[None, :]
    base = (first.q @ scaled) * eigenvalues[None, :]
    one, other = first.c @ scaled - base, second.c @ scaled - base
    squares = np.real(np.sum(one.conj() * other, axis=0))
    both = (np.sum(np.square(np.abs(one)), axis=0) + np.sum(np.square(np.abs(other)), axis=0)) / 2
    return StochasticResiduals(np.sqrt(np.maximum(squares, 0.0)), np.sqrt(np.maximum(both - squares, 0.0)))
