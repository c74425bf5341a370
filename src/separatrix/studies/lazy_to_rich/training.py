"""Committee machines of many scales, curvatures, starts and sample sizes: one compiled program a sample size."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.learning.tasks import single_index
from separatrix.observables import target_alignment
from separatrix.studies.lazy_to_rich.config import Config
from separatrix.theory.committee import (
    Moments,
    committee_error,
    committee_kernel,
    committee_output,
    gaussian_power,
    lazy_error,
    sample_forces,
)
from separatrix.theory.lazy import lazy_training

ALIGNMENT_POINTS = 80
"""Fresh inputs on which kernels are compared with the target."""
TEST_POINTS = 1000
"""Fresh inputs on which the exact test loss is checked."""


class Case(NamedTuple):
    """One kind of run.

    Attributes:
        name: its label in the results.
        scale: alpha.
        curvature: epsilon.
        ratio: examples per input.
        spread: standard deviation of the initial weights.
        decay: weight decay, per unit of time.
        distinct: different examples per input, each repeated where there are more; as many as there are when infinite.
    """

    name: str
    scale: float
    curvature: float
    ratio: float
    spread: float = 1.0
    decay: float = 0.0
    distinct: float = np.inf


class Now(NamedTuple):
    """State of a run: the weights, one row a unit, and the number of steps done."""

    weights: Array
    step: Array


class Problem(NamedTuple):
    """What a run learns from, and where it starts.

    Attributes:
        x: inputs, zero where they only pad, shape (n, d).
        y: targets, shape (n,).
        count: number of inputs that are not padding.
        beta: the target's direction, shape (d,).
        weights: initial, shape (units, d).
    """

    x: Array
    y: Array
    count: Array
    beta: Array
    weights: Array


def pace(scale: Any, curvature: Any) -> Any:
    """Learning rate in units of N / alpha^2: as large as the richest features leave stable.

    The sharpness in these units grows from (2/d)(1 + (d/P)^{1/2})^2 to about (6/d) epsilon/alpha, and sampling adds to
    that.

    Args:
        scale: alpha.
        curvature: epsilon.

    Returns:
        A number from 1/2 to 4.
    """
    return jnp.clip(jnp.asarray(scale) / jnp.maximum(jnp.asarray(curvature), 1e-3), 0.5, 4.0)


def draw(
    key: Array, dimension: int, units: int, examples: int, ratio: Any, spread: Any = 1.0, distinct: Any = np.inf
) -> Problem:
    """The target, ``ratio * dimension`` of ``examples`` training inputs, and initial weights.

    Args:
        key: draws all of them; runs that share it differ in nothing but their hyperparameters.
        dimension: d.
        units: N.
        examples: rows of x.
        ratio: examples per input.
        spread: standard deviation of the weights.
        distinct: different examples per input.

    Returns:
        The problem.
    """
    of_beta, of_data, of_weights = jax.random.split(key, 3)
    beta = jax.random.normal(of_beta, (dimension,))
    beta = beta * dimension**0.5 / jnp.linalg.norm(beta)
    task = single_index(of_data, beta, examples)
    kept = jnp.arange(examples) < jnp.round(ratio * dimension)
    chosen = jnp.arange(examples) % jnp.minimum(jnp.round(distinct * dimension), examples).astype(int)
    weights = spread * jax.random.normal(of_weights, (units, dimension))
    return Problem(task.x[chosen] * kept[:, None], task.y[chosen, 0] * kept, jnp.sum(kept), beta, weights)


def residuals(problem: Problem, weights: Array, scale: Any, curvature: Any) -> Array:
    """F - y of the centred network on its training inputs, shape (n,)."""
    now, first = Moments.of(weights), Moments.of(problem.weights)
    moved = Moments(now.mean - first.mean, now.second - first.second)
    return scale * committee_output(moved, problem.x, curvature) - problem.y


def descend(problem: Problem, weights: Array, scale: Any, curvature: Any, rate: Any, decay: Any = 0.0) -> Array:
    """One step of gradient descent on the mean squared error with learning rate ``rate`` N / alpha^2.

    Args:
        problem: data and start.
        weights: before.
        scale: alpha.
        curvature: epsilon.
        rate: in units of N / alpha^2.
        decay: of the weights, per unit of rate x steps.

    Returns:
        The weights after.
    """
    shift, turn = sample_forces(residuals(problem, weights, scale, curvature), problem.x)
    shared = problem.x.shape[0] / problem.count
    slope = shift[None, :] + curvature * weights @ turn
    return (1 - rate * decay) * weights - (2 * rate * shared / scale) * slope


def losses(problem: Problem, scale: Any, curvature: Any) -> dict[str, Callable[[Now], Array]]:
    """The loss on the training inputs and the exact one on all inputs."""
    first = Moments.of(problem.weights)

    def train(now: Now) -> Array:
        return jnp.sum(residuals(problem, now.weights, scale, curvature) ** 2) / problem.count

    def test(now: Now) -> Array:
        error = committee_error(Moments.of(now.weights), first, problem.beta, scale, curvature)
        return gaussian_power(error, problem.beta).total

    return {"train": train, "test": test}


def features(problem: Problem, fresh: Array, curvature: Any) -> dict[str, Callable[[Now], Array]]:
    """How far weights and tangent kernel have gone."""
    first = problem.weights

    def kernel(now: Now) -> Array:
        return committee_kernel(Moments.of(now.weights), fresh, fresh, curvature)

    linear = (fresh @ problem.beta)[:, None]
    return {
        "moved": lambda now: jnp.sum((now.weights - first) ** 2) / jnp.sum(first**2),
        "norm": lambda now: jnp.linalg.norm(now.weights) / jnp.linalg.norm(first),
        "alignment": lambda now: target_alignment(kernel(now), 0.5 * linear**2),
        "linear_alignment": lambda now: target_alignment(kernel(now), linear),
    }


def deviations(problem: Problem, fresh: Array, scale: Any, curvature: Any) -> dict[str, Callable[[Now], Array]]:
    """The loss of the network as it is, not centred: on fresh inputs minus exact, in standard errors of the former."""
    wanted = 0.5 * (fresh @ problem.beta) ** 2

    def deviation(now: Now) -> Array:
        moments = Moments.of(now.weights)
        squares = (scale * committee_output(moments, fresh, curvature) - wanted) ** 2
        power = gaussian_power(committee_error(moments, None, problem.beta, scale, curvature), problem.beta)
        apart = jnp.mean(squares) - power.total + jnp.array([0.0, 1.0]) * power.trace
        return apart * fresh.shape[0] ** 0.5 / jnp.std(squares)

    return {"deviation": lambda now: deviation(now)[0], "without_trace": lambda now: deviation(now)[1]}


def lazy(problem: Problem, scale: Any, curvature: Any, rate: Any) -> dict[str, Callable[[Now], Array]]:
    """The linearised network at the same step, in closed form, and kernel regression, where it ends."""
    first = Moments.of(problem.weights)
    kernel = committee_kernel(first, problem.x, problem.x, curvature)
    training = lazy_training(kernel, problem.y)

    def coefficients(step: Array) -> Array:
        return training.coefficients(2 * rate / problem.count, step[None])[0]

    def test(step: Array) -> Array:
        error = lazy_error(coefficients(step), problem.x, first, problem.beta, curvature)
        return gaussian_power(error, problem.beta).total

    def train(now: Now) -> Array:
        return jnp.sum(training.residuals(2 * rate / problem.count, now.step[None]) ** 2) / problem.count

    def moved(now: Now) -> Array:
        a = coefficients(now.step)
        return problem.weights.shape[0] * (a @ kernel @ a) / (scale**2 * jnp.sum(problem.weights**2))

    return {
        "lazy_test": lambda now: test(now.step),
        "lazy_train": train,
        "lazy_moved": moved,
        "kernel_test": lambda now: test(jnp.asarray(jnp.inf)),
    }


def observation_steps(last: int, count: int) -> np.ndarray:
    """Step 0, then about ``count`` whole numbers evenly spaced in the logarithm up to ``last``."""
    return np.unique(np.concatenate([[0], np.geomspace(1, last, count - 1).round()]).astype(int))


def train(
    config: Config,
    cases: Sequence[Case],
    *,
    stream: int,
    steps: int | None = None,
    observe: Callable[..., dict[str, Callable[[Now], Array]]] | None = None,
    dimension: int | None = None,
    units: int | None = None,
    seeds: int | None = None,
) -> xr.Dataset:
    """Gradient descent for every seed and case; runs of one seed share target, inputs and initial weights.

    Args:
        config: sizes.
        cases: kinds of run.
        stream: keeps the keys of experiments apart.
        steps: how many.
        observe: ``observe(key, problem, scale, curvature, rate)``, functions of the state beside the two losses.
        dimension: d, if not the study's.
        units: N, if not the study's.
        seeds: how many, if not the study's.

    Returns:
        Dataset with dims ``seed``, ``case``, ``step``; ``time`` (case, step) is learning rate x steps in units of
        N / alpha^2, and the fields of a Case and ``rate`` lie along ``case``; ``dimension`` and ``learned`` are
        those used.
    """
    d, n = dimension or config.dimension, units or config.units
    table = {name: np.array([getattr(case, name) for case in cases]) for name in Case._fields[1:]}
    table["rate"] = np.asarray(pace(table["scale"], table["curvature"]))
    examples = round(max(table["ratio"]) * d)

    def build(key: Array, case: Array) -> Setup:
        here = {name: jnp.asarray(values)[case] for name, values in table.items()}
        of_problem, of_fresh = jax.random.split(key)
        problem = draw(of_problem, d, n, examples, here["ratio"], here["spread"], here["distinct"])
        scale, curvature, rate = here["scale"], here["curvature"], here["rate"]

        def step(t: Array, now: Now, key: Any) -> Now:
            return Now(descend(problem, now.weights, scale, curvature, rate, here["decay"]), now.step + 1)

        more = {} if observe is None else observe(of_fresh, problem, scale, curvature, rate)
        return Setup(Map(step), Now(problem.weights, jnp.asarray(0)), losses(problem, scale, curvature) | more)

    at = observation_steps(steps or config.steps, config.times)
    found = ensemble(
        build,
        at,
        seeds=seeds or config.seeds,
        grid={"case": np.arange(len(cases))},
        key=jax.random.key(config.seed + stream),
        chunk=len(cases) * (seeds or config.seeds),
    ).rename(time="step")
    names: dict[Any, Any] = {name: ("case", values) for name, values in table.items()}
    time = xr.DataArray(table["rate"][:, None] * at[None, :], dims=("case", "step"))
    labels = names | {"case": [case.name for case in cases], "time": time}
    found = found.assign_coords(labels)
    return found.assign(dimension=d, learned=config.learned)
