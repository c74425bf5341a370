"""What can be read from weights alone: singular values, ranks, units, displacement."""

import re
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float

LARGEST_SIDE = 768
KEPT = 16
ACTIVE_SHARE = 0.05
_NOT_UNITS = re.compile(r"query|key|value|q_proj|k_proj|v_proj|attn|attention|embed|token|pos|place|norm", re.I)


def as_matrix(array: np.ndarray) -> np.ndarray | None:
    """A weight as a matrix of units by inputs; convolutions are flattened over their kernels; None for vectors."""
    if array.ndim < 2 or min(array.shape[0], array.size // array.shape[0]) < 2:
        return None
    return array.reshape(array.shape[0], -1)


def effective_rank(singular_values: Float[np.ndarray, " k"]) -> float:
    """The exponential of the entropy of the squared singular values' shares.

    Args:
        singular_values: shape ``(k,)``.

    Returns:
        Between 1 and k; zero when all are zero.

    >>> round(effective_rank(np.array([2.0, 2.0, 0.0])), 6)
    2.0
    """
    total = float(np.sum(singular_values**2))
    if total == 0:
        return 0.0
    shares = singular_values**2 / total
    shares = shares[shares > 0]
    return float(np.exp(-np.sum(shares * np.log(shares))))


def layer_spectra(weights: dict[str, np.ndarray], start: dict[str, np.ndarray] | None) -> dict[str, dict[str, Any]]:
    """Singular values and effective rank of each weight matrix, and of what training added to it.

    Args:
        weights: arrays by name.
        start: the same at the beginning; None if unknown.

    Returns:
        By name: ``singular_values`` (the largest), ``effective_rank``, and for the change ``change_singular_values``
        and ``change_rank``. Matrices larger than 768 on both sides are left out.
    """
    found = {}
    for name, array in weights.items():
        matrix = as_matrix(array)
        if matrix is None or min(matrix.shape) > LARGEST_SIDE:
            continue
        values = np.linalg.svd(matrix, compute_uv=False)
        entry: dict[str, Any] = {
            "shape": list(matrix.shape),
            "singular_values": values[:KEPT].tolist(),
            "effective_rank": effective_rank(values),
        }
        if start is not None and name in start:
            change = np.linalg.svd(matrix - start[name].reshape(matrix.shape), compute_uv=False)
            entry |= {"change_singular_values": change[:KEPT].tolist(), "change_rank": effective_rank(change)}
        found[name] = entry
    return found


def unit_shares(weights: dict[str, np.ndarray]) -> dict[str, dict[str, float | int]]:
    """How many hidden units carry each pair of consecutive layers.

    A unit's share is the norm of its incoming weights times that of its outgoing ones; it is active when its share is
    at least a twentieth of the largest. Pairs are found by order and shape: a matrix (units, inputs) followed by one
    (outputs, units), or by one whose columns are groups of as many (a flattened convolution).

    Args:
        weights: arrays by name, in the order of the model; outputs first as in PyTorch, or inputs first where only
            that fits.

    Returns:
        By the name of the incoming layer: ``units``, ``active``, and ``participation``, (sum of shares)^2 / sum of
        squares.
    """
    layers = [(n, a) for n, a in sorted_layers(weights) if as_matrix(a) is not None and not _NOT_UNITS.search(n)]
    return _pairs(layers) or _pairs([(name, array.T) for name, array in layers if array.ndim == 2])


def _pairs(layers: list[tuple[str, np.ndarray]]) -> dict[str, dict[str, float | int]]:
    found: dict[str, dict[str, float | int]] = {}
    for (name, entering), (_, leaving) in pairwise(layers):
        units, inputs = entering.shape[0], leaving[0].size if leaving.ndim == 2 else leaving.shape[1]
        if inputs % units or (inputs != units and entering.ndim == 2):
            continue
        grouped = leaving.reshape(leaving.shape[0], units, -1)
        into = np.linalg.norm(entering.reshape(units, -1), axis=1)
        shares = into * np.sqrt(np.sum(grouped**2, axis=(0, 2)))
        largest = float(shares.max())
        if largest == 0:
            continue
        found[name] = {
            "units": units,
            "active": int(np.sum(shares >= ACTIVE_SHARE * largest)),
            "participation": float(shares.sum() ** 2 / np.sum(shares**2)),
        }
    return found


def sorted_layers(weights: dict[str, np.ndarray]) -> list[tuple[str, np.ndarray]]:
    """Layers in natural order of their names when those are numbered, else as given."""

    def key(item: tuple[str, np.ndarray]) -> list[tuple[int, str]]:
        return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", item[0])]

    names = list(weights.items())
    return sorted(names, key=key) if all(re.search(r"\d", name) for name in weights) else names


def displacement(weights: dict[str, np.ndarray], start: dict[str, np.ndarray]) -> dict[str, float]:
    """How far the weights have come: distance from the start, absolute and relative to the start's size.

    Args:
        weights: arrays by name.
        start: the same at the beginning.

    Returns:
        ``weight_norm``, ``displacement``, ``displacement_relative``.
    """
    common = [name for name in weights if name in start and start[name].shape == weights[name].shape]
    moved = np.sqrt(sum(float(np.sum((weights[name] - start[name]) ** 2)) for name in common))
    first = np.sqrt(sum(float(np.sum(start[name] ** 2)) for name in common))
    size = np.sqrt(sum(float(np.sum(weights[name] ** 2)) for name in common))
    return {
        "weight_norm": float(size),
        "displacement": float(moved),
        "displacement_relative": float(moved / first) if first > 0 else float("inf"),
    }
