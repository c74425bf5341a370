"""A point of weight space on the shadow of a PyTorch model."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from separatrix.analysis.operators import SymmetricOperator
from separatrix.analysis.torch_curvature import hessian
from separatrix.probes.torch_layers import activations


class TorchPoint:
    """A point of weight space on the shadow of a PyTorch model."""

    def __init__(self, subject: Any):
        self.subject = subject
        self.parameters = [p for p in subject.shadow.parameters() if p.requires_grad]
        self._slope: tuple[float, np.ndarray] | None = None

    def _evaluate(self) -> tuple[float, np.ndarray]:
        if self._slope is None:
            self._slope = self._slope_here()
        return self._slope

    def _slope_here(self) -> tuple[float, np.ndarray]:
        value = self.subject.loss_here()
        parts = torch.autograd.grad(value, self.parameters, allow_unused=True)
        flat = [
            (torch.zeros_like(p) if g is None else g).reshape(-1).to("cpu", torch.float64)
            for p, g in zip(self.parameters, parts, strict=True)
        ]
        return float(value.detach()), torch.cat(flat).numpy()

    def loss(self) -> float:
        """The loss on the probe data."""
        return self._evaluate()[0]

    def gradient(self) -> np.ndarray:
        """Its gradient, shape ``(n,)``."""
        return self._evaluate()[1]

    def hessian(self) -> SymmetricOperator:
        """Its Hessian."""
        return hessian(self.subject.loss_here, self.parameters, check=False)

    def losses_at(self, moves: Sequence[np.ndarray]) -> list[float]:
        """The loss at the weights moved by each vector; the weights are put back to the bit."""

        def measure(_: list[torch.Tensor]) -> float:
            with torch.no_grad():
                return float(self.subject.loss_here())

        return [self._along(move, [1.0], measure)[0] for move in moves]

    def gradient_at(self, move: np.ndarray) -> np.ndarray:
        """The gradient at the weights moved by a vector."""

        def measure(_: list[torch.Tensor]) -> np.ndarray:
            return self._slope_here()[1]

        return self._along(move, [1.0], measure)[0]

    def curvatures_along(self, direction: np.ndarray, amounts: Sequence[float]) -> list[float]:
        """The second derivative along a direction, at the weights moved along it."""

        def measure(pieces: list[torch.Tensor]) -> float:
            slopes = torch.autograd.grad(
                self.subject.loss_here(), self.parameters, create_graph=True, allow_unused=True
            )
            terms = [(g * d).sum() for g, d in zip(slopes, pieces, strict=True) if g is not None and g.requires_grad]
            if not terms:
                return 0.0
            curved = torch.autograd.grad(torch.stack(terms).sum(), self.parameters, allow_unused=True)
            return sum(
                float((h.double() * d.double()).sum()) for h, d in zip(curved, pieces, strict=True) if h is not None
            )

        return self._along(direction, amounts, measure)

    def _along(
        self, direction: np.ndarray, amounts: Sequence[float], measure: Callable[[list[torch.Tensor]], Any]
    ) -> list[Any]:
        kept = [p.detach().clone() for p in self.parameters]
        flat = torch.from_numpy(np.ascontiguousarray(direction)).split([p.numel() for p in self.parameters])
        pieces = [d.to(p.device, p.dtype).reshape(p.shape) for d, p in zip(flat, kept, strict=True)]
        found = []
        for amount in amounts:
            with torch.no_grad():
                for parameter, old, piece in zip(self.parameters, kept, pieces, strict=True):
                    parameter.copy_(old + amount * piece)
            found.append(measure(pieces))
        with torch.no_grad():
            for parameter, old in zip(self.parameters, kept, strict=True):
                parameter.copy_(old)
        return found

    def output_gradients(self) -> np.ndarray | None:
        """Gradients of one random projection of the outputs on a few examples."""
        subject = self.subject
        if subject.kernel_examples is None:
            return None
        signs = np.random.default_rng(1).choice([-1.0, 1.0], subject.outputs)
        values = subject.shadow(subject.inputs_at(subject.kernel_examples.tolist())).flatten(1)
        subject.restore_buffers()
        projected = values @ torch.as_tensor(signs, device=values.device, dtype=values.dtype)
        rows = []
        for value in projected:
            parts = torch.autograd.grad(value, self.parameters, retain_graph=True, allow_unused=True)
            flat = [
                (torch.zeros_like(p) if g is None else g).reshape(-1)
                for p, g in zip(self.parameters, parts, strict=True)
            ]
            rows.append(torch.cat(flat))
        return torch.stack(rows).to("cpu", torch.float64).numpy()

    def mode_strengths(self) -> dict[str, list[float]] | None:
        """Strength of each mode of the input-output correlation in the model's outputs."""
        subject = self.subject
        if subject.modes is None:
            return None
        with torch.no_grad():
            outputs = subject.shadow(subject.data[0])
        subject.restore_buffers()
        return subject.modes.strengths(outputs.flatten(1).to("cpu", torch.float64).numpy())

    def validation_loss(self) -> float | None:
        """The loss on the validation data."""
        if self.subject.validation is None:
            return None
        with torch.no_grad():
            return float(self.subject.loss_on(self.subject.validation))

    def representations(self) -> dict[str, dict[str, Any]] | None:
        """Each layer's alignment with the inputs and with the targets."""
        subject = self.subject
        if subject.geometry is None:
            return None
        found = activations(subject.shadow, subject.inputs_at(range(len(subject.geometry.inputs))), subject.layers)
        subject.restore_buffers()
        return subject.geometry.measure(found)

    def weights(self) -> dict[str, np.ndarray]:
        """The weights by name."""
        return {n: p.detach().to("cpu", torch.float64).numpy() for n, p in self.subject.shadow.named_parameters()}
