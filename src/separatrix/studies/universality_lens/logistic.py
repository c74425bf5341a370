"""Bayesian logistic regression in two dimensions: Langevin samples against the exact mixture and a single point."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import EulerMaruyama, Setup, ensemble
from separatrix.learning.rules.langevin import GaussianPrior, langevin, mean_predictive, posterior_energy
from separatrix.studies.universality_lens.config import Config
from separatrix.theory.mixture_regret import bernoulli_divergence

REACH = 5.0
"""The exact integral covers so many prior standard deviations on either side."""
TESTED = 40
BURN_IN = 1000
NEWTON = 30


def negative_log_likelihood(theta: Array, batch: tuple[Array, Array]) -> Array:
    """Mean over examples of -log P(y|x), for labels -1 and 1."""
    x, y = batch
    return jnp.mean(jax.nn.softplus(-y * (x @ theta)))


def draw(key: Array, config: Config) -> tuple[Array, Array, Array]:
    """True coefficients from the prior, inputs and labels of one data set."""
    normal_key, label_key = jax.random.split(key)
    normals = jax.random.normal(normal_key, (config.logistic_examples + 1, 2))
    theta, x = config.logistic_scale * normals[0], normals[1:]
    y = jnp.where(jax.random.uniform(label_key, (len(x),)) < jax.nn.sigmoid(x @ theta), 1.0, -1.0)
    return theta, x, y


def logistic(config: Config) -> xr.Dataset:
    """Predictions and test regret of Langevin's samples, the exact mixture and the best point, a data set a seed.

    Samples of the posterior, and of the wrong build: the mean energy, at a temperature that is n times too high.

    Args:
        config: sizes.

    Returns:
        Differences and regrets over seeds.
    """
    step = config.logistic_step
    times = step * np.concatenate([[0], BURN_IN + config.thinning * np.arange(1, config.samples + 1)])
    prior = GaussianPrior(config.logistic_scale)

    def build(key: Array, share: Array) -> Setup:
        _, x, y = draw(key, config)
        energy = posterior_energy(negative_log_likelihood, (x, y), prior)
        # the member's key is observed, so that its data can be drawn once more below
        observe = {"theta": lambda theta: theta, "key": lambda _: jax.random.key_data(key)}
        return Setup(langevin(lambda theta: share * energy(theta)), jnp.zeros(2), observe)

    found = ensemble(
        build,
        times,
        seeds=config.data_sets,
        grid={"share": [1.0, 1.0 / config.logistic_examples]},
        key=jax.random.key(config.seed),
        method=EulerMaruyama(step),
    )
    keys = found["key"].isel(time=0, share=0).to_numpy().astype(np.uint32)
    again = jax.vmap(lambda data: draw(jax.random.wrap_key_data(data), config))
    theta, x, y = jax.jit(again)(jnp.asarray(keys))
    samples = jnp.asarray(found["theta"].isel(time=slice(1, None)).transpose("seed", "share", "time", ...).to_numpy())
    fresh = jax.random.normal(jax.random.key(config.seed + 1), (TESTED, 2))
    exact, sampled, last = jax.jit(jax.vmap(lambda *one: _predictions(config, fresh, *one)))(x, y, samples)
    single = jax.nn.sigmoid(jnp.asarray(_densest(np.asarray(x), np.asarray(y), config.logistic_scale)) @ fresh.T)
    truth = jax.nn.sigmoid(theta @ fresh.T)

    def regret(chance: Array) -> np.ndarray:
        return np.asarray(jnp.mean(bernoulli_divergence(truth, chance), axis=1))

    return xr.Dataset(
        {
            "difference": ("seed", np.abs(exact - sampled[:, 0]).mean(axis=1)),
            "difference_of_mean": ("seed", np.abs(exact - sampled[:, 1]).mean(axis=1)),
            "regret_mixture": ("seed", regret(exact), {"units": "nats"}),
            "regret_langevin": ("seed", regret(sampled[:, 0]), {"units": "nats"}),
            "regret_sample": ("seed", regret(last), {"units": "nats"}),
            "regret_point": ("seed", regret(single), {"units": "nats"}),
        },
        coords={"seed": np.arange(config.data_sets)},
    )


def _predictions(config: Config, fresh: Array, x: Array, y: Array, samples: Array) -> tuple[Array, ...]:
    """Chance of label 1 at fresh inputs by the integral on a grid, by samples (2, s, 2), by one sample."""
    prior = GaussianPrior(config.logistic_scale)
    energy = posterior_energy(negative_log_likelihood, (x, y), prior)
    side = config.logistic_scale * jnp.linspace(-REACH, REACH, config.grid)
    nodes = jnp.stack(jnp.meshgrid(side, side, indexing="ij"), -1).reshape(-1, 2)
    density = jax.nn.softmax(-jax.vmap(energy)(nodes))
    exact = density @ jax.nn.sigmoid(nodes @ fresh.T)
    sampled = jnp.exp(jax.vmap(mean_predictive)(jax.nn.log_sigmoid(samples @ fresh.T)))
    return exact, sampled, jax.nn.sigmoid(fresh @ samples[0, -1])


def _densest(x: np.ndarray, y: np.ndarray, scale: float) -> np.ndarray:
    """The coefficients of largest posterior density, by Newton's method for all data sets at once, shape (sets, 2)."""
    theta = np.zeros((len(x), 2))
    for _ in range(NEWTON):
        wrong = 1 / (1 + np.exp(y * np.einsum("snd,sd->sn", x, theta)))
        slope = theta / scale**2 - np.einsum("sn,snd->sd", y * wrong, x)
        curvature = np.eye(2) / scale**2 + np.einsum("sn,snd,sne->sde", wrong * (1 - wrong), x, x)
        theta = theta - np.linalg.solve(curvature, slope[..., None])[..., 0]
    return theta
