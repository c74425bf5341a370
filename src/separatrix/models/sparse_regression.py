"""Equations found from data: derivatives regressed on a library of functions, small coefficients struck out."""

from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.integrate import solve_ivp
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.metrics import r2_score

from separatrix.errors import bad_parameter
from separatrix.models.koopman.polynomials import Monomials
from separatrix.models.koopman.reading import InvalidData, given_again, given_series, remember
from separatrix.models.trajectories import Trajectories


def thresholded_least_squares(
    library: Float[np.ndarray, "M N"],
    targets: Float[np.ndarray, "M D"],
    threshold: float,
    iterations: int = 20,
) -> Float[np.ndarray, "N D"]:
    """Least squares, again and again without the coefficients below a threshold, until none falls.

    Args:
        library: functions at the states.
        targets: what they explain.
        threshold: smallest absolute coefficient that is kept.
        iterations: at most so many rounds.

    Returns:
        Coefficients, exactly 0 where struck out.

    Source:
        Brunton, Proctor & Kutz (2016), sequentially thresholded least squares.
    """
    coefficients = np.linalg.lstsq(library, targets, rcond=None)[0]
    kept = np.ones_like(coefficients, dtype=bool)
    for _ in range(iterations):
        large = kept & (np.abs(coefficients) >= threshold)
        if (large == kept).all():
            break
        kept = large
        coefficients = np.zeros_like(coefficients)
        for column in range(targets.shape[1]):
            chosen = kept[:, column]
            if chosen.any():
                found = np.linalg.lstsq(library[:, chosen], targets[:, column], rcond=None)[0]
                coefficients[chosen, column] = found
    return coefficients


class SINDy(RegressorMixin, BaseEstimator):
    """Sparse identification of a flow's right-hand side.

    Without derivatives these are taken by central differences of fourth order, which noise spoils at small steps.

    Args:
        library: a dictionary, fitted anew; None for monomials of degree 2.
        threshold: coefficients below it are struck out, in the unit of the derivative over the function's.

    Attributes:
        coefficients_: (functions, components).
        library_: the fitted dictionary.
        step_: time between states.

    Source:
        Brunton, Proctor & Kutz (2016).
    """

    n_features_in_: int
    library_: Any

    def __init__(self, library: Any = None, threshold: float = 0.1):
        self.library = library
        self.threshold = threshold

    def fit(self, X: Any, y: Any = None, times: Any = None) -> "SINDy":
        """Regress derivatives on the library.

        Args:
            X: series of states, as of ``as_trajectories``.
            y: derivatives at the states, of the same shape as one array X; None takes differences.
            times: of the states.

        Returns:
            Itself.
        """
        self._check_threshold()
        series = given_series(X, times)
        remember(self, series)
        states, rates = _given(series, y) if y is not None else _own_differences(series)
        self.step_ = series.step
        self._last = series.states[-1][-1]
        self.library_ = Monomials(2, scaled=False) if self.library is None else clone(self.library)
        self.library_.fit(states)
        self.coefficients_ = thresholded_least_squares(self.library_.transform(states), rates, self.threshold)
        return self

    def _check_threshold(self) -> None:
        if not (isinstance(self.threshold, (int, float, np.number)) and self.threshold >= 0):
            raise bad_parameter("threshold", "SINDy", "a float in the range [0, inf)", self.threshold)

    def _step(self, what: str) -> float:
        if self.step_ is None:
            raise InvalidData(f"{what} needs data of equal steps. Interpolate the series to equal steps first.")
        return self.step_

    def velocity(self, x: Float[np.ndarray, "*batch D"]) -> Float[np.ndarray, "*batch D"]:
        """The right-hand side at states.

        Args:
            x: states, (..., D).

        Returns:
            Their rates of change.
        """
        flat = np.asarray(x, float).reshape(-1, self.n_features_in_)
        return (self.library_.transform(flat) @ self.coefficients_).reshape(np.shape(x))

    def predict(self, X: Any) -> Float[np.ndarray, "M D"]:
        """Derivatives at states.

        Args:
            X: series of states.

        Returns:
            One row a state.
        """
        return self.velocity(np.concatenate(given_again(self, X).states))

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """R^2 of the derivatives.

        Args:
            X: series of states.
            y: derivatives; None takes differences, at the step of the data of ``fit``.
            sample_weight: weights of the states.

        Returns:
            1 for a perfect fit.
        """
        series = given_again(self, X)
        states, rates = _given(series, y) if y is not None else _differences(series, self._step("A score"))
        return float(r2_score(rates, self.velocity(states), sample_weight=sample_weight))

    def forecast(self, start: Float[np.ndarray, " D"] | None, steps: int) -> Float[np.ndarray, "steps D"]:
        """Integrate the found equations.

        Args:
            start: state; None for the end of the last series.
            steps: number of states, a data step apart.

        Returns:
            The states after the start; NaN from where the solution blows up.
        """
        times = self._step("A forecast") * np.arange(steps + 1)
        begin = self._last if start is None else np.asarray(start, float)

        def lost(t: float, x: np.ndarray) -> float:
            return 1e6 * (1 + float(np.linalg.norm(self._last))) - float(np.linalg.norm(x))

        lost.terminal = True  # type: ignore[attr-defined]
        found = solve_ivp(
            lambda t, x: self.velocity(x), (0.0, times[-1]), begin, t_eval=times, rtol=1e-8, atol=1e-10, events=lost
        )
        states = np.full((steps, len(begin)), np.nan)
        states[: found.y.shape[1] - 1] = found.y.T[1:]
        return states


def _given(series: Trajectories, rates: Any) -> tuple[np.ndarray, np.ndarray]:
    states = np.concatenate(series.states)
    found = np.asarray(rates, float).reshape(len(rates), -1)
    if found.shape != states.shape:
        raise InvalidData(f"Derivatives must have the states' shape {states.shape}; theirs is {found.shape}.")
    return states, found


def _own_differences(series: Trajectories) -> tuple[np.ndarray, np.ndarray]:
    return _differences(series, series.equal_step("SINDy without derivatives"))


def _differences(series: Trajectories, step: float) -> tuple[np.ndarray, np.ndarray]:
    """States with their derivatives by central differences of fourth order, ends left out."""
    long = [states for states in series.states if len(states) >= 5]
    if not long:
        raise InvalidData("Differences of fourth order need a series of at least 5 states. Give the derivatives as y.")
    rates = [(x[:-4] - 8 * x[1:-3] + 8 * x[3:-1] - x[4:]) / (12 * step) for x in long]
    return np.concatenate([x[2:-2] for x in long]), np.concatenate(rates)
