"""Windows of the past and of what followed them, and the estimators that learn the one from the other."""

from typing import Any

import numpy as np
from jaxtyping import Float
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from separatrix.errors import SeparatrixError, bad_parameter
from separatrix.models.koopman.reading import InvalidData, given_again, given_series, remember
from separatrix.models.trajectories import Trajectories, refuse_constant


def past_and_future(
    states: tuple[np.ndarray, ...], delays: int, horizon: int
) -> tuple[Float[np.ndarray, "windows past"], Float[np.ndarray, "windows future"]]:
    """Every window of ``delays`` states of every series, and the ``horizon`` states after it, flattened in time order.

    Args:
        states: arrays (times, D).
        delays: states of a window, at least 1.
        horizon: states after it, at least 0.

    Returns:
        Arrays (windows, delays D) and (windows, horizon D).

    Raises:
        InvalidData: no series is long enough.

    >>> past, future = past_and_future((np.arange(5.0)[:, None],), 3, 1)
    >>> past.tolist(), future.tolist()
    ([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]], [[3.0], [4.0]])
    """
    length = delays + horizon
    long = [series for series in states if len(series) >= length]
    if not long:
        longest = max((len(series) for series in states), default=0)
        raise InvalidData(
            f"{delays} delays and a horizon of {horizon} need a series of at least {length} states; the longest has "
            f"{longest}. Take fewer delays."
        )
    cut = [np.lib.stride_tricks.sliding_window_view(series, length, axis=0) for series in long]
    windows = np.concatenate([np.moveaxis(view, -1, 1).reshape(len(view), -1) for view in cut])
    past = delays * long[0].shape[1]
    return windows[:, :past], windows[:, past:]


class WindowForecaster(RegressorMixin, BaseEstimator):
    """What forecasts from windows of delays share; to write one, give ``_learn`` and ``_map``.

    States are standardised component by component. Attributes after ``fit``: ``mean_``, ``scale_`` (D,), ``step_``,
    ``n_features_in_``, ``feature_names_in_``.
    """

    delays: int
    horizon: int
    n_features_in_: int
    feature_names_in_: np.ndarray
    mean_: np.ndarray
    scale_: np.ndarray
    step_: float
    _last: np.ndarray

    def fit(self, X: Any, y: Any = None, times: Any = None) -> "WindowForecaster":
        """Learn the ``horizon`` states after each window.

        Args:
            X: series of states at equal steps, as of ``as_trajectories``.
            y: not used.
            times: of the states.

        Returns:
            Itself.

        Raises:
            InvalidData: unequal steps, a constant component, or series that are too short; delays or a horizon that
                are not possible are refused too.
        """
        for parameter in ("delays", "horizon"):
            self._check_positive(parameter, getattr(self, parameter))
        series = given_series(X, times)
        remember(self, series)
        try:
            refuse_constant(series)
            self.step_ = series.equal_step(type(self).__name__)
        except SeparatrixError as error:
            raise InvalidData(str(error)) from error
        stacked = np.concatenate(series.states)
        self.mean_, self.scale_ = stacked.mean(axis=0), stacked.std(axis=0)
        self._last = series.states[-1][-self.delays :]
        self._learn(Trajectories(self._standard(series.states), series.times, series.names))
        return self

    def predict(self, X: Any, steps: int = 1) -> Float[np.ndarray, "windows D"]:
        """States some steps after the end of every window, free-running beyond the horizon.

        Args:
            X: series of states.
            steps: how many, at least 1.

        Returns:
            One row a window: a series of T states has T - delays + 1.
        """
        past, _ = past_and_future(self._standard(given_again(self, X).states), self.delays, 0)
        return self._states(self._continue(past, steps)[:, -1])

    def forecast(self, X: Any = None, steps: int = 1) -> Float[np.ndarray, "steps D"]:
        """Free-running continuation.

        Args:
            X: series, of which the last is continued; None for those of ``fit``.
            steps: how many states.

        Returns:
            The states.
        """
        check_is_fitted(self)
        last = self._last if X is None else given_again(self, X).states[-1]
        past, _ = past_and_future(self._standard((last[-self.delays :],)), self.delays, 0)
        return self._states(self._continue(past, steps)[0])

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """R^2 of the whole horizon.

        Args:
            X: series of states.
            y: not used.
            sample_weight: of the windows.

        Returns:
            1 for a perfect fit, 0 for the mean.
        """
        past, future = past_and_future(self._standard(given_again(self, X).states), self.delays, self.horizon)
        return float(r2_score(future, self._map(past), sample_weight=sample_weight, multioutput="variance_weighted"))

    def _continue(self, past: np.ndarray, steps: int) -> np.ndarray:
        """(windows, delays D) -> (windows, steps, D), the horizon at a time."""
        self._check_positive("steps", steps)
        found, width = [], past.shape[1]
        for _ in range(-(-steps // self.horizon)):
            found.append(self._map(past))
            past = np.concatenate([past, found[-1]], axis=1)[:, -width:]
        return np.concatenate(found, axis=1).reshape(len(past), -1, self.n_features_in_)[:, :steps]

    def _check_positive(self, parameter: str, value: Any) -> None:
        if not (isinstance(value, (int, np.integer)) and value >= 1):
            raise bad_parameter(parameter, type(self).__name__, "an int in the range [1, inf)", value)

    def _standard(self, states: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        return tuple((series - self.mean_[None, :]) / self.scale_[None, :] for series in states)

    def _states(self, standard: np.ndarray) -> np.ndarray:
        return standard * self.scale_[None, :] + self.mean_[None, :]

    def _learn(self, series: Trajectories) -> None:
        """Learn from standardised series."""
        raise NotImplementedError

    def _map(self, past: np.ndarray) -> np.ndarray:
        """Standardised windows (windows, delays D) to what follows, (windows, horizon D)."""
        raise NotImplementedError


class LinearDelays(WindowForecaster):
    """Least squares from delays to what follows: dynamic mode decomposition of delays, DMD for one delay.

    Args:
        delays: states of a window.
        horizon: states predicted at once.
        ridge: penalty, as a share of the mean square of the windows; 0 for least squares.

    Attributes:
        coefficients_: (delays D + 1, horizon D), the constant last.

    Source:
        Schmid (2010); Arbabi & Mezic (2017) for delays.
    """

    def __init__(self, delays: int = 1, horizon: int = 1, ridge: float = 0.0):
        self.delays = delays
        self.horizon = horizon
        self.ridge = ridge

    def _learn(self, series: Trajectories) -> None:
        past, future = past_and_future(series.states, self.delays, self.horizon)
        design = np.concatenate([past, np.ones((len(past), 1))], axis=1)
        if self.ridge:
            weight = np.sqrt(self.ridge * np.sum(past**2) / past.shape[1])
            design = np.concatenate([design, weight * np.eye(*design.shape[1:] * 2)[:-1]])
            future = np.concatenate([future, np.zeros((past.shape[1], future.shape[1]))])
        self.coefficients_ = np.linalg.lstsq(design, future, rcond=None)[0]

    def _map(self, past: np.ndarray) -> np.ndarray:
        return past @ self.coefficients_[:-1] + self.coefficients_[-1][None, :]
