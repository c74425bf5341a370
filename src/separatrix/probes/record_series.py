"""A training record as series: its losses, and what it holds of the weights, at equal steps."""

import numpy as np
from jaxtyping import Float

from separatrix.models.series_table import TimedTrajectories
from separatrix.probes.record import Record
from separatrix.probes.series import Series

BLOCKS = 400
"""Most states of such a series: losses are averaged over blocks of steps."""
FEWEST_BLOCKS = 60
FEWEST_CHECKPOINTS = 40
PROJECTIONS = 3
FEWEST_ROWS = 60


def record_series(record: Record) -> Series | str:
    """Losses and weights of a run as one series.

    Weights are the projections of checkpoints on their principal directions, where there are forty or more at equal
    steps; else the largest singular values of the layers, which a recorder's probes hold.

    Args:
        record: a run on disk.

    Returns:
        The series, or what is lacking.
    """
    steps = np.array([step for step, _ in record.checkpoints], float)
    even = len(steps) >= FEWEST_CHECKPOINTS and np.ptp(np.diff(steps)) == 0
    if even:
        states, names = _projections(record), [f"weights {i + 1}" for i in range(PROJECTIONS)]
        if len(record.losses) >= steps[-1]:
            centres, values, name = loss_blocks(record.losses, max(1, int(steps[1] - steps[0])))
            states = np.column_stack([np.interp(steps, centres, values), states])
            names = [name, *names]
        return Series(record.path, _kept(states, steps, names))
    if len(record.losses) < FEWEST_BLOCKS or not np.isfinite(record.losses).all():
        return (
            f"{len(record.losses)} losses and {len(steps)} checkpoints are too few; record at least {FEWEST_BLOCKS} "
            f"steps, or give {FEWEST_CHECKPOINTS} checkpoints at equal steps"
        )
    centres, values, name = loss_blocks(record.losses, max(1, len(record.losses) // BLOCKS))
    columns, names = [values], [name]
    for label, (at, strengths) in layer_strengths(record).items():
        columns.append(np.interp(centres, at, strengths))
        names.append(label)
    return Series(record.path, _kept(np.column_stack(columns), centres, names))


def loss_blocks(losses: Float[np.ndarray, "T"], size: int) -> tuple[np.ndarray, np.ndarray, str]:
    """Mean losses of blocks of steps, the last block ending at the last step.

    Args:
        losses: one a step.
        size: steps a block.

    Returns:
        Middles of the blocks, the means (their logarithms where all are positive), and what these are called.
    """
    count = len(losses) // size
    means = losses[len(losses) - count * size :].reshape(count, size).mean(axis=1)
    middles = len(losses) - size * (count - np.arange(count)) + (size + 1) / 2
    positive = bool(np.all(means > 0))
    return middles, np.log(means) if positive else means, "log loss" if positive else "loss"


def layer_strengths(record: Record) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The largest singular value of each layer's weights over the run.

    Args:
        record: a run on disk.

    Returns:
        Steps and values by layer, of those that were probed sixty times or more.
    """
    rows = [row for row in record.rows if row.get("layers")]
    found = {}
    for label in rows[-1]["layers"] if len(rows) >= FEWEST_ROWS else ():
        having = [(row["step"], row["layers"][label].get("singular_values")) for row in rows if label in row["layers"]]
        values = [(step, top[0]) for step, top in having if top]
        if len(values) >= FEWEST_ROWS:
            steps, strengths = np.array(values, float).T
            found[f"strength of {label}"] = (steps, strengths)
    return found


def _projections(record: Record) -> np.ndarray:
    """Weights of all checkpoints on their strongest principal directions, (checkpoints, 3)."""
    rows = []
    for index in range(len(record.checkpoints)):
        weights = record.weights(index)
        rows.append(np.concatenate([np.ravel(weights[name]).astype(float) for name in sorted(weights)]))
    moved = np.stack(rows) - np.mean(rows, axis=0)
    left, sizes, _ = np.linalg.svd(moved, full_matrices=False)
    return left[:, :PROJECTIONS] * sizes[None, :PROJECTIONS]


def _kept(states: np.ndarray, times: np.ndarray, names: list[str]) -> TimedTrajectories:
    moving = np.ptp(states, axis=0) > 0
    kept = tuple(name for name, moves in zip(names, moving, strict=True) if moves)
    return TimedTrajectories((np.ascontiguousarray(states[:, moving]),), (times,), kept, unit="steps")
