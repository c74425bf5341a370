"""Stage II: the landscape that an isolated unit climbs, on all pairs of several groups and on a part of them."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Int, PRNGKeyArray

from separatrix.learning.tasks import cyclic, direct_product, symmetric
from separatrix.observables import Irreps, irrep_power, real_irreps
from separatrix.studies.li2_grokking.config import Config
from separatrix.theory import (
    Ascent,
    FeatureEnergy,
    ascend,
    feature_energy,
    frequency_energy,
    largest_energy,
    token_energy,
)

GROUPS: dict[str, Callable[[], Int[np.ndarray, "m m"]]] = {
    "Z7": lambda: cyclic(7),
    "Z11": lambda: cyclic(11),
    "Z12": lambda: cyclic(12),
    "Z3 x Z4": lambda: direct_product(cyclic(3), cyclic(4)),
    "S3": lambda: symmetric(3),
    "S4": lambda: symmetric(4),
}
SHARES = (0.25, 0.4, 0.5, 0.6, 0.7, 0.85)
"""Shares of the pairs that are kept."""
PURE = 0.8
"""Share of a unit's energy in one irrep from which it counts as a feature; the card's."""
LOOSE = 1e-4
"""Residual at which the ascent on a part of the pairs stops: there directions are flat, and energies settled."""
MOST = 500
"""Steps of the ascent on all pairs at most; about forty are needed."""
DIFFERENCE = 1e-5
"""Step of the finite differences."""


def features(weights: Array, irreps: Irreps) -> tuple[Array, Array, Array]:
    """Of units' weights (..., 2 m): the irrep of the most energy, its share, and the constant's share of all."""
    m = len(irreps.label)
    power = jnp.sum(irrep_power(weights.reshape(*weights.shape[:-1], 2, m), irreps), axis=-2)
    total, alive = jnp.sum(power, axis=-1), power[..., 1:]
    largest = jnp.argmax(alive, axis=-1) + 1
    return largest, jnp.max(alive, axis=-1) / total, power[..., 0] / total


def slopes(config: Config) -> xr.Dataset:
    """The gradient of the energy at random weights, by the closed form, without centring, and by finite differences.

    Args:
        config: modulus and seeds.

    Returns:
        ``error`` (seed, formula): largest relative difference to central differences; pairs as in the lazy stage.
    """
    table = cyclic(config.modulus)

    def one(key: PRNGKeyArray) -> Array:
        of_pairs, of_weights = jax.random.split(key)
        train = jax.random.uniform(of_pairs, table.shape) < config.lazy_fraction
        energy, plain = (feature_energy(table, train, centred=centred) for centred in (True, False))
        w = jax.random.normal(of_weights, (2 * config.modulus,))
        w = w / jnp.linalg.norm(w)
        moved = DIFFERENCE * jnp.eye(len(w))
        numeric = jax.vmap(lambda d: (energy(w + d) - energy(w - d)) / (2 * DIFFERENCE))(moved)
        found = jnp.stack([energy.gradient(w), plain.gradient(w)])
        return jnp.max(jnp.abs(found - numeric[None, :]), axis=1) / jnp.max(jnp.abs(numeric))

    errors = jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(config.seed + 1), config.seeds))
    formulas = ["closed form", "uncentred targets"]
    return xr.Dataset({"error": (("seed", "formula"), np.asarray(errors))}, coords={"formula": formulas})


def maxima(config: Config) -> xr.Dataset:
    """Where ascents from random starts end, on all pairs, with centred targets and without.

    Args:
        config: starts and seeds.

    Returns:
        ``energy``, ``predicted`` (m / 2d of the irrep found), ``share`` of that irrep, ``constant`` share,
        ``dimension`` and ``residual``; dims (seed, start, centred, group).
    """
    tables = [make() for make in GROUPS.values()]
    most = max(len(table) for table in tables)
    elements = np.array([len(table) for table in tables])
    drawn = jax.random.normal(jax.random.key(config.seed + 20), (len(tables), config.seeds, config.starts, 2, most))
    padded = np.where(np.arange(most) < elements[:, None, None, None, None], np.asarray(drawn), 0.0)
    energies = [_padded_energies(table, most) for table in tables]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *energies)
    ends = _climbed(stacked, jnp.asarray(padded.reshape(*padded.shape[:3], 2 * most)))
    found = [_read(jax.tree.map(lambda leaf, k=k: leaf[k], ends), table) for k, table in enumerate(tables)]
    return xr.concat(found, "group", coords="minimal", compat="override").assign_coords(group=list(GROUPS))


def _padded_energies(table: Int[np.ndarray, "m m"], most: int) -> tuple[FeatureEnergy, FeatureEnergy]:
    """The energies with centred and uncentred targets, padded by pairs that are not trained on."""
    beyond = most - len(table)

    def pad(energy: FeatureEnergy) -> FeatureEnergy:
        second, kept = (np.pad(leaf, ((0, beyond), (0, beyond))) for leaf in (energy.second, energy.kept))
        return FeatureEnergy(jnp.asarray(second), jnp.asarray(kept), energy.activation, energy.centred)

    right, wrong = (pad(feature_energy(table, centred=centred)) for centred in (True, False))
    return right, wrong


@eqx.filter_jit
def _climbed(energies: tuple[FeatureEnergy, FeatureEnergy], starts: Array) -> list[Ascent]:
    """Ascents of both energies, all groups, seeds and starts at once."""

    def climb(energy: FeatureEnergy, begin: Array) -> Ascent:
        over_starts = jax.vmap(lambda w: ascend(energy, w, most=MOST))
        return jax.vmap(over_starts)(begin)

    return [eqx.filter_vmap(climb)(energy, starts) for energy in energies]


def _read(ends: list[Ascent], table: Int[np.ndarray, "m m"]) -> xr.Dataset:
    m, irreps = len(table), real_irreps(table)
    columns: dict[str, list[np.ndarray]] = {}
    for end in ends:
        half = end.weights.shape[-1] // 2
        weights = np.asarray(end.weights)
        # on the host: a dozen small programs for each size of group would take longer than all ascents
        parts = [(weights[..., h : h + m] @ irreps.basis.T) ** 2 for h in (0, half)]
        power = sum(parts) @ np.eye(len(irreps.dimension))[irreps.label]
        largest, total = np.argmax(power[..., 1:], axis=-1) + 1, power.sum(axis=-1)
        share, constant = power[..., 1:].max(axis=-1) / total, power[..., 0] / total
        dimension = irreps.dimension[largest]
        values = (end.energy, share, constant, end.residual, dimension, largest_energy(m, dimension))
        for name, value in zip(READ, values, strict=True):
            columns.setdefault(name, []).append(np.asarray(value, float))
    dims = ("centred", "seed", "start")
    return xr.Dataset(
        {name: (dims, np.stack(values)) for name, values in columns.items()}, coords={"centred": [True, False]}
    )


READ = ("energy", "share", "constant", "residual", "dimension", "predicted")


def sampled(config: Config) -> xr.Dataset:
    """Where ascents end when only a random share of the pairs is kept.

    Args:
        config: moduli, starts and seeds (each a sample of pairs).

    Returns:
        ``feature`` (share of starts that end with more than 80 % in one frequency), ``energy`` (mean over starts)
        and ``residual`` (largest), dims (seed, kept, modulus); ``token`` and ``frequency`` (kept, modulus),
        energies in theory.
    """
    runs: list[xr.Dataset] = []
    for modulus in config.sampled_moduli:
        keys = jax.random.split(jax.random.key(config.seed + 40 + modulus), config.seeds)
        found = _on_samples(cyclic(modulus), keys, config)
        runs.append(
            xr.Dataset(
                {name: (("kept", "seed"), np.asarray(value)) for name, value in found.items()}
                | {
                    "token": ("kept", np.asarray(token_energy(modulus, np.array(SHARES)))),
                    "frequency": ("kept", np.asarray(frequency_energy(modulus, np.array(SHARES)))),
                },
                coords={"kept": list(SHARES)},
            ).expand_dims(modulus=[modulus])
        )
    return xr.concat(runs, "modulus")


def _on_samples(table: Int[np.ndarray, "m m"], keys: Array, config: Config) -> dict[str, Array]:
    m, irreps = len(table), real_irreps(table)

    def one(share: Array, key: PRNGKeyArray) -> dict[str, Array]:
        of_pairs, of_starts = jax.random.split(key)
        train = jax.random.permutation(of_pairs, m * m).reshape(m, m) < jnp.round(share * m * m)
        energy = feature_energy(table, train)
        begin = jax.random.normal(of_starts, (config.sampled_starts, 2 * m))
        ends = jax.vmap(lambda w: ascend(energy, w, tolerance=LOOSE, most=config.sampled_steps))(begin)
        _, pure, _ = features(ends.weights, irreps)
        return {
            "feature": jnp.mean(pure > PURE),
            "energy": jnp.mean(ends.energy),
            "residual": jnp.max(ends.residual),
        }

    over_keys = jax.vmap(one, in_axes=(None, 0))
    return jax.jit(lambda shares: jax.lax.map(lambda s: over_keys(s, keys), shares))(jnp.asarray(SHARES))
