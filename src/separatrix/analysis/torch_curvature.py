"""Hessian and Gauss-Newton of any PyTorch loss, by double backward, as operators for the same solvers."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from separatrix.analysis.operators import SymmetricOperator
from separatrix.analysis.torch_determinism import checked, require_deterministic
from separatrix.errors import SeparatrixError

Closure = Callable[[], torch.Tensor]


def hessian(loss: Closure, parameters: Iterable[torch.Tensor], *, check: bool = True) -> SymmetricOperator:
    """The Hessian of a PyTorch loss, by products with vectors only, for any module twice differentiable.

    The gradient's graph is built once, here; each product is one backward pass through it. The operator belongs to the
    parameters as they are now: make a new one after they change. Neither the parameters, their ``grad``, nor the state
    of PyTorch's random generators are touched. Buffers that ``loss`` itself updates (batch normalisation in training
    mode) are the caller's to protect.

    Args:
        loss: evaluates the loss on fixed data, a scalar tensor; called once, and once more when ``check`` has to.
        parameters: tensors that require a gradient (others are left out); those that the loss does not reach get zeros.
        check: evaluate the loss twice, and refuse it when the values differ; once suffices for a function that passed
            before with the same objects in its closure and draws nothing at random.

    Returns:
        The operator of size ``n``, the number of parameters, in the order given.

    Raises:
        SeparatrixError: there are no parameters to differentiate, or the loss is not a scalar or not deterministic.

    Source: Pearlmutter, Fast exact multiplication by the Hessian (Neural Computation 6, 1994).

    >>> weights = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> hessian(lambda: (weights**4).sum() / 12, [weights]) @ np.ones(2)
    array([1., 4.], dtype=float32)
    """
    chosen = _trainable(parameters)
    with sdpa_kernel(SDPBackend.MATH), torch.enable_grad(), _kept_generators():
        value = _scalar(checked(loss) if check else loss())
        gradient = torch.autograd.grad(value, chosen, create_graph=True, allow_unused=True)
    reached = [part for part in gradient if part is not None and part.requires_grad]

    def product(vector: list[torch.Tensor]) -> Sequence[torch.Tensor | None]:
        sides = [v for v, part in zip(vector, gradient, strict=True) if part is not None and part.requires_grad]
        if not reached:
            return [None] * len(chosen)
        return _backward(reached, chosen, sides)

    return _operator(product, chosen, "Hessian")


def gauss_newton(
    outputs: Closure,
    loss: Callable[[torch.Tensor], torch.Tensor],
    parameters: Iterable[torch.Tensor],
    *,
    check: bool = True,
) -> SymmetricOperator:
    """The generalised Gauss-Newton matrix ``J^T (d2 loss / d outputs2) J`` of a PyTorch model.

    Args:
        outputs: evaluates the model's outputs on fixed data, one tensor.
        loss: from that tensor to a scalar.
        parameters: tensors that require a gradient (others are left out).
        check: evaluate the loss twice, and refuse it when the values differ.

    Returns:
        The operator of size ``n``, the number of parameters, in the order given.

    Raises:
        SeparatrixError: there are no parameters to differentiate, or the loss is not a scalar or not deterministic.

    Source: Schraudolph, Fast curvature matrix-vector products (Neural Computation 14, 2002).

    >>> weights = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> gauss_newton(lambda: weights**2, lambda y: (y**2).sum() / 2, [weights]) @ np.ones(2)
    array([ 4., 16.], dtype=float32)
    """
    chosen = _trainable(parameters)
    with sdpa_kernel(SDPBackend.MATH), torch.enable_grad(), _kept_generators():
        values = outputs()
        leaf = values.detach().requires_grad_()
        value = _scalar(loss(leaf))
        if check:
            require_deterministic(value, lambda: loss(outputs()))
        slope = torch.autograd.grad(value, leaf, create_graph=True)[0]
        dummy = torch.zeros_like(values, requires_grad=True)
        pulled = torch.autograd.grad(values, chosen, dummy, create_graph=True, allow_unused=True)

    def product(vector: list[torch.Tensor]) -> Sequence[torch.Tensor | None]:
        pairs = [(p, v) for p, v in zip(pulled, vector, strict=True) if p is not None and p.requires_grad]
        if not pairs or not slope.requires_grad:
            return [None] * len(chosen)
        pushed = _backward([p for p, _ in pairs], [dummy], [v for _, v in pairs])[0]
        curved = _backward([slope], [leaf], [pushed])[0]
        return _backward([values], chosen, [curved])

    return _operator(product, chosen, "Gauss-Newton matrix")


def flat_vector(tensors: Iterable[torch.Tensor]) -> np.ndarray:
    """Tensors as one NumPy vector, in the order of the operators here."""
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors]).cpu().numpy()


def _trainable(parameters: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    chosen = [tensor for tensor in parameters if tensor.requires_grad]
    if not chosen:
        raise SeparatrixError(
            "None of the parameters requires a gradient. Pass model.parameters() of an unfrozen model."
        )
    return chosen


def _scalar(value: torch.Tensor) -> torch.Tensor:
    if value.numel() != 1:
        raise SeparatrixError(f"The loss must return one scalar. Got shape {tuple(value.shape)} instead: average it.")
    if not value.requires_grad:
        raise SeparatrixError(
            "The loss does not depend on any parameter through operations that PyTorch can differentiate."
        )
    return value.reshape(())


def _kept_generators():
    return torch.random.fork_rng(devices=range(torch.cuda.device_count()))


def _backward(sources, leaves, sides) -> Sequence[torch.Tensor | None]:
    try:
        return torch.autograd.grad(sources, leaves, sides, retain_graph=True, allow_unused=True)
    except RuntimeError as error:
        if "modified by an inplace operation" in str(error):
            raise SeparatrixError("The parameters have changed since the operator was made: make a new one.") from error
        raise


def _operator(product, chosen: list[torch.Tensor], name: str) -> SymmetricOperator:
    sizes = [tensor.numel() for tensor in chosen]
    first = chosen[0]
    kind = np.dtype(str(torch.promote_types(first.dtype, torch.float32)).removeprefix("torch."))

    def matvec(vector: np.ndarray) -> np.ndarray:
        pieces = torch.from_numpy(np.require(vector, requirements=["C", "W"])).split(sizes)
        shaped = [p.to(t.device, t.dtype).reshape(t.shape) for p, t in zip(pieces, chosen, strict=True)]
        images = product(shaped)
        parts = [torch.zeros_like(t) if i is None else i for i, t in zip(images, chosen, strict=True)]
        return torch.cat([part.detach().reshape(-1).to("cpu", torch.float64) for part in parts]).numpy()

    return SymmetricOperator(matvec, sum(sizes), kind, name)
