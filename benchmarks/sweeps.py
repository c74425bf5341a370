"""A thousand networks over output scale, curvature and seeds: one ensemble beside a loop over PyTorch networks."""

import os
import statistics
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch
from jaxtyping import Array

from benchmarks.clock import by_turns, seconds
from benchmarks.row import Row, version
from separatrix.dynamics import Map, Setup, ensemble
from separatrix.learning.tasks import single_index

INPUTS, UNITS, EXAMPLES, STEPS = 16, 64, 88, 1000
SCALES = np.geomspace(0.25, 16.0, 10)
CURVATURES = np.geomspace(0.1, 1.0, 10)
SEEDS = 10
EAGER = 3
"""Networks that PyTorch trains; its time is theirs times the number of all, which is fair to a loop."""
KEY = jax.random.key(0)


def draw(key: Array) -> tuple[Array, Array, Array]:
    """Inputs, targets and initial weights of a seed, in single precision."""
    of_beta, of_data, of_weights = jax.random.split(key, 3)
    beta = jax.random.normal(of_beta, (INPUTS,), jnp.float32)
    task = single_index(of_data, beta * INPUTS**0.5 / jnp.linalg.norm(beta), EXAMPLES)
    return task.x, task.y[:, 0], jax.random.normal(of_weights, (UNITS, INPUTS), jnp.float32)


def build(key: Array, scale: Array, curvature: Array) -> Setup:
    """One network: full-batch descent on the mean squared error of a centred committee machine."""
    x, y, start = draw(key)
    scale, curvature = scale.astype(jnp.float32), curvature.astype(jnp.float32)

    def output(weights: Array) -> Array:
        h = x @ weights.T
        return jnp.mean(h + 0.5 * curvature * h * h, axis=1)

    first = output(start)

    def loss(weights: Array) -> Array:
        return jnp.mean((scale * (output(weights) - first) - y) ** 2)

    rate = 0.5 * UNITS / scale**2

    def step(t: Array, weights: Array, key: Any) -> Array:
        return weights - rate * jax.grad(loss)(weights)

    return Setup(Map(step), start, {"loss": loss})


def ours() -> np.ndarray:
    """Losses of all networks, shape (seeds, scales, curvatures)."""
    grid = {"scale": SCALES, "curvature": CURVATURES}
    return ensemble(build, [0, STEPS], seeds=SEEDS, grid=grid, key=KEY)["loss"].isel(time=-1).to_numpy()


def eager(seed: int, scale: float, curvature: float) -> float:
    """The loss of one network in PyTorch, written as a user would."""
    build_key, _ = jax.random.split(jax.random.fold_in(KEY, seed))
    x, y, start = (torch.tensor(np.asarray(array)) for array in draw(build_key))
    weights = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.SGD([weights], lr=0.5 * UNITS / scale**2)

    def output(w: torch.Tensor) -> torch.Tensor:
        h = x @ w.T
        return (h + 0.5 * curvature * h * h).mean(dim=1)

    first = output(start)
    for _ in range(STEPS):
        optimizer.zero_grad()
        ((scale * (output(weights) - first) - y) ** 2).mean().backward()
        optimizer.step()
    with torch.no_grad():
        return float(((scale * (output(weights) - first) - y) ** 2).mean())


def run() -> list[Row]:
    """Time both, and compare the losses of the networks that both trained.

    Returns:
        Seconds of the whole sweep, compilation included, and throughput against the loop.
    """
    chosen = [(0, 0, 0), (1, len(SCALES) // 2, len(CURVATURES) // 2), (2, len(SCALES) - 1, len(CURVATURES) - 1)]
    cold = seconds(ours)
    losses, theirs = ours(), []
    torch.set_num_threads(os.cpu_count() or 1)

    def loop() -> None:
        theirs[:] = [eager(seed, float(SCALES[a]), float(CURVATURES[b])) for seed, a, b in chosen[:EAGER]]

    times = by_turns({"ours": ours, "eager": loop}, repeats=3)
    total = losses.size
    ours_rate = total / statistics.median(times["ours"])
    their_rate = EAGER / statistics.median(times["eager"])
    apart = max(abs(loss / losses[place] - 1) for loss, place in zip(theirs, chosen, strict=False))
    accuracy = f"losses of {EAGER} networks agree within {apart:.1g}, relative"
    what = f"sweep of {total} networks (scale x curvature x seed), {STEPS} steps of full-batch descent each"
    note = "full batch, single precision; PyTorch's rate from a few networks, extrapolated"
    return [
        Row(what, "-", "seconds, compilation included", cold, at_most=60, accuracy=accuracy),
        Row(
            what,
            f"{version('torch')}, eager loop over networks",
            "throughput, ratio",
            ours_rate / their_rate,
            ours=f"{ours_rate:.0f} networks/s",
            theirs=f"{their_rate:.2f} networks/s",
            accuracy=accuracy,
            note=note,
        ),
    ]
