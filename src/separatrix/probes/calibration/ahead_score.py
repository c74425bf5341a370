"""The forecast of a run's next steps on simulated runs that are known to their end."""

import numpy as np

from separatrix.probes.calibration import entry
from separatrix.probes.calibration.simulate import simulate_flow
from separatrix.probes.calibration.tasks import FAMILIES
from separatrix.probes.run_forecast import USEFUL, RunForecast, forecast_run

AHEAD, POINTS, EARLIEST = 60, 900, 260
"""Points of the simulations that stand for the thousand steps; how many make a run; the first at which one is asked."""
NOISE = 0.02
"""Relative noise of each loss, as mini-batches bring it."""
FLOOR = 1e-3
"""Share of the first loss that stays, as noise of the targets."""


def right(found: RunForecast, truth: float) -> bool:
    """Whether a forecast was right.

    Args:
        found: the forecast.
        truth: log of the mean loss of the last block.

    Returns:
        Whether the loss came into the interval; where it was said that no method helps, whether this one was indeed far
        off.
    """
    missed = abs(truth - found.end)
    return missed > USEFUL / 2 if found.kind == "lost" else missed <= found.half


def kernel_runs(count: int, rng: np.random.Generator) -> np.ndarray:
    """Losses of gradient flow on quadratic problems with power-law spectra, in closed form.

    Args:
        count: of runs.
        rng: decides the exponents and the length.

    Returns:
        Losses, (count, points).
    """
    index = np.arange(1, 201.0)
    decay, size = rng.uniform(1.0, 2.0, (count, 1)), rng.uniform(0.5, 1.5, (count, 1))
    rates, powers = index[None] ** -decay, index[None] ** -size
    times = 10 ** rng.uniform(0.5, 2.5, (count, 1)) * np.linspace(0, 1, POINTS)[None]
    return np.einsum("rk,rtk->rt", powers, np.exp(-2 * rates[:, None] * times[:, :, None]))


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Ask at two random moments of every run, and look up what came.

    Args:
        runs_each: runs of each of four families of networks, and of kernel regression.
        first_seed: of all simulations.

    Returns:
        Counts by kind of answer. ``flat`` counts how often a plateau of which losses say nothing stayed flat.
    """
    rng = np.random.default_rng(first_seed)
    seeds = first_seed + np.arange(runs_each)
    every = [simulate_flow(family, seeds, POINTS).losses for family in FAMILIES] + [kernel_runs(runs_each, rng)]
    answers: dict[str, list[bool]] = {}
    for losses in np.concatenate(every):
        noisy = (losses + FLOOR * losses[0]) * np.exp(NOISE * rng.normal(size=len(losses)))
        for now in rng.integers(EARLIEST, POINTS - AHEAD, 2):
            found = forecast_run(noisy[:now], AHEAD)
            if isinstance(found, str):
                continue
            size = AHEAD // found.path.shape[1]
            truth = float(np.log(noisy[now + AHEAD - size : now + AHEAD].mean()))
            stayed = abs(truth - found.path[1, -1]) <= USEFUL / 2
            answers.setdefault(found.kind, []).append(stayed if found.kind == "flat" else right(found, truth))
    what = f"{5 * runs_each} simulated runs of small networks and kernel regression, asked twice each, followed on"
    return {kind: entry(told, what) for kind, told in sorted(answers.items())}
