"""A dictionary at snapshots, made orthonormal: the one factorisation that every certificate starts from."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Float, Num
from scipy import linalg

from separatrix.errors import SeparatrixError, bad_parameter

CUTOFF = 1e-11
"""Default share of the largest pivot below which a function counts as dependent: rounding errors of the images are
divided by the pivot, so that what is kept has residuals right to about 1e-16 / 1e-11."""


@dataclasses.dataclass(frozen=True)
class Galerkin:
    """A dictionary in orthonormal functions of the data's inner product, and what the map makes of them.

    With W the weights, Q = sqrt(W) PX B has orthonormal columns and C = sqrt(W) PY B is their image under the Koopman
    operator: Q* C is the operator compressed to the dictionary's span (EDMD), and ||(C - z Q) v|| / ||v|| is the
    residual of a pair, of which the compression alone knows nothing.

    Attributes:
        basis: coefficients B of the orthonormal functions in the dictionary, (N, K).
        q: the orthonormal functions at the states, times the root of the weights, (M, K).
        c: the same at the images of the states, (M, K).
        weights: of the snapshots, (M,), as they were given.
        condition: largest over smallest pivot of the dictionary's functions, each scaled to norm 1.
    """

    basis: Num[np.ndarray, "N K"]
    q: Num[np.ndarray, "M K"]
    c: Num[np.ndarray, "M K"]
    weights: Float[np.ndarray, "M"]
    condition: float

    @property
    def snapshots(self) -> int:
        """Number M of snapshot pairs."""
        return self.q.shape[0]

    @property
    def dictionary_size(self) -> int:
        """Number N of functions in the dictionary, dependent ones included."""
        return self.basis.shape[0]

    @property
    def rank(self) -> int:
        """Number K of independent functions on the data."""
        return self.q.shape[1]

    @property
    def matrix(self) -> Num[np.ndarray, "K K"]:
        """The Koopman operator compressed to the orthonormal functions, Q* C."""
        return self.q.conj().T @ self.c

    def coefficients(self, values: Num[np.ndarray, "M D"]) -> Num[np.ndarray, "K D"]:
        """Best approximation of observables by the orthonormal functions.

        Args:
            values: the observables at the states, (M, D).

        Returns:
            Their coefficients, (K, D): ``values`` is about Q / sqrt(W) times these.
        """
        return self.q.conj().T @ (np.sqrt(self.weights)[:, None] * values)


def galerkin(
    px: Num[np.ndarray, "M N"],
    py: Num[np.ndarray, "M N"],
    weights: Float[np.ndarray, "M"] | None = None,
    *,
    cutoff: float = CUTOFF,
) -> Galerkin:
    """Orthonormalise a dictionary over weighted snapshots by a pivoted QR factorisation.

    Functions that depend on others, on these snapshots, are dropped: in their place ``basis`` has zeros. No Gram matrix
    is ever formed, which would lose half of the digits.

    Args:
        px: dictionary at the states x_m, (M, N), real or complex.
        py: dictionary at their images F(x_m), (M, N).
        weights: of the snapshots in the inner product, positive, (M,); 1/M each when left out.
        cutoff: share of the largest pivot below which a function is dropped, in (0, 1).

    Returns:
        The orthonormal functions and their images.

    Raises:
        SeparatrixError: shapes differ, a number is not finite, a weight is not positive, or every function vanishes.

    Source: Colbrook and Townsend, arXiv 2111.14889 (the matrices of ResDMD); QR form of arXiv 2209.02244.

    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> powers = np.array([[1, 2]])
    >>> pair = galerkin(x**powers, (0.5 * x) ** powers)
    >>> np.sort(np.linalg.eigvals(pair.matrix)).round(6)
    array([0.25, 0.5 ])
    """
    weights = _checked(px, py, weights, cutoff)
    root = np.sqrt(weights)[:, None]
    scaled, images = root * px, root * py
    norms = np.linalg.norm(scaled, axis=0)
    if not norms.any():
        raise SeparatrixError(
            "Every function of the dictionary vanishes on these snapshots; choose another dictionary."
        )
    norms = np.where(norms > 0, norms, 1.0)
    # pivoting is done on the small triangle: it is several times slower than plain QR, which takes the long side
    q, triangle = np.linalg.qr(scaled / norms[None, :])
    turn, pivoted, order = _pivoted(triangle)
    pivots = np.abs(np.diag(pivoted))
    rank = int(np.sum(pivots > cutoff * pivots[0]))
    kept = order[:rank]
    basis = np.zeros((px.shape[1], rank), q.dtype)
    basis[kept] = linalg.solve_triangular(pivoted[:rank, :rank], np.eye(rank, dtype=q.dtype))
    basis = basis / norms[:, None]
    c = linalg.solve_triangular(pivoted[:rank, :rank], (images / norms[None, :])[:, kept].T, trans=1).T
    return Galerkin(basis, q @ turn[:, :rank], c, weights, float(pivots[0] / pivots[rank - 1]))


def _pivoted(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    factors: Any = linalg.qr(matrix, mode="economic", pivoting=True)
    return factors


def _checked(px: np.ndarray, py: np.ndarray, weights: np.ndarray | None, cutoff: float) -> np.ndarray:
    """The weights, once the data are known to be usable."""
    if px.ndim != 2 or px.shape != py.shape or 0 in px.shape:
        raise SeparatrixError(
            f"Two arrays (snapshots, functions) of one shape are expected; got {px.shape} at the states and {py.shape} "
            "at their images."
        )
    if not (np.isfinite(px).all() and np.isfinite(py).all()):
        raise SeparatrixError(
            "The dictionary has values that are not finite; rescale the data or drop those snapshots."
        )
    if not 0 < cutoff < 1:
        raise bad_parameter("cutoff", "galerkin", "a float in the range (0, 1)", cutoff)
    count = px.shape[0]
    weights = np.full(count, 1 / count) if weights is None else np.asarray(weights, float)
    if weights.shape != (count,) or not (np.isfinite(weights) & (weights > 0)).all():
        raise SeparatrixError(f"One positive weight for each of the {count} snapshots is expected.")
    return weights
