"""Boolean functions of three bits: the weight of each among all networks of sign units, and what learning it costs."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jax.scipy.special import logsumexp
from jaxtyping import Array

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.learning.networks.threshold import boolean_functions, threshold_network_counts
from separatrix.studies.universality_lens.config import Config
from separatrix.theory.mixture_regret import gibbs_bound, regret_bound, supervised_regret

INPUTS = 3
PRIORS = ("over parameters", "over functions")


def reachable() -> tuple[np.ndarray, np.ndarray]:
    """The functions that some parameters compute, by falling weight: truth tables (k, 8) and log weights (k,)."""
    counts = threshold_network_counts(INPUTS)
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    return boolean_functions(INPUTS)[order], np.log(counts[order] / counts.sum())


def weights(config: Config) -> xr.Dataset:
    """Weight of every reachable function; and of a smaller class and of units in {0, 1}, which must differ."""
    tables, log_weights = reachable()
    single = threshold_network_counts(INPUTS, units=1)
    zero_one = np.sort(threshold_network_counts(INPUTS, low=0))[::-1]
    return xr.Dataset(
        {
            "log_weight": ("function", log_weights, {"units": "nats"}),
            "ones": ("function", tables.sum(axis=1).astype(float)),
            "reachable": float(len(tables)),
            "reachable_by_one_unit": float((single > 0).sum()),
            "largest_zero_one": float(zero_one[0] / zero_one.sum()),
        },
        coords={"function": np.arange(len(tables))},
    )


def functions(config: Config) -> xr.Dataset:
    """Regret summed over the examples for every reachable function as the truth, and its bounds."""
    tables, log_weights = reachable()
    grid = {"function": np.arange(len(tables)), "prior": np.arange(2)}
    times = (0, *config.samples_seen)
    found = ensemble(
        lambda key, function, prior: _learner(config, config.repeats, function, prior, next_regret=False),
        times,
        seeds=config.seeds,
        grid=grid,
        key=jax.random.key(config.seed),
    )
    found = found[["regret"]].isel(time=slice(1, None)).rename(time="n")
    divergence = jnp.asarray(_divergences(tables, config.noise))
    n = jnp.asarray(config.samples_seen, float)
    prior = jnp.stack([jnp.asarray(log_weights), jnp.full(len(tables), -np.log(len(tables)))])
    both = jax.vmap(
        jax.vmap(lambda d, w: (n * regret_bound(d, w, n)[0], n * gibbs_bound(d, w, n)), (0, None)), (None, 0)
    )
    bounds, gibbs = jax.jit(both)(divergence, prior)
    dims = ("prior", "function", "n")
    return found.assign_coords(prior=list(PRIORS)).assign(
        bound=(dims, np.asarray(bounds)),
        gibbs_bound=(dims, np.asarray(gibbs)),
        log_weight=(("function",), log_weights),
        capacity=np.log(2) + config.noise * np.log(config.noise) + (1 - config.noise) * np.log(1 - config.noise),
    )


def shown(config: Config) -> xr.Dataset:
    """Regret of the next prediction after each example, for a few functions of very different weight."""
    _, log_weights = reachable()
    longest = max(config.samples_seen)
    found = ensemble(
        lambda key, function, prior: _learner(config, config.rank_repeats, function, prior, next_regret=True),
        np.arange(longest + 1),
        seeds=config.seeds,
        grid={"function": np.asarray(config.ranks), "prior": np.arange(2)},
        key=jax.random.key(config.seed + 1),
    )
    found = found.rename(time="n").assign_coords(prior=list(PRIORS))
    level = config.regret_level
    return found[["regret", "next_regret"]].assign(
        needed=_first_below(found["next_regret"], level),
        log_weight=("function", log_weights[list(config.ranks)]),
    )


def _first_below(curve: xr.DataArray, level: float) -> xr.DataArray:
    below = curve < level
    return xr.where(below.any("n"), below.argmax("n"), np.nan).astype(float)


def _divergences(tables: np.ndarray, noise: float) -> np.ndarray:
    differ = np.mean(tables[:, None, :] != tables[None, :, :], axis=2)
    return differ * (1 - 2 * noise) * np.log((1 - noise) / noise)


def _learner(config: Config, repeats: int, function: Array, prior: Array, *, next_regret: bool) -> Setup:
    """The count of ones less zeros at each input, over examples drawn from one true function, in many data sets."""
    tables, log_weights = reachable()
    known, signs = jnp.asarray(tables * 1.0), jnp.asarray(2.0 * tables - 1)
    log_prior = jnp.where(prior == 0, jnp.asarray(log_weights), -np.log(len(tables)))
    evidence_of_one = 0.5 * np.log((1 - config.noise) / config.noise)

    def step(t: Array, counts: Array, key: Array) -> Array:
        draws = jax.random.uniform(jax.random.fold_in(key, function), (2, repeats))
        point = jnp.minimum((draws[0] * known.shape[1]).astype(int), known.shape[1] - 1)
        label = jnp.where(draws[1] < config.noise, -1.0, 1.0) * signs[function, point]
        return counts + label[:, None] * jax.nn.one_hot(point, known.shape[1])

    def regret(counts: Array) -> Array:
        log_mixture = logsumexp(log_prior[None, :] + evidence_of_one * counts @ signs.T, axis=1)
        return jnp.mean(evidence_of_one * counts @ signs[function] - log_mixture)

    def of_the_next(counts: Array) -> Array:
        log_posterior = jax.nn.log_softmax(log_prior[None, :] + evidence_of_one * counts @ signs.T, axis=1)
        chances = config.noise + (1 - 2 * config.noise) * known
        return jnp.mean(jax.vmap(lambda p: supervised_regret(p, chances, chances[function]))(log_posterior))

    observe = {"regret": regret} | ({"next_regret": of_the_next} if next_regret else {})
    return Setup(Map(step), jnp.zeros((repeats, known.shape[1])), observe)
