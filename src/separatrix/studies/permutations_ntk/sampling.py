"""Ensembles of infinitely wide networks, drawn from their law: over bits and ensemble sizes, and over all inputs."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.studies.permutations_ntk.closed_forms import RATES, TARGETS
from separatrix.studies.permutations_ntk.config import Config
from separatrix.theory.ensemble_size import models_until_right, sample_average, union_bound
from separatrix.theory.infinite_width import OutputLaw, WideNetwork, trained_law
from separatrix.theory.permutations import binary_inputs, models_needed, pair_inputs, permutation_law, unit_length

SIZES = np.unique(np.round(np.geomspace(1, 2000, 56)).astype(int))
"""Ensemble sizes that are looked at."""
BLOCKS = 8
"""In so many parts networks are drawn, for the sake of memory."""


def sampled(config: Config) -> xr.Dataset:
    """Ensembles that grow network by network, asked at inputs with two ones.

    Args:
        config: bits and number of ensembles.

    Returns:
        ``right``: share of ensembles with all signs right, dims (seed, bits, parametrisation, models).
    """
    most = max(config.sampled_bits)
    sizes = jnp.asarray(SIZES)

    def build(key: Array, bits: Array, hidden_rate: Array) -> Setup:
        law = permutation_law(bits, 2, hidden_rate)
        place = jnp.arange(most)
        mean = jnp.where(place < 2, law.ones, law.zeros)

        def grow(t: Array, total: Array, key: Array) -> Array:
            # the sum of the outputs of the networks that join at once
            joining = (sizes[t] - jnp.where(t > 0, sizes[t - 1], 0)).astype(total.dtype)
            noise = jax.random.normal(key, total.shape, total.dtype)
            spread = (jnp.sqrt(joining * law.variance) * noise).astype(total.dtype)
            return total + (joining * mean).astype(total.dtype)[None, :] + spread

        def right(total: Array) -> Array:
            correct = (total > 0) == (place < 2)[None, :]
            return jnp.mean(jnp.all(correct | (place >= bits)[None, :], axis=1))

        return Setup(Map(grow), jnp.zeros((config.draws, most), jnp.float32), {"right": right})

    grid = {"bits": list(config.sampled_bits), "hidden_rate": list(RATES.values())}
    times = np.arange(1 + len(SIZES))
    found = ensemble(build, times, seeds=config.seeds, grid=grid, key=jax.random.key(config.seed))
    right = found.right.isel(time=slice(1, None)).rename(time="models", hidden_rate="parametrisation")
    return right.assign_coords(models=SIZES, parametrisation=list(RATES)).to_dataset()


def all_inputs(config: Config) -> xr.Dataset:
    """For every draw of an ensemble's noise, how many networks have all inputs right, in the NTK parametrisation.

    Args:
        config: bits and draws.

    Returns:
        ``models``: the number at which 90 % of a seed's draws have every sign at every input right, dims
        (seed, bits); ``pairs``, the same for all inputs with two ones; ``one``, for one of them, and the union
        ``bound`` for all inputs, dims (bits).
    """
    key = jax.random.key(config.seed + 1)
    needed = np.stack([_needed(k, key, config.seeds, config.all_draws) for k in config.all_bits], axis=1)
    found = xr.Dataset({name: (("bits", "seed"), needed[i]) for i, name in enumerate(("models", "pairs"))})
    one, bound = [models_needed(k) for k in config.all_bits], _bounds(config.all_bits)
    coords = {"bits": list(config.all_bits), "seed": np.arange(config.seeds)}
    return found.assign(one=("bits", one), bound=("bits", bound)).assign_coords(coords)


def _needed(k: int, key: Array, seeds: int, draws: int) -> np.ndarray:
    """For all inputs together and for those with two ones, shape (2, seeds)."""
    inputs = binary_inputs(k)
    until = np.asarray(_until_right(inputs, key, seeds * draws)).reshape(seeds, draws, -1)
    pairs = np.asarray(inputs).sum(axis=1) == 2
    return np.stack([np.quantile(of.max(axis=2), TARGETS[0], axis=1) for of in (until, until[..., pairs])])


@functools.partial(jax.jit, static_argnames="draws")
def _until_right(inputs: Array, key: Array, draws: int) -> Array:
    law = _single(trained_law(WideNetwork(), *_permutation(inputs), unit_length(inputs)))
    return models_until_right(law, inputs, key, draws, outright=1e-5)


def _permutation(inputs: Array) -> tuple[Array, Array]:
    """Training inputs and targets; by symmetry the permutation that changes nothing stands for all."""
    return jnp.eye(inputs.shape[1]), jnp.eye(inputs.shape[1])


def _single(law: OutputLaw) -> OutputLaw:
    """In single precision: what noise needs, and twice as fast."""
    return OutputLaw(law.mean.astype(jnp.float32), law.covariance.astype(jnp.float32))


def _bounds(bits: tuple[int, ...]) -> np.ndarray:
    k, support = jnp.asarray(bits)[:, None], jnp.arange(2, max(bits) + 1)[None, :]
    law = permutation_law(k, support)
    needed = union_bound(jnp.where(support < k, law.margin, law.ones), law.variance, k * 2.0**k)
    return np.asarray(jnp.max(jnp.where(support <= k, needed, 0.0), axis=1))


def stopping(config: Config) -> xr.Dataset:
    """The paper's rule: add networks one by one and stop when enough inputs with two ones are right.

    Args:
        config: bits.

    Returns:
        ``stopped``: the number of networks then, in the limit of the standard parametrisation, dims
        (seed, target, bits).
    """
    keys = jax.random.split(jax.random.key(config.seed + 2), config.seeds)
    stopped = np.stack([_stopped(k, keys) for k in config.stopping_bits], axis=-1)
    coords = {"seed": np.arange(config.seeds), "target": list(TARGETS), "bits": list(config.stopping_bits)}
    return xr.Dataset({"stopped": (("seed", "target", "bits"), stopped)}, coords)


def _stopped(k: int, keys: Array) -> np.ndarray:
    most = int(1.5 * models_needed(k, 2, TARGETS[-1], 0.0))
    right = np.asarray(_shares(pair_inputs(k), keys, most))
    reached = right[:, None, :] >= np.asarray(TARGETS)[None, :, None]
    return np.where(reached.any(axis=2), reached.argmax(axis=2) + 1.0, np.inf)


@functools.partial(jax.jit, static_argnames="most")
def _shares(inputs: Array, keys: Array, most: int) -> Array:
    """Share of inputs that the average has all right after each network, shape (keys, most)."""
    law = _single(trained_law(WideNetwork(hidden_rate=0.0), *_permutation(inputs), unit_length(inputs)))
    block = -(-most // BLOCKS)

    def shares(key: Array) -> Array:
        def grow(total: Array, key: Array) -> tuple[Array, Array]:
            outputs = sample_average(law, 1.0, key, block)
            return jax.lax.scan(join, total, outputs)

        def join(total: Array, output: Array) -> tuple[Array, Array]:
            total = total + output
            return total, jnp.mean(jnp.all((total > 0) == (inputs > 0), axis=1))

        return jax.lax.scan(grow, jnp.zeros_like(law.mean), jax.random.split(key, BLOCKS))[1].reshape(-1)

    return jax.lax.map(shares, keys)
