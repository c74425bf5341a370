"""How a system is stepped: adaptively, or with a fixed step that makes a Map of it."""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from separatrix.dynamics.system import Diffusion, Flow, Map
from separatrix.errors import bad_parameter


@dataclasses.dataclass(frozen=True)
class Adaptive:
    """Steps chosen by the local error, through diffrax; a plateau costs few of them.

    Flows are solved by an explicit Runge-Kutta pair (Dormand-Prince 8(7)), diffusions by a stochastic
    Runge-Kutta pair on the Stratonovich form, which asks that the noise of each entry depend on that entry alone.

    Attributes:
        rtol: relative tolerance a step; in single precision never less than 1e-6. Values between
            steps are interpolated, to some ten times this.
        atol: absolute tolerance a step, in the state's unit; must be well below the smallest state that matters.
        max_steps: at most so many steps, then the run ends as "out of steps".
        solver: another diffrax solver for flows.
    """

    rtol: float = 1e-7
    atol: float = 1e-12
    max_steps: int = 100_000
    solver: Any = None

    def __post_init__(self) -> None:
        if not 0 < self.rtol < 1:
            raise bad_parameter("rtol", "Adaptive", "a float in the range (0, 1)", self.rtol)
        if not self.atol >= 0:
            raise bad_parameter("atol", "Adaptive", "a float in the range [0, inf)", self.atol)
        if self.max_steps < 1:
            raise bad_parameter("max_steps", "Adaptive", "a positive integer", self.max_steps)


@dataclasses.dataclass(frozen=True)
class FixedStep:
    """A method with one fixed step.

    Attributes:
        dt: the step, in units of time; every time of a run must be a multiple of it.
    """

    dt: float

    def __post_init__(self) -> None:
        if not (self.dt > 0 and math.isfinite(self.dt)):
            raise bad_parameter("dt", type(self).__name__, "a float in the range (0, inf)", self.dt)


class Euler(FixedStep):
    """Euler's method for flows; gradient descent is this, with the learning rate as the step."""


class EulerMaruyama(FixedStep):
    """The Euler-Maruyama method for diffusions in Ito's sense: strong order 1/2, weak order 1."""


class Heun(FixedStep):
    """A stochastic Heun method for diffusions in Ito's sense: the drift is averaged over the predicted step.

    Weak order 1 in general and 2 for additive noise that is constant; the deterministic limit is of order 2.
    """


def euler(flow: Flow, dt: float) -> Map:
    """The Map of one Euler step of a flow."""
    return Map(lambda k, x, key: _add(x, flow.velocity(k * dt, x), dt))


def euler_maruyama(diffusion: Diffusion, dt: float) -> Map:
    """The Map of one Euler-Maruyama step, x' = x + f dt + g sqrt(dt) xi."""

    def step(k: Any, x: PyTree, key: Any) -> PyTree:
        kick = _kick(diffusion, k * dt, x, key, dt)
        return _add(_add(x, diffusion.drift(k * dt, x), dt), kick, 1.0)

    return Map(step)


def heun(diffusion: Diffusion, dt: float) -> Map:
    """The Map of one stochastic Heun step (noise taken at the start of the step, as Ito's sense asks)."""

    def step(k: Any, x: PyTree, key: Any) -> PyTree:
        now = diffusion.drift(k * dt, x)
        kick = _kick(diffusion, k * dt, x, key, dt)
        ahead = _add(_add(x, now, dt), kick, 1.0)
        then = diffusion.drift((k + 1) * dt, ahead)
        return _add(_add(_add(x, now, dt / 2), then, dt / 2), kick, 1.0)

    return Map(step)


def _kick(diffusion: Diffusion, t: Any, x: PyTree, key: Any, dt: float) -> PyTree:
    amplitude = diffusion.noise(t, x)
    leaves, structure = jax.tree.flatten(amplitude)
    keys = [key] if len(leaves) == 1 else jax.random.split(key, len(leaves))
    normals = [jax.random.normal(k, jnp.shape(g), jnp.result_type(g)) for k, g in zip(keys, leaves, strict=True)]
    scale = math.sqrt(dt)
    return jax.tree.unflatten(structure, [g * scale * xi for g, xi in zip(leaves, normals, strict=True)])


def _add(x: PyTree, direction: PyTree, factor: float) -> PyTree:
    return jax.tree.map(
        lambda a, d: a if d is None else a + factor * d, x, direction, is_leaf=lambda leaf: leaf is None
    )
