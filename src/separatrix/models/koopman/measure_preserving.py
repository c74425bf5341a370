"""Models of measure-preserving systems: the nearest unitary matrix, whose eigenvalues all lie on the unit circle."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Complex, Float, Num
from scipy import linalg

from separatrix.models.koopman.galerkin import Galerkin


@dataclasses.dataclass(frozen=True)
class MeasurePreserving:
    """A unitary Koopman model (mpEDMD).

    Attributes:
        unitary: the unitary matrix in the orthonormal functions, (K, K).
        eigenvalues: all of modulus 1, (K,).
        vectors: an orthonormal eigenbasis, one a column, (K, K).
        functions: the eigenfunctions' coefficients in the dictionary, (N, K).
        least: least singular value of the compressed operator. Where it vanishes, the nearest unitary matrix is not
            unique, and what it does to functions that the operator maps out of the dictionary's span is arbitrary.
    """

    unitary: Num[np.ndarray, "K K"]
    eigenvalues: Complex[np.ndarray, "K"]
    vectors: Complex[np.ndarray, "K K"]
    functions: Complex[np.ndarray, "N K"]
    least: float

    def spectral_weights(self, coefficients: Num[np.ndarray, "K"]) -> Float[np.ndarray, "K"]:
        """The scalar spectral measure of an observable, an atom at each eigenvalue.

        Args:
            coefficients: of the observable in the orthonormal functions, (K,), as `Galerkin.coefficients` has them.

        Returns:
            The atoms' weights, (K,), which add up to the observable's squared norm.
        """
        return np.square(np.abs(self.vectors.conj().T @ coefficients))


def measure_preserving(pair: Galerkin) -> MeasurePreserving:
    """The unitary matrix nearest to the compressed operator, and its spectrum.

    Among all matrices that keep the data's inner product it fits the snapshots best (an orthogonal Procrustes problem).
    Its eigenvectors come from a Schur form, which is diagonal for a unitary matrix: an eigensolver for general matrices
    gives vectors that are not orthogonal where eigenvalues crowd together.

    Args:
        pair: the dictionary at the snapshots.

    Returns:
        The model.

    Source: Colbrook, arXiv 2209.02244, the algorithm mpEDMD.

    >>> from separatrix.models.koopman.galerkin import galerkin
    >>> x = np.linspace(0, 2 * np.pi, 64, endpoint=False)[:, None]
    >>> waves = np.array([[1, 2]])
    >>> model = measure_preserving(galerkin(np.exp(1j * x * waves), np.exp(1j * (x + 0.3) * waves)))
    >>> np.sort(np.angle(model.eigenvalues)).round(6)
    array([0.3, 0.6])
    """
    left, sizes, right = np.linalg.svd(pair.matrix)
    unitary = left @ right
    factors: Any = linalg.schur(unitary, output="complex")
    triangle, vectors = factors
    diagonal = np.diag(triangle)
    eigenvalues = diagonal / np.abs(diagonal)
    return MeasurePreserving(unitary, eigenvalues, vectors, pair.basis @ vectors, float(sizes[-1]))
