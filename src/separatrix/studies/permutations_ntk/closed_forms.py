"""What theory alone says: the law over bits and ones, against kernel regression, and the signs of every input."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jax.scipy.stats import norm
from jaxtyping import Array

from separatrix.studies.permutations_ntk.config import Config
from separatrix.theory.infinite_width import WideNetwork, learned_map, trained_law
from separatrix.theory.permutations import binary_inputs, models_needed, permutation_law, unit_length

LARGEST = 200
SIGNS_UP_TO = 64
RATES = {"NTK": 1.0, "standard": 0.0}
"""Rate of the hidden layer in the limit of infinite width, by parametrisation."""
OUTRIGHT = 1e-9
"""Means below this are zero: at training inputs the mean is 0 up to rounding, and the variance 0."""
TARGETS = (0.9, 0.999)


def law(config: Config) -> xr.Dataset:
    """Means and variance of both parametrisations over bits and ones, and how far kernel regression is from them.

    Args:
        config: bits to check.

    Returns:
        ``ones``, ``zeros`` and ``variance``, dims (parametrisation, bits, support), NaN where there are more ones than
        bits; ``error`` and ``error_of_output_kernel``, the largest distance of kernel regression with T and with K.
    """
    bits, support = np.arange(2, LARGEST + 1), np.arange(1, LARGEST + 1)
    rates = jnp.asarray(list(RATES.values()))[:, None, None]
    found = permutation_law(jnp.asarray(bits)[None, :, None], jnp.asarray(support)[None, None, :], rates)
    exists = support[None, None, :] <= bits[None, :, None]
    dims = ("parametrisation", "bits", "support")
    columns = {name: (dims, np.where(exists, value, np.nan)) for name, value in found._asdict().items()}
    errors = [max(_distance(k, rate) for k in config.bits) for rate in RATES.values()]
    coords = {"parametrisation": list(RATES), "bits": bits, "support": support}
    return xr.Dataset(columns, coords).assign(error=errors[0], error_of_output_kernel=errors[1])


def _distance(k: int, rate: float) -> float:
    """Largest distance of the NTK's closed forms from kernel regression with a hidden rate."""
    support = jnp.arange(1, k + 1)
    on = jnp.arange(k)[None, :] < support[:, None]
    return float(_apart(WideNetwork(hidden_rate=rate), support, on))


@jax.jit
def _apart(network: WideNetwork, support: Array, on: Array) -> Array:
    k = len(support)
    numeric = trained_law(network, jnp.eye(k), jnp.eye(k), unit_length(on.astype(float)))
    closed = permutation_law(k, support)
    mean = jnp.where(on, closed.ones[:, None], closed.zeros[:, None])
    apart = jnp.abs(mean - numeric.mean), jnp.abs(closed.variance - jnp.diagonal(numeric.covariance))[:, None]
    return jnp.maximum(jnp.max(apart[0]), jnp.max(apart[1]))


def signs(config: Config) -> xr.Dataset:
    """Kernel regression of a random permutation, asked at every binary input.

    Args:
        config: the largest number of bits.

    Returns:
        ``wrong``: inputs with any bit wrong, dims (threshold, bits); the thresholds are 0 and 1/2.
    """
    bits = list(range(2, config.exhaustive + 1))
    rng = np.random.default_rng(config.seed)
    wrong = np.array([_wrong(k, rng.permutation(k)) for k in bits]).T
    return xr.Dataset({"wrong": (("threshold", "bits"), wrong)}, {"threshold": [0.0, 0.5], "bits": bits})


def _wrong(k: int, order: np.ndarray) -> list[int]:
    inputs, targets = binary_inputs(k), np.eye(k)[order]
    mean = np.asarray(_weights(inputs)) @ targets
    wanted = np.asarray(inputs) @ targets > 0
    return [int(np.sum(np.any((mean > threshold) != wanted, axis=1))) for threshold in (OUTRIGHT, 0.5)]


@jax.jit
def _weights(inputs: Array) -> Array:
    return learned_map(WideNetwork(), jnp.eye(inputs.shape[1]), unit_length(inputs))


def sizes(config: Config) -> xr.Dataset:
    """How many networks must be averaged at inputs with two ones, and at which inputs most.

    Args:
        config: not used; the sizes are those of the paper.

    Returns:
        ``models``, dims (parametrisation, target, bits), and ``hardest``, the number of ones that needs most networks
        in the NTK parametrisation.
    """
    bits = [*range(2, 31), 50, 100, 200]
    models = [[[models_needed(k, 2, t, rate) for k in bits] for t in TARGETS] for rate in RATES.values()]
    hardest = [int(_hardest(k, models_needed(k))) for k in range(3, 31)]
    coords = {"parametrisation": list(RATES), "target": list(TARGETS), "bits": bits, "few_bits": list(range(3, 31))}
    return xr.Dataset(
        {"models": (("parametrisation", "target", "bits"), models), "hardest": ("few_bits", hardest)}, coords
    )


@jax.jit
def _hardest(k: Array, models: Array) -> Array:
    """By the smallest probability that all signs are right, with as many networks as two ones need."""
    support = jnp.arange(2, 31)
    found = permutation_law(k, support)
    scale = jnp.sqrt(models / found.variance)
    logs = support * norm.logcdf(found.ones * scale) + (k - support) * norm.logcdf(-found.zeros * scale)
    return support[jnp.argmin(jnp.where(support <= k, logs, jnp.inf))]
