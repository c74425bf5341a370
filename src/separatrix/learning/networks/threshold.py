"""Networks of sign units whose few-valued weights can all be enumerated: from parameters to Boolean functions."""

import numpy as np
from jaxtyping import Int

_VALUES = (-1, 0, 1)


def boolean_inputs(inputs: int) -> Int[np.ndarray, "points inputs"]:
    """All inputs in {-1, 1}, in the order of the bits of a function's number.

    Args:
        inputs: how many bits.

    Returns:
        One row an input, shape (2^inputs, inputs); row j has 1 at place i where bit i of j is set.

    >>> boolean_inputs(2).tolist()
    [[-1, -1], [1, -1], [-1, 1], [1, 1]]
    """
    places = np.arange(2**inputs)[:, None] >> np.arange(inputs)[None, :]
    return 2 * (places & 1) - 1


def boolean_functions(inputs: int) -> Int[np.ndarray, "functions points"]:
    """The truth tables of all Boolean functions, numbered so that bit j of the number is the value at input j.

    Args:
        inputs: how many bits, at most 4.

    Returns:
        Zeros and ones, shape (2^(2^inputs), 2^inputs).
    """
    points = 2**inputs
    return (np.arange(2**points)[:, None] >> np.arange(points)[None, :]) & 1


def threshold_network_counts(inputs: int = 3, units: int = 2, low: int = -1) -> Int[np.ndarray, " functions"]:
    """How many of all parameter vectors in {-1, 0, 1} make a network of sign units compute each Boolean function.

    The network is sign(v . h + c) with h = sign(W x + b); sign(0) is -1. All 3^(units (inputs + 2) + 1) vectors are
    enumerated.

    Args:
        inputs: bits of the input, each -1 or 1.
        units: hidden units.
        low: what a unit that is off gives; -1, or 0 for units in {0, 1}.

    Returns:
        Counts by the function's number, shape (2^(2^inputs),), which sum to the number of parameter vectors.

    Source: Feder, Urbanke and Fogel (arXiv:2506.07661), the weight of a hypothesis; a class small enough to count.

    >>> counts = threshold_network_counts(1, 1)
    >>> counts.tolist(), int(counts.sum()) == 3**4
    ([46, 8, 8, 19], True)
    """
    points = np.concatenate([boolean_inputs(inputs), np.ones((2**inputs, 1), int)], axis=1)
    weights = np.stack(np.meshgrid(*[_VALUES] * (inputs + 1), indexing="ij"), -1).reshape(-1, inputs + 1)
    hidden = np.where(weights @ points.T > 0, 1, low)
    leaving = (np.array(_VALUES)[:, None, None] * hidden[None]).reshape(-1, len(points)).astype(np.int8)
    total = np.repeat(np.array(_VALUES, np.int8)[:, None], len(points), axis=1)
    for _ in range(units):
        total = (total[:, None, :] + leaving[None, :, :]).reshape(-1, len(points))
    numbers = (total > 0) @ (1 << np.arange(len(points)))
    return np.bincount(numbers, minlength=2 ** len(points))
