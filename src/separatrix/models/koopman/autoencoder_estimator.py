"""The information-regularised Koopman autoencoder as a scikit-learn estimator."""

import warnings
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Complex, Float
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from separatrix.errors import SeparatrixError, bad_parameter
from separatrix.models.koopman.autoencoder import autoencoder
from separatrix.models.koopman.autoencoder_file import Stored
from separatrix.models.koopman.autoencoder_settings import refuse_settings
from separatrix.models.koopman.batch_ridge import mean_operator, pooled_operator
from separatrix.models.koopman.galerkin import galerkin
from separatrix.models.koopman.information import Pressures, latent_dimension
from separatrix.models.koopman.koopman_model import CertificateWarning
from separatrix.models.koopman.reading import (
    InvalidData,
    given_again,
    given_series,
    images_given,
    refuse_unusable,
    remember,
)
from separatrix.models.koopman.residuals import TOLERANCE, certificate, residuals, verdicts
from separatrix.models.koopman.window_training import WindowLoss, Windows, adam, hold_back, windows
from separatrix.models.training import train
from separatrix.models.trajectories import Trajectories

OPERATORS = {"pooled": pooled_operator, "average": mean_operator}
_MOST_WINDOWS = 4096
"""Windows from which the operator is made after training, spread evenly over all."""


class KoopmanAutoencoder(Stored, TransformerMixin, BaseEstimator):
    """Learns observables in which a system steps linearly, shaped by contrast, linear consistency and entropy.

    An encoder and a decoder are trained on windows of the series, standardised; the operator between neighbouring
    latents is a ridge regression in closed form. Its eigenpairs are tried on states kept back from training, and each
    gets the residual that it has there.

    Args:
        latent: dimension d of the latents.
        hidden: units of the encoder's hidden layers.
        window: states of a training window, above twice the neighbours.
        contrast: weight alpha of the information between neighbouring latents.
        linearity: weight beta of the squared norm of the linear step's error.
        entropy: weight gamma of the von Neumann entropy of the latents, which is rewarded.
        ridge: kappa of the operator's regression.
        reconstruction: weight of the error of decoding a state's own latent.
        neighbours: positives on either side of an anchor.
        temperature: of the cosines that are contrasted.
        operator: "pooled", one regression over all pairs, or "average", of the operators of windows, as in the paper;
            used after training.
        steps: of the optimiser.
        batch: windows a step.
        learning_rate: of Adam.
        held_out: share kept back: whole series where there are at least five, else the end of each.
        patience: stop when the loss of the kept-back windows is not better for so many blocks of 100 steps, and keep
            the best model; None takes all steps and keeps the last.
        tolerance: largest residual of a certified eigenpair.
        checkpoint: a file written during training, from which it resumes.
        random_state: seed of weights and batches.

    Attributes:
        eigenvalues_: of the operator, per step, of least residual first, (K,).
        rates_: their logarithms over the step, (K,).
        residuals_: ||phi(next) - lambda phi(now)|| / ||phi(now)|| over kept-back pairs, (K,).
        verdicts_: "certified", "spurious" or "void" for each, (K,).
        certificate_: "valid", or "void: " and why.
        modes_: the state is about the eigenfunctions times these plus their mean, (K, D); the decoder is not linear,
            so that forecasts are better than these say.
        operator_: C, latents step by z C, (d, d).
        effective_dimension_: exp of the von Neumann entropy of the latents.
        losses_, validation_, stopped_: of training steps, of blocks of them, and why they ended; step_: between states.

    Source: arXiv 2510.13025.
    """

    def __init__(
        self,
        latent: int = 8,
        hidden: tuple[int, ...] = (64, 64),
        window: int = 16,
        *,
        contrast: float = 1.0,
        linearity: float = 0.1,
        entropy: float = 0.1,
        ridge: float = 0.1,
        reconstruction: float = 0.1,
        neighbours: int = 3,
        temperature: float = 0.1,
        operator: str = "pooled",
        steps: int = 1500,
        batch: int = 32,
        learning_rate: float = 1e-3,
        held_out: float = 0.2,
        patience: int | None = None,
        tolerance: float = TOLERANCE,
        checkpoint: str | None = None,
        random_state: int = 0,
    ) -> None:
        self.latent = latent
        self.hidden = hidden
        self.window = window
        self.contrast = contrast
        self.linearity = linearity
        self.entropy = entropy
        self.ridge = ridge
        self.reconstruction = reconstruction
        self.neighbours = neighbours
        self.temperature = temperature
        self.operator = operator
        self.steps = steps
        self.batch = batch
        self.learning_rate = learning_rate
        self.held_out = held_out
        self.patience = patience
        self.tolerance = tolerance
        self.checkpoint = checkpoint
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, times: Any = None, inputs: Any = None) -> "KoopmanAutoencoder":
        """Train on one series or several.

        Args:
            X: an array (times, D), a list of such, a DataFrame, a DataArray, or Trajectories.
            y: not used; states that follow those of X are refused, as windows are needed and not pairs.
            times: of the states, at equal steps.
            inputs: not supported.

        Returns:
            Itself, fitted.

        Raises:
            InvalidData: series that cannot be used, pairs, or inputs.
            SeparatrixError: a parameter out of range, unequal steps, or series shorter than a window.
        """
        refuse_settings(self.get_params(), tuple(OPERATORS))
        series = given_series(X, times)
        if images_given(X, y) is not None or inputs is not None:
            raise InvalidData("KoopmanAutoencoder needs series of states alone: no pairs as y, and no inputs.")
        refuse_unusable(series, self.window, "KoopmanAutoencoder")
        remember(self, series)
        together = np.concatenate(series.states)
        self.step_ = series.equal_step("KoopmanAutoencoder")
        self.mean_, self.scale_, self.last_ = together.mean(axis=0), together.std(axis=0), series.states[-1][-1]
        kept, back = hold_back(series, self.held_out)
        fit_on = windows(tuple(map(self._standard, kept.states)), self.window)
        self._train(fit_on, back)
        latents = self.model_.encoder(fit_on.every(_MOST_WINDOWS))
        self.operator_ = np.asarray(OPERATORS[self.operator](latents, self.ridge), float)
        self.effective_dimension_ = float(latent_dimension(latents))
        self._certify(*back.pairs(), np.concatenate(kept.states))
        if self.certificate_ != "valid":
            warnings.warn(f"KoopmanAutoencoder: certificate {self.certificate_}.", CertificateWarning, stacklevel=2)
        return self

    def _train(self, fit_on: Windows, back: Trajectories) -> None:
        pressures = Pressures(self.contrast, self.linearity, self.entropy, self.ridge, self.reconstruction)
        loss = WindowLoss(pressures, int(self.batch), int(self.neighbours), float(self.temperature))
        of_model, of_training = jax.random.split(jax.random.key(self.random_state))
        seen = None if self.patience is None else windows(tuple(map(self._standard, back.states)), self.window)
        trained = train(
            autoencoder(fit_on.states.shape[1], self.latent, tuple(self.hidden), key=of_model),
            loss,
            fit_on,
            adam(self.learning_rate),
            steps=int(self.steps),
            key=of_training,
            validate=None if seen is None else lambda model: loss.over(model, seen.every()),
            patience=self.patience,
            checkpoint=self.checkpoint,
        )
        if trained.stopped == "diverged":
            raise SeparatrixError(
                f"Training diverged at step {len(trained.losses)}. Choose a learning_rate below {self.learning_rate}."
            )
        self.model_, self.losses_ = trained.model, trained.losses
        self.validation_, self.stopped_ = trained.validation, trained.stopped

    def _certify(self, now: np.ndarray, after: np.ndarray, states: np.ndarray) -> None:
        """Try the operator's eigenpairs on pairs kept back, and express the states by them."""
        px, py = self.encode(now), self.encode(after)
        pair = galerkin(px, py)
        eigenvalues, functions = np.linalg.eig(self.operator_)
        eigenvalues, functions = eigenvalues.astype(complex), functions.astype(complex)
        found = residuals(pair, eigenvalues, pair.coefficients(px @ functions))
        order = np.argsort(found, kind="stable")
        self.eigenvalues_, self.residuals_, self.functions_ = eigenvalues[order], found[order], functions[:, order]
        self.certificate_ = certificate(pair)
        design = np.concatenate([self.transform(states), np.ones((len(states), 1))], axis=1)
        self.modes_ = np.linalg.lstsq(design, states.astype(complex), rcond=1e-10)[0][:-1]

    @property
    def rates_(self) -> Complex[np.ndarray, "K"]:
        """Logarithms of the eigenvalues over the step: growth and angular frequency, (K,)."""
        return np.log(self.eigenvalues_) / self.step_

    @property
    def verdicts_(self) -> np.ndarray:
        """A word for each eigenpair, (K,)."""
        return verdicts(self.residuals_, self.certificate_, self.tolerance)

    def encode(self, X: Any) -> Float[np.ndarray, "M d"]:
        """Latents of states.

        Args:
            X: states, (M, D).

        Returns:
            Latents, (M, d).
        """
        rows = jnp.asarray(self._standard(self._states(X)), jnp.float32)
        return np.asarray(_encode(self.model_, rows), float)

    def transform(self, X: Any) -> Complex[np.ndarray, "M K"]:
        """Eigenfunctions at states.

        Args:
            X: states, (M, D).

        Returns:
            Their values, in the order of ``eigenvalues_``, (M, K).
        """
        return self.encode(X) @ self.functions_

    eigenfunctions = transform

    def predict(self, X: Any, steps: int = 1) -> Float[np.ndarray, "M D"]:
        """States some steps later.

        Args:
            X: states, (M, D).
            steps: how many steps.

        Returns:
            The states, (M, D).
        """
        return self._ahead(self._states(X), steps)[-1]

    def forecast(self, X: Any = None, steps: int = 1) -> Float[np.ndarray, "steps D"]:
        """The continuation of a series.

        Args:
            X: a series, of which the last state counts, or None for the last series that was fitted.
            steps: how many.

        Returns:
            The next states, (steps, D).
        """
        check_is_fitted(self)
        last = self.last_ if X is None else given_again(self, X).states[-1][-1]
        return self._ahead(last[None, :], steps)[:, 0]

    def score(self, X: Any, y: Any = None) -> float:
        """R^2 of the prediction of the next state.

        Args:
            X: series, or states if ``y`` is given.
            y: the states one step after those of X, (M, D).

        Returns:
            1 minus the share of the variance that is missed, averaged over components.
        """
        series, images = given_again(self, X), images_given(X, y)
        now, after = series.pairs() if images is None else (series.states[0], images)
        missed = np.sum((after - self.predict(now)) ** 2, axis=0)
        return float(np.mean(1 - missed / np.sum((after - after.mean(axis=0)[None, :]) ** 2, axis=0)))

    def _states(self, X: Any) -> np.ndarray:
        return np.concatenate(given_again(self, X).states)

    def _standard(self, states: np.ndarray) -> np.ndarray:
        return (states - self.mean_[None, :]) / self.scale_[None, :]

    def _ahead(self, states: np.ndarray, steps: int) -> np.ndarray:
        if not steps >= 1:
            raise bad_parameter("steps", "KoopmanAutoencoder", "an int in the range [1, inf)", steps)
        rows = jnp.asarray(self._standard(states), jnp.float32)
        found = _forecast(self.model_, rows, jnp.asarray(self.operator_, jnp.float32), int(steps))
        return np.asarray(found, float) * self.scale_[None, None, :] + self.mean_[None, None, :]

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of ``transform``, one an eigenfunction (``input_features`` is not used)."""
        return np.array([f"eigenfunction{index}" for index in range(len(self.eigenvalues_))], dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # eigenfunctions are complex
        return tags


_encode = eqx.filter_jit(lambda model, rows: model.encoder(rows))
_forecast = eqx.filter_jit(lambda model, rows, operator, steps: model.forecast(rows, operator, steps))
