"""Spectral measures of Koopman operators, smoothed by rational kernels of any order."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Complex, Float, Num
from scipy import linalg

from separatrix.errors import bad_parameter

ROWS = 48
"""Rows that a triangular solve takes at once, the rest of the matrix being applied to them as a whole."""


@dataclasses.dataclass(frozen=True)
class RationalKernel:
    """A kernel on the unit circle with poles just outside it, whose moments vanish up to its order.

    Attributes:
        poles: d_j, in units of the bandwidth and turned to the angle at hand, (m,).
        outer: c_j, weights of the parts that the kernel has inside the circle, (m,).
        inner: e_j, weights of those that it has outside, (m,).
        bandwidth: epsilon, in radians for small ones.
    """

    poles: Complex[np.ndarray, "m"]
    outer: Complex[np.ndarray, "m"]
    inner: Complex[np.ndarray, "m"]
    bandwidth: float


def rational_kernel(order: int, bandwidth: float) -> RationalKernel:
    """The kernel of an order: order 1 is the Poisson kernel of radius 1 / (1 + bandwidth).

    Args:
        order: m, at least 1; a smooth density is recovered up to about bandwidth^m log(1 / bandwidth).
        bandwidth: epsilon, positive.

    Returns:
        The kernel.

    Raises:
        SeparatrixError: for an order below 1 or a bandwidth that is not positive.

    Source: Colbrook and Townsend, arXiv 2111.14889, the section on high-order kernels (equispaced poles).

    >>> rational_kernel(1, 0.1).poles
    array([1.+0.j])
    """
    _check(order, bandwidth)
    j = np.arange(1, order + 1)
    poles = 1 + 1j * (2 * j / (order + 1) - 1)
    mirrored = -poles.conj() / (1 + bandwidth * poles.conj())
    powers = np.arange(order)[:, None]
    first = np.eye(order)[0]
    outer = np.linalg.solve(mirrored[None, :] ** powers, first)
    inner = np.linalg.solve(poles[None, :] ** powers, first)
    return RationalKernel(poles, outer, inner, bandwidth)


def _check(order: int, bandwidth: float) -> None:
    if order < 1:
        raise bad_parameter("order", "rational_kernel", "an int of at least 1", order)
    if not 0 < bandwidth < np.inf:
        raise bad_parameter("bandwidth", "rational_kernel", "a float in the range (0, inf)", bandwidth)


def smoothed_measure(
    matrix: Num[np.ndarray, "K K"],
    coefficients: Num[np.ndarray, "K"],
    theta: Float[np.ndarray, "n"],
    *,
    bandwidth: float,
    order: int = 2,
) -> Float[np.ndarray, "n"]:
    """Density of an observable's spectral measure along the unit circle, smoothed by a rational kernel.

    One Schur form of the operator serves all angles and poles: what is left are triangular systems that differ in
    their diagonals, solved side by side.

    Args:
        matrix: an isometric operator compressed to orthonormal functions, `Galerkin.matrix` or the unitary one, (K, K).
        coefficients: of the observable in those functions, (K,).
        theta: angles, radians, (n,).
        bandwidth: epsilon of the kernel.
        order: m of the kernel.

    Returns:
        The density per radian, (n,). Its integral is the observable's squared norm; a kernel of order above 1 has
        negative lobes, so that the density may be slightly negative where there is little of it.

    Source: Colbrook and Townsend, arXiv 2111.14889, the section on spectral measures.

    >>> one = smoothed_measure(np.array([[1.0]]), np.array([1.0]), np.array([0.0]), bandwidth=0.1, order=1)
    >>> bool(np.isclose(one[0], (1 + 1 / 1.1) / (1 - 1 / 1.1) / (2 * np.pi)))  # the Poisson kernel at its peak
    True
    """
    kernel = rational_kernel(order, bandwidth)
    upper = not np.tril(matrix, -1).any()
    factors: Any = (matrix, np.eye(len(matrix))) if upper else linalg.schur(matrix, output="complex")
    triangle, turn = factors
    vector = (turn.conj().T @ coefficients).astype(complex)
    shifts = np.exp(1j * theta)[:, None] * (1 + bandwidth * kernel.poles[None, :])
    resolved = shifted_solutions(triangle.astype(complex), vector, shifts.ravel())
    inside = (vector @ resolved.conj()).reshape(shifts.shape)
    outside = ((vector.conj() @ triangle) @ resolved).reshape(shifts.shape)
    terms = kernel.outer[None, :] * shifts.conj() * inside + kernel.inner[None, :] * outside
    return -np.real(terms.sum(axis=1)) / (2 * np.pi)


def shifted_solutions(
    triangle: Complex[np.ndarray, "K K"], vector: Complex[np.ndarray, "K"], shifts: Complex[np.ndarray, "p"]
) -> Complex[np.ndarray, "K p"]:
    """Solutions of (T - shift) x = b for one upper triangle, one right side and many shifts at once.

    Back-substitution, a few rows at a time: all that lies right of those rows is one matrix product for all shifts.

    Args:
        triangle: T, upper triangular, (K, K).
        vector: b, (K,).
        shifts: none of them an entry of T's diagonal, (p,).

    Returns:
        The solutions, one a column, (K, p).
    """
    size = len(triangle)
    x = np.zeros((size, len(shifts)), complex)
    for end in range(size, 0, -ROWS):
        begin = max(0, end - ROWS)
        rest = vector[begin:end, None] - triangle[begin:end, end:] @ x[end:]
        for row in range(end - 1, begin - 1, -1):
            known = rest[row - begin] - triangle[row, row + 1 : end] @ x[row + 1 : end]
            x[row] = known / (triangle[row, row] - shifts)
    return x
