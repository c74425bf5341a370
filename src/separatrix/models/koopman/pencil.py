"""The rectangular pencil C - z Q, compressed to 2K rows, and its least singular value in a small subspace."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Complex, Float, Num

from separatrix.models.koopman.galerkin import Galerkin


@dataclasses.dataclass(frozen=True)
class Pencil:
    """C - z Q times a unitary matrix from the left: [A - z; S], and the matrices of its square.

    (C - z Q)* (C - z Q) = L - z A* - conj(z) A + |z|^2: four matrices, whatever z is. The square is only ever used to
    find vectors; their residuals are those of the rectangular matrix.

    Attributes:
        a: the compression A = Q* C, (K, K).
        s: upper triangle of what of C is orthogonal to Q, (J, K) with J at most K.
        square: L = C* C, (K, K).
        stack: A, A* and L below one another, (3K, K): a subspace meets all of them at once.
    """

    a: Complex[np.ndarray, "K K"]
    s: Complex[np.ndarray, "J K"]
    square: Complex[np.ndarray, "K K"]
    stack: Complex[np.ndarray, "3*K K"]

    @property
    def size(self) -> int:
        """Number K of orthonormal functions."""
        return self.a.shape[0]


def compressed(pair: Galerkin) -> Pencil:
    """Compress M snapshots to 2K rows, by one QR factorisation.

    Args:
        pair: the dictionary at the snapshots.

    Returns:
        The pencil, complex.
    """
    a = pair.matrix
    s: Any = np.linalg.qr(pair.c - pair.q @ a, mode="r")
    square = a.conj().T @ a + s.conj().T @ s
    stack = np.concatenate([a, a.conj().T, square]).astype(complex)
    return Pencil(a.astype(complex), s.astype(complex), square.astype(complex), stack)


@dataclasses.dataclass(frozen=True)
class Restricted:
    """A pencil restricted to the span of orthonormal vectors W, to which more can be added.

    Attributes:
        w: the vectors, (K, d).
        images: A W, A* W and L W, each (K, d).
        small: W* A W and W* L W, each (d, d).
    """

    w: Complex[np.ndarray, "K d"]
    images: tuple[np.ndarray, np.ndarray, np.ndarray]
    small: tuple[np.ndarray, np.ndarray]


def restricted(pencil: Pencil, w: Complex[np.ndarray, "K d"]) -> Restricted:
    """Restrict a pencil to a subspace.

    Args:
        pencil: the pencil.
        w: orthonormal vectors, (K, d).

    Returns:
        The restriction.
    """
    images = np.split(pencil.stack @ w, 3)
    return Restricted(w, (images[0], images[1], images[2]), (w.conj().T @ images[0], w.conj().T @ images[2]))


def extended(pencil: Pencil, space: Restricted, more: Complex[np.ndarray, "K e"]) -> Restricted:
    """Add vectors to a subspace.

    Args:
        pencil: the pencil.
        space: the restriction so far.
        more: further vectors, made orthonormal here, (K, e).

    Returns:
        The restriction to both.
    """
    w = space.w
    for _ in range(2):  # once leaves a part of the old vectors as large as rounding over the size of what is new
        more = np.linalg.qr(more - w @ (w.conj().T @ more))[0]
    added = restricted(pencil, more)
    both = np.concatenate([w, more], axis=1)
    image, adjoint, square = (np.concatenate(two, axis=1) for two in zip(space.images, added.images, strict=True))
    return Restricted(both, (image, adjoint, square), (both.conj().T @ image, both.conj().T @ square))


def least(small: tuple[np.ndarray, np.ndarray], z: Complex[np.ndarray, "n"]) -> tuple[np.ndarray, np.ndarray]:
    """Two least eigenvalues of the squared pencil in a subspace, and the first's vector, at all points at once.

    Args:
        small: W* A W and W* L W, each (d, d).
        z: the points, (n,).

    Returns:
        The eigenvalues (n, 2) and vectors of norm 1 (d, n).
    """
    a, square = small
    tilted = z[:, None, None].conj() * a[None, :, :]
    shift = np.square(np.abs(z))[:, None, None] * np.eye(len(a))[None, :, :]
    values, vectors = np.linalg.eigh(square[None, :, :] - tilted - tilted.conj().swapaxes(1, 2) + shift)
    return values[:, :2], np.ascontiguousarray(vectors[:, :, 0].T)


def norms(pencil: Pencil, z: Complex[np.ndarray, "n"], x: Num[np.ndarray, "K n"]) -> Float[np.ndarray, "n"]:
    """||[A - z; S] x|| / ||x|| of one vector a point, by the rectangular pencil.

    Args:
        pencil: the pencil.
        z: the points, (n,).
        x: a vector for each, (K, n).

    Returns:
        The residuals, (n,): no less than the least singular value, to rounding.
    """
    upper = np.linalg.norm(pencil.a @ x - z[None, :] * x, axis=0)
    return np.hypot(upper, np.linalg.norm(pencil.s @ x, axis=0)) / np.linalg.norm(x, axis=0)
