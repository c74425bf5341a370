"""Weights that Langevin dynamics estimates, at a regular and at a singular solution whose exact weights are known."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import EulerMaruyama, Setup, ensemble
from separatrix.learning.rules.langevin import Energy, GaussianPrior, langevin
from separatrix.studies.universality_lens.config import Config
from separatrix.theory import learning_coefficient as coefficient

MODELS = ("regular: a x + b x'", "singular: a b x")
KEPT = 200
FIRST_T = 0.01


def _divergence(model: Array, theta: Array) -> Array:
    """Divergence from the truth a = b = 0, in nats an example, for unit noise and standard normal inputs."""
    return jnp.where(model == 0, jnp.sum(theta**2), jnp.prod(theta) ** 2) / 2


def exact_mean(t: np.ndarray) -> np.ndarray:
    """E_t[K] of both models, shape (2, t)."""
    return np.stack([1 / (1 + t), coefficient.product_divergence(t)])


def exact_log_weight(t: np.ndarray) -> np.ndarray:
    """-log Z(t) of both models, shape (2, t)."""
    return np.stack([np.log1p(t), -coefficient.product_log_partition(t)])


def ladder(config: Config) -> xr.Dataset:
    """-log Z by integrating the mean divergence of Langevin's samples over inverse temperatures, and exactly.

    Beside it what counting parameters says.

    Args:
        config: sizes.

    Returns:
        By seed, model and t.
    """
    rungs = np.geomspace(FIRST_T, config.largest_t, config.ladder)

    def build(key: Array, t: Array, model: Array) -> Setup:
        energy = Energy(lambda theta: _divergence(model, theta), GaussianPrior(1.0), t)
        law = langevin(lambda walkers: jnp.sum(jax.vmap(energy)(walkers)))
        start = jax.random.normal(key, (config.walkers, 2))
        mean = lambda walkers: jnp.mean(jax.vmap(lambda theta: _divergence(model, theta))(walkers))  # noqa: E731
        return Setup(law, start, {"divergence": mean})

    found = ensemble(
        build,
        _times(config),
        seeds=config.seeds,
        grid={"t": rungs, "model": np.arange(len(MODELS))},
        key=jax.random.key(config.seed),
        method=EulerMaruyama(config.ladder_step),
    )
    mean = found["divergence"].isel(time=slice(1, None)).mean("time").transpose("seed", "model", "t").to_numpy()
    fine = np.geomspace(FIRST_T, config.largest_t, 200)
    return xr.Dataset(
        {
            "divergence": (("seed", "model", "t"), mean, {"units": "nats an example"}),
            "log_weight": (("seed", "model", "t"), coefficient.thermodynamic_log_weight(rungs, mean)),
            "exact_divergence": (("model", "t"), exact_mean(rungs)),
            "exact": (("model", "t"), exact_log_weight(rungs)),
            "counted": (("model", "t"), np.broadcast_to(np.log1p(rungs), (2, len(rungs)))),
            "fine_exact": (("model", "fine_t"), exact_log_weight(fine)),
        },
        coords={"t": rungs, "fine_t": fine, "model": list(MODELS), "seed": np.arange(config.seeds)},
    )


def _times(config: Config) -> np.ndarray:
    """Zero, then the times of the samples, all multiples of the step."""
    steps = round(config.ladder_time / config.ladder_step)
    kept = min(KEPT, steps)
    return config.ladder_step * np.concatenate([[0], steps // 5 + (steps // kept) * np.arange(1, kept + 1)])


def tempered(config: Config) -> xr.Dataset:
    """The learning coefficient from one temperature, beta = 1/log n: E_beta[n L] - n L(truth) over log n, on data.

    By Langevin from the product model on noise of unit size, a data set a seed, and by the exact integral.

    Args:
        config: sizes.

    Returns:
        By seed.
    """
    n = config.tempered_examples
    beta = 1 / np.log(n)

    def build(key: Array) -> Setup:
        moments, excess = _data(key, n)
        law = langevin(lambda w: jnp.sum(beta * jax.vmap(excess)(w) + jnp.sum(w**2, axis=1) / 2))
        start = jax.random.normal(jax.random.fold_in(key, 1), (2 * config.walkers, 2))
        observe = {"excess": lambda w: jnp.mean(jax.vmap(excess)(w)), "moments": lambda w: moments}
        return Setup(law, start, observe)

    found = ensemble(
        build,
        _times(config),
        seeds=config.seeds,
        key=jax.random.key(config.seed + 1),
        method=EulerMaruyama(config.ladder_step),
    )
    moments = jnp.asarray(found["moments"].isel(time=0).to_numpy())
    slope = jax.grad(coefficient.product_log_evidence)
    exact = jax.jit(jax.vmap(lambda m: -slope(beta, m[0], m[1])))(moments)
    return xr.Dataset(
        {
            "langevin": beta * found["excess"].isel(time=slice(1, None)).mean("time"),
            "exact": ("seed", beta * np.asarray(exact)),
            "population": beta * n * float(coefficient.product_divergence(beta * n)),
        },
    )


def _data(key: Array, n: int) -> tuple[Array, Callable[[Array], Array]]:
    """Sums of x^2 and x y over n examples of pure noise, and the excess loss n L(ab) - n L(0)."""
    x, y = jax.random.normal(key, (2, n))
    moments = jnp.stack([jnp.sum(x**2), jnp.sum(x * y)])

    def excess(theta: Array) -> Array:
        product = jnp.prod(theta)
        return product**2 * moments[0] / 2 - product * moments[1]

    return moments, excess


def balls(config: Config) -> xr.Dataset:
    """The exact weight of a divergence ball against its radius: regular, W = 1 - exp(-eps), and singular."""
    radius = np.geomspace(1e-10, 1e-2, 33)
    log_weight = np.log(np.stack([-np.expm1(-radius), coefficient.product_weight(radius)]))
    return xr.Dataset(
        {"log_weight": (("model", "radius"), log_weight, {"units": "nats"})},
        coords={"model": list(MODELS), "radius": ("radius", radius, {"units": "nats an example"})},
    )
