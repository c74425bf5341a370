"""Maps from past to future windows: their rank, what estimating them costs, and what applying them costs."""

import math

import numpy as np
from jaxtyping import Float

LORENZ_EXPONENT = 0.9056
"""Largest Lyapunov exponent of Lorenz's flow at the usual parameters, per unit of time (Viswanath 1998)."""


def impulse_response(
    poles: Float[np.ndarray, " order"], weights: Float[np.ndarray, " order"], length: int
) -> Float[np.ndarray, " length"]:
    """Response of a linear system of simple real poles to one pulse, h_k = sum of w_i a_i^k.

    Args:
        poles: a, eigenvalues per step.
        weights: w, products of what a pole is driven by and seen through.
        length: number of steps.

    Returns:
        h_0, h_1, ...

    Source:
        Kronecker: its Hankel matrix has the rank of the system's order.

    >>> impulse_response(np.array([0.5]), np.array([2.0]), 3).tolist()
    [2.0, 1.0, 0.5]
    """
    return (weights[None, :] * poles[None, :] ** np.arange(length)[:, None]).sum(axis=1)


def structured_error(noise: float, windows: int, n: int, norm: float) -> float:
    """Relative error of a Hankel matrix fitted over its 2n - 1 numbers to white windows, for many windows.

    Entry k of the generator stands in w_k places and is seen w_k times a window, so that its variance is
    noise^2 / (windows w_k): each of the 2n - 1 numbers adds noise^2 / windows to the squared error of the matrix.

    Args:
        noise: standard deviation of the future windows' noise, past ones having 1.
        windows: number of them.
        n: their length.
        norm: Frobenius norm of the matrix.

    Returns:
        Root mean square of ||estimate - H|| / ||H||.

    >>> round(structured_error(0.05, 64, 32, 21.6), 5)
    0.0023
    """
    return noise * math.sqrt((2 * n - 1) / windows) / norm


def dense_error(noise: float, windows: int, n: int, norm: float) -> float:
    """Relative error of a matrix without structure fitted to white windows; exact but near windows = n.

    Above n windows the inverse Wishart matrix gives noise^2 n^2 / (windows - n - 1). Below it the fit of least norm
    sees but a share windows / n of the matrix, and adds noise^2 n windows / (n - windows - 1).

    Args:
        noise: standard deviation of the future windows' noise, past ones having 1.
        windows: number of them.
        n: their length.
        norm: Frobenius norm of the matrix.

    Returns:
        Root mean square of ||estimate - H|| / ||H||; infinite for n - 1 to n + 1 windows.
    """
    if windows > n + 1:
        return noise * n / math.sqrt(windows - n - 1) / norm
    if windows < n - 1:
        return math.sqrt(1 - windows / n + noise**2 * n * windows / (n - windows - 1) / norm**2)
    return math.inf


def structured_parameters(n: int, copies: int = 1) -> int:
    """Parameters of the structured network n -> 2n -> n with shared real factors: 11 n + 12 for one copy.

    Args:
        n: window, a power of two.
        copies: blocks in parallel; they share only the last bias.

    Returns:
        The number.
    """
    return copies * (10 * n + 12) + n


def dense_parameters(n: int) -> int:
    """Parameters of the dense network n -> 2n -> n: 4 n^2 + 3 n."""
    return 4 * n * n + 3 * n


def structured_multiplications(n: int, copies: int = 1) -> int:
    """Multiplications of the structured network a window, activations not counted: 2 n log2(2n) + 4 n a copy.

    A level of a butterfly of size 2n costs n; the diagonals cost n + 2n before and n after.

    Args:
        n: window, a power of two.
        copies: blocks in parallel.

    Returns:
        The number.
    """
    return copies * (2 * n * int(math.log2(2 * n)) + 4 * n)


def dense_multiplications(n: int) -> int:
    """Multiplications of the dense network n -> 2n -> n a window: 4 n^2."""
    return 4 * n * n


def valid_time(error: float, exponent: float = LORENZ_EXPONENT, tolerance: float = 1.0) -> float:
    """How long a forecast begun with a small error stays near: errors grow as exp(exponent t) until the tolerance.

    Args:
        error: of the first step, in standard deviations.
        exponent: largest Lyapunov exponent, per unit of time.
        tolerance: error at which the forecast counts as lost, in standard deviations.

    Returns:
        Units of time.

    >>> round(valid_time(1e-3), 2)
    7.63
    """
    return math.log(tolerance / error) / exponent
