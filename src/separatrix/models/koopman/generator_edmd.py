"""EDMD of the generator: rates of change instead of steps, for series at unequal times."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import linalg
from scipy.interpolate import CubicSpline
from sklearn.metrics import r2_score

from separatrix.errors import bad_parameter
from separatrix.models.koopman.edmd import EDMD
from separatrix.models.koopman.galerkin import Galerkin
from separatrix.models.koopman.reading import InvalidData, given_again, refuse_short
from separatrix.models.koopman.residuals import KoopmanPairs, eigenpairs
from separatrix.models.koopman.snapshots import Snapshots, lift_series
from separatrix.models.trajectories import Trajectories

FEWEST = 4
"""Times that a cubic spline needs."""


class GeneratorEDMD(EDMD):
    """The generator of a flow compressed to a dictionary: (d/dt) psi(x(t)) fitted by psi(x(t)).

    Nothing is asked of the steps, as each state brings its own rate of change: the slope, at its time, of the cubic
    spline through the dictionary's values. That is wrong by the cube of the step, at the ends by its square; so steps
    must be short beside what the dictionary's fastest function needs to turn. Eigenvalues, residuals, verdicts and
    forecasts are told for one ``step``, so that they compare with those of other estimators: a residual is that of the
    generator times the step, which bounds the one of the step's operator as long as the function does not grow.

    Args:
        dictionary: as of EDMD, without delays.
        rank: as of EDMD.
        step: unit of time; None for the median step of the series.
        tolerance: largest residual of a certified pair.

    Source: Klus et al., arXiv 1909.10638 (gEDMD), with derivatives along the series.

    >>> times = np.sort(np.random.default_rng(0).uniform(0, 10, 400))
    >>> model = GeneratorEDMD(step=1.0).fit(np.exp(-0.3 * times), times=times)
    >>> np.sort(model.rates_.real).round(3).tolist()
    [-0.6, -0.3, 0.0]
    """

    def __init__(
        self, dictionary: Any = None, *, rank: int | None = None, step: float | None = None, tolerance: float = 0.1
    ):
        self.dictionary = dictionary
        self.rank = rank
        self.step = step
        self.tolerance = tolerance

    def _learn(self, series: Trajectories) -> None:
        if self.history > 1:
            raise InvalidData("GeneratorEDMD takes no delays: at unequal times a delay is another one at each state.")
        if self.step is not None and not self.step > 0:
            raise bad_parameter("step", "GeneratorEDMD", "a float in the range (0, inf) or None", self.step)
        refuse_short(series, FEWEST, "GeneratorEDMD")
        super()._learn(series)

    def _step(self, series: Trajectories) -> float:
        return float(np.median(series.steps)) if self.step is None else float(self.step)

    def score(self, X: Any, y: Any = None, times: Any = None) -> float:
        """R^2 of the rates of change of the components.

        Args:
            X: series.
            y: not used.
            times: of the series.

        Returns:
            1 where the model gives all rates of change.
        """
        series = given_again(self, X, times=times)
        refuse_short(series, FEWEST, "GeneratorEDMD")
        rates = np.concatenate([slopes(*part) for part in zip(series.states, series.times, strict=True)])
        found = self._lifted(series) @ self.galerkin_.basis @ self._generator_ @ self._states_ / self.step_
        return float(r2_score(rates, found.real))

    def _gathered(self, series: Trajectories, images: np.ndarray | None) -> Snapshots:
        if images is not None or series.inputs is not None:
            raise InvalidData("GeneratorEDMD takes series without inputs, not pairs (X, y). Use EDMD for those.")
        long = [part for part in zip(series.states, series.times, strict=True) if len(part[0]) >= FEWEST]
        lifted = lift_series(self._lift, [states for states, _ in long], 1)
        changes = [slopes(part, times) * self.step_ for part, (_, times) in zip(lifted, long, strict=True)]
        states = np.concatenate([states for states, _ in long])
        return Snapshots(states, states, np.concatenate(lifted), np.concatenate(changes))

    def _eigenpairs(self, pair: Galerkin) -> KoopmanPairs:
        pairs = eigenpairs(pair)
        return dataclasses.replace(pairs, eigenvalues=np.exp(pairs.eigenvalues))

    def _propagator(self, pair: Galerkin, snapshots: Snapshots) -> tuple[np.ndarray, np.ndarray]:
        self._generator_, self._states_ = pair.matrix, pair.coefficients(snapshots.states)
        step = linalg.expm(self._generator_)
        return step, step @ self._states_


def slopes(values: Float[np.ndarray, "T N"], times: Float[np.ndarray, "T"]) -> Float[np.ndarray, "T N"]:
    """Rates of change along a series, by a cubic spline through it.

    Args:
        values: (T, N), T at least 4.
        times: ascending, (T,).

    Returns:
        Slopes at the times.
    """
    return CubicSpline(times, values)(times, 1)
