"""A PyTorch model as the subject of a recorder: all is computed on a shadow copy, and generators are put back."""

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from separatrix.errors import SeparatrixError
from separatrix.probes.geometry import EXAMPLES, Geometry
from separatrix.probes.modes import InputOutputModes
from separatrix.probes.step_rule import StepRule
from separatrix.probes.torch_layers import choose_layers
from separatrix.probes.torch_point import TorchPoint
from separatrix.probes.torch_rule import check_rates, optimizer_rule

KERNEL_EXAMPLES = 24
KERNEL_MEMORY = 40_000_000


@dataclass(frozen=True, eq=False)
class TorchState:
    """Weights and buffers of one moment, with the optimiser's rule then."""

    tensors: dict[str, torch.Tensor]
    modes: tuple[bool, ...]
    trainable: tuple[bool, ...]
    rule: StepRule


class TorchSubject:
    """What a recorder needs of a PyTorch run.

    Args:
        model: the user's module, never written to.
        loss: from model and batch to a scalar tensor.
        data: the batch on which probes are made.
        optimizer: the user's optimiser, never written to.
        validation: another batch, whose loss is measured too; None for none.
        layers: names of the modules whose activations are looked at; None for all that hold no others.

    Raises:
        SeparatrixError: the model cannot be copied, a parameter gets no gradient, the learning rate is zero, the loss
            is NaN, or the model lacks a layer.
    """

    framework = "torch"
    compiled = False

    def __init__(
        self,
        model: torch.nn.Module,
        loss: Callable,
        data: Any,
        optimizer: torch.optim.Optimizer,
        validation: Any = None,
        layers: Sequence[str] | None = None,
    ):
        self.model = getattr(model, "_orig_mod", model)
        self.user_loss, self.data, self.optimizer = loss, data, optimizer
        self.validation = validation
        self.notes: list[str] = []
        self.seen_batch: int | None = None
        check_rates(optimizer)
        with _undisturbed():
            try:
                self.shadow = copy.deepcopy(self.model)
            except (RuntimeError, TypeError) as error:
                raise SeparatrixError(
                    f"{type(model).__name__} cannot be copied, which the recorder needs so as not to touch it "
                    f"({error}). "
                    "Detach the tensors that it stores besides parameters and buffers."
                ) from error
            self.evaluate = False
            self._require_gradients()
            self._require_deterministic()
            self.modes = InputOutputModes.of(*self._pairs()) if self._outputs_work() else None
            self._choose_kernel_examples()
            self.layers = choose_layers(self.shadow, layers)
            self.geometry = self._look_at_geometry()
        self._hook = self.model.register_forward_pre_hook(self._see)

    def _see(self, _module: torch.nn.Module, inputs: tuple) -> None:
        first = next((x for x in inputs if isinstance(x, torch.Tensor)), None)
        if self.seen_batch is None and first is not None and first.ndim and self.model.training:
            self.seen_batch = int(first.shape[0])

    def stepped(self) -> None:
        """The first step is done: stop watching the model's inputs."""
        self._hook.remove()

    def describe(self) -> dict[str, Any]:
        """Metadata of the run."""
        parameters = list(self.model.parameters())
        return {
            "framework": f"torch {torch.__version__}",
            "model": type(self.model).__name__,
            "parameters": sum(p.numel() for p in parameters),
            "trainable": sum(p.numel() for p in parameters if p.requires_grad),
            "optimizer": type(self.optimizer).__name__,
            "loss": getattr(self.user_loss, "__name__", type(self.user_loss).__name__),
            "data_size": _length(self.data),
            "outputs": self.outputs,
            "probe_mode": "evaluation" if self.evaluate else "as the model is",
        }

    def capture(self, *_: Any) -> TorchState:
        """A copy of the weights, buffers and the optimiser's rule."""
        tensors = {name: value.detach().clone() for name, value in self.model.state_dict(keep_vars=True).items()}
        modes = tuple(module.training for module in self.model.modules())
        trainable = tuple(p.requires_grad for p in self.model.parameters())
        return TorchState(tensors, modes, trainable, optimizer_rule(self.model, self.optimizer))

    def weights(self, state: TorchState) -> dict[str, np.ndarray]:
        """Weights of a state by name, in double precision."""
        names = {name for name, _ in self.model.named_parameters()}
        return {n: t.to("cpu", torch.float64).numpy() for n, t in state.tensors.items() if n in names}

    def checkpoint(self, state: TorchState) -> dict[str, np.ndarray]:
        """What a checkpoint keeps of a state."""
        kept = {n: t.to("cpu") for n, t in state.tensors.items()}
        return {n: (t.float() if t.dtype in (torch.bfloat16, torch.float16) else t).numpy() for n, t in kept.items()}

    @contextmanager
    def at(self, state: TorchState) -> Iterator[TorchPoint]:
        """The point of weight space of a state, for measuring; the user's generators are put back afterwards."""
        with _undisturbed():
            self._put(state)
            yield TorchPoint(self)
            self.shadow.zero_grad(set_to_none=True)

    def _put(self, state: TorchState) -> None:
        own = self.shadow.state_dict(keep_vars=True)
        with torch.no_grad():
            for name, value in state.tensors.items():
                own[name].copy_(value)
        for parameter, flag in zip(self.shadow.parameters(), state.trainable, strict=True):
            parameter.requires_grad_(flag)
        for module, training in zip(self.shadow.modules(), state.modes, strict=True):
            module.training = training and not self.evaluate
        self.buffers = {n: b.detach().clone() for n, b in self.shadow.named_buffers()}

    def loss_here(self) -> torch.Tensor:
        """The loss of the shadow on the probe data; buffers that it updates are put back."""
        return self.loss_on(self.data)

    def loss_on(self, batch: Any) -> torch.Tensor:
        """The loss of the shadow on a batch; buffers that it updates are put back."""
        value = self.user_loss(self.shadow, batch)
        if not isinstance(value, torch.Tensor) or value.numel() != 1:
            shape = tuple(value.shape) if isinstance(value, torch.Tensor) else type(value).__name__
            raise SeparatrixError(
                f"The loss must return a scalar tensor from (model, batch). Got {shape} instead: average it."
            )
        self.restore_buffers()
        return value.reshape(())

    def restore_buffers(self) -> None:
        """Undo what evaluating did to running statistics."""
        with torch.no_grad():
            for name, buffer in self.shadow.named_buffers():
                if name in self.buffers and not torch.equal(buffer, self.buffers[name]):
                    buffer.data = self.buffers[name].clone()

    def _require_gradients(self) -> None:
        self.buffers = {n: b.detach().clone() for n, b in self.shadow.named_buffers()}
        value = self.loss_here()
        if not torch.isfinite(value):
            raise SeparatrixError(
                f"The loss on the probe data is {value.item()} before the first step: look for NaN in the data."
            )
        named = [(n, p) for n, p in self.shadow.named_parameters() if p.requires_grad]
        if not named or not value.requires_grad:
            raise SeparatrixError(
                "The loss does not depend on the model that it is given: use the argument, loss(model, batch)."
            )
        gradients = torch.autograd.grad(value, [p for _, p in named], allow_unused=True)
        without = [name for (name, _), gradient in zip(named, gradients, strict=True) if gradient is None]
        if len(without) == len(named):
            raise SeparatrixError(
                "The loss does not depend on the model that it is given: use the argument, loss(model, batch)."
            )
        if without:
            raise SeparatrixError(
                f"The parameter {without[0]!r} gets no gradient from the loss ({len(without)} of {len(named)} "
                "do not): freeze it "
                "with requires_grad_(False), or make the loss depend on it."
            )

    def _require_deterministic(self) -> None:
        with torch.no_grad():
            if torch.equal(self.loss_here(), self.loss_here()):
                return
            random_modules = [n for n, m in self.shadow.named_modules() if "Dropout" in type(m).__name__]
            self.evaluate = True
            self.shadow.eval()
            first, second = self.loss_here(), self.loss_here()
        cause = f"dropout in {random_modules[0]!r}" if random_modules else "a random part of the model"
        if torch.equal(first, second):
            self.notes.append(
                f"the loss is not deterministic in training mode ({cause}), so probes use evaluation mode"
            )
            return
        raise SeparatrixError(
            f"The loss is not deterministic: on the same data and weights it gave {first.item():.8g} and then "
            f"{second.item():.8g}, "
            "in evaluation mode too. Take shuffling, augmentation and functional dropout out of the recorder's loss."
        )

    def _outputs_work(self) -> bool:
        self.outputs: int | None = None
        try:
            with torch.no_grad():
                outputs = self.shadow(self.inputs_at(range(2)))
            self.restore_buffers()
        except Exception:  # any failure of a user's module only means that this part is not available
            return False
        if not isinstance(outputs, torch.Tensor) or not outputs.is_floating_point() or outputs.shape[:1] != (2,):
            return False
        self.outputs = outputs[0].numel()
        return True

    def inputs_at(self, which: Sequence[int]) -> torch.Tensor:
        """Inputs of some examples of the probe data."""
        inputs = self.data[0] if isinstance(self.data, tuple | list) else self.data
        return inputs[torch.as_tensor(list(which), device=inputs.device)]

    def _pairs(self) -> tuple[np.ndarray | None, np.ndarray | None]:
        if not (isinstance(self.data, tuple | list) and len(self.data) == 2):
            return None, None
        x, y = self.data
        if not (isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor) and x.is_floating_point()):
            return None, None
        return x.detach().flatten(1).to("cpu", torch.float64).numpy(), y.detach().cpu().numpy()

    def _look_at_geometry(self) -> Geometry | None:
        if self.outputs is None or not (isinstance(self.data, tuple | list) and len(self.data) == 2):
            return None
        arrays = [_as_numbers(part, EXAMPLES) for part in self.data]
        return None if any(a is None for a in arrays) else Geometry.of(*arrays)

    def _choose_kernel_examples(self) -> None:
        size = sum(p.numel() for p in self.model.parameters() if p.requires_grad)
        count = min(_length(self.data) or 0, KERNEL_EXAMPLES, KERNEL_MEMORY // size)
        self.kernel_examples = None
        if self.outputs is not None and count >= 4:
            self.kernel_examples = np.linspace(0, (_length(self.data) or 1) - 1, count).astype(int)


def _as_numbers(part: Any, most: int) -> np.ndarray | None:
    if not isinstance(part, torch.Tensor):
        return None
    few = part.detach()[:most].cpu()
    return (few.double() if few.is_floating_point() else few).numpy()


def _length(data: Any) -> int | None:
    first = data[0] if isinstance(data, tuple | list) and data else data
    return int(first.shape[0]) if isinstance(first, torch.Tensor) and first.ndim else None


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Generators of Python, NumPy and PyTorch as they were; gradients on, autocast off, plain attention kernels."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    with (
        torch.random.fork_rng(devices=devices),
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.autocast("cpu", enabled=False),
        sdpa_kernel(SDPBackend.MATH),
    ):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002
