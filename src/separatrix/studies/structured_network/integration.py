"""Flows stepped by the classical Runge-Kutta method, as the paper's data are."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float

from separatrix.dynamics import Flow


def runge_kutta(flow: Flow, start: Float[Array, "*batch D"], step: float, every: int, count: int) -> np.ndarray:
    """States at equal times, the start first.

    Args:
        flow: autonomous.
        start: states, (..., D).
        step: of the method.
        every: steps between kept states.
        count: kept states.

    Returns:
        (count, ..., D).
    """
    return np.asarray(_states(flow, start, step, every, count))


@eqx.filter_jit
def _states(flow: Flow, start: Array, step: float, every: int, count: int) -> Array:
    def one(x: Array, _: Any) -> tuple[Array, None]:
        a = flow.velocity(0.0, x)
        b = flow.velocity(0.0, x + step / 2 * a)
        c = flow.velocity(0.0, x + step / 2 * b)
        d = flow.velocity(0.0, x + step * c)
        return x + step / 6 * (a + 2 * b + 2 * c + d), None

    def kept(x: Array, _: Any) -> tuple[Array, Array]:
        return jax.lax.scan(one, x, None, length=every)[0], x

    return jax.lax.scan(kept, start, None, length=count)[1]
