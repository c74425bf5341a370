"""Weighted graphs as adjacency matrices: who is tied to whom, and how strongly."""

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float, Num
from scipy.sparse.csgraph import connected_components

from separatrix.errors import SeparatrixError, bad_parameter

Adjacency = Float[np.ndarray, "n n"]


def complete_graph(n: int) -> Adjacency:
    """Everybody tied to everybody with weight 1; the Laplacian has the eigenvalue n, n - 1 times.

    Args:
        n: nodes, at least 1.

    Returns:
        The adjacency matrix, (n, n).

    >>> complete_graph(3).sum()
    np.float64(6.0)
    """
    return np.ones((_nodes("complete_graph", n), n)) - np.eye(n)


def ring_graph(n: int) -> Adjacency:
    """A closed chain with weights 1; Laplacian eigenvalues 2 - 2 cos(2 pi k / n).

    Args:
        n: nodes, at least 3.

    Returns:
        The adjacency matrix, (n, n).
    """
    step = np.roll(np.eye(_nodes("ring_graph", n, 3)), 1, axis=1)
    return step + step.T


def path_graph(n: int) -> Adjacency:
    """An open chain with weights 1; Laplacian eigenvalues 2 - 2 cos(pi k / n).

    Args:
        n: nodes, at least 1.

    Returns:
        The adjacency matrix, (n, n).
    """
    return np.eye(_nodes("path_graph", n), k=1) + np.eye(n, k=-1)


def star_graph(n: int) -> Adjacency:
    """A centre, node 0, tied to all others with weight 1; Laplacian eigenvalues 0, 1 (n - 2 times) and n.

    Args:
        n: nodes, at least 2.

    Returns:
        The adjacency matrix, (n, n).
    """
    rays = np.zeros((_nodes("star_graph", n, 2), n))
    rays[0, 1:] = 1.0
    return rays + rays.T


def grid_graph(rows: int, columns: int) -> Adjacency:
    """A rectangular grid with weights 1; Laplacian eigenvalues are sums of those of two paths.

    Args:
        rows: at least 1.
        columns: at least 1.

    Returns:
        The adjacency matrix, (rows x columns, rows x columns), row after row.
    """
    return np.kron(path_graph(rows), np.eye(columns)) + np.kron(np.eye(rows), path_graph(columns))


def random_graph(n: int, probability: float, seed: int) -> Adjacency:
    """Erdos and Renyi's graph: each pair tied with weight 1, independently.

    Args:
        n: nodes, at least 1.
        probability: of a tie, in [0, 1].
        seed: of the draw.

    Returns:
        The adjacency matrix, (n, n); it need not be connected.
    """
    below = np.random.default_rng(seed).random((_nodes("random_graph", n), n)) < _share(probability)
    drawn = np.triu(below, 1).astype(float)
    return drawn + drawn.T


def components(adjacency: Num[ArrayLike, "rows columns"]) -> int:
    """Number of parts of a graph that no path joins.

    Args:
        adjacency: symmetric weights, 0 or more, (n, n).

    Returns:
        How many; 1 for a connected graph.

    Raises:
        SeparatrixError: the matrix is no adjacency of an undirected graph.

    >>> components(np.zeros((3, 3))), components(ring_graph(4))
    (3, 1)
    """
    weights = np.asarray(adjacency, float)
    if weights.ndim != 2 or weights.shape[0] != weights.shape[1] or not weights.size:
        raise SeparatrixError(f"An adjacency matrix must have the shape (n, n), not {weights.shape}.")
    if not np.isfinite(weights).all() or (weights < 0).any() or not np.allclose(weights, weights.T, rtol=1e-12):
        raise SeparatrixError("An adjacency matrix must be symmetric with finite weights of 0 or more.")
    return int(connected_components(weights, directed=False, return_labels=False))


def _share(probability: float) -> float:
    if not 0 <= probability <= 1:
        raise bad_parameter("probability", "random_graph", "a float in the range [0, 1]", probability)
    return probability


def _nodes(name: str, n: int, least: int = 1) -> int:
    if n < least:
        raise bad_parameter("n", name, f"an int in the range [{least}, inf)", n)
    return n
