"""Which modes of a delay model are properties of its system: judged over a whole window, where no value is shared."""

import dataclasses

import numpy as np

from separatrix.models.koopman.delay_model import DelayModel
from separatrix.models.trajectories import Trajectories


@dataclasses.dataclass(frozen=True)
class ModeTable:
    """Modes of a model, one of each conjugate pair, those of the largest share first.

    Attributes:
        index: which eigenvalue of the model, (K,).
        eigenvalues: per step, (K,).
        share: of the variance of the scaled states, (K,).
        residual: one step ahead, (K,).
        window_residual: over the length of a window, where no value is shared, (K,).
        drift: distance of the correlation over a window from the eigenvalue's power, (K,).
        allowed: the drift that sampling makes, (K,).
        kinds: "certified", "noisy", "spurious" or "void", (K,).
    """

    index: np.ndarray
    eigenvalues: np.ndarray
    share: np.ndarray
    residual: np.ndarray
    window_residual: np.ndarray
    drift: np.ndarray
    allowed: np.ndarray
    kinds: tuple[str, ...]


FADES = 0.3
"""A mode that is weaker than this after one window can't be checked over a window."""
MEAN = 1e-9
"""Share of the variance below which an eigenfunction is the constant one, or nothing."""


def judge_modes(model: DelayModel, data: Trajectories) -> ModeTable:
    """Which modes are properties of the system, by what they do over a whole window.

    One step ahead, windows share all values but one, and any slowly varying function looks like an eigenfunction: with
    windows long enough white noise would have certified modes. Over the length of a window nothing is shared. A mode g
    with eigenvalue z is

    - certified when ||g(x_{t+d}) - z^d g(x_t)|| is at most 0.1 ||z^d g||: it foretells itself;
    - noisy when that fails but the correlation of g over d steps is z^d, up to sampling: it goes on as the eigenvalue
      says on average, and what noise (or chaos) adds can't be foreseen;
    - spurious otherwise; void where it fades within a window, or the data are too few, so that it can't be checked.

    Args:
        model: fitted to the data.
        data: the series.

    Returns:
        The table, without the constant function.
    """
    z, lag, values = model.eigenvalues_, model.history, _functions(model, data)
    share = _shares(model, values)
    keep = np.flatnonzero((np.imag(z) >= -1e-12) & (share > MEAN))
    keep = keep[np.argsort(-share[keep], kind="stable")]
    pairs = [(g[:-lag], g[lag:]) for g in values if len(g) > lag]
    if not pairs:
        nothing = np.full(len(keep), np.nan)
        void = ("void",) * len(keep)
        return ModeTable(keep, z[keep], share[keep], model.residuals_[keep], nothing, nothing, nothing, void)
    now, then = (np.concatenate(side)[:, keep] for side in zip(*pairs, strict=True))
    advanced = z[keep] ** lag
    power = np.sum(np.abs(now) ** 2, axis=0)
    window = np.sqrt(np.sum(np.abs(then - now * advanced[None]) ** 2, axis=0) / power)
    both = np.sqrt(power * np.sum(np.abs(then) ** 2, axis=0))
    drift = np.abs(np.sum(now.conj() * then, axis=0) - advanced * power) / both
    size = np.minimum(np.abs(z[keep]), 1.0)
    independent = np.maximum(len(now) * (1 - size**2) / (1 + size**2), 4.0)
    allowed = 2 * np.sqrt(np.maximum(1 - np.abs(advanced) ** 2, 0.0) / independent)
    allowed = np.minimum(allowed, np.abs(advanced) / 3)  # else a correlation of nothing would do
    certified = window <= model.tolerance * np.maximum(np.abs(advanced), FADES)
    kinds = np.where(drift <= np.maximum(model.tolerance, allowed), "noisy", "spurious")
    kinds = np.where(np.abs(advanced) < FADES, "void", kinds)
    kinds = np.where(certified, "certified", kinds)
    if model.certificate_ != "valid":
        kinds = np.full(len(keep), "void")
    return ModeTable(keep, z[keep], share[keep], model.residuals_[keep], window, drift, allowed, tuple(kinds.tolist()))


def _functions(model: DelayModel, data: Trajectories) -> list[np.ndarray]:
    return [model.transform(series) for series in data.states if len(series) >= model.history]


def _shares(model: DelayModel, values: list[np.ndarray]) -> np.ndarray:
    """Share of the variance of the scaled states that each mode makes up, its conjugate included."""
    twice = np.where(np.abs(np.imag(model.eigenvalues_)) > 1e-12, 2.0, 1.0)
    functions = np.concatenate(values) * twice[None, :]
    parts = np.einsum("mk,kd->mkd", functions, model.modes_ / model.scale_[None]).real
    return np.mean(np.var(parts, axis=0), axis=1)
