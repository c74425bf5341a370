"""Eigenpairs of a Koopman model, each with its residual: how far the operator itself is from having it."""

import dataclasses
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Complex, Float, Num

from separatrix.models.koopman.galerkin import Galerkin

OVERSAMPLING = 4
"""Snapshots per function of the dictionary from which a residual counts as a certificate. With as many snapshots as
functions every residual vanishes, whatever the system."""
TOLERANCE = 0.1
"""Default residual up to which an eigenpair counts as certified."""

Word: TypeAlias = Literal["certified", "spurious", "void"]


@dataclasses.dataclass(frozen=True)
class KoopmanPairs:
    """Eigenvalues and eigenfunctions of a compressed Koopman operator.

    Attributes:
        eigenvalues: of the compression, (K,), those of least residual first.
        vectors: eigenvectors of norm 1 in the orthonormal functions, one a column, (K, K).
        functions: the eigenfunctions' coefficients in the dictionary, (N, K): ``dictionary(x) @ functions``.
        left: dual to the vectors, one a row, (K, K): ``left @ vectors`` is the identity unless the compression is
            defective, when it is the pseudo-inverse.
        residuals: ||(C - lambda Q) v|| / ||v||, (K,).
    """

    eigenvalues: Complex[np.ndarray, "K"]
    vectors: Complex[np.ndarray, "K K"]
    functions: Complex[np.ndarray, "N K"]
    left: Complex[np.ndarray, "K K"]
    residuals: Float[np.ndarray, "K"]


def residuals(
    pair: Galerkin, eigenvalues: Num[np.ndarray, "J"], vectors: Num[np.ndarray, "K J"]
) -> Float[np.ndarray, "J"]:
    """How far candidate pairs are from being eigenpairs of the Koopman operator itself.

    The rectangular matrix is applied to each vector. The square of this, a quadratic form in the Gram matrices of the
    dictionary and of its images, is the same number in exact arithmetic, but means nothing below 1e-8.

    Args:
        pair: the dictionary at the snapshots.
        eigenvalues: candidates, (J,).
        vectors: in the orthonormal functions, one a column, (K, J).

    Returns:
        ||(C - lambda Q) v|| / ||v||, (J,): the norm of (Koopman - lambda) g over that of g, up to quadrature.

    Source: Colbrook and Townsend, arXiv 2111.14889, the residual of a candidate pair.
    """
    parts = pair.c @ vectors - (pair.q @ vectors) * eigenvalues[None, :]
    return np.linalg.norm(parts, axis=0) / np.linalg.norm(vectors, axis=0)


def eigenpairs(pair: Galerkin) -> KoopmanPairs:
    """All eigenpairs of the compressed operator with their residuals, the most trustworthy first.

    Args:
        pair: the dictionary at the snapshots.

    Returns:
        The pairs, sorted by residual.

    >>> from separatrix.models.koopman.galerkin import galerkin
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> pairs = eigenpairs(galerkin(x**np.array([[1, 2]]), (0.5 * x) ** np.array([[1, 2]])))
    >>> bool(pairs.residuals.max() < 1e-14)
    True
    """
    eigenvalues, vectors = np.linalg.eig(pair.matrix)
    eigenvalues, vectors = eigenvalues.astype(complex), vectors.astype(complex)
    vectors /= np.linalg.norm(vectors, axis=0)[None, :]
    found = residuals(pair, eigenvalues, vectors)
    order = np.argsort(found, kind="stable")
    vectors = vectors[:, order]
    # the pseudo-inverse, as eigenvectors of a nearly defective compression are dependent to rounding
    left = np.linalg.pinv(vectors, rcond=1e-13)
    return KoopmanPairs(eigenvalues[order], vectors, pair.basis @ vectors, left, found[order])


def koopman_modes(pair: Galerkin, pairs: KoopmanPairs, values: Num[np.ndarray, "M D"]) -> Complex[np.ndarray, "K D"]:
    """What each eigenfunction contributes to observables: values(x) is about ``dictionary(x) @ functions @ modes``.

    Args:
        pair: the dictionary at the snapshots.
        pairs: its eigenpairs.
        values: the observables at the states, for example the states themselves, (M, D).

    Returns:
        The Koopman modes, (K, D).
    """
    return pairs.left @ pair.coefficients(values)


def certificate(pair: Galerkin) -> str:
    """Whether residuals over these snapshots certify anything, and if not why.

    Args:
        pair: the dictionary at the snapshots.

    Returns:
        ``"valid"``, or ``"void: "`` and the reason.
    """
    needed = OVERSAMPLING * pair.dictionary_size
    if pair.snapshots >= needed:
        return "valid"
    return (
        f"void: {pair.snapshots} snapshots for {pair.dictionary_size} functions; residuals certify from "
        f"{needed} snapshots, below that the functions are fitted to the snapshots"
    )


def verdicts(found: Float[np.ndarray, "K"], valid: str, tolerance: float = TOLERANCE) -> np.ndarray:
    """A word for each residual.

    Args:
        found: the residuals, (K,).
        valid: what `certificate` says.
        tolerance: largest residual of a certified pair.

    Returns:
        ``"certified"`` or ``"spurious"`` for each, ``"void"`` for all where residuals certify nothing, (K,).

    >>> verdicts(np.array([0.0, 0.5]), "valid").tolist()
    ['certified', 'spurious']
    """
    if valid != "valid":
        return np.full(found.shape, "void", dtype="<U9")
    return np.where(found <= tolerance, "certified", "spurious")
