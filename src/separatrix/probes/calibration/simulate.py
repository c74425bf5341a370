"""Gradient flow of a whole family at once, and noisy descent around its ends."""

from dataclasses import dataclass

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray, PyTree

from separatrix.probes.calibration.tasks import Family

POINTS = 900


@dataclass(frozen=True)
class Runs:
    """Simulated runs of one family.

    Args:
        family: of networks.
        tasks: PyTree of arrays, runs first.
        times: shape ``(runs, points)``.
        losses: shape ``(runs, points)``.
        weights: PyTree of arrays, runs and points first.
    """

    family: Family
    tasks: PyTree
    times: np.ndarray
    losses: np.ndarray
    weights: PyTree

    def at(self, run: int, point: int) -> tuple[PyTree, PyTree]:
        """Weights and task of one run at one point."""
        return jax.tree.map(lambda a: a[run, point], self.weights), jax.tree.map(lambda a: a[run], self.tasks)


def simulate_flow(family: Family, seeds: np.ndarray, points: int = POINTS) -> Runs:
    """Gradient flow from small weights until it has converged.

    Args:
        family: of networks.
        seeds: one a run.
        points: states kept of each.

    Returns:
        The runs.
    """

    def one(seed):
        start, task, end = family.draw(jax.random.key(seed))
        times = end * jnp.linspace(0.0, 1.0, points)

        def velocity(_t, weights, _args):
            return jax.tree.map(jnp.negative, jax.grad(family.loss)(weights, task))

        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(velocity),
            diffrax.Tsit5(),
            0.0,
            end,
            None,
            start,
            saveat=diffrax.SaveAt(ts=times),
            stepsize_controller=diffrax.PIDController(rtol=1e-6, atol=1e-11),
            max_steps=200_000,
        )
        losses = jax.vmap(lambda weights: family.loss(weights, task))(solution.ys)
        return task, times, losses, solution.ys

    tasks, times, losses, weights = jax.jit(jax.vmap(one))(jnp.asarray(seeds))
    host = jax.tree.map(np.asarray, weights)
    return Runs(family, jax.tree.map(np.asarray, tasks), np.asarray(times), np.asarray(losses), host)


def simulate_noise(runs: Runs, key: PRNGKeyArray, steps: int = 4000, kept: int = 40) -> Runs:
    """Noisy descent from the last state of each run: its noise floor.

    Args:
        runs: converged.
        key: of the noise.
        steps: of descent, at a rate of 0.05.
        kept: states kept.

    Returns:
        Runs whose times are flow times after the converged state.
    """
    family, rate = runs.family, 0.05

    def one(start, task, run_key):
        size_key, noise_key = jax.random.split(run_key)
        size = 10 ** jax.random.uniform(size_key, (), minval=-3.0, maxval=-0.5)

        def step(weights, step_key):
            keys = jax.random.split(step_key, len(weights))
            slopes = jax.grad(family.loss)(weights, task)
            moved = {
                n: weights[n] - rate * (slopes[n] + size * jax.random.normal(k, slopes[n].shape))
                for n, k in zip(weights, keys, strict=True)
            }
            return moved, moved

        _, path = jax.lax.scan(step, start, jax.random.split(noise_key, steps))
        few = jax.tree.map(lambda a: a[steps // kept - 1 :: steps // kept], path)
        return jax.vmap(lambda weights: family.loss(weights, task))(few), few

    last = jax.tree.map(lambda a: jnp.asarray(a[:, -1]), runs.weights)
    losses, weights = jax.jit(jax.vmap(one))(last, runs.tasks, jax.random.split(key, len(runs.times)))
    times = np.tile(rate * (steps // kept) * np.arange(1, kept + 1), (len(runs.times), 1))
    return Runs(family, runs.tasks, times, np.asarray(losses), jax.tree.map(np.asarray, weights))
