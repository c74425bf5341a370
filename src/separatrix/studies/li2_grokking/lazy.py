"""Stage I: what a ridge readout sends back to random features, exactly and for all ridges at once."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, PRNGKeyArray

from separatrix.learning.networks import activations
from separatrix.learning.tasks import cyclic
from separatrix.studies.li2_grokking.config import Config
from separatrix.theory import readout_signal, ridge_readout, ridge_signal

ETAS = np.sort(np.append(np.geomspace(1e-3, 1e5, 17), 1.25))
"""Ridges; 0.1, 10 and 1000 among them, and an eighth of ten, which is as much for each unit of an eighth of them."""
EXACT_ETAS = (0.1, 10.0, 1000.0)


def random_features(key: PRNGKeyArray, modulus: int, width: int, fraction: float) -> tuple[Array, Array]:
    """Features of Gaussian weights N(0, 1 / 2M) on a random part of the pairs, and the one-hot answers."""
    of_pairs, of_weights = jax.random.split(key)
    pairs = jax.random.permutation(of_pairs, modulus**2)[: round(fraction * modulus**2)]
    g, h = pairs // modulus, pairs % modulus
    w = jax.random.normal(of_weights, (2 * modulus, width)) / (2 * modulus) ** 0.5
    answers = jnp.asarray(cyclic(modulus))[g, h]
    return activations.square(w[g] + w[modulus + h]), jax.nn.one_hot(answers, modulus)


def lazy(config: Config) -> xr.Dataset:
    """The back-propagated signal of the ridge readout of random features.

    Args:
        config: modulus, share of pairs and widths.

    Returns:
        ``cosine`` (seed, width, eta), mean over units, of the signal with Yt Yt^T Ft; ``norm`` of the signal; ``error``
        (seed, exact_eta, formula), the largest relative difference of the closed form, and of the one without the
        factor on the right, to the signal of the ridge readout.
    """
    keys = jax.random.split(jax.random.key(config.seed), config.seeds)
    runs = {}
    for width in (config.narrow, config.wide):
        runs[width] = jax.tree.map(np.asarray, _signals(keys, config.modulus, width, config.lazy_fraction))
    return xr.Dataset(
        {
            "cosine": (("seed", "width", "eta"), np.stack([run[0] for run in runs.values()], axis=1)),
            "norm": (("seed", "width", "eta"), np.stack([run[1] for run in runs.values()], axis=1)),
            "error": (
                ("seed", "exact_eta", "formula"),
                np.asarray(_errors(keys, config.modulus, config.narrow, config.lazy_fraction)),
            ),
        },
        coords={
            "width": list(runs),
            "eta": ETAS,
            "exact_eta": list(EXACT_ETAS),
            "formula": ["exact", "one-sided"],
        },
    )


def _signals(keys: Array, modulus: int, width: int, fraction: float) -> tuple[Array, Array]:
    @jax.jit
    def one(key: PRNGKeyArray) -> tuple[Array, Array]:
        features, answers = random_features(key, modulus, width, fraction)
        yt, ft = _centred(answers), _centred(features)
        values, vectors = jnp.linalg.eigh(ft @ ft.T)
        values, y, f = jnp.maximum(values, 0.0), vectors.T @ yt, vectors.T @ ft
        alone = y.T @ f

        def at(eta: Array) -> tuple[Array, Array]:
            # in the eigenbasis column j of the signal is D y r_j with r = y^T D f / eta, D = eta / (values + eta)
            damped = eta / (values + eta)
            r = (y * damped[:, None]).T @ f / eta
            inner, alike = (y.T @ (y * (damped**k)[:, None]) for k in (1, 2))
            size = jnp.sum(r * (alike @ r), axis=0)
            own = jnp.sum(alone * (y.T @ y @ alone), axis=0)
            cosine = jnp.sum(r * (inner @ alone), axis=0) / jnp.sqrt(size * own)
            return jnp.mean(cosine), jnp.sqrt(jnp.sum(size))

        return jax.vmap(at)(jnp.asarray(ETAS))

    return jax.lax.map(one, keys)


def _errors(keys: Array, modulus: int, width: int, fraction: float) -> Array:
    def one(key: PRNGKeyArray) -> Array:
        features, answers = random_features(key, modulus, width, fraction)
        yt, ft = _centred(answers), _centred(features)

        def at(eta: Array) -> Array:
            true = readout_signal(features, answers, ridge_readout(features, answers, eta))
            left = eta * jnp.linalg.solve(ft @ ft.T + eta * jnp.eye(len(ft)), yt)
            formulas = (ridge_signal(features, answers, eta), left @ (yt.T @ ft) / eta)
            return jnp.stack([jnp.max(jnp.abs(f - true)) for f in formulas]) / jnp.max(jnp.abs(true))

        return jax.lax.map(at, jnp.asarray(EXACT_ETAS))

    return jax.jit(lambda all_keys: jax.lax.map(one, all_keys))(keys)


def _centred(columns: Array) -> Array:
    return columns - jnp.mean(columns, axis=0, keepdims=True)
