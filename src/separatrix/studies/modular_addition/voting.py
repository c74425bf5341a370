"""Neurons of spread-out phases vote: their logits against the closed form, for many numbers of phases."""

import jax.numpy as jnp
import numpy as np
import xarray as xr

from separatrix.studies.modular_addition.config import Config
from separatrix.theory import flawed_indicator, voting_units

PHASES = tuple(range(1, 9))
MANY_PHASES = 16
SHOWN = 4
"""The first number of the pairs whose logits are kept."""
UNIT_MAPS = {"square": np.square, "relu": lambda z: np.maximum(z, 0)}
BUILDS = {"aligned": 2.0, "unaligned": 1.0}
"""Output phase over input phase."""


def indicator(config: Config) -> xr.Dataset:
    """Logits of all pairs, by units of all frequencies and evenly spaced phases.

    Args:
        config: the modulus.

    Returns:
        ``deviation`` from the closed form and ``accuracy`` (build, phases) of quadratic units; ``ghost_ratio`` and
        ``ghost_accuracy`` (unit_map, build) with many phases; ``logits`` (unit_map, second, answer).
    """
    p = config.modulus
    x, y = np.meshgrid(np.arange(p), np.arange(p), indexing="ij")
    expected = np.asarray(flawed_indicator(jnp.asarray(x), jnp.asarray(y), p))
    right = (x + y) % p

    def logits(phases: int, answer: float, unit_map: str) -> np.ndarray:
        incoming, outgoing = (np.asarray(weights) for weights in voting_units(p, phases, answer))
        return UNIT_MAPS[unit_map](incoming.T[x] + incoming.T[y]) @ outgoing / phases

    def accuracy(found: np.ndarray) -> float:
        return float(np.mean(np.argmax(found, axis=-1) == right))

    few = {(b, n): logits(n, answer, "square") for b, answer in BUILDS.items() for n in PHASES}
    many = {(u, b): logits(MANY_PHASES, answer, u) for u in UNIT_MAPS for b, answer in BUILDS.items()}

    def table(values: dict, rows: object, columns: object) -> np.ndarray:
        return np.array([[values[row, column] for column in columns] for row in rows])  # pyright: ignore

    deviation = {key: float(np.max(np.abs(found - expected))) for key, found in few.items()}
    return xr.Dataset(
        {
            "deviation": (("build", "phases"), table(deviation, BUILDS, PHASES)),
            "accuracy": (
                ("build", "phases"),
                table({key: accuracy(found) for key, found in few.items()}, BUILDS, PHASES),
            ),
            "ghost_ratio": (
                ("unit_map", "build"),
                table({key: _ghosts(found) for key, found in many.items()}, UNIT_MAPS, BUILDS),
            ),
            "ghost_accuracy": (
                ("unit_map", "build"),
                table({key: accuracy(found) for key, found in many.items()}, UNIT_MAPS, BUILDS),
            ),
            "logits": (
                ("unit_map", "second", "answer"),
                np.stack([many[u, "aligned"][SHOWN] for u in UNIT_MAPS]),
            ),
        },
        coords={
            "build": list(BUILDS),
            "phases": list(PHASES),
            "unit_map": list(UNIT_MAPS),
            "second": np.arange(p),
            "answer": np.arange(p),
        },
    )


def _ghosts(found: np.ndarray) -> float:
    """Mean height of the ghosts over that of the right answers, both above the median logit, where all three differ."""
    p = found.shape[-1]
    x, y = np.nonzero(~np.eye(p, dtype=bool))
    rows = found[x, y]
    rest = np.median(rows, axis=1)
    pick = np.arange(len(x))
    heights = [rows[pick, target % p] - rest for target in (2 * x, 2 * y, x + y)]
    return float((heights[0].mean() + heights[1].mean()) / 2 / heights[2].mean())
