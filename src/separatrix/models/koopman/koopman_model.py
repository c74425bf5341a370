"""What all estimators of Koopman models share: reading data, certificates, forecasts, and scikit-learn's interface."""

import warnings
from typing import Any

import numpy as np
from jaxtyping import Complex, Float, Num
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.metrics import r2_score

from separatrix.errors import bad_parameter
from separatrix.models.koopman.compression import leading_functions, restricted
from separatrix.models.koopman.control import Control, refuse_inputs, without_inputs
from separatrix.models.koopman.galerkin import Galerkin, galerkin
from separatrix.models.koopman.propagation import propagated
from separatrix.models.koopman.pseudospectrum import pseudospectrum
from separatrix.models.koopman.reading import (
    InvalidData,
    given_again,
    given_series,
    images_given,
    refuse_short,
    refuse_unusable,
    remember,
)
from separatrix.models.koopman.residuals import (
    OVERSAMPLING,
    KoopmanPairs,
    certificate,
    eigenpairs,
    koopman_modes,
    verdicts,
)
from separatrix.models.koopman.snapshots import (
    Snapshots,
    lift_series,
    snapshots_of_pairs,
    snapshots_of_series,
)
from separatrix.models.trajectories import Trajectories


class CertificateWarning(UserWarning):
    """The residuals of a model certify nothing on the data that it was fitted to; the message says why."""


class KoopmanModel(TransformerMixin, BaseEstimator):
    """Base of the estimators. To write one, give ``_learn`` and ``_lift``, and where it differs ``_compressed``.

    Attributes:
        eigenvalues_: per step, those of least residual first, (K,).
        residuals_: how far each pair is from being one of the Koopman operator itself, (K,).
        verdicts_: "certified", "spurious" or "void", (K,).
        certificate_: "valid", or "void: " and why.
        modes_: the state is the sum of modes times eigenfunctions, (K, D).
        rates_: log(eigenvalues) / step, (K,).
        step_: time between the two states of a pair.
        galerkin_: the orthonormal functions behind all of this.
        matrix_: takes those one step on, (K, K).
        readout_: the state one step on from them, (K, D).
        control_: what inputs do to the functions and to the state one step on; None without inputs.
    """

    tolerance: float
    rank: int | None = None
    lag: int = 1
    history = 1

    def fit(self, X: Any, y: Any = None, times: Any = None, inputs: Any = None) -> "KoopmanModel":
        """Fit the model.

        Args:
            X: series of states: an array (times, dimension) in the order of time, a list of such, a data frame, an
                xarray object or Trajectories; or, with y, the first states of snapshot pairs in any order.
            y: None, or the states that follow each row of X, of X's shape. (A vector of labels, as a pipeline passes
                on to whatever comes after, is not used.)
            times: of the series; taken from an index or a coordinate where there is one, else 0, 1, 2, ...
            inputs: what was done to the system from each state to the next, (times, controls) a series.

        Returns:
            Itself.

        Raises:
            InvalidData: one line says what is wrong with the data.
        """
        self._check_parameters()
        images, series = images_given(X, y), given_series(X, times, inputs)
        refuse_unusable(series, 2 if images is not None else self.history + self.lag, type(self).__name__)
        if series.inputs is not None and self.lag > 1:
            raise InvalidData("Inputs are for one step each. Use lag=1 with them.")
        remember(self, series)
        self._learn(series)
        self.step_ = 1.0 if images is not None else self._step(series)
        self._solve(self._gathered(series, images))
        self._last_ = series.states[-1][-self.history :]
        if self.certificate_ != "valid":
            warnings.warn(f"{type(self).__name__}: certificate {self.certificate_}.", CertificateWarning, stacklevel=2)
        return self

    def transform(self, X: Any) -> Complex[np.ndarray, "M K"]:
        """Eigenfunctions along series.

        Args:
            X: states.

        Returns:
            One row a state, one column an eigenfunction; with delays, from the first state that has a past.
        """
        return self._lifted(X) @ self.pairs_.functions

    def eigenfunctions(self, x: Any) -> Complex[np.ndarray, "M K"]:
        """The same as ``transform``.

        Args:
            x: states.

        Returns:
            Eigenfunctions at the states.
        """
        return self.transform(x)

    def predict(self, X: Any, steps: int = 1, inputs: Any = None) -> Float[np.ndarray, "M D"]:
        """The state so many steps after each one given.

        Powers of the model's matrix are taken, which are right also where its eigenvectors are nearly dependent.

        Args:
            X: states.
            steps: how many, at least 1.
            inputs: for a model with inputs: one row a state, (M, P), held over all steps; or (M, steps, P).

        Returns:
            One row for each row of ``transform``.

        Raises:
            bad_parameter: steps is not a positive whole number.
            InvalidData: no pair is left to forecast with, or inputs are missing or of the wrong shape.
        """
        if not (isinstance(steps, (int, np.integer)) and steps >= 1):
            raise bad_parameter("steps", f"{type(self).__name__}.predict", "an int in the range [1, inf)", steps)
        functions = self._lifted(X) @ self._forecasting_basis()
        if self.control_ is None:
            refuse_inputs(inputs, type(self).__name__)
            return np.real(functions @ np.linalg.matrix_power(self.matrix_, int(steps) - 1) @ self.readout_)
        given = self.control_.given(inputs, len(functions), int(steps))
        return self.control_.driven(functions, given, self.matrix_, self.readout_)[:, -1]

    def forecast(self, X: Any = None, steps: int = 1, inputs: Any = None) -> Float[np.ndarray, "steps D"]:
        """Continue the last series.

        Args:
            X: series; None continues the one that the model was fitted to.
            steps: how far.
            inputs: for a model with inputs, one row a step, (steps, P).

        Returns:
            The state at each step after the end.

        Raises:
            bad_parameter: as of ``predict``.
            InvalidData: as of ``predict``.
        """
        if not (isinstance(steps, (int, np.integer)) and steps >= 1):
            raise bad_parameter("steps", f"{type(self).__name__}.forecast", "an int in the range [1, inf)", steps)
        basis = self._forecasting_basis()
        end = self._last_ if X is None else given_again(self, X).states[-1][-self.history :]
        start = (self._lift(end) @ basis)[-1:]
        if self.control_ is None:
            refuse_inputs(inputs, type(self).__name__)
            return np.real(propagated(start[0], self.matrix_, int(steps)) @ self.readout_)
        given = self.control_.given(None if inputs is None else np.asarray(inputs, float)[None], 1, int(steps))
        return self.control_.driven(start, given, self.matrix_, self.readout_)[0]

    def score(self, X: Any, y: Any = None, inputs: Any = None) -> float:
        """R^2 of the forecasts one step ahead, the mean over components.

        Args:
            X: series, or first states of pairs.
            y: None, or the states that follow them.
            inputs: for a model with inputs.

        Returns:
            1 for perfect forecasts, 0 for those of the mean.
        """
        images, series = images_given(X, y), given_again(self, X, inputs)
        if images is None:
            refuse_short(series, self.history + self.lag, type(self).__name__)
        pairs = self._gathered(series, images)
        found = np.real(pairs.px @ self._forecasting_basis() @ self.readout_)
        if self.control_ is not None:
            found = found + self.control_.given(pairs.inputs, len(found), 1)[:, 0] @ self.control_.on_state
        return float(r2_score(pairs.images, found))

    def pseudospectrum(self, z: Num[np.ndarray, "*grid"]) -> Float[np.ndarray, "*grid"]:
        """Least residual of any function of the dictionary's span at complex numbers.

        Args:
            z: any shape.

        Returns:
            Residuals of the same shape.
        """
        return pseudospectrum(self._quadrature(), z)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of ``transform``.

        Args:
            input_features: not used.

        Returns:
            One name an eigenfunction.
        """
        return np.array([f"eigenfunction{index}" for index in range(len(self.eigenvalues_))], dtype=object)

    def _learn(self, series: Trajectories) -> None:
        """Learn the dictionary."""
        raise NotImplementedError

    def _lift(self, states: np.ndarray) -> np.ndarray:
        """Dictionary along one series, (T, D) -> (T - history + 1, N)."""
        raise NotImplementedError

    def _step(self, series: Trajectories) -> float:
        return self.lag * series.equal_step(type(self).__name__)

    def _gathered(self, series: Trajectories, images: np.ndarray | None) -> Snapshots:
        """Pairs with the dictionary at both ends, of a fit and of a score."""
        if images is None:
            return snapshots_of_series(self._lift, series, self.lag, self.history)
        return snapshots_of_pairs(self._lift, series, images, self.history)

    def _fitted(self, snapshots: Snapshots) -> Snapshots:
        """The snapshots that the fit is made of, when some are kept for residuals."""
        return snapshots

    def _compressed(self, snapshots: Snapshots) -> Galerkin:
        """The operator on the dictionary's span, or on as much of it as is kept."""
        pair = galerkin(snapshots.px, snapshots.py)
        if self.rank is None:
            return pair
        return restricted(pair, leading_functions(pair, snapshots.images, self.rank))

    def _quadrature(self) -> Galerkin:
        """The snapshots at which residuals are taken."""
        return self.galerkin_

    def _eigenpairs(self, pair: Galerkin) -> KoopmanPairs:
        return eigenpairs(pair)

    def _propagator(self, pair: Galerkin, snapshots: Snapshots) -> tuple[np.ndarray, np.ndarray]:
        """What takes the orthonormal functions one step on, and what reads the next state off them."""
        return pair.matrix, pair.coefficients(snapshots.images)

    def _certificate(self, pair: Galerkin, snapshots: Snapshots) -> str:
        needed = OVERSAMPLING * (pair.dictionary_size + (0 if self.control_ is None else self.control_.count))
        if pair.snapshots >= OVERSAMPLING * pair.dictionary_size and pair.snapshots < needed:
            return f"void: {pair.snapshots} snapshots; the functions and inputs need {needed}"
        return certificate(pair)

    def _solve(self, snapshots: Snapshots) -> None:
        effects = None
        if snapshots.inputs is not None:
            snapshots, *effects = without_inputs(snapshots)
        snapshots = self._fitted(snapshots)
        pair = self._compressed(snapshots)
        self.control_ = None if effects is None else Control(effects[0] @ pair.basis, effects[1])
        self.galerkin_, self.pairs_ = pair, self._eigenpairs(pair)
        self.matrix_, self.readout_ = self._propagator(pair, snapshots)
        self.modes_ = koopman_modes(pair, self.pairs_, snapshots.states)
        self.eigenvalues_, self.residuals_ = self.pairs_.eigenvalues, self.pairs_.residuals
        self.certificate_ = self._certificate(pair, snapshots)
        self.verdicts_ = verdicts(self.residuals_, self.certificate_, self.tolerance)
        with np.errstate(divide="ignore"):  # the rate of the eigenvalue 0 is minus infinity
            growth = np.log(np.abs(self.eigenvalues_)) / self.step_
        self.rates_ = growth + 1j * np.angle(self.eigenvalues_) / self.step_

    def _lifted(self, X: Any) -> np.ndarray:
        series = given_again(self, X)
        refuse_short(series, self.history, type(self).__name__)
        return np.concatenate(lift_series(self._lift, list(series.states), self.history))

    def _forecasting_basis(self) -> np.ndarray:
        if not self.galerkin_.rank:
            raise InvalidData(
                f"No eigenpair has a residual of at most {self.tolerance:g}, so that {type(self).__name__} forecasts "
                "nothing. Raise the tolerance, or take another dictionary."
            )
        return self.galerkin_.basis

    def _check_parameters(self) -> None:
        owner = type(self).__name__
        for name in ("rank", "lag"):
            value = getattr(self, name)
            if not ((name == "rank" and value is None) or (isinstance(value, (int, np.integer)) and value >= 1)):
                raise bad_parameter(name, owner, "an int in the range [1, inf)", value)
        if not (isinstance(self.tolerance, (int, float, np.floating)) and self.tolerance > 0):
            raise bad_parameter("tolerance", owner, "a float in the range (0, inf)", self.tolerance)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # eigenfunctions are complex
        return tags
