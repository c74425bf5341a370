"""Stage III: units that carry the same feature repel each other, and what they leave over points to missing ones."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.learning.networks import activations
from separatrix.learning.tasks import cyclic
from separatrix.observables import real_irreps
from separatrix.studies.li2_grokking.config import Config
from separatrix.studies.li2_grokking.landscape import LOOSE, features
from separatrix.theory import TargetEnergy, ascend, ridge_residual, unit_coupling

UNITS = 60
"""Units whose coupling is looked at; the card's."""
DRAWS = 10
"""Networks of such units for each seed."""
ALIKE = 0.5
"""Cosine from which two features count as alike; the card's."""
ETAS = (1.0, 0.1)
"""Ridges; the card's."""
PHASES = 12
"""Units for each learned frequency: more than the eight independent functions of the pairs that such units span."""
RESIDUAL_ETA = 0.1
STEPS = 500


def wave_units(key: PRNGKeyArray, frequencies: Array, modulus: int) -> Float[Array, "units inputs"]:
    """Weights of unit length that carry one frequency each, at random phases: maxima of the energy."""
    phase = jax.random.uniform(key, (2, len(frequencies), 1), maxval=2 * jnp.pi)
    place = jnp.arange(modulus)[None, None, :]
    waves = jnp.cos(2 * jnp.pi * frequencies[None, :, None] * place / modulus + phase) / modulus**0.5
    return jnp.concatenate([waves[0], waves[1]], axis=1)


def on_all_pairs(weights: Array, modulus: int) -> Float[Array, "pairs units"]:
    """Activities of quadratic units at all pairs, in the table's order."""
    first, second = weights[:, :modulus], weights[:, modulus:]
    active = activations.square(first[:, :, None] + second[:, None, :])
    return active.reshape(len(weights), -1).T


def repulsion(config: Config) -> xr.Dataset:
    """Signs of the coupling of units of random frequencies, and cosines of their features.

    Args:
        config: modulus and seeds.

    Returns:
        ``opposed`` (seed, eta, matrix): of pairs with |cosine| above a half, the share whose coupling has the opposite
        sign; for the inverse, as theory has it, and for the Gram matrix itself. ``coupling`` and ``cosine`` (pair) of
        one seed, coupling over the geometric mean of the diagonal.
    """
    modulus, upper = config.modulus, np.triu_indices(UNITS, 1)

    def one(key: PRNGKeyArray) -> tuple[Array, Array, Array]:
        of_frequency, of_phase = jax.random.split(key)
        frequencies = jax.random.randint(of_frequency, (UNITS,), 1, (modulus + 1) // 2)
        active = on_all_pairs(wave_units(of_phase, frequencies, modulus), modulus)
        ft = active - jnp.mean(active, axis=0, keepdims=True)
        cosine = _scaled(ft.T @ ft)[upper]
        alike = jnp.abs(cosine) > ALIKE
        coupled = jnp.stack([_scaled(unit_coupling(active, eta))[upper] for eta in ETAS])
        naive = jnp.broadcast_to(cosine[None, :], coupled.shape)
        both = jnp.stack([coupled, naive], axis=1)
        opposed = jnp.sign(both) == -jnp.sign(cosine)[None, None, :]
        share = jnp.sum(opposed & alike[None, None, :], axis=-1) / jnp.sum(alike)
        return share, cosine, coupled[0]

    def draws(key: PRNGKeyArray) -> tuple[Array, Array, Array]:
        # one after the other: batched factorisations can stall on a processor of few cores
        share, cosine, coupled = jax.lax.map(one, jax.random.split(key, DRAWS))
        return jnp.mean(share, axis=0), cosine[0], coupled[0]

    share, cosine, coupled = jax.jit(lambda keys: jax.lax.map(draws, keys))(_keys(config, 60))
    return xr.Dataset(
        {
            "opposed": (("seed", "eta", "matrix"), np.asarray(share)),
            "cosine": ("pair", np.asarray(cosine[0])),
            "coupling": ("pair", np.asarray(coupled[0])),
        },
        coords={"eta": list(ETAS), "matrix": ["inverse", "gram"]},
    )


def modulation(config: Config) -> xr.Dataset:
    """Ascent on what units of half of the frequencies leave over, and on the targets themselves.

    Args:
        config: modulus, starts and seeds.

    Returns:
        ``missing`` (seed, targets): share of starts that end at a frequency that no unit carries.
    """
    modulus, table = config.modulus, cyclic(config.modulus)
    irreps, kinds = real_irreps(table), (config.modulus - 1) // 2
    learned = kinds // 2
    answers = jax.nn.one_hot(jnp.asarray(table).ravel(), modulus)

    def one(key: PRNGKeyArray) -> Array:
        of_kinds, of_phase, of_starts = jax.random.split(key, 3)
        carried = jax.random.permutation(of_kinds, kinds)[:learned] + 1
        active = on_all_pairs(wave_units(of_phase, jnp.repeat(carried, PHASES), modulus), modulus)
        left = ridge_residual(active, answers, RESIDUAL_ETA)
        begin = jax.random.normal(of_starts, (config.missing_starts, 2 * modulus))

        def outside(target: Array) -> Array:
            energy = TargetEnergy(target.reshape(modulus, modulus, modulus), activations.square)
            ends = jax.vmap(lambda w: ascend(energy, w, tolerance=LOOSE, most=STEPS))(begin)
            found, _, _ = features(ends.weights, irreps)
            return jnp.mean(~jnp.isin(found, carried))

        return jax.lax.map(outside, jnp.stack([left, answers - jnp.mean(answers, axis=0, keepdims=True)]))

    found = jax.jit(lambda keys: jax.lax.map(one, keys))(_keys(config, 61))
    return xr.Dataset(
        {"missing": (("seed", "targets"), np.asarray(found))}, coords={"targets": ["residual", "all"]}
    ).assign(expected_at_random=(kinds - learned) / kinds)


def _keys(config: Config, stream: int) -> Array:
    return jax.random.split(jax.random.key(config.seed + stream), config.seeds)


def _scaled(matrix: Array) -> Array:
    size = jnp.sqrt(jnp.diagonal(matrix))
    return matrix / (size[:, None] * size[None, :])
