"""Quadratic losses: every graph and coupling as one ensemble, and the two wrong builds."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import (
    Diffusion,
    EulerMaruyama,
    Map,
    Setup,
    complete_graph,
    coupled,
    ensemble,
    laplacian,
    path_graph,
    ring_graph,
    star_graph,
)
from separatrix.observables import error_of_centre, error_of_one, synchronisation_error
from separatrix.studies.synchronization.config import Config
from separatrix.theory import expected_error_of_centre, expected_synchronisation_error, synchronisation_bound

OBSERVED_EVERY = 25
"""Steps between observations: a quarter of the time in which the mean forgets."""


class Case(NamedTuple):
    """One graph with its coupling and noise."""

    name: str
    adjacency: np.ndarray
    strength: float
    noise: float


def cases(config: Config) -> list[Case]:
    """All that is run on one quadratic loss."""
    n, weak, strong, sigma = config.copies, config.weak, config.strong, config.noise
    graphs = {"complete": complete_graph(n), "ring": ring_graph(n), "path": path_graph(n), "star": star_graph(n)}
    halves = np.kron(np.eye(2), complete_graph(n // 2))
    matched = (4 * (config.curvature + weak * n) - config.curvature) / n
    return [
        *(Case(name, graph, weak, sigma) for name, graph in graphs.items()),
        *(Case(f"{name}, strong", graphs[name], strong, sigma) for name in ("complete", "ring")),
        *(Case(f"{name}, equal weight", _of_weight(graph, n), weak, sigma) for name, graph in graphs.items()),
        Case("halves", halves, weak, sigma),
        Case("halves, strong", halves, strong, sigma),
        Case("alone", complete_graph(n), 0.0, sigma),
        Case("twice the noise", graphs["complete"], weak, 2 * sigma),
        Case("twice the noise, matched", graphs["complete"], matched, 2 * sigma),
    ]


def _of_weight(graph: np.ndarray, n: int) -> np.ndarray:
    """The graph with as much weight in all as the complete one has."""
    return graph * (n * (n - 1) / graph.sum())


def bowl(curvature: float, noise: Any) -> Diffusion:
    """Gradient flow with noise on a |x|^2 / 2."""
    return Diffusion(lambda t, x: -curvature * x, lambda t, x: noise * jnp.ones_like(x))


def moments(states: Array) -> dict[str, Array]:
    """The three squared distances, about a minimum at zero."""
    zero = jnp.zeros(states.shape[1:], states.dtype)
    return {
        "spread": synchronisation_error(states),
        "centre": error_of_centre(states, zero),
        "single": error_of_one(states, zero),
    }


OBSERVE = {name: (lambda states, name=name: moments(states)[name]) for name in ("spread", "centre", "single")}


def observed(step: float, time: float) -> np.ndarray:
    """Times of observation, multiples of the step."""
    return step * OBSERVED_EVERY * np.arange(round(time / step) // OBSERVED_EVERY + 1)


def settled(run: xr.Dataset, config: Config) -> xr.Dataset:
    """Means over the time after the transient."""
    kept = run[list(OBSERVE)]
    return kept.where(run["time"] >= min(config.transient, config.time / 2)).mean("time")


def graphs(config: Config) -> xr.Dataset:
    """All graphs, couplings and noises on one quadratic loss.

    Args:
        config: the numbers.

    Returns:
        ``spread`` (S), ``centre`` (R) and ``single`` over (seed, case), averaged over time; ``exact`` and ``bound`` of
        S, ``slowing`` (how much larger finite steps make S), ``exact_centre``, and the ``spectrum`` of each graph.
    """
    chosen = cases(config)
    table = {name: jnp.asarray(np.stack([getattr(c, name) for c in chosen])) for name in ("adjacency",)}
    numbers = {name: jnp.array([getattr(c, name) for c in chosen]) for name in ("strength", "noise")}

    def build(key: Array, case: Array) -> Setup:
        one = bowl(config.curvature, numbers["noise"][case])
        together = coupled(one, table["adjacency"][case], numbers["strength"][case])
        return Setup(together, jnp.zeros((config.copies, config.dimension)), OBSERVE)

    run = ensemble(
        build,
        observed(config.step, config.time),
        seeds=config.seeds,
        grid={"case": np.arange(len(chosen))},
        key=jax.random.key(config.seed),
        method=EulerMaruyama(config.step),
    )
    names = [case.name for case in chosen]
    found = settled(run, config).assign_coords(case=names).merge(_theory(config, chosen).assign_coords(case=names))
    return found.assign_attrs(dimension=config.dimension, curvature=config.curvature, noise=config.noise)


def _theory(config: Config, chosen: list[Case]) -> xr.Dataset:
    curvatures = np.full(config.dimension, config.curvature)
    spectra = [np.linalg.eigvalsh(np.asarray(laplacian(case.adjacency))) for case in chosen]

    def exact(step: float) -> list[float]:
        pairs = zip(chosen, spectra, strict=True)
        return [float(expected_synchronisation_error(curvatures, s, c.strength, c.noise, step)) for c, s in pairs]

    bounds = [
        float(synchronisation_bound(config.curvature, s[1], c.strength, c.noise, config.copies, config.dimension))
        for c, s in zip(chosen, spectra, strict=True)
    ]
    centres = [float(expected_error_of_centre(curvatures, c.noise, config.copies, config.step)) for c in chosen]
    stepped, smooth = np.array(exact(config.step)), np.array(exact(0.0))
    return xr.Dataset(
        {
            "exact": ("case", stepped),
            "slowing": ("case", stepped / smooth),
            "bound": ("case", bounds),
            "exact_centre": ("case", centres),
            "strength": ("case", [case.strength for case in chosen]),
            "spectrum": (("case", "mode"), np.stack(spectra)),
        }
    )


def redundancy(config: Config) -> xr.Dataset:
    """Different numbers of learners, all tied to all; the others of the largest number stand alone and are left out.

    Args:
        config: the numbers.

    Returns:
        ``centre`` (R) over (seed, n), averaged over time, and its ``exact`` value; ``common``, the same of a build that
        gives every learner the same noise, with ``common_spread``, its S.
    """
    largest = max(config.sizes)
    sizes = np.array(config.sizes)
    inside = jnp.asarray(np.arange(largest)[None, :] < sizes[:, None], float)

    def build(key: Array, n: Array) -> Setup:
        mask = inside[n]
        ties = mask[:, None] * mask[None, :] * jnp.asarray(complete_graph(largest))
        law = coupled(bowl(config.curvature, config.noise), ties, config.weak)
        observe = {"centre": lambda x: jnp.sum((mask @ x / mask.sum()) ** 2)}
        return Setup(law, jnp.zeros((largest, config.dimension)), observe)

    def wrong(key: Array, n: Array) -> Setup:
        mask = inside[n]
        observe = {
            "common": lambda x: jnp.sum((mask @ x / mask.sum()) ** 2),
            "common_spread": lambda x: jnp.sum(mask[:, None] * (x - (mask @ x / mask.sum())[None, :]) ** 2),
        }
        return Setup(_one_key_for_all(config), jnp.zeros((largest, config.dimension)), observe)

    times = observed(config.step, config.time)
    options = {"seeds": config.seeds, "grid": {"n": np.arange(len(sizes))}, "key": jax.random.key(config.seed + 1)}
    right = ensemble(build, times, method=EulerMaruyama(config.step), **options)
    steps = ensemble(wrong, np.round(times / config.step).astype(int), **options).assign_coords(time=times)
    after = times >= min(config.transient, config.time / 2)
    both = xr.merge([right[["centre"]], steps[["common", "common_spread"]]]).isel(time=after).mean("time")
    curvatures = np.full(config.dimension, config.curvature)
    exact = [float(expected_error_of_centre(curvatures, config.noise, n, config.step)) for n in config.sizes]
    return both.assign_coords(n=sizes).assign(exact=("n", exact))


def _one_key_for_all(config: Config) -> Map:
    """The wrong build: one draw of noise, given to every learner."""

    def step(t: Any, x: Array, key: Array) -> Array:
        kick = config.noise * np.sqrt(config.step) * jax.random.normal(key, x.shape[1:], x.dtype)
        pull = config.weak * (x.shape[0] * (x.mean(axis=0, keepdims=True) - x))
        return x + config.step * (pull - config.curvature * x) + kick[None, :]

    return Map(step)


def wrong_sign(config: Config) -> xr.Dataset:
    """The complete graph coupled with the wrong sign, and with the right one, for a short time.

    Args:
        config: the numbers.

    Returns:
        ``apart``: whether copies ended a thousand times as far from one another as they should, over (seed, sign).
    """

    def build(key: Array, sign: Array) -> Setup:
        law = coupled(bowl(config.curvature, config.noise), complete_graph(config.copies), sign * config.weak)
        return Setup(law, jnp.zeros((config.copies, config.dimension)), OBSERVE)

    run = ensemble(
        build,
        observed(config.step, 20.0),
        seeds=config.seeds,
        grid={"sign": np.array([-1.0, 1.0])},
        key=jax.random.key(config.seed + 2),
        method=EulerMaruyama(config.step),
    )
    last = run["spread"].isel(time=-1)
    spectrum = np.linalg.eigvalsh(np.asarray(laplacian(complete_graph(config.copies))))
    floor = expected_synchronisation_error(
        np.full(config.dimension, config.curvature), spectrum, config.weak, config.noise
    )
    return xr.Dataset({"apart": (~(last < 1e3 * float(floor))).astype(float)})
