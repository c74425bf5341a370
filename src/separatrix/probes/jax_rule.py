"""The rule of an optax transformation, found by asking what it does to unit gradients and moments."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import PyTree

from separatrix.errors import SeparatrixError
from separatrix.probes.step_rule import (
    StepRule,
    adam_rule,
    descent_rule,
    group_preconditioner,
    resting_rule,
    unknown_rule,
)

PULSE = 1e-4
LATER_STEPS = (1, 10, 100, 1_000, 10_000, 100_000)


def optax_rule(optimizer: optax.GradientTransformation, params: PyTree, state: PyTree) -> StepRule:
    """The rule of the next step; schedules are followed, since they live in the optimiser's state.

    Args:
        optimizer: any chain of descent, momentum, Adam, schedules, clipping, decay.
        params: the arrays that it updates.
        state: its state now.

    Returns:
        The rule, unknown for other kinds of optimiser.

    Raises:
        SeparatrixError: the state does not belong to the optimiser.
    """
    arrays = eqx.filter(params, eqx.is_inexact_array)
    kinds = {type(node).__name__ for node in _moments(state)}
    others = _foreign(state, arrays)
    try:
        if kinds <= {"TraceState"} and not others:
            return _descent(optimizer, arrays, state, bool(kinds))
        if kinds == {"ScaleByAdamState"} and not others:
            return _adam(optimizer, arrays, state)
    except (ValueError, TypeError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise SeparatrixError(f"The optimiser's state does not fit the optimiser and parameters ({reason}).") from error
    return unknown_rule("this optax transformation", float("nan"))


def check_rate(optimizer: optax.GradientTransformation, params: PyTree) -> None:
    """Refuse an optimiser whose learning rate is zero now and at every step that a schedule may reach.

    Args:
        optimizer: the user's.
        params: the arrays that it updates.

    Raises:
        SeparatrixError: nothing would be learned.
    """
    fresh = optimizer.init(eqx.filter(params, eqx.is_inexact_array))

    def at(count: int) -> PyTree:
        return jax.tree.map(lambda leaf: jnp.full_like(leaf, count) if _is_count(leaf) else leaf, fresh)

    counts = (0, *LATER_STEPS) if any(map(_is_count, jax.tree.leaves(fresh))) else (0,)
    if all(optax_rule(optimizer, params, at(count)).learning_rate == 0 for count in counts):
        raise SeparatrixError("The learning rate is 0, so nothing will be learned: give the optimiser a positive one.")


def _is_count(leaf: Any) -> bool:
    return eqx.is_array(leaf) and leaf.ndim == 0 and jnp.issubdtype(leaf.dtype, jnp.integer)


def _is_moment(node: Any) -> bool:
    return isinstance(node, optax.TraceState | optax.ScaleByAdamState)


def _moments(state: PyTree) -> list[Any]:
    return [node for node in jax.tree.leaves(state, is_leaf=_is_moment) if _is_moment(node)]


def _foreign(state: PyTree, arrays: PyTree) -> bool:
    """Whether the state holds arrays of the size of the parameters that are not moments known here."""
    rest = jax.tree.map(lambda node: None if _is_moment(node) else node, state, is_leaf=_is_moment)
    return sum(leaf.size for leaf in jax.tree.leaves(rest) if eqx.is_inexact_array(leaf)) >= max(
        2, sum(leaf.size for leaf in jax.tree.leaves(arrays))
    )


def _with_moments(state: PyTree, **values: float) -> PyTree:
    def fill(node: Any) -> Any:
        if not _is_moment(node):
            return node
        fields = {name: _full(getattr(node, name), value) for name, value in values.items() if hasattr(node, name)}
        return node._replace(**fields)

    return jax.tree.map(fill, state, is_leaf=_is_moment)


def _full(tree: PyTree, value: Any) -> PyTree:
    return jax.tree.map(lambda leaf: jnp.full_like(leaf, value), tree)


def _means(tree: PyTree) -> list[float]:
    return [float(jnp.mean(leaf)) for leaf in jax.tree.leaves(tree)]


@eqx.filter_jit
def _respond(optimizer, arrays, state, gradient, weight):
    return optimizer.update(_full(arrays, gradient), state, _full(arrays, weight))


def _sizes(arrays: PyTree) -> list[int]:
    return [leaf.size for leaf in jax.tree.leaves(arrays)]


def _descent(optimizer, arrays: PyTree, state: PyTree, momentum: bool) -> StepRule:
    pulse = PULSE / float(np.sqrt(sum(_sizes(arrays))))
    still = _with_moments(state, trace=0.0)
    first = [-value / pulse for value in _means(_respond(optimizer, arrays, still, pulse, 0.0)[0])]
    decays = _means(_respond(optimizer, arrays, still, 0.0, 1.0)[0])
    b, nesterov, rates = 0.0, False, first
    if momentum:
        after, moved = _respond(optimizer, arrays, _with_moments(state, trace=pulse), 0.0, 0.0)
        b = float(_means(_moments(moved)[0].trace)[0] / pulse)
        second = [-value / pulse for value in _means(after)]
        top = int(np.argmax(first))
        nesterov = b > 0 and bool(abs(second[top] * (1 + b) - first[top] * b**2) < abs(second[top] - first[top] * b))
        rates = [rate / (1 + b) for rate in first] if nesterov else first
    if not max(rates) > 0:
        return resting_rule("descent")
    decay = round(-decays[int(np.argmax(rates))] / max(rates), 9)
    decay = decay / (1 + b) if nesterov else decay
    scaling = _scaling(rates, arrays)
    return descent_rule(
        max(rates), round(b, 4), nesterov=nesterov, weight_decay=max(decay, 0.0), preconditioner=scaling
    )


def _scaling(rates: list[float], arrays: PyTree) -> np.ndarray | None:
    largest = max(rates)
    even = [largest if abs(rate - largest) < 1e-3 * largest else rate for rate in rates]
    return group_preconditioner(even, _sizes(arrays))


def _adam(optimizer, arrays: PyTree, state: PyTree) -> StepRule:
    ones = _with_moments(state, mu=1.0, nu=1.0)
    after, moved = _respond(optimizer, arrays, ones, 0.0, 0.0)
    count = int(_moments(state)[0].count)
    b1, b2 = (round(_means(getattr(_moments(moved)[0], name))[0], 7) for name in ("mu", "nu"))
    unit = (b1 / (1 - b1 ** (count + 1))) / np.sqrt(b2 / (1 - b2 ** (count + 1)))
    rates = [-value / unit for value in _means(after)]
    if not max(rates) > 0:
        return resting_rule("Adam")
    bare = _means(_respond(optimizer, arrays, _with_moments(state, mu=1.0, nu=0.0), 0.0, 0.0)[0])
    top = int(np.argmax(rates))
    floor = -rates[top] * (b1 / (1 - b1 ** (count + 1))) / bare[top] if np.isfinite(bare[top]) and bare[top] else 0.0
    decays = _means(_respond(optimizer, arrays, _with_moments(state, mu=0.0, nu=1.0), 0.0, 1.0)[0])
    decay = max(0.0, round(-decays[top] / rates[top], 9))
    if count == 0:
        return adam_rule(max(rates), b1, None)
    second = np.concatenate([np.asarray(leaf, float).ravel() for leaf in jax.tree.leaves(_moments(state)[0].nu)])
    diagonal = np.sqrt(second / (1 - b2**count)) + max(floor, 1e-12)
    scaling = _scaling(rates, arrays)
    return adam_rule(
        max(rates),
        b1,
        diagonal if scaling is None else diagonal * scaling,
        correction=1 - b1**count if count < 10 / (1 - b1) else 1.0,
        weight_decay=decay,
    )
