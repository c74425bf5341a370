"""Least residual of any function at any number: the pseudospectrum of a Koopman operator, over whole grids at once."""

import dataclasses

import numpy as np
from jaxtyping import Bool, Complex, Float, Num
from scipy.linalg import get_lapack_funcs
from threadpoolctl import threadpool_limits

from separatrix.errors import SeparatrixError, bad_parameter
from separatrix.models.koopman.cells import in_cells
from separatrix.models.koopman.galerkin import Galerkin
from separatrix.models.koopman.pencil import Pencil, compressed, least, norms

DENSE = 64
"""Up to so many functions the whole problem is small, and is solved at every point."""
DENSE_WORK = 3e8
"""So is a larger one at few points: points times functions cubed."""

(_potrf,) = get_lapack_funcs(("potrf",), dtype=np.complex128)


@dataclasses.dataclass(frozen=True)
class PseudoEigenfunctions:
    """The function of least residual at each of some points.

    Attributes:
        points: the complex numbers z, (n,).
        residuals: tau(z), the least residual, (n,).
        vectors: the functions in orthonormal functions, of norm 1, (K, n).
        functions: their coefficients in the dictionary, (N, n): ``dictionary(x) @ functions``.
    """

    points: Complex[np.ndarray, "n"]
    residuals: Float[np.ndarray, "n"]
    vectors: Complex[np.ndarray, "K n"]
    functions: Complex[np.ndarray, "N n"]


def pseudospectrum(
    pair: Galerkin, z: Num[np.ndarray, "*grid"], *, tolerance: float = 1e-4
) -> Float[np.ndarray, "*grid"]:
    """tau(z), the least residual ||(C - z Q) v|| / ||v|| over all functions v, at every point of a grid.

    The set where tau(z) < epsilon is the approximate pseudospectrum: each of its points has a function in the
    dictionary's span that is an eigenfunction up to epsilon. With x the minimiser, tau(z)^2 is
    |z|^2 - 2 Re(conj(z) x* A x) + x* L x: one plane for each function, so that |z|^2 - tau(z)^2 is a convex function of
    z, and a minimiser found at one point bounds tau at all others.

    Points are gathered in cells. A cell factorises the squared pencil at its centre once, in single precision, to
    precondition one subspace in which all its points are solved together; then every point is offered the functions
    found at others. Each value is the residual of an explicit function, evaluated with the rectangular pencil: never
    below the true minimum, so that what it certifies is certified. Above the minimum it is by about ``tolerance``, or
    up to ten times that where many singular values crowd together (normal operators far from their spectrum);
    `exceeds` proves a lower bound where that matters.

    Args:
        pair: the dictionary at the snapshots.
        z: complex numbers, any shape.
        tolerance: error asked for in tau, times the operator's size.

    Returns:
        tau, of z's shape.

    Source: Colbrook and Townsend, arXiv 2111.14889, the section on pseudospectra.

    >>> from separatrix.models.koopman.galerkin import galerkin
    >>> x = np.exp(2j * np.pi * np.arange(64) / 64)[:, None]
    >>> turn = galerkin(x ** np.arange(-3, 4)[None, :], (x * np.exp(1j)) ** np.arange(-3, 4)[None, :])
    >>> pseudospectrum(turn, np.array([0.0, 2.0])).round(6)  # a rotation: the distance from its spectrum
    array([1., 1.])
    """
    z = np.asarray(z)
    return _solved(pair, z.ravel(), tolerance)[0].reshape(z.shape)


def pseudo_eigenfunctions(pair: Galerkin, z: Num[np.ndarray, "n"], *, tolerance: float = 1e-4) -> PseudoEigenfunctions:
    """The functions that come nearest to being eigenfunctions at given numbers.

    Args:
        pair: the dictionary at the snapshots.
        z: complex numbers, (n,).
        tolerance: as of `pseudospectrum`.

    Returns:
        The functions with their residuals.
    """
    points = np.asarray(z).astype(complex)
    values, vectors = _solved(pair, points, tolerance)
    return PseudoEigenfunctions(points, values, vectors, pair.basis @ vectors)


def exceeds(pair: Galerkin, z: Num[np.ndarray, "n"], level: Float[np.ndarray, "n"] | float) -> Bool[np.ndarray, "n"]:
    """Proof that no function of the dictionary has a smaller residual: whether tau(z) is above a level.

    A Cholesky factorisation of the squared pencil less the squared level exists only then. The level is raised by what
    rounding may spoil, about 1e-7 of the operator's size where it is near zero.

    Args:
        pair: the dictionary at the snapshots.
        z: complex numbers, (n,).
        level: one or a level for each, (n,).

    Returns:
        True where it is proven, (n,); False where tau is below the level, or too near to tell.
    """
    pencil = compressed(pair)
    points, squares = np.broadcast_arrays(np.asarray(z).astype(complex), np.square(np.asarray(level, float)))
    size = np.linalg.norm(pencil.square)  # Frobenius: no less than the largest eigenvalue
    rounding = 4 * pencil.size * np.finfo(float).eps

    def proven(point: complex, squared: float) -> bool:
        tilted = np.conj(point) * pencil.a
        shift = abs(point) ** 2 - squared - rounding * (np.sqrt(size) + abs(point)) ** 2
        return _potrf(pencil.square - tilted - tilted.conj().T + shift * np.eye(pencil.size))[1] == 0

    return np.array([proven(*each) for each in zip(points, squares, strict=True)], bool)


def _solved(pair: Galerkin, z: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    if not np.isfinite(z).all():
        raise SeparatrixError("The pseudospectrum is asked for at points that are not finite.")
    if not 0 < tolerance < 1:
        raise bad_parameter("tolerance", "pseudospectrum", "a float in the range (0, 1)", tolerance)
    points = z.astype(complex)
    real = np.isrealobj(pair.q) and np.isrealobj(pair.c)
    below = np.imag(points) < 0
    if real:  # then tau(conj(z)) = tau(z), with the conjugate function
        points = np.where(below, points.conj(), points)
    unique, back = np.unique(points, return_inverse=True)
    pencil = compressed(pair)
    small = pencil.size <= DENSE or len(unique) * pencil.size**3 <= DENSE_WORK
    solve = _dense if small else in_cells
    with threadpool_limits(1):  # small matrices: BLAS gains nothing by sharing one out among cores
        values, vectors = solve(pencil, unique, tolerance)
    vectors = vectors[:, back]
    return values[back], np.where(below[None, :], vectors.conj(), vectors) if real else vectors


def _dense(pencil: Pencil, z: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """All functions at every point, the points in portions that fit the cache."""
    small = (pencil.a, pencil.square)
    vectors = np.concatenate([least(small, part)[1] for part in np.array_split(z, 1 + len(z) // 256)], axis=1)
    return norms(pencil, z, vectors), vectors
