"""What needs no training: exact Hankel operators, counted parameters and multiplications, and least squares."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from separatrix.models.structured import (
    StNN,
    dense_least_squares,
    hankel_least_squares,
    hankel_matrix,
    hankel_network,
    structured_network,
)
from separatrix.models.window_networks import dense_map
from separatrix.studies.structured_network.config import Config
from separatrix.theory import impulse_response

POLES = np.array([0.95, 0.8, -0.6])
"""Of the system of third order whose windows are learnt from, each driven and seen with weight 1."""


def deinterleaving(size: int) -> tuple[int, ...]:
    """The wrong order: halves taken apart where they should be interleaved, after each recursion."""
    order = np.zeros(1, int)
    while order.size < size:
        both = np.concatenate([order, order + order.size])
        order = np.concatenate([both[::2], both[1::2]])
    return tuple(order.tolist())


def disordered(network: StNN) -> StNN:
    """A network whose first butterfly ends in the wrong order."""
    butterfly = network.widening.butterfly
    wrong = dataclasses.replace(butterfly, order=deinterleaving(butterfly.size))
    return eqx.tree_at(lambda n: n.widening.butterfly, network, wrong)


def straight(network: StNN) -> StNN:
    """A network that does not turn the window round."""
    return eqx.tree_at(lambda n: n.widening, network, dataclasses.replace(network.widening, reverse=False))


@eqx.filter_jit
def _apply(network: StNN, x: jax.Array) -> jax.Array:
    return network(x)


def exact(config: Config) -> xr.Dataset:
    """Relative errors of the network that should be a random Hankel matrix, right and built wrongly.

    Args:
        config: the study's.

    Returns:
        ``right``, ``wrong order`` and ``not reversed`` over (seed, window).
    """
    builds: dict[str, Callable[[StNN], StNN]] = {
        "right": lambda network: network,
        "wrong_order": disordered,
        "not_reversed": straight,
    }
    errors = np.zeros((len(builds), config.seeds, len(config.windows)))
    for seed in range(config.seeds):
        rng = np.random.default_rng([config.seed, seed])
        for place, n in enumerate(config.windows):
            generator, x = rng.normal(size=2 * n - 1), rng.normal(size=n)
            wanted = hankel_matrix(generator) @ x
            network = hankel_network(generator)
            for row, build in enumerate(builds.values()):
                found = np.asarray(_apply(build(network), jnp.asarray(x)))
                errors[row, seed, place] = np.linalg.norm(found - wanted) / np.linalg.norm(wanted)
    dims = ("seed", "window")
    return xr.Dataset(
        {name: (dims, values) for name, values in zip(builds, errors, strict=True)},
        coords={"window": list(config.windows)},
    )


def counts(config: Config) -> xr.Dataset:
    """Parameters of the networks, leaf by leaf, and multiplications, from the compiled program's own steps.

    Args:
        config: the study's.

    Returns:
        ``parameters`` and ``multiplications`` over (network, window).
    """
    builds: dict[str, Callable[[int, jax.Array], Any]] = {
        "structured": lambda n, key: structured_network(n, key=key, slope=1.0),
        "no ends": lambda n, key: structured_network(n, key=key, slope=1.0, ends=False),
        "unshared": lambda n, key: structured_network(n, key=key, slope=1.0, shared=False),
        "dense": lambda n, key: dense_map(n, key=key, slope=1.0),
    }
    key = jax.random.key(config.seed)
    networks = [
        [eqx.filter_eval_shape(functools.partial(build, n), key) for n in config.windows] for build in builds.values()
    ]
    table = {
        "parameters": [[parameters(network) for network in row] for row in networks],
        "multiplications": [
            [multiplications(network, n) for network, n in zip(row, config.windows, strict=True)] for row in networks
        ],
    }
    coords = {"network": list(builds), "window": list(config.windows)}
    return xr.Dataset({name: (("network", "window"), values) for name, values in table.items()}, coords=coords)


def parameters(network: Any) -> int:
    """Numbers in the leaves of a network, or of its shapes."""
    return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(network) if _shaped(leaf))


def _shaped(leaf: Any) -> bool:
    return eqx.is_inexact_array(leaf) or isinstance(leaf, jax.ShapeDtypeStruct)


def multiplications(network: Any, window: int) -> int:
    """Multiplications that one more window costs: those of a batch of two less those of one.

    Args:
        network: of columns, or its shapes.
        window: n.

    Returns:
        The number; what is computed once for all windows is not counted.
    """
    arrays, fixed = eqx.partition(network, _shaped)

    def of(batch: int) -> int:
        program = jax.make_jaxpr(lambda a, x: eqx.combine(a, fixed)(x))(arrays, jnp.zeros((window, batch)))
        return _count(program.jaxpr)

    return of(2) - of(1)


def _count(program: Any) -> int:
    total = 0
    for equation in program.eqns:
        name, size = equation.primitive.name, int(np.prod(equation.outvars[0].aval.shape))
        if name == "mul":
            total += size
        elif name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            shape = equation.invars[0].aval.shape
            total += size * int(np.prod([shape[axis] for axis in contracted]))
        inner = [value.jaxpr for value in equation.params.values() if hasattr(value, "jaxpr")]
        repeats = equation.params.get("length", 1) if name == "scan" else 1
        total += repeats * sum(_count(program) for program in inner)
    return total


def estimates(config: Config) -> xr.Dataset:
    """Least squares over the Hankel numbers and over all entries, from noisy windows of a linear system.

    Args:
        config: the study's.

    Returns:
        Relative errors ``structured`` and ``dense`` over (seed, samples), the ``singular`` values of the matrix over
        ``order``, those of the matrix of a system of higher order as ``richer``, and its ``norm``.
    """
    n = config.window
    matrix = hankel_matrix(impulse_response(POLES, np.ones(len(POLES)), 2 * n - 1))
    richer = hankel_matrix(impulse_response(np.append(POLES, 0.3), np.ones(len(POLES) + 1), 2 * n - 1))
    norm = np.linalg.norm(matrix)
    found = np.zeros((2, config.estimates, len(config.samples)))
    for seed in range(config.estimates):
        rng = np.random.default_rng([config.seed, seed, 1])
        for place, count in enumerate(config.samples):
            past = rng.normal(size=(count, n))
            future = past @ matrix.T + config.noise * rng.normal(size=(count, n))
            fits = hankel_matrix(hankel_least_squares(past, future)), dense_least_squares(past, future)
            found[:, seed, place] = [np.linalg.norm(fit - matrix) / norm for fit in fits]
    dims = ("seed", "samples")
    return xr.Dataset(
        {
            "structured": (dims, found[0]),
            "dense": (dims, found[1]),
            "singular": ("order", np.linalg.svd(matrix)[1]),
            "richer": ("order", np.linalg.svd(richer)[1]),
            "norm": norm,
            "noise": config.noise,
        },
        coords={"samples": list(config.samples), "order": np.arange(1, n + 1)},
    )
