"""Evolve one system and return what was observed, labelled."""

import functools
import platform
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import ArrayLike, Float, PyTree

from separatrix.dynamics.events import Event, reason
from separatrix.dynamics.methods import FixedStep
from separatrix.dynamics.observable import Observe, as_observables, label
from separatrix.dynamics.system import Map, System
from separatrix.dynamics.trajectory import Method, trajectory
from separatrix.errors import SeparatrixError

_compiled_trajectory = eqx.filter_jit(trajectory)


def evolve(
    system: System,
    x0: PyTree,
    ts: Float[ArrayLike, " times"] | Any,
    *,
    observe: Observe,
    key: Any = None,
    method: Method = None,
    stop: tuple[Event, ...] = (),
) -> xr.Dataset:
    """Run a system from ``x0`` and keep what is observed at the times ``ts``; nothing else is stored.

    Flows are solved adaptively (diffrax); maps, and flows or diffusions with a fixed step, are one compiled loop, whose
    memory does not grow with the number of steps.

    Args:
        system: a Flow, Map or Diffusion.
        x0: the state at ``ts[0]``: any PyTree, equinox modules included.
        ts: increasing times to observe at, shape (times,); whole numbers of steps for a Map, multiples of the step for
            a fixed-step method.
        observe: observables, or functions of the state by name.
        key: PRNG key for maps and diffusions; ``jax.random.key(0)`` if not given.
        method: ``Adaptive``, ``Euler``, ``EulerMaruyama`` or ``Heun``; by default adaptive for flows.
        stop: events that end the run early: ``below``, ``at_rest``, ``after``, ``beyond``.

    Returns:
        A Dataset with the dimension ``time`` and each observable's own dims. Attrs: ``stop_reason`` ("end", "diverged",
        "out of steps" or an event's reason), ``stop_time``, ``steps`` and provenance. Values after the stop are NaN; a
        run that diverges says so here and raises nothing. Maps and fixed-step runs look for divergence at the
        observed times; flows at every step.

    Raises:
        SeparatrixError: for times, observables or a method that do not fit.

    >>> import jax.numpy as jnp
    >>> from separatrix.dynamics import Flow
    >>> run = evolve(Flow(lambda t, x: -x), jnp.array(1.0), [0.0, 1.0], observe={"x": lambda x: x})
    >>> round(float(run.x[-1]), 4)
    0.3679
    """
    observables = as_observables(observe)
    times = check_times(ts, system, method)
    x0 = as_state(x0)
    check_step(system, x0)
    key = jax.random.key(0) if key is None else key
    run = _compiled_trajectory(system, x0, times, observables, key, method, tuple(stop))
    dataset = label(observables, [np.asarray(v) for v in run.values], {"time": np.asarray(times)})
    dataset["time"].attrs = time_attrs(system)
    return dataset.assign_attrs(
        stop_reason=reason(int(run.code), tuple(stop)),
        stop_time=float(run.stop_time),
        steps=int(run.steps),
        method=repr(method),
        **provenance(),
    )


def check_times(ts: Any, system: System, method: Method) -> jax.Array:
    """Times as an array, checked: finite, increasing, whole for a Map, multiples of a fixed step.

    Args:
        ts: the times, shape (times,).
        system: what will run.
        method: how it is stepped.

    Returns:
        Integers for a Map, floats otherwise.

    Raises:
        SeparatrixError: if they are not such times.
    """
    times = np.asarray(ts, dtype=float)
    if times.ndim != 1 or times.size == 0 or not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
        raise SeparatrixError(
            f"ts must be a non-empty, increasing sequence of finite times. Got shape {times.shape}: {_brief(times)}."
        )
    if isinstance(system, Map):
        if np.any(times != np.round(times)) or times[0] < 0:
            raise SeparatrixError(f"The times of a Map are whole numbers of steps, 0 or more. Got {_brief(times)}.")
        return jnp.asarray(times.astype(int))
    if times.size < 2:
        raise SeparatrixError(
            f"A run in continuous time needs at least two times, its start and its end. Got {_brief(times)}."
        )
    if isinstance(method, FixedStep):
        steps = times / method.dt
        if np.any(np.abs(steps - np.round(steps)) > 1e-6 * np.maximum(np.abs(steps), 1)):
            raise SeparatrixError(f"Every time must be a multiple of the step dt={method.dt:g}. Got {_brief(times)}.")
    return jnp.asarray(times)


def as_state(x0: PyTree) -> PyTree:
    """A state whose NumPy arrays and Python numbers are JAX arrays."""
    if isinstance(x0, float | int):
        x0 = float(x0)
    return jax.tree.map(lambda leaf: jnp.array(leaf) if isinstance(leaf, np.ndarray | np.generic | float) else leaf, x0)


def check_step(system: System, x0: PyTree) -> None:
    """Refuse a Map that does not return the structure, shapes and dtypes of its state.

    Raises:
        SeparatrixError: naming the first leaf that differs.
    """
    if not isinstance(system, Map):
        return
    moving = eqx.filter(x0, eqx.is_array)
    after = eqx.filter(eqx.filter_eval_shape(system.step, jnp.asarray(0), x0, jax.random.key(0)), _is_shaped)
    if jax.tree.structure(moving) != jax.tree.structure(after):
        raise SeparatrixError("The Map's step returns a state of another structure than it was given.")
    for (path, old), new in zip(jax.tree.leaves_with_path(moving), jax.tree.leaves(after), strict=True):
        if (old.shape, old.dtype) != (new.shape, new.dtype):
            where = jax.tree_util.keystr(path) or "the state"
            raise SeparatrixError(
                f"The Map's step changes {where} from {old.dtype}{list(old.shape)} to {new.dtype}{list(new.shape)}. "
                "It must keep shapes and dtypes."
            )


def _is_shaped(leaf: Any) -> bool:
    return isinstance(leaf, jax.ShapeDtypeStruct) or eqx.is_array(leaf)


def time_attrs(system: System) -> dict[str, str]:
    """Unit and name of a system's time axis."""
    return {"units": "steps", "long_name": "step"} if isinstance(system, Map) else {"units": "1", "long_name": "time"}


@functools.cache
def provenance() -> dict[str, str]:
    """What made a result: versions of what computed it."""
    from separatrix import __version__

    return {
        "separatrix": __version__,
        "jax": jax.__version__,
        "python": platform.python_version(),
        "backend": jax.default_backend(),
    }


def _brief(times: np.ndarray) -> str:
    text = np.array2string(times.ravel()[:6], precision=6, separator=", ")
    return text if times.size <= 6 else text[:-1] + ", ...]"
