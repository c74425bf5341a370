"""Random interpolation problems: exact critical rates, growth around them, and the rule of descent in their place."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, Key, PRNGKeyArray

from separatrix.analysis import (
    critical_learning_rate,
    expected_linearised,
    learning_rate_bounds,
    second_moment_radius,
    simulate_linearised,
)
from separatrix.studies.dynamical_stability.config import Config
from separatrix.theory import expected_loss_after_step, loss_noise_floor

FACTORS = (0.9, 1.1, 1.5)
"""Learning rates simulated, in units of the critical one."""


def seed_keys(config: Config, stream: int, kind: str = "threefry2x32") -> Key[Array, " seeds"]:
    """One key a seed, for one experiment.

    Args:
        config: of the study.
        stream: number of the experiment; different ones give independent keys.
        kind: of generator; "rbg" is three times faster in long simulations.

    Returns:
        Keys, shape (seeds,).
    """
    return jax.random.split(jax.random.fold_in(jax.random.key(config.seed, impl=kind), stream), config.seeds)


def _problems(key: PRNGKeyArray, config: Config) -> Float[Array, "problems n p"]:
    shape = (config.problems, config.problem_examples, config.problem_parameters)
    return jax.random.normal(key, shape)


def _rates(gradients: Float[Array, "n p"], batches: Array) -> dict[str, Array]:
    exact = jax.vmap(lambda batch: critical_learning_rate(gradients, batch))(batches)
    bounds = jax.vmap(lambda batch: learning_rate_bounds(gradients, batch))(batches)
    return {"critical": exact, **bounds._asdict(), "total": jnp.sum(gradients**2) / gradients.shape[0]}


def critical_rates(config: Config) -> xr.Dataset:
    """Critical rates and their bounds for random problems at every batch size.

    Args:
        config: of the study.

    Returns:
        ``critical``, ``fourth_moment``, ``trace``, ``largest`` with dims (seed, problem, batch); ``total`` (tr G) with
        (seed, problem).
    """
    problems = jax.vmap(partial(_problems, config=config))(seed_keys(config, 1))
    of_problem = partial(_rates, batches=jnp.asarray(config.batch_sizes))
    found = jax.jit(jax.vmap(jax.vmap(of_problem)))(problems)
    dims = ("seed", "problem", "batch")
    variables = {name: (dims[: value.ndim], np.asarray(value)) for name, value in found.items()}
    return xr.Dataset(variables, coords={"batch": list(config.batch_sizes)})


def _worked_gradients(config: Config) -> Float[Array, "n p"]:
    shape = (config.problem_examples, config.problem_parameters)
    return jnp.asarray(np.random.default_rng(0).normal(size=shape))


def worked_example(config: Config) -> xr.Dataset:
    """The one problem whose numbers can be written down: standard normal gradients from NumPy's generator with seed 0.

    Args:
        config: of the study.

    Returns:
        As ``critical_rates``, without seeds and problems.
    """
    batches = jnp.asarray(sorted({1, 2, 4, 1000, *config.batch_sizes}))
    found = jax.jit(_rates)(_worked_gradients(config), batches)
    values = {name: ("batch", np.asarray(value)) for name, value in found.items() if name != "total"}
    return xr.Dataset(values, coords={"batch": np.asarray(batches)})


PROBLEMS = ("worked", "random")
"""The worked example, the same for every seed, and a random problem of each seed's own."""


def growth(config: Config) -> xr.Dataset:
    """Linearised SGD below and above the critical rate, simulated and exact, with descent at the same rates.

    Args:
        config: of the study.

    Returns:
        ``simulated`` and ``exact`` E|u|^2 with dims (seed, problem, factor, step); ``radius`` of SGD, ``descent`` (the
        factor of |u|^2 of full-batch descent) and ``typical`` (that along almost every trajectory of SGD) with
        (seed, problem, factor); ``fits_descent``, 1.5 critical rates over 2 / largest eigenvalue, with (seed, problem).
    """
    steps = config.trajectory_steps

    def of_factor(key: PRNGKeyArray, gradients: Array, critical: Array, factor: Array) -> dict[str, Array]:
        rate = factor * critical
        simulate_key, typical_key = jax.random.split(key)
        values = jnp.linalg.eigvalsh(gradients @ gradients.T / gradients.shape[0])
        return {
            "simulated": simulate_linearised(
                gradients, rate, steps=steps, trajectories=config.trajectories, key=simulate_key
            ),
            "exact": expected_linearised(gradients, rate, steps=steps),
            "radius": second_moment_radius(gradients, rate),
            "descent": jnp.max((1 - rate * values) ** 2),
            "typical": _typical(typical_key, gradients, rate),
        }

    def of_problem(both: tuple[PRNGKeyArray, Array]) -> dict[str, Array]:
        key, gradients = both
        critical = critical_learning_rate(gradients)
        # one random stream for all rates: they differ in nothing but the rate
        runs = jax.lax.map(lambda f: of_factor(key, gradients, critical, f), jnp.asarray(FACTORS))
        return runs | {"fits_descent": 1.5 * critical / learning_rate_bounds(gradients).largest}

    def of_seed(key: PRNGKeyArray) -> dict[str, Array]:
        problem_key, *run_keys = jax.random.split(key, 3)
        own = jax.random.normal(problem_key, (config.problem_examples, config.problem_parameters))
        return jax.lax.map(of_problem, (jnp.stack(run_keys), jnp.stack([_worked_gradients(config), own])))

    found = jax.jit(lambda keys: jax.lax.map(of_seed, keys))(seed_keys(config, 2, "rbg"))
    dims = ("seed", "problem", "factor", "step")
    return xr.Dataset(
        {name: (dims[: value.ndim], np.asarray(value)) for name, value in found.items()},
        coords={"problem": list(PROBLEMS), "factor": list(FACTORS), "step": np.arange(steps + 1)},
    )


def _typical(key: PRNGKeyArray, gradients: Array, rate: Array) -> Array:
    """Factor a step of |u|^2 along almost every trajectory: exp(2 x Lyapunov exponent), by renormalising."""
    walkers, burn, steps = 500, 50, 300
    basis = jnp.linalg.qr(gradients.T)[0]
    rows = gradients @ basis
    start_key, batch_key = jax.random.split(key)
    start = jax.random.normal(start_key, (walkers, rows.shape[1]), rows.dtype)

    def step(state: Array, step_key: PRNGKeyArray) -> tuple[Array, Array]:
        row = rows[jax.random.randint(step_key, (walkers,), 0, rows.shape[0])]
        state = state - rate * jnp.sum(row * state, axis=1, keepdims=True) * row
        size = jnp.linalg.norm(state, axis=1)
        return state / size[:, None], jnp.mean(jnp.log(size))

    _, logs = jax.lax.scan(step, start, jax.random.split(batch_key, burn + steps))
    return jnp.exp(2 * jnp.mean(logs[burn:]))


def noise_floor(config: Config) -> xr.Dataset:
    """Mean loss after one step against the floor that the noise sets, for random problems and displacements.

    Args:
        config: of the study.

    Returns:
        ``ratio``, loss over floor, and ``uncentred``, the same with the second moment of the gradient for its
        covariance: both with dims (seed, problem).
    """

    def of_problem(gradients: Array, displacement: Array) -> tuple[Array, Array]:
        rate = 0.5 * learning_rate_bounds(gradients).largest
        loss = expected_loss_after_step(gradients, displacement, rate)
        floor = loss_noise_floor(gradients, displacement, rate)
        mean = gradients.T @ (gradients @ displacement) / gradients.shape[0]
        return loss / floor, loss / (floor + rate**2 / 2 * jnp.mean((gradients @ mean) ** 2))

    def of_seed(key: PRNGKeyArray) -> tuple[Array, Array]:
        problem_key, start_key = jax.random.split(key)
        problems = _problems(problem_key, config)
        # displaced along the sharpest direction and a little at random, where descent takes most of the loss away
        top = jax.vmap(lambda g: jnp.linalg.svd(g, full_matrices=False)[2][0])(problems)
        start = top + 0.1 * jax.random.normal(start_key, top.shape)
        return jax.vmap(of_problem)(problems, start)

    ratio, uncentred = jax.jit(jax.vmap(of_seed))(seed_keys(config, 3))
    dims = ("seed", "problem")
    return xr.Dataset({"ratio": (dims, np.asarray(ratio)), "uncentred": (dims, np.asarray(uncentred))})
