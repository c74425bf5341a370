"""Two maps of the disk that agree wherever one looks, and whose Koopman operators have different spectra."""

import dataclasses

import numpy as np
from jaxtyping import Complex, Float

from separatrix.errors import SeparatrixError

GAP = float(np.sqrt(2))
"""Hausdorff distance of the two spectra, {1, -1} and the unit circle: that of i from 1."""


@dataclasses.dataclass(frozen=True)
class Annulus:
    """Radii between which no state was looked at.

    Attributes:
        inner: its smaller radius.
        outer: its larger radius.
    """

    inner: float
    outer: float


def widest_gap(radii: Float[np.ndarray, "M"]) -> Annulus:
    """The widest annulus of the unit disk that a design leaves unseen.

    Args:
        radii: distances of the design's points from the origin, in [0, 1], (M,).

    Returns:
        The annulus.

    Raises:
        SeparatrixError: a radius is outside [0, 1].

    >>> widest_gap(np.array([0.1, 0.2, 0.9]))
    Annulus(inner=0.2, outer=0.9)
    """
    if not ((radii >= 0) & (radii <= 1)).all():
        raise SeparatrixError("Radii in the unit disk are expected; some lie outside [0, 1].")
    edges = np.concatenate([[0.0], np.sort(radii), [1.0]])
    at = int(np.argmax(np.diff(edges)))
    return Annulus(float(edges[at]), float(edges[at + 1]))


def half_turn(points: Float[np.ndarray, "M 2"], annulus: Annulus | None = None) -> Float[np.ndarray, "M 2"]:
    """Turn the disk by pi, and, inside an annulus, by a smooth function of the radius more.

    The further turn is a bump of height 2 pi that vanishes with all derivatives at both edges. Both maps are smooth,
    invertible and preserve area. Without an annulus functions of even and odd angular order are eigenfunctions to 1 and
    -1, and the spectrum is {1, -1}. With it exp(i m theta) times functions of the radius inside the annulus are
    multiplied by exp(i m (pi + turn)): the spectrum is the unit circle. Outside of it the images agree to the bit.

    Args:
        points: radius and angle (radians) of states, (M, 2).
        annulus: where to turn further; nowhere when left out.

    Returns:
        Radius and angle of the images, (M, 2).

    Source: Colbrook, Mezic and Stepanenko, arXiv 2407.06312, the two maps of the disk.

    >>> half_turn(np.array([[0.5, 0.0]])).round(4)
    array([[0.5   , 3.1416]])
    """
    radius, angle = points.T
    turn = np.zeros_like(radius)
    if annulus is not None:
        inside = (radius > annulus.inner) & (radius < annulus.outer)
        position = (radius[inside] - annulus.inner) / (annulus.outer - annulus.inner)
        turn[inside] = 2 * np.pi * np.exp(4 - 1 / (position * (1 - position)))
    return np.stack([radius, angle + np.pi + turn], axis=1)


def disk_spectrum(annulus: Annulus | None, count: int = 360) -> Complex[np.ndarray, "q"]:
    """The spectrum of `half_turn`.

    Args:
        annulus: as given to `half_turn`.
        count: points that stand for the unit circle; a multiple of 4, so that i is one of them.

    Returns:
        1 and -1, or points of the circle, (q,).
    """
    if annulus is None:
        return np.array([1.0 + 0j, -1.0 + 0j])
    return np.exp(2j * np.pi * np.arange(count) / count)
