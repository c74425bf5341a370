"""A polynomial map of the whole state, fitted to pairs of successive states: the plainest nonlinear model."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.linalg import lstsq
from sklearn.base import BaseEstimator
from sklearn.preprocessing import PolynomialFeatures
from sklearn.utils.validation import check_is_fitted

from separatrix.errors import SeparatrixError
from separatrix.models.trajectories import Trajectories, as_trajectories

MOST_FUNCTIONS = 60
DEGREES = (1, 2, 3, 4, 5)
WORTH = 0.8
"""A higher degree is taken when it leaves at most this share of what the lower one leaves unexplained."""
EXACT = 1e-16
"""Unexplained share that is rounding: no higher degree is tried to better it."""
FARTHEST = 5.0
"""Iterates are kept within so many standard deviations of the mean: polynomials run away outside of the data."""


class PolynomialMap(BaseEstimator):
    """The next state as a polynomial of this one.

    A polynomial is fitted to all states at once. On a thin attractor neighbouring states say nothing of how fast it
    gets thinner; by how its sheets are bent, all of them together do.

    Args:
        degree: of the polynomial; None takes what foretells held-out pairs best.

    Attributes:
        degree_: of the polynomial.
        unexplained_: squared error one step ahead on held-out pairs, over the variance.
        linear_: the same of the linear map.
        mean_: of the states, (D,).
        scale_: standard deviations, (D,).

    >>> x = np.empty(300); x[0] = 0.3
    >>> for t in range(299): x[t + 1] = 3.9 * x[t] * (1 - x[t])
    >>> model = PolynomialMap().fit(x)
    >>> model.degree_, bool(model.unexplained_ < 1e-20)
    (2, True)
    """

    history = 1

    def __init__(self, degree: int | None = None):
        self.degree = degree

    def fit(self, X: Any, y: None = None) -> "PolynomialMap":
        """Fit to series with equal steps.

        Args:
            X: whatever ``as_trajectories`` takes.
            y: nothing; for scikit-learn.

        Returns:
            Itself.

        Raises:
            SeparatrixError: even a linear map has more coefficients than a twentieth of the pairs.
        """
        data = as_trajectories(X)
        states = np.concatenate(data.states)
        self.mean_ = states.mean(axis=0)
        self.scale_ = np.maximum(states.std(axis=0), np.finfo(float).tiny)
        x, y_ = (self._scaled(side) for side in data.pairs())
        # of three blocks of ten pairs one is held out
        test = np.repeat(np.arange(-(-len(x) // 10)) % 3 == 2, 10)[: len(x)]
        found, self.linear_ = None, np.inf
        for degree in DEGREES if self.degree is None else (self.degree,):
            powers = PolynomialFeatures(degree).fit(x).powers_
            if len(powers) > min(MOST_FUNCTIONS, len(x) // 20):
                break
            functions = monomials(powers, x)
            missed = functions[test] @ _solved(functions[~test], y_[~test]) - y_[test]
            left = float(np.mean(missed**2) / np.mean((y_[test] - y_[test].mean(axis=0)) ** 2))
            self.linear_ = left if degree == 1 else self.linear_
            if found is None or (left < WORTH * found[0] and found[0] > EXACT):
                found = left, degree, powers, _solved(functions, y_)
        if found is None:
            raise SeparatrixError(
                f"{data.dimension} components are too many for a polynomial map of {len(x)} pairs of states."
            )
        self.unexplained_, self.degree_, self.powers_, self.weights_ = found
        return self

    def transform(self, X: Any) -> Float[np.ndarray, "M D"]:
        """States, scaled as the map takes them.

        Args:
            X: one series, (times, D).

        Returns:
            As many rows, (times, D).
        """
        check_is_fitted(self)
        return self._scaled(as_trajectories(X).states[-1])

    def forecast_at(self, functions: Float[np.ndarray, "M D"], steps: np.ndarray) -> Float[np.ndarray, "M steps D"]:
        """Iterates of the map from many states at once.

        Args:
            functions: scaled states, as ``transform`` gives them.
            steps: how many steps ahead, (steps,).

        Returns:
            States, (M, steps, D).
        """
        powers = jnp.asarray(self.powers_)

        def step(state: Array, _: None) -> tuple[Array, Array]:
            grown = jnp.prod(state[:, None, :] ** powers[None], axis=2) @ self.weights_
            after = jnp.clip(grown, -FARTHEST, FARTHEST)
            return after, after

        with jax.enable_x64(True):
            _, path = jax.lax.scan(step, jnp.asarray(functions), None, length=int(np.max(steps)))
        return np.moveaxis(np.asarray(path), 0, 1)[:, np.asarray(steps) - 1] * self.scale_ + self.mean_

    def forecast(self, X: Any, steps: int) -> Float[np.ndarray, "steps D"]:
        """Continuation of a series.

        Args:
            X: the series; the last one where there are several.
            steps: how far.

        Returns:
            The states to come, (steps, D).
        """
        return self.forecast_at(self.transform(X)[-1:], np.arange(1, steps + 1))[0]

    def volume_growth(self, data: Trajectories) -> float:
        """Mean of log |det| of the map's Jacobian: the growth of phase volume a step, the sum of Lyapunov exponents.

        Args:
            data: at whose states.

        Returns:
            The growth, minus infinity where the map is singular.
        """
        x = self._scaled(np.concatenate(data.states))
        jacobian = [_derivative(self.powers_, x, axis) @ self.weights_ for axis in range(x.shape[1])]
        return float(np.mean(np.linalg.slogdet(np.stack(jacobian, axis=2))[1]))

    def _scaled(self, states: np.ndarray) -> np.ndarray:
        return (states - self.mean_) / self.scale_


def monomials(powers: np.ndarray, x: Float[np.ndarray, "M D"]) -> Float[np.ndarray, "M N"]:
    """Monomials at states.

    Args:
        powers: exponents, (N, D).
        x: the states.

    Returns:
        Their values, (M, N).
    """
    return np.prod(x[:, None, :] ** powers[None], axis=2)


def _solved(functions: np.ndarray, images: np.ndarray) -> np.ndarray:
    return lstsq(functions, images, cond=1e-10)[0]  # pyright: ignore[reportOptionalSubscript]


def _derivative(powers: np.ndarray, x: np.ndarray, axis: int) -> np.ndarray:
    """Derivatives of monomials along one axis at states, (M, N)."""
    lowered = powers.copy()
    lowered[:, axis] = np.maximum(lowered[:, axis] - 1, 0)
    return powers[:, axis][None, :] * monomials(lowered, x)
