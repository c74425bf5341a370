"""One run as a pure function that can be jitted and vmapped: only what is observed is kept."""

from typing import Any, NamedTuple

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import lineax as lx
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int, PyTree

from separatrix.dynamics import methods
from separatrix.dynamics.events import DIVERGED, END, FIRST_EVENT, OUT_OF_STEPS, Event, first_event, is_finite, norm
from separatrix.dynamics.observable import Observable, measure
from separatrix.dynamics.system import Diffusion, Flow, Map, System
from separatrix.errors import SeparatrixError

Method = methods.Adaptive | methods.FixedStep | None


class Trajectory(NamedTuple):
    """What one run leaves.

    Attributes:
        values: one array an observable, first axis time; NaN where the run had ended.
        code: why it ended (see ``events.reason``).
        stop_time: when it ended, in the system's unit of time.
        steps: steps taken (accepted and rejected ones for adaptive methods).
    """

    values: tuple[Array, ...]
    code: Array
    stop_time: Array
    steps: Array


def trajectory(
    system: System,
    x0: PyTree,
    ts: Array,
    observables: tuple[Observable, ...],
    key: Any,
    method: Method,
    events: tuple[Event, ...],
) -> Trajectory:
    """Run a system from ``x0`` at ``ts[0]`` through all of ``ts``.

    Args:
        system: Flow, Map or Diffusion.
        x0: initial state, any PyTree.
        ts: increasing times, shape (times,); numbers of steps for a Map.
        observables: what to keep.
        key: PRNG key; used by maps and diffusions.
        method: how to step; None for the system's default.
        events: what ends the run early.

    Returns:
        The trajectory.

    Raises:
        SeparatrixError: if the method does not fit the system.
    """
    match system, method:
        case Map(), None:
            return _iterate(system, system, x0, ts, observables, key, events, dt=1)
        case Flow(), methods.Euler(dt=dt):
            stepped = methods.euler(system, dt)
        case Diffusion(), methods.EulerMaruyama(dt=dt):
            stepped = methods.euler_maruyama(system, dt)
        case Diffusion(), methods.Heun(dt=dt):
            stepped = methods.heun(system, dt)
        case Flow(), methods.Adaptive() | None:
            return _solve(system, _flow_terms, x0, ts, observables, key, method or methods.Adaptive(), events)
        case Diffusion(), methods.Adaptive():
            return _solve(system, _diffusion_terms, x0, ts, observables, key, method, events)
        case _:
            fitting = {"Map": "None", "Flow": "Adaptive or Euler", "Diffusion": "EulerMaruyama, Heun or Adaptive"}
            kind = next(c.__name__ for c in type(system).__mro__ if c.__name__ in fitting or c is System)
            raise SeparatrixError(
                f"A {kind} cannot be stepped by {method!r}. Give method={fitting.get(kind, 'a known system')}."
            )
    return _iterate(stepped, system, x0, jnp.round(ts / dt).astype(int), observables, key, events, dt=dt)


class _Progress(NamedTuple):
    state: PyTree
    step: Int[Array, ""]
    code: Int[Array, ""]
    stop_step: Int[Array, ""]


def _iterate(
    stepped: Map,
    system: System,
    x0: PyTree,
    ts: Array,
    observables: tuple[Observable, ...],
    key: Any,
    events: tuple[Event, ...],
    dt: float,
) -> Trajectory:
    """One scan over the observed steps, and between two of them a loop whose length is data: it never recompiles."""
    moving, fixed = eqx.partition(x0, eqx.is_array)
    ts = ts.astype(int)

    def advance(now: _Progress) -> _Progress:
        x = stepped.step(now.step, eqx.combine(now.state, fixed), jax.random.fold_in(key, now.step))
        step = now.step + 1
        state = eqx.filter(x, eqx.is_array)
        if not events:
            return _Progress(state, step, now.code, step)
        return _Progress(state, step, first_event(events, system, step * dt, x).astype(now.code.dtype), step)

    def to_next(now: _Progress, t: Array) -> tuple[_Progress, tuple[Array, ...]]:
        if events:
            now = jax.lax.while_loop(lambda p: (p.step < t) & (p.code == END), advance, now)
        else:
            now = jax.lax.fori_loop(now.step, t, lambda _, p: advance(p), now)
        now = now._replace(code=jnp.where((now.code == END) & ~is_finite(now.state), DIVERGED, now.code))
        ended = (now.code == DIVERGED) | ((now.code != END) & (now.stop_step < t))
        values = measure(observables, eqx.combine(now.state, fixed))
        return now, tuple(jnp.where(ended, jnp.nan, value) for value in values)

    def observed(carry: tuple[_Progress, Array], t: Array) -> tuple[tuple[_Progress, Array], tuple[Array, ...]]:
        now, diverged_at = carry
        now, values = to_next(now, t)
        return (now, jnp.where(now.code == DIVERGED, jnp.minimum(diverged_at, now.step), diverged_at)), values

    code = first_event(events, system, ts[0] * dt, x0).astype(ts.dtype)
    start = _Progress(moving, ts[0], code, ts[0])
    (end, diverged_at), values = jax.lax.scan(observed, (start, ts[-1]), ts)
    stop_step = jnp.where(end.code == DIVERGED, diverged_at, end.step)
    return Trajectory(values, end.code, stop_step * dt, end.step - ts[0])


def _flow_terms(flow: Flow, x0: PyTree, ts: Array, key: Any) -> tuple[Any, Any, PyTree, Any]:
    moving, fixed = eqx.partition(x0, eqx.is_inexact_array)

    def velocity(t: Any, y: PyTree, args: Any) -> PyTree:
        return eqx.filter(flow.velocity(t, eqx.combine(y, fixed)), eqx.is_inexact_array)

    return diffrax.ODETerm(velocity), diffrax.Dopri8(), moving, lambda y: eqx.combine(y, fixed)


def _diffusion_terms(diffusion: Diffusion, x0: PyTree, ts: Array, key: Any) -> tuple[Any, Any, PyTree, Any]:
    moving, fixed = eqx.partition(x0, eqx.is_inexact_array)
    flat, unravel = ravel_pytree(moving)

    def whole(y: Array) -> PyTree:
        return eqx.combine(unravel(y), fixed)

    def flatten(tree: PyTree) -> Float[Array, " n"]:
        return ravel_pytree(eqx.filter(tree, eqx.is_inexact_array))[0]

    def noise(t: Any, y: Array) -> Array:
        return flatten(diffusion.noise(t, whole(y)))

    def drift(t: Any, y: Array, args: Any) -> Array:
        """Ito's drift as Stratonovich's, for noise that in each entry depends on that entry alone: f - g g' / 2."""
        _, g_along_g = jax.jvp(lambda z: noise(t, z), (y,), (noise(t, y),))
        return flatten(diffusion.drift(t, whole(y))) - g_along_g / 2

    path = diffrax.VirtualBrownianTree(
        ts[0],
        ts[-1],
        tol=1e-4 * (ts[-1] - ts[0]),
        shape=jax.ShapeDtypeStruct(flat.shape, flat.dtype),
        key=key,
        levy_area=diffrax.SpaceTimeLevyArea,
    )
    kick = diffrax.ControlTerm(lambda t, y, args: lx.DiagonalLinearOperator(noise(t, y)), path)
    return diffrax.MultiTerm(diffrax.ODETerm(drift), kick), diffrax.SPaRK(), flat, whole


def _solve(
    system: System,
    terms_of: Any,
    x0: PyTree,
    ts: Array,
    observables: tuple[Observable, ...],
    key: Any,
    method: methods.Adaptive,
    events: tuple[Event, ...],
) -> Trajectory:
    # time in the state's precision: otherwise the solution would be promoted to that of time
    ts = ts.astype(jnp.result_type(*jax.tree.leaves(eqx.filter(x0, eqx.is_inexact_array))))
    terms, solver, y0, whole = terms_of(system, x0, ts, key)
    largest = float(jnp.finfo(ts.dtype).max) ** 0.4  # a state beyond this has blown up, whatever its unit
    conditions = [lambda t, y, args, **kw: ~(norm(y) <= largest)]
    conditions += [lambda t, y, args, e=event, **kw: jnp.asarray(e.happens(system, t, whole(y))) for event in events]
    observed = diffrax.SubSaveAt(ts=ts, fn=lambda t, y, args: measure(observables, whole(y)))
    solution = diffrax.diffeqsolve(
        terms,
        method.solver or solver,
        t0=ts[0],
        t1=ts[-1],
        dt0=None if isinstance(system, Flow) else (ts[-1] - ts[0]) * 1e-3,
        y0=y0,
        saveat=diffrax.SaveAt(subs=[observed, diffrax.SubSaveAt(t1=True, fn=lambda t, y, args: is_finite(y))]),
        stepsize_controller=_controller(system, method, ts, y0),
        event=diffrax.Event(conditions),
        max_steps=method.max_steps,
        throw=False,
    )
    assert solution.ts is not None and solution.ys is not None
    stop_time = solution.ts[1][0]
    code = _code(solution, events)
    reached = ts <= stop_time
    values = tuple(jnp.where(reached.reshape((-1,) + (1,) * (v.ndim - 1)), v, jnp.nan) for v in solution.ys[0])
    return Trajectory(values, code, stop_time, solution.stats["num_steps"])


def _controller(system: System, method: methods.Adaptive, ts: Array, y0: PyTree) -> Any:
    finest = max(float(jnp.finfo(leaf.dtype).eps) for leaf in jax.tree.leaves(y0))
    tolerances = {"rtol": max(method.rtol, 8 * finest), "atol": method.atol}
    # a step at the resolution of time itself means that the solution blows up in finite time
    limits = {"dtmin": 10 * jnp.finfo(ts.dtype).eps * (ts[-1] - ts[0]), "force_dtmin": False}
    if isinstance(system, Flow):
        return diffrax.PIDController(**tolerances, **limits)
    # a noisy path cannot be interpolated, so steps end at the observed times; gains as usual for noisy errors
    return diffrax.ClipStepSizeController(
        diffrax.PIDController(pcoeff=0.1, icoeff=0.3, **tolerances, **limits), step_ts=ts
    )


def _code(solution: diffrax.Solution, events: tuple[Event, ...]) -> Array:
    assert solution.event_mask is not None
    mask = jnp.stack([jnp.asarray(m) for m in solution.event_mask])
    codes = [DIVERGED] + [DIVERGED if e.reason == "diverged" else FIRST_EVENT + i for i, e in enumerate(events)]
    from_event = jnp.asarray(codes)[jnp.argmax(mask)]
    exhausted = solution.result == diffrax.RESULTS.max_steps_reached
    failed = ~((solution.result == diffrax.RESULTS.successful) | (solution.result == diffrax.RESULTS.event_occurred))
    ended = jnp.where(failed, jnp.where(exhausted, OUT_OF_STEPS, DIVERGED), END)
    return jnp.where(jnp.any(mask), from_event, ended)
