"""Linear recurrences: functions carried on by powers of a matrix."""

import numpy as np
from jaxtyping import Num


def propagated(start: Num[np.ndarray, "K"], matrix: Num[np.ndarray, "K K"], steps: int) -> Num[np.ndarray, "steps K"]:
    """start, start A, start A^2, ...: the block so far times the power so far, twice as long each time.

    Args:
        start: row vector, (K,).
        matrix: A, (K, K).
        steps: how many rows.

    Returns:
        The rows, the first of which is ``start``. Growth beyond the range of floats gives infinity or NaN.

    >>> propagated(np.array([1.0]), np.array([[2.0]]), 5).ravel().tolist()
    [1.0, 2.0, 4.0, 8.0, 16.0]
    """
    rows, power = start[None, :], matrix
    with np.errstate(over="ignore", invalid="ignore"):
        while len(rows) < steps:
            rows = np.concatenate([rows, rows @ power])
            power = power @ power
    return rows[:steps]
