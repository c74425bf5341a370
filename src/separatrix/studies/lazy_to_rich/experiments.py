"""What is run: sweeps of output scale, curvature, spread, decay and sample size, and a phase diagram."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.studies.lazy_to_rich.config import Config
from separatrix.studies.lazy_to_rich.training import (
    ALIGNMENT_POINTS,
    TEST_POINTS,
    Case,
    Problem,
    deviations,
    draw,
    features,
    lazy,
    observation_steps,
    pace,
    train,
)
from separatrix.theory.committee import (
    Moments,
    committee_error,
    committee_output,
    gaussian_power,
    lazy_displacement,
    learned_displacement,
    moment_step,
    sample_forces,
)

SCALE = "scale {:g}"
CURVATURE = "curvature {:g}"
SPREAD = "spread {:g}"
DECAY = "decay at scale {:g}"
INFINITE = ", infinite width"
LINEAR = "linear student"
SAMPLE = "{:g} examples per input"
REPEATED = "repeated examples"
DECAYED = 8.0
"""Output scale of the run with weight decay."""


def networks(config: Config) -> xr.Dataset:
    """Networks of many output scales, curvatures at a fixed product with the scale, spreads, and with weight decay.

    Args:
        config: the numbers.

    Returns:
        Losses, movement, alignment, and what the linearised network does at the same time; dims (seed, case, step).
    """
    ratio, curvature = config.examples, config.curvature
    cases = [Case(SCALE.format(scale), scale, curvature, ratio) for scale in config.scales]
    cases += [Case(CURVATURE.format(e), config.product / e, e, ratio) for e in config.curvatures if e != curvature]
    cases += [Case(SPREAD.format(s), 1.0, curvature, ratio, s) for s in config.spreads if s != 1]
    cases += [Case(DECAY.format(DECAYED), DECAYED, curvature, ratio, 1.0, config.decay)]
    cases += [Case(LINEAR, 1.0, 0.0, ratio)]
    return train(config, cases, stream=0, observe=_everything)


def _everything(key: Array, problem: Problem, scale: Any, curvature: Any, rate: Any) -> dict[str, Callable]:
    d = problem.beta.shape[0]
    fresh = jax.random.normal(key, (TEST_POINTS, d)) / d**0.5
    found = features(problem, fresh[:ALIGNMENT_POINTS], curvature) | lazy(problem, scale, curvature, rate)
    return found | deviations(problem, fresh, scale, curvature)


def samples(config: Config) -> xr.Dataset:
    """Networks of one scale that see few, enough and many examples, and many that are repetitions of enough.

    Args:
        config: the numbers.

    Returns:
        Losses; dims (seed, case, step).
    """
    scale, curvature = config.sample_scale, config.curvature
    cases = [Case(SAMPLE.format(ratio), scale, curvature, ratio) for ratio in config.samples]
    _, enough, many = config.samples
    cases += [Case(REPEATED, scale, curvature, 2 * enough if many == 2 * enough else many, distinct=enough)]
    return train(config, cases, stream=0, steps=config.sample_steps)


def moments(
    config: Config, cases: list[Case], widths: list[int], stream: int, at: np.ndarray, seeds: int
) -> xr.Dataset:
    """The closed equation of mean and second moment, from those of networks of given widths, 0 for infinitely many.

    Args:
        config: sizes.
        cases: kinds of run.
        widths: units of each case.
        stream: of the keys, as ``train`` takes it.
        at: steps at which to observe.
        seeds: how many.

    Returns:
        ``train`` and ``test``; dims (seed, case, step).
    """
    d, most = config.dimension, max(max(widths), config.units)
    table = {name: np.array([getattr(case, name) for case in cases]) for name in ("scale", "curvature", "ratio")}
    examples, units = round(max(table["ratio"]) * d), np.asarray(widths)

    def build(key: Array, case: Array) -> Setup:
        scale, curvature, ratio = (jnp.asarray(values)[case] for values in table.values())
        rate, here = pace(scale, curvature), jnp.asarray(units)[case]
        problem = draw(jax.random.split(key)[0], d, most, examples, ratio)
        kept = problem.weights * (jnp.arange(most) < here)[:, None]
        ideal, finite = Moments.infinite_width(d), Moments.of(kept)
        factor = most / jnp.maximum(here, 1)
        first = Moments(
            jnp.where(here > 0, factor * finite.mean, ideal.mean),
            jnp.where(here > 0, factor * finite.second, ideal.second),
        )

        def left(now: Moments) -> Array:
            moved = Moments(now.mean - first.mean, now.second - first.second)
            return scale * committee_output(moved, problem.x, curvature) - problem.y

        def step(t: Array, now: Moments, key: Any) -> Moments:
            return moment_step(now, sample_forces(left(now), problem.x), 2 * rate / scale, curvature)

        def test(now: Moments) -> Array:
            return gaussian_power(committee_error(now, first, problem.beta, scale, curvature), problem.beta).total

        return Setup(Map(step), first, {"train": lambda now: jnp.mean(left(now) ** 2), "test": test})

    found = ensemble(
        build,
        at,
        seeds=seeds,
        grid={"case": np.arange(len(cases))},
        key=jax.random.key(config.seed + stream),
        chunk=len(cases) * seeds,
    )
    return found.rename(time="step")


def closed(config: Config) -> xr.Dataset:
    """The moment equation on the data that ``networks`` sees: from the networks' own moments, and at infinite width.

    Args:
        config: the numbers.

    Returns:
        ``train`` and ``test``; dims (seed, case, step), the cases named as those of ``networks``, with ``INFINITE``
        after the name for infinite width.
    """
    names = [SCALE.format(scale) for scale in config.shown]
    cases = [
        Case(name, scale, config.curvature, config.examples) for name, scale in zip(names, config.shown, strict=True)
    ]
    at, count = observation_steps(config.steps, config.times), len(cases)
    found = moments(config, cases * 2, [config.units] * count + [0] * count, 0, at, config.seeds)
    rates = np.asarray(pace(np.asarray(config.shown * 2), config.curvature))
    time = xr.DataArray(rates[:, None] * at[None, :], dims=("case", "step"))
    return found.assign_coords(case=names + [name + INFINITE for name in names], time=time)


def widths(config: Config) -> xr.Dataset:
    """How far the test loss of networks of finite width is from that of infinitely many units, on the same data.

    Args:
        config: the numbers.

    Returns:
        ``error``: root mean square over time of the relative difference, dims (seed, width).
    """
    units = [*config.widths, 0]
    cases = [Case("", 1.0, config.curvature, config.examples)] * len(units)
    at = np.linspace(0, config.width_steps, 21).astype(int)
    test = moments(config, cases, units, 2, at, config.width_seeds)["test"]
    apart = (((test / test.isel(case=-1) - 1) ** 2).mean("step") ** 0.5).isel(case=slice(0, -1))
    return xr.Dataset({"error": apart.rename(case="width").assign_coords(width=list(config.widths))})


def phase(config: Config) -> xr.Dataset:
    """Output scale against curvature: one ensemble, and the line at which features are the shorter way to fit.

    Args:
        config: the numbers.

    Returns:
        ``train``, ``test`` and ``kernel_test`` (of kernel regression), dims (seed, scale, curvature, step), with their
        time; ``boundary`` (curvature), the scale at which the lazy fit moves the weights as far as learning the
        target's feature does.
    """
    d, ratio = config.phase_dimension, config.examples
    scales, curvatures = np.asarray(config.phase_scales), np.asarray(config.phase_curvatures)
    cases = [Case("", scale, e, ratio) for scale in scales for e in curvatures]

    def observe(key: Array, problem: Problem, scale: Any, curvature: Any, rate: Any) -> dict[str, Callable]:
        return {"kernel_test": lazy(problem, scale, curvature, rate)["kernel_test"]}

    sizes = {"dimension": d, "units": 4 * d, "seeds": config.phase_seeds}
    found = train(config, cases, stream=3, steps=config.phase_steps, observe=observe, **sizes)
    shape = {"case": ("scale", "curvature")}
    places = np.arange(len(cases)).reshape(len(scales), len(curvatures))
    grid = {
        name: xr.DataArray(
            found[name].to_numpy()[:, places],
            dims=("seed", *shape["case"], "step"),
            coords={"scale": scales, "curvature": curvatures, "step": found["step"]},
        )
        for name in ("train", "test", "kernel_test")
    }
    time = xr.DataArray(found["time"].to_numpy()[places], dims=("scale", "curvature", "step"))
    return xr.Dataset(grid).assign_coords(time=time).assign(boundary=("curvature", boundary(config, curvatures)))


def boundary(config: Config, curvatures: np.ndarray) -> np.ndarray:
    """The scale at which learned_displacement equals lazy_displacement, averaged over data.

    Args:
        config: sizes.
        curvatures: values of epsilon, shape (curvatures,).

    Returns:
        The scales, shape (curvatures,).
    """
    d, examples = config.phase_dimension, round(config.examples * config.phase_dimension)
    keys = jax.random.split(jax.random.key(config.seed + 3), 20)
    problems = jax.jit(jax.vmap(lambda key: draw(key, d, 1, examples, config.examples)))(keys)
    grid = np.geomspace(0.1, 1000.0, 400)

    @jax.jit
    def cost(curvature: Array) -> Array:
        return jnp.mean(jax.vmap(lambda x, y: lazy_displacement(x, y, 1.0, curvature))(problems.x, problems.y))

    rich = np.asarray(learned_displacement(float(d), grid[None, :], curvatures[:, None]))
    poor = np.array([float(cost(curvature)) for curvature in curvatures])[:, None] / grid[None, :] ** 2
    return grid[np.argmax(poor < rich, axis=1)]
