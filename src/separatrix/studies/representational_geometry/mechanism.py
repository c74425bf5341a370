"""Where early learning pulls single units, and whether the gradient is the right one."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.learning.losses import bernoulli_cross_entropy
from separatrix.learning.networks import fixed_readout
from separatrix.learning.tasks import unstructured_conditions
from separatrix.studies.representational_geometry.config import Config
from separatrix.theory import attractor_map, count_attractors, expected_gradient

ITERATIONS = 20
ROUNDING = 1e-9
"""At fixed points some preactivations are exactly zero; rounding must not turn such units on."""
SMALL = (10, 8)
"""Inputs and units of the network whose gradient is taken by finite differences."""
SHIFT = 1e-5
SLOPES = {"tanh": lambda u: 1 - jnp.tanh(u) ** 2, "ReLU": lambda u: (u > 0).astype(u.dtype)}
ACTIVATIONS = {"tanh": jnp.tanh, "ReLU": jax.nn.relu}


def attractors(config: Config) -> xr.Dataset:
    """Iterate the map of early learning from random weights, for orthogonal conditions.

    Args:
        config: dimension and units.

    Returns:
        ``count``, how many directions are left, and ``silent``, the share of units that end at zero; dims (seed,
        one_sided, time), the time in iterations.
    """

    def build(key: Array, one_sided: Array) -> Setup:
        of_means, of_weights = jax.random.split(key)
        found = unstructured_conditions(of_means, 4, config.dimension)
        means = jnp.linalg.qr(found.means.T)[0].T

        def slope(u: Array) -> Array:
            return jnp.where(one_sided > 0, (u > ROUNDING).astype(u.dtype), jnp.ones_like(u))

        def step(t: Array, weights: Array, key: Array) -> Array:
            return attractor_map(weights, means, found.labels[:, 0], slope)

        def silent(weights: Array) -> Array:
            return jnp.mean(jnp.linalg.norm(weights, axis=1) < 1e-9)

        start = jax.random.normal(of_weights, (config.attractor_units, config.dimension))
        return Setup(Map(step), start, {"count": count_attractors, "silent": silent})

    return ensemble(
        build,
        np.array([0, ITERATIONS]),
        seeds=config.attractor_seeds,
        grid={"one_sided": np.array([0.0, 1.0])},
        key=jax.random.key(config.seed + 5),
    )[["count", "silent"]]


def gradients(config: Config) -> xr.Dataset:
    """Compare the gradient of theory with finite differences of the loss, and with a wrong build.

    Args:
        config: seeds.

    Returns:
        ``error`` and ``wrong``, relative to the norm of the gradient by finite differences; the wrong one takes the
        slope at the activation. Dims (seed, activation).
    """
    keys = jax.random.split(jax.random.key(config.seed + 6), config.seeds)
    columns = {name: jax.jit(jax.vmap(functools.partial(_errors, name=name)))(keys) for name in ACTIVATIONS}
    values = np.stack([np.asarray(column) for column in columns.values()], axis=1)
    return xr.Dataset(
        {"error": (("seed", "activation"), values[..., 0]), "wrong": (("seed", "activation"), values[..., 1])},
        coords={"seed": np.arange(config.seeds), "activation": list(columns)},
    )


def _errors(key: Array, name: str) -> Array:
    of_means, of_network = jax.random.split(key)
    conditions = unstructured_conditions(of_means, 4, SMALL[0])
    network = fixed_readout(of_network, *SMALL, 1, ACTIVATIONS[name])
    means, labels, readout = conditions.means, conditions.labels[:, 0], network.readout[0]

    def loss(weights: Array) -> Array:
        model = type(network)(weights, network.biases, network.readout, network.activation)
        return bernoulli_cross_entropy(model, (means, conditions.labels))

    shifts = SHIFT * jnp.eye(network.weights.size).reshape(-1, *network.weights.shape)
    rises = jax.vmap(lambda shift: loss(network.weights + shift) - loss(network.weights - shift))(shifts)
    measured = (rises / (2 * SHIFT)).reshape(network.weights.shape)

    active = ACTIVATIONS[name](means @ network.weights.T)
    residual = labels - jax.nn.sigmoid(active @ readout)
    wrong = -(residual[:, None] * SLOPES[name](active) * readout[None, :]).T @ means / len(labels)
    right = expected_gradient(network.weights, readout, means, labels, ACTIVATIONS[name])
    size = jnp.linalg.norm(measured)
    return jnp.stack([jnp.linalg.norm(right - measured), jnp.linalg.norm(wrong - measured)]) / size
