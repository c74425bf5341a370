"""What a framework must be able to compute at one point of weight space."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from separatrix.analysis.operators import SymmetricOperator


@runtime_checkable
class Point(Protocol):
    """One point of weight space: what a framework must be able to compute there."""

    def loss(self) -> float:
        """The loss on the probe data."""
        ...

    def gradient(self) -> np.ndarray:
        """Its gradient over the flat parameters, shape ``(n,)``."""
        ...

    def hessian(self) -> SymmetricOperator:
        """Its Hessian."""
        ...

    def losses_at(self, moves: Sequence[np.ndarray]) -> list[float]:
        """The loss at the weights moved by each flat vector."""
        ...

    def gradient_at(self, move: np.ndarray) -> np.ndarray:
        """The gradient at the weights moved by a flat vector, shape ``(n,)``."""
        ...

    def curvatures_along(self, direction: np.ndarray, amounts: Sequence[float]) -> list[float]:
        """The second derivative of the loss along a flat direction, at the weights moved along it."""
        ...

    def output_gradients(self) -> np.ndarray | None:
        """Gradients of a random projection of the outputs on a few examples, shape ``(m, n)``, or None."""
        ...

    def mode_strengths(self) -> dict[str, list[float]] | None:
        """How much of each mode of the input-output correlation the model reproduces; None if unavailable."""
        ...

    def validation_loss(self) -> float | None:
        """The loss on the validation data; None without any."""
        ...

    def representations(self) -> dict[str, dict[str, Any]] | None:
        """By layer, what ``Geometry.measure`` says of its activations; None if unavailable."""
        ...

    def weights(self) -> dict[str, np.ndarray]:
        """The weights by name."""
        ...
