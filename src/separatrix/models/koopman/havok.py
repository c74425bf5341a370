"""HAVOK: a linear model of delay coordinates, driven by the last of them."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import linalg
from sklearn.metrics import r2_score

from separatrix.errors import bad_parameter
from separatrix.models.koopman.control import Control
from separatrix.models.koopman.delays import Delays
from separatrix.models.koopman.galerkin import Galerkin, galerkin
from separatrix.models.koopman.generator_edmd import FEWEST, slopes
from separatrix.models.koopman.koopman_model import KoopmanModel
from separatrix.models.koopman.reading import InvalidData, given_again, refuse_short
from separatrix.models.koopman.residuals import KoopmanPairs, eigenpairs
from separatrix.models.koopman.snapshots import Snapshots, lift_series
from separatrix.models.trajectories import Trajectories

INDEPENDENT = 1e-10
"""Share of the largest singular value of the Hankel matrix below which a coordinate is rounding."""


class HAVOK(KoopmanModel):
    """Delay coordinates v of a series, and the regression dv/dt = A v + B v_r, in which the last coordinate is given.

    The coordinates are the leading left singular vectors of the Hankel matrix. Chaos is thus split into a linear system
    and what drives it, small most of the time and bursting before a lobe is left. The model is an open one: `predict`
    and `forecast` hold the forcing at its last value, unless given; `reconstruct` drives the model by the forcing as it
    was. Eigenvalues and residuals are those of the undriven part, for one step of the series.

    Args:
        delays: successive states in each row of the Hankel matrix, the present one included.
        rank: number r of coordinates, the forcing included, at least 2.
        tolerance: largest residual of a certified pair.

    Attributes:
        dynamics_: A, per unit of time, (r - 1, r - 1): rows act on coordinates, dv/dt = A v.
        forcing_gain_: B, (r - 1,).
        singular_values_: of the Hankel matrix, all that are independent.

    Source: Brunton et al., arXiv 1608.05306.

    >>> t = 0.01 * np.arange(2000)
    >>> model = HAVOK(delays=20, rank=3).fit(np.sin(3 * t) + 0.01 * np.sin(40 * t), times=t)
    >>> np.sort(model.rates_.imag).round(1).tolist()  # the slow wave is the dynamics, the fast one drives it
    [-3.0, 3.0]
    """

    def __init__(self, delays: int = 5, *, rank: int = 5, tolerance: float = 0.1):
        self.delays = delays
        self.rank = rank
        self.tolerance = tolerance

    @property
    def history(self) -> int:  # type: ignore[override]
        """Number of successive states that a row of coordinates needs."""
        return self.delays

    def forcing(self, X: Any) -> Float[np.ndarray, "M"]:
        """The last coordinate along series.

        Args:
            X: series.

        Returns:
            One value for each row of ``transform``, of root mean square 1 over the series that the model was fitted to.
        """
        series = given_again(self, X)
        refuse_short(series, self.history, "HAVOK")
        return np.concatenate([self._coordinates(states)[:, -1] for states in series.states])

    def reconstruct(self, X: Any) -> Float[np.ndarray, "T D"]:
        """The last series as the model has it, from its beginning, driven by the series' own forcing.

        Args:
            X: series.

        Returns:
            The state from step ``delays`` of the series on, (T - delays, D).
        """
        states = given_again(self, X).states[-1]
        forcing = self._coordinates(states)[:, -1:]
        # held at its mean over each step, which is right to second order
        return self.forecast(states[: self.delays], len(forcing) - 1, inputs=(forcing[:-1] + forcing[1:]) / 2)

    def predict(self, X: Any, steps: int = 1, inputs: Any = None) -> Float[np.ndarray, "M D"]:
        """The state so many steps on, with the forcing held where it is.

        Args:
            X: series.
            steps: how many.
            inputs: the forcing, if known: (M, 1) or (M, steps, 1).

        Returns:
            One row for each row of ``transform``.
        """
        return super().predict(X, steps, self.forcing(X)[:, None] if inputs is None else inputs)

    def forecast(self, X: Any = None, steps: int = 1, inputs: Any = None) -> Float[np.ndarray, "steps D"]:
        """Continue the last series with the forcing held where it is.

        Args:
            X: series; None for the one that the model was fitted to.
            steps: how far.
            inputs: the forcing, if known, (steps, 1).

        Returns:
            The state at each step.
        """
        if inputs is None:
            last = self.forcing(self._last_ if X is None else X)[-1]
            inputs = np.full((int(steps), 1), last)
        return super().forecast(X, steps, inputs)

    def score(self, X: Any, y: Any = None) -> float:
        """R^2 of the coordinates' rates of change.

        Args:
            X: series, of the step that the model was fitted to.
            y: not used.

        Returns:
            1 where the regression is exact.
        """
        series = given_again(self, X)
        refuse_short(series, self.history + FEWEST - 1, "HAVOK")
        found = self._gathered(dataclasses.replace(series, times=self._clocks(series)), None)
        fitted = found.px @ self.dynamics_.T + found.inputs @ self.forcing_gain_[None, :]
        return float(r2_score(found.py / self.step_, fitted))

    def _clocks(self, series: Trajectories) -> tuple[np.ndarray, ...]:
        return tuple(self.step_ * np.arange(len(states)) for states in series.states)

    def _learn(self, series: Trajectories) -> None:
        if not (isinstance(self.rank, (int, np.integer)) and self.rank >= 2):
            raise bad_parameter("rank", "HAVOK", "an int in the range [2, inf)", self.rank)
        if series.inputs is not None:
            raise InvalidData("HAVOK takes its own last coordinate as input, no others.")
        refuse_short(series, self.history + FEWEST - 1, "HAVOK")
        self._windows = Delays(self.delays).fit(series)
        rows = np.concatenate(lift_series(self._windows.transform, self._long(series.states), self.history))
        _, sizes, vt = np.linalg.svd(rows, full_matrices=False)
        self.singular_values_ = sizes[sizes > INDEPENDENT * sizes[0]]
        kept = min(self.rank, len(self.singular_values_))
        if kept < 2:
            raise InvalidData("HAVOK needs two independent coordinates; this series has one. Take more delays.")
        self._mixing_ = vt[:kept].T * (np.sqrt(len(rows)) / sizes[:kept])[None, :]

    def _long(self, states: tuple[np.ndarray, ...]) -> list[np.ndarray]:
        return [part for part in states if len(part) >= self.history + FEWEST - 1]

    def _coordinates(self, states: np.ndarray) -> np.ndarray:
        return self._windows.transform(states) @ self._mixing_

    def _lift(self, states: np.ndarray) -> np.ndarray:
        return self._coordinates(states)[:, :-1]

    def _gathered(self, series: Trajectories, images: np.ndarray | None) -> Snapshots:
        if images is not None:
            raise InvalidData("HAVOK needs series; pairs (X, y) have no past. Give the series as X alone.")
        long = self._long(series.states)
        coordinates = [self._coordinates(states) for states in long]
        clocks = [times[self.history - 1 :] for times in series.times if len(times) >= self.history + FEWEST - 1]
        changes = [slopes(part[:, :-1], clock) for part, clock in zip(coordinates, clocks, strict=True)]
        present = np.concatenate([states[self.history - 1 :] for states in long])
        v = np.concatenate(coordinates)
        return Snapshots(present, present, v[:, :-1], np.concatenate(changes) * self.step_, v[:, -1:])

    def _compressed(self, snapshots: Snapshots) -> Galerkin:
        return galerkin(snapshots.px, snapshots.py)

    def _eigenpairs(self, pair: Galerkin) -> KoopmanPairs:
        pairs = eigenpairs(pair)
        return dataclasses.replace(pairs, eigenvalues=np.exp(pairs.eigenvalues))

    def _propagator(self, pair: Galerkin, snapshots: Snapshots) -> tuple[np.ndarray, np.ndarray]:
        assert self.control_ is not None
        back = np.linalg.inv(pair.basis)
        self.dynamics_ = (pair.basis @ pair.matrix @ back).T / self.step_
        self.forcing_gain_ = (self.control_.on_functions @ back)[0] / self.step_
        kept = pair.rank
        together = np.zeros((kept + 1, kept + 1))  # the forcing, held through a step, is one more coordinate
        together[:kept, :kept], together[kept:, :kept] = pair.matrix, self.control_.on_functions
        step = linalg.expm(together)
        readout = pair.coefficients(snapshots.states)
        on_functions = step[kept:, :kept]
        self.control_ = Control(on_functions, on_functions @ readout + self.control_.on_state)
        return step[:kept, :kept], step[:kept, :kept] @ readout
