"""Modes of the input-output correlation, and how much of each a model reproduces."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

MOST_MODES = 10
MOST_NUMBERS = 4_000_000


@dataclass(frozen=True, eq=False)
class InputOutputModes:
    """Singular vectors of the covariance of targets with inputs, U diag(s) V^T = mean (y - <y>)(x - <x>)^T.

    Args:
        inputs: centred, shape ``(n, d)``.
        left: U, shape ``(c, k)``.
        right: V, shape ``(d, k)``.
        values: s, shape ``(k,)``.
        classes: whether targets are class labels, so that outputs are read as logits.
    """

    inputs: Float[np.ndarray, "n d"]
    left: Float[np.ndarray, "c k"]
    right: Float[np.ndarray, "d k"]
    values: Float[np.ndarray, " k"]
    classes: bool

    @classmethod
    def of(cls, inputs: np.ndarray | None, targets: np.ndarray | None) -> "InputOutputModes | None":
        """The modes of a data set.

        Args:
            inputs: shape ``(n, d)``; None if they are not numbers to correlate with.
            targets: labels ``(n,)`` of an integer type, or values ``(n,)`` or ``(n, c)``.

        Returns:
            The modes, None where there are none or they would be too large.
        """
        if inputs is None or targets is None or len(inputs) != len(targets) or len(inputs) < 2:
            return None
        classes = targets.dtype.kind in "iu" and targets.ndim == 1
        values = np.eye(int(targets.max()) + 1)[targets] if classes and targets.min() >= 0 else targets.astype(float)
        values = values.reshape(len(values), -1)
        if inputs.shape[1] * values.shape[1] > MOST_NUMBERS:
            return None
        centred = inputs - inputs.mean(axis=0)[None, :]
        covariance = (values - values.mean(axis=0)[None, :]).T @ centred / len(inputs)
        left, strengths, right = np.linalg.svd(covariance, full_matrices=False)
        chance = np.sqrt(np.mean(centred**2) * np.mean(values.var(axis=0)) * max(covariance.shape) / len(inputs))
        kept = min(MOST_MODES, int(np.sum(strengths > max(1e-6 * strengths[0], 0.5 * chance, 1e-300))))
        if kept == 0:
            return None
        return cls(centred, left[:, :kept], right[:kept].T, strengths[:kept], classes)

    def strengths(self, outputs: Float[np.ndarray, "n c"]) -> dict[str, list[float]] | None:
        """The share of each mode that a model's outputs reproduce: 0 for none, 1 for all.

        Args:
            outputs: on the same inputs, shape ``(n, c)``.

        Returns:
            ``values`` of the modes in the data and the ``learned`` share of each; None if the shapes do not match.
        """
        if outputs.shape != (len(self.inputs), len(self.left)):
            return None
        if self.classes:
            shifted = np.exp(outputs - outputs.max(axis=1)[:, None])
            outputs = shifted / shifted.sum(axis=1)[:, None]
        covariance = (outputs - outputs.mean(axis=0)[None, :]).T @ (self.inputs @ self.right) / len(self.inputs)
        learned = np.sum(self.left * covariance, axis=0) / self.values
        return {"values": self.values.tolist(), "learned": learned.tolist()}
