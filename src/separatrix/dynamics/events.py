"""Events: what ends a run before its last time, and how the end is reported."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PyTree

from separatrix.dynamics.system import Flow, System
from separatrix.errors import SeparatrixError

END, DIVERGED, OUT_OF_STEPS = 0, 1, 2
FIRST_EVENT = 3
_REASONS = ("end", "diverged", "out of steps")


@dataclasses.dataclass(frozen=True)
class Event:
    """A condition that ends a run.

    Attributes:
        reason: what the result says of why the run ended.
        happens: ``happens(system, t, x)``, a boolean scalar.
    """

    reason: str
    happens: Callable[[System, Any, PyTree], Any]


def below(name: str, function: Callable[[PyTree], Any], threshold: float) -> Event:
    """End when a function of the state, such as a loss, falls below a threshold.

    Args:
        name: what the function is, for the reason.
        function: ``function(state) -> scalar``.
        threshold: in the function's unit.

    Returns:
        The event, with reason ``"NAME below THRESHOLD"``.
    """
    return Event(f"{name} below {threshold:g}", lambda system, t, x: function(x) < threshold)


def at_rest(threshold: float) -> Event:
    """End when a Flow's speed |dx/dt| (for gradient flow: the gradient's norm) falls below a threshold."""

    def happens(system: System, t: Any, x: PyTree) -> Any:
        if not isinstance(system, Flow):
            raise SeparatrixError(f"at_rest needs a Flow; got a {type(system).__name__}. Use below(...) instead.")
        return norm(system.velocity(t, x)) < threshold

    return Event(f"speed below {threshold:g}", happens)


def after(time: float) -> Event:
    """End once the time reaches a given one."""
    return Event(f"time {time:g}", lambda system, t, x: t >= time)


def beyond(bound: float) -> Event:
    """End, as diverged, when the state's norm exceeds a bound; that of a state no longer finite always does."""
    return Event("diverged", lambda system, t, x: ~(norm(x) <= bound))


def norm(x: PyTree) -> Array:
    """Euclidean norm of all inexact leaves of a PyTree."""
    leaves = [leaf for leaf in jax.tree.leaves(x) if hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jnp.inexact)]
    return jnp.sqrt(sum((jnp.sum(jnp.abs(leaf) ** 2) for leaf in leaves), start=jnp.zeros(())))


def is_finite(x: PyTree) -> Bool[Array, ""]:
    """Whether every inexact leaf of a PyTree is finite in every entry."""
    return jnp.isfinite(norm(x))


def first_event(events: tuple[Event, ...], system: System, t: Any, x: PyTree) -> Array:
    """Code of the first event that happens at a state; END if none does."""
    code = jnp.asarray(END)
    for index, event in reversed(list(enumerate(events))):
        found = DIVERGED if event.reason == "diverged" else FIRST_EVENT + index
        code = jnp.where(event.happens(system, t, x), found, code)
    return code


def reason(code: int, events: tuple[Event, ...]) -> str:
    """What a code of the end of a run says: ``"end"`` for a run that reached its last time."""
    return _REASONS[code] if code < FIRST_EVENT else events[code - FIRST_EVENT].reason
