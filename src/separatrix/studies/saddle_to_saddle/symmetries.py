"""Fixed points that narrow networks leave in wide ones, and relations between units that learning keeps."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import xarray as xr

from separatrix.learning.networks import activations
from separatrix.studies.saddle_to_saddle.config import Config
from separatrix.theory.embedded_saddles import combined_unit, scaled_copy, silent_unit, split_unit

UNIT_MAPS: dict[str, Callable[..., Any]] = {
    "linear": activations.linear,
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "quadratic": activations.square,
}
SIZE, OUTPUTS, SAMPLE = 3, 2, 24
FACTORS = (1.0, 2.0)


def embeddings(config: Config) -> xr.Dataset:
    """Train networks of one unit to rest, add a unit in each of four ways, and ask whether the wider one is at rest.

    Args:
        config: seeds.

    Returns:
        Largest entry of the gradient, and largest change of an output; dims (seed, unit_map, construction).
    """

    def one(key: Any, chosen: Any) -> tuple[Any, Any, Any]:
        x, y, gammas = _data(key, chosen)
        narrow = _narrow_fixed_point(jax.random.fold_in(key, 1), chosen, x, y)
        wide = jax.tree.map(lambda *arrays: jnp.stack(arrays), *_wider(narrow[0], narrow[1], gammas))
        gradients = jax.vmap(lambda w: _largest(jax.grad(_loss)(w, x, y, chosen)))(wide)
        changes = jax.vmap(lambda w: _largest(_network(w, x, chosen) - _network(narrow, x, chosen)))(wide)
        return gradients, changes, _loss(narrow, x, y, chosen)

    gradient, change, loss = _for_all(config, one)
    dims = ("seed", "unit_map", "construction")
    return xr.Dataset(
        {"gradient": (dims, gradient), "change": (dims, change), "loss": (dims[:2], loss)},
        coords={"seed": range(config.seeds), "unit_map": list(UNIT_MAPS), "construction": ["i", "ii", "iii", "iv"]},
    )


def invariance(config: Config) -> xr.Dataset:
    """Start with one unit a multiple of another, and ask how far from it learning leads.

    Args:
        config: seeds.

    Returns:
        Largest |theta_1 - factor theta_2| over the run, and how far the units moved; dims (seed, unit_map, factor).
    """

    def one(key: Any, chosen: Any) -> tuple[Any, Any]:
        x, y, _ = _data(key, chosen)
        return jax.vmap(lambda factor: _departure(key, x, y, chosen, factor))(jnp.asarray(FACTORS))

    departure, moved = _for_all(config, one)
    dims = ("seed", "unit_map", "factor")
    return xr.Dataset(
        {"departure": (dims, departure), "moved": (dims, moved)},
        coords={"seed": range(config.seeds), "unit_map": list(UNIT_MAPS), "factor": list(FACTORS)},
    )


def _for_all(config: Config, function: Callable) -> Any:
    keys = jax.random.split(jax.random.key(config.seed), config.seeds)
    over_maps = jax.vmap(function, in_axes=(None, 0))
    return jax.jit(jax.vmap(over_maps, in_axes=(0, None)))(keys, jnp.eye(len(UNIT_MAPS)))


def _network(weights: Any, x: Any, chosen: Any) -> Any:
    u, v = weights
    values = jnp.stack([unit_map(x @ u.T) for unit_map in UNIT_MAPS.values()])
    return jnp.tensordot(chosen, values, 1) @ v


def _loss(weights: Any, x: Any, y: Any, chosen: Any) -> Any:
    return 0.5 * jnp.mean(jnp.sum((y - _network(weights, x, chosen)) ** 2, axis=1))


def _largest(tree: Any) -> Any:
    return jnp.max(jnp.stack([jnp.max(jnp.abs(leaf)) for leaf in jax.tree.leaves(tree)]))


def _data(key: Any, chosen: Any) -> tuple[Any, Any, Any]:
    """Gaussian inputs, the outputs of a teacher of two units, and factors in [0.3, 0.7]."""
    x_key, factors = jax.random.split(key)
    x = jax.random.normal(x_key, (SAMPLE, SIZE))
    frame = jnp.eye(SIZE)[:2] * jnp.array([[2.0], [1.0]])
    y = _network((frame, jnp.array([[1.5, 0.5], [-0.5, 1.0]])), x, chosen)
    return x, y, jax.random.uniform(factors, (2,), minval=0.3, maxval=0.7)


def _narrow_fixed_point(key: Any, chosen: Any, x: Any, y: Any) -> Any:
    """A network of one unit at a minimum, by the method of Levenberg and Marquardt."""
    u = jax.random.normal(key, (SIZE,)) + jnp.array([1.0, 0.0, 0.0])

    def unpacked(flat: Any) -> Any:
        return flat[None, :SIZE], flat[None, SIZE:]

    def loss(flat: Any) -> Any:
        return _loss(unpacked(flat), x, y, chosen)

    def damped(carry: Any, _: Any) -> tuple[Any, None]:
        flat, damping = carry
        jacobian = jax.jacobian(lambda f: _network(unpacked(f), x, chosen).ravel())(flat) / SAMPLE**0.5
        square = jacobian.T @ jacobian + damping * jnp.eye(flat.shape[0])
        tried = flat - jnp.linalg.solve(square, jax.grad(loss)(flat))
        better = loss(tried) < loss(flat)
        return (jnp.where(better, tried, flat), damping * jnp.where(better, 0.3, 4.0)), None

    start = jnp.concatenate([u, jnp.array([1.0, 0.3])])
    (flat, _), _ = jax.lax.scan(damped, (start, jnp.asarray(1.0)), length=400)
    return unpacked(flat)


def _wider(u: Any, v: Any, gammas: Any) -> list[Any]:
    first, second = gammas
    return [
        split_unit(u, v, 0, first),
        silent_unit(u, v),
        scaled_copy(u, v, 0, first, second),
        combined_unit(u, v, -gammas[:1], gammas[1:]),
    ]


def _departure(key: Any, x: Any, y: Any, chosen: Any, factor: Any) -> tuple[Any, Any]:
    """The midpoint rule for 5 units of time; a relation that is linear is kept by its steps as well."""
    first, second = jax.random.split(jax.random.fold_in(key, 2))
    u, v = 0.3 * jax.random.normal(first, (6, SIZE)), 0.3 * jax.random.normal(second, (6, OUTPUTS))
    begin = (u.at[0].set(factor * u[1]), v.at[0].set(factor * v[1]))
    step = 0.01

    def velocity(weights: Any) -> Any:
        return jax.tree.map(jnp.negative, jax.grad(_loss)(weights, x, y, chosen))

    def shifted(weights: Any, by: float, slope: Any) -> Any:
        return jax.tree.map(lambda w, s: w + by * s, weights, slope)

    def advance(weights: Any, _: Any) -> tuple[Any, Any]:
        middle = shifted(weights, step / 2, velocity(weights))
        new = shifted(weights, step, velocity(middle))
        return new, _largest([leaf[0] - factor * leaf[1] for leaf in new])

    end, departures = jax.lax.scan(advance, begin, length=500)
    return jnp.max(departures), _largest([after[1] - before[1] for after, before in zip(end, begin, strict=True)])
