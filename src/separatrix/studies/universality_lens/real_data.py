"""A small network on few real examples: Langevin's ensemble against the single best network, and others."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from separatrix.dynamics import EulerMaruyama, Setup, ensemble
from separatrix.learning import descent
from separatrix.learning.networks import Perceptron
from separatrix.learning.rules.langevin import GaussianPrior, langevin, mean_predictive, posterior_energy
from separatrix.studies.universality_lens.config import Config

ADAM_RATE = 0.02
ORDERS = 1024


SETS = ("diabetes", "biopsies")


ROWS, COLUMNS = 442, 30
"""Examples of each set that are used, and inputs, of which ten are filled and twenty are zero for the diabetics."""


@functools.cache
def examples() -> tuple[np.ndarray, np.ndarray]:
    """Standardised inputs over the root of their number (set, example, input), and labels -1 and 1 (set, example).

    Of 442 diabetics ten measurements and whether the disease advanced by more than the median in a year, which they
    hardly tell; of as many biopsies thirty measurements and whether the tumour was benign, which they nearly always do.

    Returns:
        Inputs and labels.
    """
    from sklearn import datasets

    inputs, labels = np.zeros((2, ROWS, COLUMNS)), np.zeros((2, ROWS))
    for place, load in enumerate((datasets.load_diabetes, datasets.load_breast_cancer)):
        bunch = load()
        x, y = np.asarray(bunch.data), np.asarray(bunch.target)  # pyright: ignore[reportAttributeAccessIssue]
        chosen = np.random.default_rng(0).permutation(len(y))[:ROWS]
        x, y = x[chosen], y[chosen]
        inputs[place, :, : x.shape[1]] = (x - x.mean(axis=0)) / x.std(axis=0) / np.sqrt(x.shape[1])
        labels[place] = np.where(y > (np.median(y) if place == 0 else 0.5), 1.0, -1.0)
    return inputs, labels


@functools.cache
def _orders() -> np.ndarray:
    """Random orders of the examples, of which a seed takes one: cheaper than to sort in every compiled program."""
    rng = np.random.default_rng(1)
    return np.stack([rng.permutation(ROWS) for _ in range(ORDERS)])


class _Problem(NamedTuple):
    """Parameters are one flat vector, so that one draw of noise moves them all."""

    start: Array
    train: tuple[Array, Array]
    test: tuple[Array, Array]
    model: Callable[[Array], Perceptron]

    def logit(self, weights: Array, x: Array) -> Array:
        """Log odds of the label 1, from inputs (n, 30)."""
        return jax.vmap(self.model(weights))(x)[:, 0]

    def loss(self, weights: Array, batch: tuple[Array, Array]) -> Array:
        """Mean over examples of -log P(y|x), in nats."""
        x, y = batch
        return jnp.mean(jax.nn.softplus(-y * self.logit(weights, x)))


def _problem(key: Array, config: Config, data: Array) -> _Problem:
    """A network from the prior, the training examples, and the others."""
    x, y = (jnp.asarray(array)[data] for array in examples())
    choose, draw = jax.random.split(key)
    order, n = jnp.asarray(_orders())[jax.random.bits(choose) % ORDERS], config.network_examples
    zero = [jnp.zeros((config.network_units, COLUMNS)), jnp.zeros((1, config.network_units))]
    template = Perceptron(tuple(zero), (jnp.zeros(config.network_units), jnp.zeros(1)), jnp.tanh)
    flat, model = ravel_pytree(template)
    start = config.network_scale * jax.random.normal(draw, flat.shape)
    return _Problem(start, (x[order[:n]], y[order[:n]]), (x[order[n:]], y[order[n:]]), model)


def real_data(config: Config) -> xr.Dataset:
    """Test log loss of the ensemble, of single networks with and without the prior, and of averaged weights."""
    step = config.network_step
    kept = config.network_burn_in + config.network_thinning * np.arange(1, config.network_samples + 1)
    prior = GaussianPrior(config.network_scale)
    options = {"seeds": config.seeds, "key": jax.random.key(config.seed)}
    sets = {"data": np.arange(len(SETS))}

    def sampler(key: Array, data: Array) -> Setup:
        found = _problem(key, config, data)
        observe = {
            "log_chance": lambda w: jax.nn.log_sigmoid(found.test[1] * found.logit(w, found.test[0])),
            "weights": lambda w: w,
            "key": lambda _: jax.random.key_data(key),
        }
        return Setup(langevin(posterior_energy(found.loss, found.train, prior)), found.start, observe)

    def single(key: Array, data: Array, use_prior: Array) -> Setup:
        found = _problem(key, config, data)

        def objective(weights: Array) -> Array:
            return found.loss(weights, found.train) - use_prior * prior(weights) / config.network_examples

        rule = descent(objective, optax.adam(ADAM_RATE))
        return Setup(rule, rule.initial(found.start), {"loss": lambda learner: found.loss(learner.model, found.test)})

    times = step * np.concatenate([[0], kept])
    found = ensemble(sampler, times, grid=sets, method=EulerMaruyama(step), **options)
    found = found.isel(time=slice(1, None)).transpose("data", "seed", "time", ...)
    best = ensemble(single, [0, config.map_steps], grid={**sets, "use_prior": [1.0, 0.0]}, **options)
    best = best["loss"].isel(time=-1).transpose("data", "seed", ...)
    log_chances = jnp.asarray(found["log_chance"].to_numpy())
    losses = {
        "ensemble": -jnp.mean(mean_predictive(jnp.moveaxis(log_chances, 2, 0)), axis=-1),
        "point": best.sel(use_prior=1.0).to_numpy(),
        "descent": best.sel(use_prior=0.0).to_numpy(),
        "member": -log_chances.mean(axis=(2, 3)),
        "averaged_weights": _loss_of_averaged_weights(found, config),
    }
    return xr.Dataset(
        {kind: (("data", "seed"), np.asarray(value), {"units": "nats"}) for kind, value in losses.items()},
        coords={"seed": found["seed"].to_numpy(), "data": list(SETS)},
    )


def _loss_of_averaged_weights(found: xr.Dataset, config: Config) -> Array:
    def loss(weights: Array, key: Array, data: Array) -> Array:
        problem = _problem(jax.random.wrap_key_data(key), config, data)
        return problem.loss(weights, problem.test)

    weights = jnp.asarray(found["weights"].mean("time").to_numpy())
    keys = jnp.asarray(found["key"].isel(time=0).to_numpy().astype(np.uint32))
    over_seeds = jax.vmap(loss, in_axes=(0, 0, None))
    return jax.jit(jax.vmap(over_seeds))(weights, keys, jnp.arange(len(SETS)))
