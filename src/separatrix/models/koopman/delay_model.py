"""A linear model of a series in its principal delay coordinates, its size chosen by held-out forecasts."""

import numpy as np
from jaxtyping import Complex, Float
from threadpoolctl import threadpool_limits

from separatrix.errors import SeparatrixError
from separatrix.models.koopman.galerkin import Galerkin, galerkin
from separatrix.models.koopman.koopman_model import KoopmanModel
from separatrix.models.koopman.residuals import OVERSAMPLING, eigenpairs, koopman_modes
from separatrix.models.koopman.snapshots import Snapshots
from separatrix.models.trajectories import Trajectories

DELAYS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
RANKS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
HELD_OUT = 0.3
"""Share of the data on which candidates are compared."""
SLACK = 0.05
"""A smaller model is taken when its held-out error exceeds the least by at most this share of it, ..."""
DOUBT = 0.5
"""... or by at most so many standard errors of the difference."""
WIDEST = 400
"""Most entries of a window: components times delays."""


class DelayModel(KoopmanModel):
    """Koopman model in the leading principal components of windows of a series: it chooses its own size.

    A window holds the last ``delays`` states. The dictionary is linear in the ``rank`` strongest principal components
    of windows, so that noise, which is spread over all of them, is mostly left out, and has a constant for the mean.

    Args:
        delays: states in a window, at least 1; None lets held-out forecasts choose delays and rank.
        rank: principal components kept; all when None.
        tolerance: largest residual of a certified pair.
        sparing: where delays are chosen, whether the smallest model is taken that is not clearly worse than the best
            (few modes, for a reader), or the best (for forecasts).

    Attributes:
        delays_: states in a window.
        components_: principal directions of windows, (D delays, rank).
        mean_: of the components of the state, (D,).
        scale_: their standard deviations, (D,).

    Source: Arbabi and Mezic, arXiv 1611.06664; truncated as in Brunton and others, arXiv 1608.05306.

    >>> wave = np.sin(0.3 * np.arange(200.0))
    >>> np.sort(DelayModel(delays=4, rank=2).fit(wave).rates_.imag).round(6).tolist()
    [-0.3, 0.0, 0.3]
    """

    def __init__(
        self, delays: int | None = None, *, rank: int | None = None, tolerance: float = 0.1, sparing: bool = True
    ):
        self.delays = delays
        self.rank = rank
        self.tolerance = tolerance
        self.sparing = sparing

    @property
    def history(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """States in a window."""
        return getattr(self, "delays_", None) or self.delays or 1

    def _learn(self, series: Trajectories) -> None:
        self.delays_ = None
        delays, rank = (
            (self.delays, self.rank) if self.delays is not None else choose_delays(series, sparing=self.sparing)
        )
        self.delays_ = delays
        states = np.concatenate(series.states)
        self.mean_, self.scale_ = states.mean(axis=0), _positive(states.std(axis=0))
        stacks = [self._windows(part) for part in series.states if len(part) > delays]
        if not stacks:
            raise SeparatrixError(
                f"A window of {delays} states needs a series of at least {delays + 1}; the longest has "
                f"{max(len(part) for part in series.states)}."
            )
        self.components_ = principal_components(stacks)[:, :rank]

    def _lift(self, states: np.ndarray) -> np.ndarray:
        return with_constant(self._windows(states) @ self.components_)

    def _compressed(self, snapshots: Snapshots) -> Galerkin:
        return galerkin(snapshots.px, snapshots.py)

    def _windows(self, states: np.ndarray) -> np.ndarray:
        return windows((states - self.mean_) / self.scale_, self.history)

    def forecast_at(self, functions: Complex[np.ndarray, "M K"], steps: np.ndarray) -> Float[np.ndarray, "M steps D"]:
        """Forecasts from many moments, at many distances.

        Args:
            functions: eigenfunctions at those moments, as ``transform`` gives them.
            steps: how many steps ahead, (steps,).

        Returns:
            States, (M, steps, D).
        """
        return propagate(functions, self.eigenvalues_, self.modes_, steps)


def windows(states: Float[np.ndarray, "T D"], delays: int) -> Float[np.ndarray, "M N"]:
    """Each state with those before it, the present first.

    Args:
        states: one series, (T, D).
        delays: states in a window.

    Returns:
        One window a row, (T - delays + 1, D delays).
    """
    return np.concatenate([states[delays - 1 - back : len(states) - back] for back in range(delays)], axis=1)


def with_constant(functions: Float[np.ndarray, "M N"]) -> Float[np.ndarray, "M L"]:
    """Functions with a constant one beside them.

    Args:
        functions: values, (M, N).

    Returns:
        The same, with a last column of ones.
    """
    return np.concatenate([functions, np.ones((len(functions), 1))], axis=1)


def propagate(
    functions: Complex[np.ndarray, "M K"],
    eigenvalues: Complex[np.ndarray, "K"],
    modes: Complex[np.ndarray, "K D"],
    steps: np.ndarray,
) -> Float[np.ndarray, "M steps D"]:
    """States some steps after moments at which eigenfunctions are known.

    Args:
        functions: their values, (M, K).
        eigenvalues: per step.
        modes: contributions to the state.
        steps: distances, (steps,).

    Returns:
        States, (M, steps, D).
    """
    powers = eigenvalues[None, :] ** np.asarray(steps)[:, None]
    return np.einsum("mk,sk,kd->msd", functions, powers, modes, optimize=True).real


def principal_components(rows: list[np.ndarray]) -> Float[np.ndarray, "N N"]:
    """Principal directions of rows about zero, the strongest first.

    Args:
        rows: arrays with N columns.

    Returns:
        One direction a column.
    """
    with threadpool_limits(1):  # small matrices: threads that wait for one another cost more than they bring
        _, vectors = np.linalg.eigh(sum(part.T @ part for part in rows))
    return vectors[:, ::-1].copy()


def split(data: Trajectories, share: float = HELD_OUT) -> tuple[Trajectories, Trajectories]:
    """Data to fit and data to test on: by series where there are ten or more, else by time.

    Args:
        data: the series.
        share: to test on.

    Returns:
        Both.
    """
    count = len(data.states)
    if count >= 10:
        cut = round((1 - share) * count)
        return data.select(range(cut)), data.select(range(cut, count))
    return data.between(0, 1 - share), data.between(1 - share, 1)


def choose_delays(data: Trajectories, *, sparing: bool = True) -> tuple[int, int]:
    """Delays and rank by forecasts of kept-back data, one step to a third of it ahead.

    Candidates are fitted to the first 70 % of every series, or of the series where there are ten or more. The squared
    error at each of ten distances, over the variance, is averaged; the smallest model is taken that is not clearly
    worse than the best.

    Args:
        data: series with equal steps.
        sparing: False takes the best itself, by a mean that gives the nearest distances the most weight.

    Returns:
        Delays and rank.

    Raises:
        SeparatrixError: no candidate fits.
    """
    train, test = split(data)
    states = np.concatenate(train.states)
    mean, scale = states.mean(axis=0), _positive(states.std(axis=0))
    fit, check = ([(part - mean) / scale for part in half.states] for half in (train, test))
    longest, found = max(len(part) for part in fit), {}
    for delays in (d for d in DELAYS if d <= max(1, longest // 6) and d * data.dimension <= WIDEST):
        stacks = [windows(part, delays) for part in fit if len(part) > delays]
        checks = [(windows(part, delays), part[delays - 1 :]) for part in check if len(part) > delays + 6]
        if not stacks or not checks:
            continue
        directions = principal_components(stacks)
        most = sum(len(stack) - 1 for stack in stacks) // (2 * OVERSAMPLING)
        for rank in [r for r in RANKS if r <= min(directions.shape[1], most)] or [1]:
            errors = _errors(stacks, checks, directions[:, :rank], data.dimension, near=not sparing)
            if np.isfinite(errors).all():
                found[rank, delays] = errors
    if not found:
        raise SeparatrixError("The series is too short for a model of it. Give at least 20 states.")
    if not sparing:
        rank, delays = min(found, key=lambda size: found[size].mean())
        return delays, rank
    return _smallest(found)


def _smallest(found: dict[tuple[int, int], np.ndarray]) -> tuple[int, int]:
    best = min(found.values(), key=np.mean)
    for size in sorted(found):
        excess = found[size] - best if found[size].shape == best.shape else found[size].mean() - best.mean()[None]
        noise = excess.std(ddof=1) / len(excess) ** 0.5 if len(excess) > 1 else 0.0
        if excess.mean() <= max(SLACK * best.mean(), DOUBT * noise, 1e-8):
            return size[1], size[0]
    raise AssertionError("the best exceeds itself by nothing")


def _errors(stacks: list[np.ndarray], checks: list, components: np.ndarray, dimension: int, near: bool) -> np.ndarray:
    """Squared errors of forecasts, each distance counting at most 2, one for each of some stretches."""
    lifted = [with_constant(stack @ components) for stack in stacks]
    with threadpool_limits(1):
        pair = galerkin(*(np.concatenate([part[cut] for part in lifted]) for cut in (slice(None, -1), slice(1, None))))
        pairs = eigenpairs(pair)
        now = np.concatenate([stack[:-1, :dimension] for stack in stacks])
        modes = koopman_modes(pair, pairs, now)
        errors = []
        for stack, states in checks:
            functions = with_constant(stack @ components) @ pairs.functions
            ahead = np.unique(np.geomspace(1, max(1, len(states) // 3), 10).astype(int))
            kept = len(states) - ahead[-1]
            truth = np.stack([states[steps : steps + kept] for steps in ahead], axis=1)
            with np.errstate(all="ignore"):
                missed = np.mean((propagate(functions[:kept], pairs.eigenvalues, modes, ahead) - truth) ** 2, axis=2)
            stretches = max(1, min(5, kept // 2, round(5 / len(checks))))
            errors += [
                np.average(np.minimum(part.mean(axis=0), 2.0), weights=1 / ahead if near else None)
                for part in np.array_split(missed, stretches)
            ]
    return np.asarray(errors)


def _positive(deviations: np.ndarray) -> np.ndarray:
    return np.where(deviations > 0, deviations, 1.0)
