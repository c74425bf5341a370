"""Smaller models of the same operator: a Koopman model on some of its functions only."""

import numpy as np
from jaxtyping import Float, Num

from separatrix.models.koopman.galerkin import Galerkin

DEPENDENT = 1e-10
"""Singular value, of vectors of norm 1, below which a direction counts as spanned by the others."""


def restricted(pair: Galerkin, vectors: Num[np.ndarray, "K R"]) -> Galerkin:
    """The model on a subspace of its functions.

    Args:
        pair: the model.
        vectors: coefficients in its orthonormal functions, orthonormal columns, (K, R).

    Returns:
        The same snapshots with R functions; their residuals are against the operator itself, as before.
    """
    return Galerkin(pair.basis @ vectors, pair.q @ vectors, pair.c @ vectors, pair.weights, pair.condition)


def leading_functions(pair: Galerkin, targets: Float[np.ndarray, "M D"], rank: int) -> Num[np.ndarray, "K R"]:
    """The functions to keep when only ``rank`` may be.

    First those that forecast the targets one step ahead, and their mean: what the model says of them is then the same
    as before. The rest are the leading singular functions of the compressed operator on what is left, which hold the
    most of what it maps anywhere (reduced rank regression).

    Args:
        pair: the model.
        targets: what must stay forecast, the states at the images, (M, D).
        rank: how many functions.

    Returns:
        Orthonormal columns, (K, min(rank, K)).

    Source: Kostic et al., arXiv 2205.14027, section 4 (reduced rank regression).
    """
    if rank >= pair.rank:
        return np.eye(pair.rank)
    centred = targets - np.average(targets, axis=0, weights=pair.weights)[None, :]
    spread = np.sqrt(np.average(centred**2, axis=0, weights=pair.weights))
    scaled = centred / np.where(spread > 0, spread, 1.0)[None, :]
    first = spanned(pair.coefficients(np.concatenate([np.ones((len(scaled), 1)), scaled], axis=1)))[:, :rank]
    rest = pair.matrix - first @ (first.conj().T @ pair.matrix)
    second = np.linalg.svd(rest)[0][:, : rank - first.shape[1]]
    return np.linalg.qr(np.concatenate([first, second], axis=1))[0]


def invariant_functions(pair: Galerkin, vectors: Num[np.ndarray, "K J"]) -> Num[np.ndarray, "K R"]:
    """An orthonormal basis of the span of some eigenvectors, which the compressed operator maps into itself.

    Args:
        pair: the model.
        vectors: eigenvectors, (K, J); of a real model with conjugate pairs complete.

    Returns:
        Orthonormal columns, real for a real model.
    """
    if np.isrealobj(pair.q):
        vectors = np.concatenate([np.real(vectors), np.imag(vectors)], axis=1)
    return spanned(vectors)


def spanned(vectors: Num[np.ndarray, "K J"]) -> Num[np.ndarray, "K R"]:
    """An orthonormal basis of what vectors span.

    Args:
        vectors: one a column, (K, J).

    Returns:
        As many columns as are independent to rounding, largest directions first.
    """
    left, sizes, _ = np.linalg.svd(vectors, full_matrices=False)
    return left[:, sizes > DEPENDENT * max(sizes.max(initial=0.0), np.finfo(float).tiny)]
