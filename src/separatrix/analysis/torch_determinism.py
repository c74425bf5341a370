"""Whether a PyTorch loss gives the same value twice: found out once per loss, and anew when it draws at random."""

import random
import weakref
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

import numpy as np
import torch

from separatrix.analysis.operators import require_same

_REMEDY = "switch dropout off (model.eval()), fix the batch and the order of the data"
_passed: "weakref.WeakKeyDictionary[CodeType, tuple[weakref.ref, ...]]" = weakref.WeakKeyDictionary()


def checked(loss: Callable[[], torch.Tensor]) -> torch.Tensor:
    """The value of a loss, evaluated a second time to see whether it is the same.

    The second evaluation is left out for a function that passed before with the very same objects in its closure (or
    among the globals that it names), as long as it touches no random generator. Everything else is evaluated twice.

    Args:
        loss: evaluates the loss on fixed data.

    Returns:
        The first value, with its graph.

    Raises:
        NondeterministicLossError: the two values differ by more than rounding.
    """
    before = _generators()
    value = loss()
    uses = _uses(loss) if value.device.type == "cpu" and _same(before, _generators()) else None
    if uses is not None and isinstance(loss, FunctionType) and _passed.get(loss.__code__) == uses:
        return value
    if value.numel() == 1:
        require_deterministic(value, loss)
        if uses is not None and isinstance(loss, FunctionType):
            _passed[loss.__code__] = uses
    return value


def require_deterministic(value: torch.Tensor, loss: Callable[[], torch.Tensor]) -> None:
    """Evaluate a loss once more, and refuse it when the value has changed.

    Args:
        value: its first value.
        loss: evaluates it.

    Raises:
        NondeterministicLossError: the two values differ by more than rounding.
    """
    again = loss().detach()  # with gradients enabled, for the same kernels as the first time
    kind = np.dtype(str(value.dtype).removeprefix("torch.")) if value.dtype.itemsize >= 4 else np.dtype(np.float16)
    require_same(value.item(), again.reshape(()).item(), kind, _REMEDY)


def _uses(loss: Callable) -> tuple[weakref.ref, ...] | None:
    """Weak references to all that a function closes over or names; None where one cannot be referred to so."""
    if not isinstance(loss, FunctionType):
        return None
    cells = [cell.cell_contents for cell in loss.__closure__ or ()]
    named = [loss.__globals__[name] for name in loss.__code__.co_names if name in loss.__globals__]
    try:
        return tuple(_Identity(item) for item in (*cells, *named, *(loss.__defaults__ or ())))
    except TypeError:
        return None


class _Identity(weakref.ref):
    """A weak reference equal only to one to the very same living object: tensors compare by value otherwise."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, weakref.ref) and self() is not None and self() is other()

    def __hash__(self) -> int:
        return id(self)


def _generators() -> tuple[Any, ...]:
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    return torch.get_rng_state(), np.asarray(keys), (name, *rest), random.getstate()


def _same(first: tuple[Any, ...], second: tuple[Any, ...]) -> bool:
    return torch.equal(first[0], second[0]) and np.array_equal(first[1], second[1]) and first[2:] == second[2:]
