"""What a probe keeps of the whole spectrum of the Hessian: isolated eigenvalues, and the density of the rest."""

from typing import Any

import numpy as np

from separatrix.analysis.deflated_density import DeflatedDensity, deflated_density
from separatrix.analysis.operators import SymmetricOperator


def density_sketch(operator: SymmetricOperator) -> dict[str, Any]:
    """The spectrum of an operator by 60 products at most, as plain data for a row of the record.

    Args:
        operator: the plain Hessian, of size ``n``.

    Returns:
        ``size``, ``eigenvalues``, ``nodes`` and ``weights`` (lists), and ``products``.
    """
    found = deflated_density(operator)
    return {
        "size": found.size,
        "eigenvalues": found.eigenvalues.tolist(),
        "nodes": found.nodes.tolist(),
        "weights": found.weights.tolist(),
        "products": found.matvecs,
    }


def read_density(sketch: dict[str, Any]) -> DeflatedDensity:
    """The density that a row of the record holds.

    Args:
        sketch: what ``density_sketch`` gave.

    Returns:
        The density.
    """
    nodes, weights = (np.atleast_2d(np.asarray(sketch[name], float)) for name in ("nodes", "weights"))
    if nodes.size == 0:
        nodes, weights = np.zeros((0, 0)), np.zeros((0, 0))
    values = np.asarray(sketch["eigenvalues"], float)
    return DeflatedDensity(values, nodes, weights, int(sketch["size"]), int(sketch["products"]))
