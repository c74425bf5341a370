"""How far beyond the largest Ritz value an eigenvalue can hide, given that Lanczos started from a random direction."""

import numpy as np
from jaxtyping import Float
from scipy.special import betaincinv


def hides_beyond(
    point: float,
    diagonal: Float[np.ndarray, " m"],
    subdiagonal: Float[np.ndarray, " m"],
    size: int,
    confidence: float = 0.95,
) -> bool:
    """Whether an eigenvalue above the Ritz values may still be as large as ``point``.

    An eigenvector of eigenvalue ``mu`` and overlap ``b`` with the start overlaps the Lanczos vectors by ``b p_j(mu)``,
    with the orthonormal polynomials ``p_j`` of the Lanczos matrix. The squares sum to one at most, and the overlap of a
    random direction is small only with a known probability; so the sum of the ``p_j(mu)^2`` excludes large ``mu``.

    Args:
        point: the eigenvalue in question, above all Ritz values.
        diagonal: of the Lanczos matrix, shape ``(m,)``.
        subdiagonal: of the Lanczos matrix, and last the length of the next Lanczos vector, shape ``(m,)``.
        size: the size ``n`` of the operator.
        confidence: with which an eigenvalue is excluded, over the random start.

    Returns:
        False when it is excluded.

    Source: van Dorsselaer, Hochstenbach and van der Vorst, Computing probabilistic bounds for extreme eigenvalues of
    symmetric matrices with the Lanczos method (SIAM J. Matrix Anal. Appl. 22, 2000), section 3.
    """
    limit = 1 / betaincinv(0.5, (size - 1) / 2, 1 - confidence) if size > 1 else 1.0
    previous, current, total = 0.0, 1.0, 1.0
    for step, (centre, following) in enumerate(zip(diagonal, subdiagonal, strict=True)):
        back = subdiagonal[step - 1] * previous if step else 0.0
        if following <= 0.0:
            return False
        previous, current = current, ((point - centre) * current - back) / following
        total += current * current
        if total > limit:
            return False
    return True


def probable_maximum(
    diagonal: Float[np.ndarray, " m"],
    subdiagonal: Float[np.ndarray, " m"],
    largest: float,
    size: int,
    confidence: float = 0.95,
) -> float:
    """The point above which there is no eigenvalue, with the given confidence over the random start.

    Args:
        diagonal: of the Lanczos matrix, shape ``(m,)``.
        subdiagonal: of the Lanczos matrix, and last the length of the next Lanczos vector, shape ``(m,)``.
        largest: the largest Ritz value.
        size: the size ``n`` of the operator.
        confidence: over the random start.

    Returns:
        The bound, at least ``largest``.

    >>> round(probable_maximum(np.array([1.0]), np.array([0.0]), 1.0, 3), 9)
    1.0
    """
    width = float((np.abs(diagonal).max() + np.abs(subdiagonal).max()) * np.finfo(np.float64).eps)
    while hides_beyond(largest + width, diagonal, subdiagonal, size, confidence):
        width *= 2
    low, high = width / 2, width
    for _ in range(20):
        middle = (low + high) / 2
        if hides_beyond(largest + middle, diagonal, subdiagonal, size, confidence):
            low = middle
        else:
            high = middle
    return float(largest + high)
