"""The spectrum of a measure-preserving system in one limit, with a bound on the error of every point of it."""

import dataclasses
from collections.abc import Callable

import numpy as np
from jaxtyping import Complex, Float

CANDIDATE = 0.5
"""Residual below which a grid point starts a search: below 1, the distance of the origin from the unit circle."""
PORTION = 400
"""Searches whose distances from the whole grid are held at once."""


@dataclasses.dataclass(frozen=True)
class VerifiedSpectrum:
    """Points of an approximate point spectrum, every one of them within a known distance of the true one.

    Attributes:
        points: Gamma_n, (p,).
        residuals: tau at each, no less than its distance from the spectrum, (p,).
        error: E_n, the largest residual of a kept point (0 where none is kept).
    """

    points: Complex[np.ndarray, "p"]
    residuals: Float[np.ndarray, "p"]
    error: float


def disk_grid(spacing: float, radius: float = 2.0) -> Complex[np.ndarray, "n"]:
    """Points of a square grid that lie in a disk around the origin.

    Args:
        spacing: of the grid.
        radius: of the disk.

    Returns:
        The points, (n,).
    """
    line = spacing * np.arange(-np.floor(radius / spacing), np.floor(radius / spacing) + 1)
    grid = (line[:, None] + 1j * line[None, :]).ravel()
    return grid[np.abs(grid) <= radius]


def verified_spectrum(
    z: Complex[np.ndarray, "n"], residuals: Float[np.ndarray, "n"], spacing: float
) -> VerifiedSpectrum:
    """Local minimisers of the least residual on a grid, with the bound that isometries allow.

    For an isometry the least residual of any function at z is no less than the distance of z from the approximate point
    spectrum. So a grid point with a residual below 1/2 has spectrum within that residual of it; of all grid points so
    near (and one spacing more), those of least residual are kept.

    Args:
        z: the grid, (n,), of `disk_grid` for example.
        residuals: tau at its points, of `pseudospectrum`, (n,).
        spacing: of the grid.

    Returns:
        The points kept. That the system preserves its measure is for the caller to know: else the bound is void.

    Source: Colbrook, Mezic and Stepanenko, arXiv 2407.06312, the one-limit algorithm.

    >>> grid = disk_grid(0.25)
    >>> found = verified_spectrum(grid, np.abs(grid - 1), 0.25)
    >>> found.points.tolist(), found.error
    ([(1+0j)], 0.0)
    """
    searches = np.flatnonzero(residuals < CANDIDATE)
    kept = np.zeros(len(z), bool)
    for part in np.array_split(searches, max(1, len(searches) // PORTION)):
        reach = residuals[part] + spacing
        near = np.abs(z[part][:, None] - z[None, :]) <= reach[:, None] * (1 + 1e-12)
        offered = np.where(near, residuals[None, :], np.inf)
        kept |= (near & (offered <= offered.min(axis=1)[:, None])).any(axis=0)
    return VerifiedSpectrum(z[kept], residuals[kept], float(residuals[kept].max(initial=0.0)))


def quadrature_error(
    size: int,
    steepness: float,
    modulus: Callable[[float], float],
    spacing: float,
) -> float:
    """How far sums over a design may be from their integrals, where F's modulus of continuity is known.

    With this the number of snapshots can be chosen for a dictionary beforehand, and the limits of many snapshots and of
    many functions become one. For functions bounded by 1 that change by at most ``steepness`` times the distance.

    Args:
        size: N, functions in the dictionary.
        steepness: Lipschitz constant of each of them.
        modulus: alpha, with d(F(x), F(y)) <= alpha(d(x, y)).
        spacing: largest distance of a point of the state space from the snapshot that stands for it.

    Returns:
        A bound of the error, as a matrix norm, of each of the Gram matrices G, A and L: for a dictionary that is
        orthonormal over the snapshots tau(z)^2 is then within (1 + |z|)^2 times it.

    >>> quadrature_error(5, 2.0, lambda d: 3 * d, 0.001)
    0.06
    """
    return size * 2 * steepness * max(spacing, modulus(spacing))


def worst_distance(points: Complex[np.ndarray, "p"], truth: Complex[np.ndarray, "q"]) -> float:
    """Hausdorff distance of two finite sets in the plane.

    Args:
        points: one set, (p,).
        truth: the other, (q,).

    Returns:
        The largest distance of a point of either from the other set; infinite where one is empty.
    """
    if not len(points) or not len(truth):
        return float("inf")
    apart = np.abs(points[:, None] - truth[None, :])
    return float(max(apart.min(axis=1).max(), apart.min(axis=0).max()))
