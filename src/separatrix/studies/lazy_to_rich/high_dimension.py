"""Networks in higher dimension beside the dynamical mean-field theory, which knows nothing of their data."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.studies.lazy_to_rich.config import Config
from separatrix.studies.lazy_to_rich.experiments import SCALE
from separatrix.studies.lazy_to_rich.training import Now, descend, draw, losses
from separatrix.theory.committee_mean_field import committee_mean_field


def mean_field(config: Config) -> xr.Dataset:
    """Losses of networks and of the theory at the same times, in units of the dimension.

    Args:
        config: the numbers.

    Returns:
        ``train``, ``test`` (seed, case, step) of networks; ``theory_train``, ``theory_test`` (case, step); those for
        the wrong number of examples per input, ``wrong_train`` and ``wrong_test``; ``residual``,
        ``wrong_residual`` (of a solution with an error of 1 % put in) and ``converged``
        (case); ``time`` (case, step).
    """
    d, count = config.mean_field_dimension, config.mean_field_times
    examples = round(config.examples * d)
    table = np.asarray(config.mean_field_scales), np.asarray(config.mean_field_steps)

    def build(key: Array, case: Array) -> Setup:
        scale, dt = (jnp.asarray(values)[case] for values in table)
        problem = draw(key, d, 4 * d, examples, config.examples)

        def step(t: Array, now: Now, key: Array) -> Now:
            return Now(descend(problem, now.weights, scale, config.curvature, dt * d), now.step + 1)

        return Setup(Map(step), Now(problem.weights, jnp.asarray(0)), losses(problem, scale, config.curvature))

    found = ensemble(
        build,
        np.arange(count),
        seeds=config.mean_field_seeds,
        grid={"case": np.arange(len(table[0]))},
        key=jax.random.key(config.seed + 4),
    ).rename(time="step")
    right, wrong = _solve(config, config.examples, 0.0), _solve(config, 2 * config.examples, 0.01)
    time = xr.DataArray(table[1][:, None] * np.arange(count)[None, :], dims=("case", "step"))
    return (
        found[["train", "test"]]
        .assign_coords(case=[SCALE.format(scale) for scale in table[0]], time=time, scale=("case", table[0]))
        .assign(
            theory_train=(("case", "step"), right["train"]),
            theory_test=(("case", "step"), right["test"]),
            wrong_train=(("case", "step"), wrong["train"]),
            wrong_test=(("case", "step"), wrong["test"]),
            residual=("case", right["residual"]),
            wrong_residual=("case", wrong["residual"]),
            converged=("case", right["converged"]),
        )
    )


def _solve(config: Config, ratio: float, error: float) -> dict[str, np.ndarray]:
    solutions = [
        committee_mean_field(
            jax.random.key(config.seed + 5),
            scale,
            config.curvature,
            ratio,
            dimension=float(config.mean_field_dimension),
            step=dt,
            error=error,
            times=config.mean_field_times,
            examples=config.mean_field_examples,
        )
        for scale, dt in zip(config.mean_field_scales, config.mean_field_steps, strict=True)
    ]
    return {
        "train": np.stack([np.asarray(s.train_loss) for s in solutions]),
        "test": np.stack([np.asarray(s.test_loss) for s in solutions]),
        "residual": np.array([float(s.residual) for s in solutions]),
        "converged": np.array([bool(s.converged) for s in solutions]),
    }
