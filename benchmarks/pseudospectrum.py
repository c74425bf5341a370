"""The pseudospectrum of a Koopman model on a grid, beside a loop of singular value decompositions in NumPy."""

import time

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.row import Row, version
from separatrix.models.koopman import Galerkin, galerkin, pseudospectrum

FUNCTIONS, SNAPSHOTS, SIDE, SAMPLE = 500, 4_000, 100, 20
"""Size of the dictionary, snapshots, points a side of the grid, and points at which the peer is timed."""


def oscillator() -> Galerkin:
    """A step of 0.25 of the Duffing oscillator in radial functions, as in the study of limits."""
    draw = np.random.default_rng(0)
    states = draw.uniform(-2, 2, (SNAPSHOTS, 2))
    images, step = states, 0.025
    for _ in range(10):
        k1 = velocity(images)
        k2 = velocity(images + step / 2 * k1)
        k3 = velocity(images + step / 2 * k2)
        k4 = velocity(images + step * k3)
        images = images + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    width = np.linalg.norm(states - states.mean(axis=0), axis=1).mean()
    centres = states[:FUNCTIONS]

    def functions(at: np.ndarray) -> np.ndarray:
        return np.exp(-np.linalg.norm(at[:, None] - centres[None], axis=-1) / width)

    return galerkin(functions(states), functions(images))


def velocity(states: np.ndarray) -> np.ndarray:
    """Of the Duffing oscillator without friction, (states, 2)."""
    x, y = states.T
    return np.stack([y, x - x**3], axis=1)


def run() -> list[Row]:
    """Time ours on the whole grid, and the peer on a sample of its points, scaled to the grid.

    Returns:
        One row.
    """
    pair = oscillator()
    line = np.linspace(-1.2, 1.2, SIDE)
    grid = line[:, None] + 1j * line[None, :]
    start = time.perf_counter()
    ours = pseudospectrum(pair, grid)
    seconds = time.perf_counter() - start
    chosen = np.random.default_rng(1).choice(grid.size, SAMPLE, replace=False)
    # the peer, too, is given the compression to 2K rows: on all snapshots it would take far longer
    a, s = pair.matrix, np.linalg.qr(pair.c - pair.q @ pair.matrix, mode="r")
    identity = np.eye(pair.rank)
    sample, loop, theirs = grid.ravel()[chosen], np.inf, np.zeros(SAMPLE)
    for threads in (1, None):  # the better of one BLAS thread and all: small matrices may be faster on one
        with threadpool_limits(threads):
            start = time.perf_counter()
            least = [np.linalg.svd(np.concatenate([a - z * identity, s]), compute_uv=False)[-1] for z in sample]
            loop, theirs = min(loop, (time.perf_counter() - start) / SAMPLE * grid.size), np.array(least)
    error = np.abs(ours.ravel()[chosen] - theirs).max()
    return [
        Row(
            f"least residual at {grid.size:,} points, {pair.rank} functions",
            version("numpy"),
            "times faster",
            loop / seconds,
            at_least=20,
            ours=f"{seconds:.1f} s",
            theirs=f"{loop:.0f} s",
            accuracy=f"largest difference {error:.1e} at {SAMPLE} points",
            note=f"The loop of numpy.linalg.svd is timed at {SAMPLE} points, on one BLAS thread or all, and scaled.",
        )
    ]
