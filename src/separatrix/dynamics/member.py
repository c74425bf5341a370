"""One member of an ensemble: built from its seed and grid point, run, and returned as arrays."""

import dataclasses
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr
from jaxtyping import Array, PyTree

from separatrix.dynamics.events import Event
from separatrix.dynamics.evolve import as_state, check_step, check_times
from separatrix.dynamics.observable import Observable, Observe, as_observables
from separatrix.dynamics.system import System
from separatrix.dynamics.trajectory import Method, Trajectory, trajectory
from separatrix.errors import SeparatrixError


class Setup(NamedTuple):
    """What a member of an ensemble starts from.

    Attributes:
        system: its law of motion.
        x0: its initial state.
        observe: observables that close over the member's own data; None to use those given to ``ensemble``.
    """

    system: System
    x0: PyTree
    observe: Observe | None = None


Build: TypeAlias = Callable[..., Setup]
"""``build(key, **point) -> Setup``: from a member's key and its values of the swept hyperparameters."""


@dataclasses.dataclass(frozen=True, eq=False)
class Recipe:
    """All that decides what the members of an ensemble compute, apart from their seeds and grid points.

    Attributes:
        build: makes a member.
        ts: times to observe at, shape (times,).
        observe: observables for members whose Setup brings none.
        method: how to step.
        events: what ends a member early.
    """

    build: Build
    ts: np.ndarray
    observe: Observe | None
    method: Method
    events: tuple[Event, ...]

    def member(self, key: Array, seed: Array, point: Mapping[str, Array]) -> Trajectory:
        """Run one member; its randomness depends on ``key`` and its seed alone, not on its grid point.

        Args:
            key: the ensemble's key.
            seed: the member's seed, an integer scalar.
            point: value of every swept hyperparameter, scalars.

        Returns:
            The member's trajectory.
        """
        build_key, run_key = jax.random.split(jax.random.fold_in(key, seed))
        setup, observables = self._set_up(build_key, point)
        times = check_times(self.ts, setup.system, self.method)
        check_step(setup.system, setup.x0)
        return trajectory(setup.system, setup.x0, times, observables, run_key, self.method, self.events)

    def describe(self, point: Mapping[str, Array]) -> tuple[System, tuple[Observable, ...]]:
        """The system and the observables of a member, for their kinds and names: nothing is computed.

        Args:
            point: value of every swept hyperparameter, scalars.

        Returns:
            A system and observables whose arrays are abstract.
        """
        found: list[Any] = []

        def trace(key: Array, values: Mapping[str, Array]) -> None:
            setup, observables = self._set_up(key, values)
            found.extend((setup.system, observables))

        jax.eval_shape(trace, jax.random.key(0), dict(point))
        return found[0], found[1]

    def _set_up(self, key: Array, point: Mapping[str, Array]) -> tuple[Setup, tuple[Observable, ...]]:
        setup = self.build(key, **point)
        if not isinstance(setup, Setup):
            raise SeparatrixError(f"build must return Setup(system, x0). Got a {type(setup).__name__}.")
        observe = setup.observe if setup.observe is not None else self.observe
        return setup._replace(x0=as_state(setup.x0)), as_observables(observe or {})


def cost(recipe: Recipe, point: Mapping[str, Array]) -> tuple[int, str]:
    """Memory that one member needs at most, and a fingerprint of what it computes.

    Args:
        recipe: what the members compute.
        point: value of every swept hyperparameter, scalars.

    Returns:
        Bytes (all intermediate arrays of the member's program, as if none were reused) and a hash of the program and
        its constants.
    """
    program = jax.make_jaxpr(recipe.member)(jax.random.key(0), jnp.asarray(0), dict(point))
    digest = hashlib.sha256(re.sub(r"0x[0-9a-f]+", "", str(program)).encode())
    for constant in program.consts:
        if isinstance(constant, jax.Array) and jnp.issubdtype(constant.dtype, jax.dtypes.prng_key):
            constant = jax.random.key_data(constant)
        digest.update(np.asarray(constant).tobytes())
    return _bytes(program.jaxpr), digest.hexdigest()[:16]


def _bytes(program: Jaxpr) -> int:
    own = sum(_size(variable.aval) for equation in program.eqns for variable in equation.outvars)
    inner = [_bytes(sub) for equation in program.eqns for value in equation.params.values() for sub in _programs(value)]
    return own + max(inner, default=0)


def _programs(value: Any) -> list[Jaxpr]:
    if isinstance(value, ClosedJaxpr):
        return [value.jaxpr]
    if isinstance(value, Jaxpr):
        return [value]
    if isinstance(value, tuple | list):
        return [program for item in value for program in _programs(item)]
    return []


def _size(aval: Any) -> int:
    return int(np.prod(aval.shape)) * getattr(aval.dtype, "itemsize", 4) if hasattr(aval, "shape") else 0
