"""The networks of the study: every seed and setting at once, in one compiled program."""

import functools
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from jaxtyping import Array

from separatrix.models.koopman_vae.generation import propagate
from separatrix.models.koopman_vae.losses import batch_operator
from separatrix.models.koopman_vae.network import Batch, SequenceVAE, Weights
from separatrix.models.koopman_vae.operator import linear_residual, noise_floor, successive
from separatrix.models.koopman_vae.prior import Latents
from separatrix.models.training import minibatch, train_steps
from separatrix.studies.koopman_vae.config import Config
from separatrix.studies.koopman_vae.data import KINDS, data_sets

LINEAR = "alpha {:g}"
FROBENIUS = "scaled as in the code"
DRAWN = "paired with its own draws"
INDEPENDENT = "independent prior"
DRAWN_TO_CIRCLE = "moduli drawn to 1"
TONES, TONES_INDEPENDENT = "tones", "tones, independent prior"
SPLINE, ZEROS = "half lost, splines", "half lost, zeros"


class Setting(NamedTuple):
    """One kind of run.

    Args:
        name: of it.
        weights: of the loss.
        data: which kind.
    """

    name: str
    weights: Weights
    data: str = "sines"


def usual(config: Config) -> str:
    """Name of the usual setting."""
    return LINEAR.format(config.linear)


def settings(config: Config) -> list[Setting]:
    """All of them.

    Args:
        config: weights.

    Returns:
        The settings; one of the sweep of alpha is the usual one.
    """
    most = config.linears[-1]

    def weights(linear: float = config.linear, **others: float) -> Weights:
        return Weights(config.divergence, linear, **others)

    return [
        *(Setting(LINEAR.format(linear), weights(linear)) for linear in config.linears),
        Setting(FROBENIUS, weights(0.0, frobenius=most)),
        Setting(DRAWN, weights(teacher=0.0)),
        Setting(INDEPENDENT, weights(0.0, independent=1.0)),
        Setting(DRAWN_TO_CIRCLE, weights(spectral=config.spectral)),
        Setting(TONES, weights(), "tones"),
        Setting(TONES_INDEPENDENT, weights(0.0, independent=1.0), "tones"),
        Setting(SPLINE, weights(), "spline"),
        Setting(ZEROS, weights(), "zeros"),
    ]


class Found(NamedTuple):
    """What is measured of one trained network.

    Args:
        mse: mean squared error of reconstruction.
        unrelated: the same of the prior's own series against the data.
        divergence: in nats a series.
        residual: share of the prior's next states that no linear map gives.
        floor: its noise floor.
        means_residual: as ``residual``, of the prior's means instead of its states.
        split: noise plus unexplained part of the means, over the residual that they make up.
        size: root mean square of the prior's states.
        operator: of the prior's states.
        posterior_operator: of the posterior's means.
        growth: root mean square of z A^n over that of z, n = 0, 1, ...
        generated: series.
    """

    mse: Array
    unrelated: Array
    divergence: Array
    residual: Array
    floor: Array
    means_residual: Array
    split: Array
    size: Array
    operator: Array
    posterior_operator: Array
    growth: Array
    generated: Array


def _train(key: Array, data: Array, weights: Weights, config: Config) -> SequenceVAE:
    of_weights, of_steps = jax.random.split(key)
    network = SequenceVAE(config.channels, config.latent, config.hidden, config.layers, key=of_weights)

    def loss(network: SequenceVAE, data: tuple[Array, Weights], key: Array) -> Array:
        of_batch, of_noise = jax.random.split(key)
        chosen = _batch(minibatch(data[0], of_batch, config.batch))
        return network.terms(chosen, data[1], key=of_noise, constraint="all").total(data[1])

    keys = jax.random.split(of_steps, config.steps)
    # one vector of parameters: a twentieth of the optimiser's kernels to compile
    trained, _, _ = train_steps(network, loss, (data, weights), optax.flatten(optax.adam(config.rate)), keys)
    return eqx.tree_at(lambda n: n.encoder, trained, trained.encoder.settled(data))


def _batch(series: Array) -> Batch:
    return Batch(series, series, jnp.ones_like(series), jnp.zeros((len(series), 0), series.dtype))


def _measure(key: Array, network: SequenceVAE, data: Array, weights: Weights, config: Config) -> Found:
    of_terms, of_prior = jax.random.split(key)
    batch = _batch(data)
    terms = network.terms(batch, weights, key=of_terms, training=False)
    noise = network.noise(of_prior, config.series, config.length)
    drawn = network.prior.sample(noise, batch.conditions, weights.independent)
    generated = network.decode(drawn.states, batch.conditions)
    operator = batch_operator(drawn.states)
    posterior = network.encoder(data, noise)
    ahead = propagate(drawn.states[:, 0], operator, config.ahead + 1)
    growth = jnp.sqrt(jnp.mean(ahead**2, axis=(0, 2)))
    return Found(
        terms.reconstruction / data[0].size,
        jnp.mean((generated - data) ** 2),
        terms.divergence,
        linear_residual(drawn.states),
        noise_floor(drawn.mean, drawn.log_variance),
        linear_residual(drawn.mean),
        _split(drawn, operator),
        jnp.sqrt(jnp.mean(drawn.states**2)),
        operator,
        batch_operator(posterior.mean),
        growth / growth[0],
        generated,
    )


def _split(drawn: Latents, operator: Array) -> Array:
    before, after = successive(drawn.states)
    _, mean = successive(drawn.mean)
    _, log_variance = successive(drawn.log_variance)
    parts = jnp.mean(jnp.exp(log_variance)) + jnp.mean((mean - before @ operator) ** 2)
    return parts / jnp.mean((after - before @ operator) ** 2)


class Plan(NamedTuple):
    """Every seed with every setting, in this order.

    Args:
        names: of the settings.
        keys: of every run; runs of one seed share theirs, so first weights, batches and noise.
        series: of every run, (runs, series, time, channels).
        weights: of every run.
        data: of every seed, (seeds, kinds, series, time, channels).
    """

    names: list[str]
    keys: Array
    series: np.ndarray
    weights: Weights
    data: np.ndarray

    @classmethod
    def of(cls, config: Config) -> "Plan":
        """All runs of a configuration.

        Args:
            config: sizes.

        Returns:
            The plan.
        """
        table = settings(config)
        keys = jax.random.split(jax.random.key(config.seed), config.seeds)
        data = data_sets(config)
        kinds = np.array([KINDS.index(one.data) for one in table])
        columns = zip(*(one.weights for one in table), strict=True)
        weights = Weights(*(jnp.asarray(np.tile(np.array(column, np.float32), config.seeds)) for column in columns))
        series = data[:, kinds].reshape(-1, *data.shape[2:])
        return cls([one.name for one in table], jnp.repeat(keys, len(table)), series, weights, data)


def lower_training(plan: Plan, config: Config) -> Any:
    """The program that trains all runs at once, to be compiled.

    It calls LAPACK (for the constraint's eigenvalues), which in jaxlib stands no second caller: run nothing beside it
    that does so too.

    Args:
        plan: the runs.
        config: sizes.

    Returns:
        A lowered program from keys, series and weights to networks.
    """

    def run(key: Array, series: Array, weights: Weights) -> SequenceVAE:
        return _train(jax.random.fold_in(key, 1), series, weights, config)

    return QUICKLY(jax.vmap(run)).lower(plan.keys, plan.series, plan.weights)


def lower_measuring(plan: Plan, config: Config) -> Any:
    """The program that measures all networks, to be compiled.

    Args:
        plan: the runs.
        config: sizes.

    Returns:
        A lowered program from keys, networks, series and weights to what is found.
    """

    def fresh(key: Array) -> SequenceVAE:
        return SequenceVAE(config.channels, config.latent, config.hidden, config.layers, key=key)

    def run(key: Array, network: SequenceVAE, series: Array, weights: Weights) -> Found:
        return _measure(jax.random.fold_in(key, 2), network, series, weights, config)

    like = eqx.filter_eval_shape(jax.vmap(fresh), plan.keys)
    return QUICKLY(jax.vmap(run)).lower(plan.keys, like, plan.series, plan.weights)


QUICKLY = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 1})
"""Compiles in half of the time; what is compiled so runs no slower here."""


def labelled(found: Found, config: Config, names: list[str]) -> xr.Dataset:
    """What was found, with names.

    Args:
        found: of every run.
        config: number of seeds.
        names: of the settings.

    Returns:
        A dataset, dims seed and setting first.
    """
    own = {
        "operator": ("row", "column"),
        "posterior_operator": ("row", "column"),
        "growth": ("ahead",),
        "generated": ("series", "time", "channel"),
    }
    variables = {
        name: (
            ("seed", "setting", *own.get(name, ())),
            np.asarray(values, float).reshape(config.seeds, len(names), *values.shape[1:]),
        )
        for name, values in found._asdict().items()
    }
    return xr.Dataset(variables, coords={"setting": names, "seed": np.arange(config.seeds)})
