"""Dictionaries of the study's maps, and the wrong build that forgets what a dictionary cannot hold."""

import dataclasses

import numpy as np

from separatrix.models.koopman import Galerkin, galerkin


def waves(angle: np.ndarray, order: int) -> np.ndarray:
    """exp(i k angle) for |k| <= order, (M, 2 order + 1)."""
    return np.exp(1j * angle[:, None] * np.arange(-order, order + 1)[None, :])


def torus_waves(points: np.ndarray, order: int) -> np.ndarray:
    """exp(i (k x + l y)) for |k|, |l| <= order, (M, (2 order + 1)^2)."""
    first, second = waves(points[:, 0], order), waves(points[:, 1], order)
    return (first[:, :, None] * second[:, None, :]).reshape(len(points), -1)


def doubling(order: int, snapshots: int) -> Galerkin:
    """The doubling map of the circle in waves, over equidistant snapshots."""
    angle = 2 * np.pi * np.arange(snapshots) / snapshots
    return galerkin(waves(angle, order), waves(2 * angle, order))


def gauss_map(x: np.ndarray) -> np.ndarray:
    """exp(-2 x^2) - 1 - exp(-2), of [-1, 0] into itself."""
    return np.exp(-2 * np.square(x)) - 1 - np.exp(-2)


def legendre(x: np.ndarray, count: int) -> np.ndarray:
    """Legendre polynomials of [-1, 0], (M, count)."""
    return np.polynomial.legendre.legvander(2 * x + 1, count - 1)


def legendre_nodes(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of Gauss-Legendre quadrature on [-1, 0]."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes - 1) / 2, weights / 2


def gauss(count: int, nodes: int) -> Galerkin:
    """The Gauss map in Legendre polynomials, over the nodes of Gauss-Legendre quadrature."""
    x, weights = legendre_nodes(nodes)
    return galerkin(legendre(x, count), legendre(gauss_map(x), count), weights)


def rotation(order: int, turn: float, snapshots: int) -> Galerkin:
    """A rotation of the circle in waves, over equidistant snapshots."""
    angle = 2 * np.pi * np.arange(snapshots) / snapshots
    return galerkin(waves(angle, order), waves(angle + turn, order))


def cat_map(order: int) -> Galerkin:
    """(x, y) -> (2x + y, x + y) on the torus in waves, over a grid fine enough for all sums to be exact."""
    side = 2 * np.pi * np.arange(6 * order + 4) / (6 * order + 4)
    points = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    images = np.stack([2 * points[:, 0] + points[:, 1], points[:, 0] + points[:, 1]], axis=1)
    return galerkin(torus_waves(points, order), torus_waves(images, order))


def projected(pair: Galerkin) -> Galerkin:
    """The wrong build: images as the dictionary's span holds them, L replaced by A* G^-1 A."""
    return dataclasses.replace(pair, c=pair.q @ pair.matrix)


def square_grid(count: int, side: float = 1.5) -> np.ndarray:
    """A square grid of complex numbers around the origin, (count, count), rows of equal real part."""
    line = np.linspace(-side, side, count)
    return line[:, None] + 1j * line[None, :]
