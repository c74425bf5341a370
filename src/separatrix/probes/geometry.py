"""Whose geometry a layer has: its kernel beside the kernels of the inputs and of the targets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

EXAMPLES = 128


@dataclass(frozen=True, eq=False)
class Geometry:
    """The kernels of some examples' inputs and targets, centred and of norm 1.

    Args:
        inputs: shape ``(m, m)``.
        targets: shape ``(m, m)``.
    """

    inputs: Float[np.ndarray, "m m"]
    targets: Float[np.ndarray, "m m"]

    @classmethod
    def of(cls, inputs: np.ndarray | None, targets: np.ndarray | None) -> "Geometry | None":
        """The geometry of a data set.

        Args:
            inputs: one row an example, integers counting as symbols; None if they cannot be compared.
            targets: labels ``(m,)`` of an integer type, or values ``(m,)`` or ``(m, c)``.

        Returns:
            The kernels, None where inputs or targets all agree or are missing.
        """
        if inputs is None or targets is None or len(inputs) != len(targets) or len(inputs) < 4:
            return None
        kernels = _unit(_centred_kernel(_one_hot(inputs))), _unit(_centred_kernel(_one_hot(targets)))
        return None if kernels[0] is None or kernels[1] is None else cls(kernels[0], kernels[1])

    def measure(self, activations: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
        """Compare layers with the inputs and with the targets.

        Args:
            activations: by layer, one row for each of the same examples.

        Returns:
            By layer: ``input_alignment`` and ``target_alignment``, the centred kernel alignments (in [0, 1]);
            ``between``, the alignment of inputs with targets, which a copy of the input has with the targets;
            ``dimensionality``, the participation ratio of the centred kernel's eigenvalues; and ``units``. Layers
            that say the same of every example are left out.
        """
        found = {}
        for name, rows in activations.items():
            kernel = _centred_kernel(rows) if len(rows) == len(self.inputs) else None
            direction = None if kernel is None else _unit(kernel)
            if kernel is None or direction is None:
                continue
            found[name] = {
                "input_alignment": float(np.sum(direction * self.inputs)),
                "target_alignment": float(np.sum(direction * self.targets)),
                "between": self.between,
                "dimensionality": float(np.trace(direction) ** 2),
                "units": int(np.prod(rows.shape[1:])),
            }
        return found

    @property
    def between(self) -> float:
        """The alignment of the inputs with the targets: what a layer that copies its input has with the targets."""
        return float(np.sum(self.inputs * self.targets))


def _one_hot(rows: np.ndarray) -> np.ndarray:
    """Symbols as indicators, so that the kernel counts where two examples agree; other numbers as they are."""
    if rows.dtype.kind not in "iub":
        return rows
    flat = rows.reshape(len(rows), -1)
    return np.concatenate([np.equal(column[:, None], np.unique(column)[None, :]) for column in flat.T], axis=1)


def _centred_kernel(rows: np.ndarray) -> np.ndarray:
    flat = rows.reshape(len(rows), -1).astype(np.float64)
    centred = flat - flat.mean(axis=0)[None, :]
    return centred @ centred.T


def _unit(kernel: np.ndarray) -> np.ndarray | None:
    size = float(np.linalg.norm(kernel))
    return kernel / size if np.isfinite(size) and size > 0 else None
