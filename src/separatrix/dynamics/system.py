"""Laws of motion: flows, maps and diffusions of any PyTree state. Nothing else is primitive."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
from jaxtyping import PyTree


class System(eqx.Module):
    """The law of motion of a state; the state is any PyTree whose array leaves move."""


class Flow(System):
    """A differential equation, dx/dt = velocity(t, x).

    Attributes:
        velocity: ``velocity(t, x)``: time (scalar) and state to the state's rate of change, a PyTree of the
            state's structure (leaves that do not move may be None).

    >>> import jax.numpy as jnp
    >>> decay = Flow(lambda t, x: -x)
    >>> float(decay.velocity(0.0, jnp.array(2.0)))
    -2.0
    """

    velocity: Callable[[Any, PyTree], PyTree]


class Map(System):
    """An iteration, x' = step(t, x, key).

    Attributes:
        step: ``step(t, x, key)``: number of steps already done (integer), state and a key that is fresh at every
            step, to the next state, with the same structure, shapes and dtypes.
    """

    step: Callable[[Any, PyTree, Any], PyTree]


class Diffusion(System):
    """A stochastic differential equation in Ito's sense, dx = drift(t, x) dt + noise(t, x) dW, with diagonal noise.

    Attributes:
        drift: ``drift(t, x)``: a PyTree of the state's structure.
        noise: ``noise(t, x)``: a PyTree of the state's structure; each entry of the state has its own Wiener process.
    """

    drift: Callable[[Any, PyTree], PyTree]
    noise: Callable[[Any, PyTree], PyTree]
