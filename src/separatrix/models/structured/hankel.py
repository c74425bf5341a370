"""Hankel operators, from past to future: the least-squares fit over their 2n - 1 numbers, and the dense rival."""

import numpy as np
from jaxtyping import Float
from scipy.linalg import hankel

from separatrix.errors import SeparatrixError


def hankel_matrix(generator: Float[np.ndarray, " length"]) -> Float[np.ndarray, "n n"]:
    """The square matrix whose entry (i, j) is h_{i+j}.

    Args:
        generator: h, (2n - 1,).

    Returns:
        The matrix, (n, n).
    """
    n = (len(generator) + 1) // 2
    return hankel(generator[:n], generator[n - 1 :])


def hankel_least_squares(
    past: Float[np.ndarray, "windows n"], future: Float[np.ndarray, "windows m"]
) -> Float[np.ndarray, " length"]:
    """The generator whose Hankel matrix best maps past windows to future ones.

    Each window gives n equations for the 2n - 1 unknowns, so that two windows are enough.

    Args:
        past: u, one window a row.
        future: H u, perhaps with noise.

    Returns:
        The generator h, (2n - 1,); that of least norm where the windows leave it open.

    Raises:
        SeparatrixError: windows of different shapes.

    >>> h = np.array([3.0, 1.0, 2.0, 5.0, 1.0])
    >>> u = np.random.default_rng(0).normal(size=(2, 3))
    >>> hankel_least_squares(u, u @ hankel_matrix(h).T).round(6).tolist()
    [3.0, 1.0, 2.0, 5.0, 1.0]
    """
    if past.shape != future.shape:
        raise SeparatrixError(
            f"Past and future windows must have the same shape. Got {past.shape} and {future.shape} instead."
        )
    design = shifted(past).reshape(-1, 2 * past.shape[1] - 1)
    return np.linalg.lstsq(design, future.ravel(), rcond=None)[0]


def shifted(past: Float[np.ndarray, "windows n"]) -> Float[np.ndarray, "windows n length"]:
    """What multiplies the generator: row i of a window holds the window, pushed i places to the right.

    Args:
        past: windows, one a row.

    Returns:
        (windows, n, 2n - 1).
    """
    windows, n = past.shape
    table = np.zeros((windows, n, 2 * n - 1))
    rows = np.arange(n)
    table[:, rows[:, None], rows[:, None] + rows[None, :]] = past[:, None, :]
    return table


def dense_least_squares(
    past: Float[np.ndarray, "windows n"], future: Float[np.ndarray, "windows m"]
) -> Float[np.ndarray, "m n"]:
    """The matrix, of no structure, that best maps past windows to future ones; of least norm where it is left open.

    Args:
        past: one window a row.
        future: one window a row.

    Returns:
        The matrix, (m, n).
    """
    return np.linalg.lstsq(past, future, rcond=None)[0].T
