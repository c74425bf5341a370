"""Ensembles of fixed-step stochastic differential equations, beside a scan written by hand and beside diffrax."""

import math

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.clock import by_turns, median_ratio
from benchmarks.row import Row, version
from separatrix.dynamics import Diffusion, EulerMaruyama, Setup
from separatrix.dynamics.member import Recipe

PATHS, STEPS, DT, NOISE = 10_000, 100, 0.01, 0.5
TASK = f"double-well SDE, {PATHS:,} paths x {STEPS} Euler-Maruyama steps"


def drift(t: object, x: jax.Array, args: object = None) -> jax.Array:
    """Down the double well, x - x^3."""
    return x - x**3


def run() -> list[Row]:
    """Time the three once their ensembles agree in distribution.

    Returns:
        A row for the scan by hand, one for diffrax.
    """
    ours, key, seeds = _ours(), jax.random.key(0), jnp.arange(PATHS)
    keys = jax.random.split(key, PATHS)
    rivals = {"ours": lambda: ours(key, seeds, {}).values[0][:, -1], "plain": lambda: _plain(keys)}
    rivals |= {name: lambda f=path: _diffrax(f, keys) for name, path in _PATHS.items()}
    ends = {name: np.asarray(work()) for name, work in rivals.items()}
    second = {name: float(np.mean(end**2)) for name, end in ends.items()}
    error = max(float(np.std(end**2)) for end in ends.values()) / math.sqrt(PATHS)
    apart = max(abs(moment - second["plain"]) for moment in second.values()) / error
    assert apart < 5, f"the second moments differ by {apart:.1f} standard errors: this is no equal comparison"
    times = by_turns({name: lambda w=work: jax.block_until_ready(w()) for name, work in rivals.items()}, repeats=15)
    fastest = min(_PATHS, key=lambda name: np.median(times[name]))
    milliseconds = {name: f"{1e3 * np.median(taken):.1f} ms" for name, taken in times.items()}
    equal = f"same step, second moments within {apart:.1f} standard errors"
    return [
        Row(
            TASK,
            "a lax.scan by hand, one key a path",
            "times its duration",
            median_ratio(times["ours"], times["plain"]),
            at_most=1.2,
            ours=milliseconds["ours"],
            theirs=milliseconds["plain"],
            accuracy=equal,
            note="a path depends on its own key alone in both; compilation counted in neither",
        ),
        Row(
            TASK,
            f"{version('diffrax')}, {fastest}",
            "times faster",
            median_ratio(times[fastest], times["ours"]),
            at_least=1.0,
            ours=milliseconds["ours"],
            theirs=milliseconds[fastest],
            accuracy=equal,
            note="diffrax: " + ", ".join(f"{name} {milliseconds[name]}" for name in _PATHS),
        ),
    ]


def _ours():
    """What ``ensemble`` compiles for one chunk of all paths."""

    def member(key: jax.Array) -> Setup:
        return Setup(Diffusion(drift, lambda t, x: NOISE * jnp.ones_like(x)), jnp.zeros(()), {"x": lambda x: x})

    recipe = Recipe(member, np.array([0.0, STEPS * DT]), None, EulerMaruyama(DT), ())
    return jax.jit(jax.vmap(recipe.member, in_axes=(None, 0, None)))


@jax.jit
def _plain(keys: jax.Array) -> jax.Array:
    def path(key: jax.Array) -> jax.Array:
        def step(x: jax.Array, k: jax.Array) -> tuple[jax.Array, None]:
            kick = jax.random.normal(jax.random.fold_in(key, k))
            return x + DT * drift(0.0, x) + NOISE * math.sqrt(DT) * kick, None

        return jax.lax.scan(step, jnp.zeros(()), jnp.arange(STEPS))[0]

    return jax.vmap(path)(keys)


_PATHS = {
    "UnsafeBrownianPath": lambda key: diffrax.UnsafeBrownianPath(shape=(), key=key),
    "VirtualBrownianTree": lambda key: diffrax.VirtualBrownianTree(0.0, STEPS * DT, tol=DT / 2, shape=(), key=key),
}


def _diffrax(brownian, keys: jax.Array) -> jax.Array:
    return _compiled[brownian](keys)


def _solver(brownian):
    def path(key: jax.Array) -> jax.Array:
        noise = diffrax.ControlTerm(lambda t, x, args: NOISE, brownian(key))
        solution = diffrax.diffeqsolve(
            diffrax.MultiTerm(diffrax.ODETerm(drift), noise),
            diffrax.Euler(),
            t0=0.0,
            t1=STEPS * DT,
            dt0=DT,
            y0=jnp.zeros(()),
            saveat=diffrax.SaveAt(t1=True),
            adjoint=diffrax.DirectAdjoint(),
            max_steps=STEPS + 1,
            throw=False,
        )
        assert solution.ys is not None
        return solution.ys[0]

    return jax.jit(jax.vmap(path))


_compiled = {path: _solver(path) for path in _PATHS.values()}
