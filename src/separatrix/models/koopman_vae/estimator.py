"""The Koopman VAE as an estimator: fit series, draw new ones."""

from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Complex, Float, PRNGKeyArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from separatrix.errors import SeparatrixError
from separatrix.models.koopman_vae.fitting import check_parameters, clock, kept_back, known_numbers
from separatrix.models.koopman_vae.generation import generate, generate_linearly
from separatrix.models.koopman_vae.losses import batch_operator
from separatrix.models.koopman_vae.network import Batch, SequenceVAE, Weights
from separatrix.models.koopman_vae.operator import Solver
from separatrix.models.koopman_vae.persistence import read_model, write_model
from separatrix.models.koopman_vae.series import Scale, as_batch, stacked
from separatrix.models.koopman_vae.spectral_constraints import SpectralConstraint
from separatrix.models.training import minibatch, train

FEWEST_SAMPLES = 512
"""Series of the prior to which the fitted operator is adjusted."""


class KoopmanVAE(TransformerMixin, BaseEstimator):
    """A generator of series whose latent dynamics are drawn towards one linear operator (Naiman et al. 2023).

    A prior GRU draws latent series, a decoder makes series of them, an encoder turns data into them. The operator is
    the least-squares map from each latent state of the prior to the next; its spectrum can be constrained.

    Args:
        latent: dimension k of a latent state.
        hidden: units of the recurrent layers.
        layers: of encoder and decoder.
        divergence: weight beta of the divergence between posterior and prior.
        linear: weight alpha of E||z_{t+1} - z_t A||^2.
        spectral: weight of the spectral constraint.
        constraint: on the moduli of the operator's eigenvalues: "none", "two", "three", "all", "half" or "stable".
        teacher_forcing: whether the prior's law of a posterior state is given the posterior's earlier states, as in the
            evidence bound. False pairs every series with one that the prior drew by itself, as the paper's code does;
            then the best prior has no memory.
        solver: of the operator, "qr" or "pinv".
        irregular: whether the encoder is a controlled differential equation, which series with missing values need;
            None decides by the data.
        steps: of training at most.
        batch: series a step.
        learning_rate: of Adam.
        validation: share of the series kept back; the network that is best on them is kept. 0 for none.
        patience: stop after so many checks (every 100 steps) without improvement; None never stops early.
        checkpoint: a safetensors file from which an interrupted training goes on.
        random_state: decides weights, batches and noise.

    Attributes:
        network_: the trained network.
        operator_: A (k, k), for states as rows, of the prior's series.
        eigenvalues_: of A, largest modulus first.
        losses_: of every step.
        validation_losses_: of every check.
        stopped_: why training ended: "steps", "patience" or "diverged".
        n_features_in_: number of channels.
        length_: of the series.

    >>> series = np.sin(np.linspace(0, 6, 12)[None, :, None] + np.arange(8.0)[:, None, None])
    >>> model = KoopmanVAE(latent=2, hidden=4, layers=1, steps=2, batch=4, validation=0).fit(series)
    >>> model.sample(3, 0).shape, model.transform(series).shape
    ((3, 12, 1), (8, 12, 2))
    """

    def __init__(
        self,
        latent: int = 16,
        hidden: int = 20,
        layers: int = 3,
        *,
        divergence: float = 0.007,
        linear: float = 0.005,
        spectral: float = 0.0,
        constraint: SpectralConstraint = "none",
        teacher_forcing: bool = True,
        solver: Solver = "qr",
        irregular: bool | None = None,
        steps: int = 2000,
        batch: int = 64,
        learning_rate: float = 2e-3,
        validation: float = 0.1,
        patience: int | None = None,
        checkpoint: Path | str | None = None,
        random_state: int = 0,
    ):
        self.latent = latent
        self.hidden = hidden
        self.layers = layers
        self.divergence = divergence
        self.linear = linear
        self.spectral = spectral
        self.constraint: SpectralConstraint = constraint
        self.teacher_forcing = teacher_forcing
        self.solver: Solver = solver
        self.irregular = irregular
        self.steps = steps
        self.batch = batch
        self.learning_rate = learning_rate
        self.validation = validation
        self.patience = patience
        self.checkpoint = checkpoint
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, *, times: Any = None, conditions: Any = None) -> "KoopmanVAE":
        """Train on series.

        Args:
            X: an array (series, time, channels), a list of series of one length, or Trajectories; NaN where nothing
                was observed.
            y: ignored.
            times: of the grid, (time,); evenly spaced when None.
            conditions: known numbers of every series, (series, conditions), that it is to be generated for.

        Returns:
            Itself.

        Raises:
            SeparatrixError: a parameter is out of range, or the series cannot be used.
        """
        check_parameters(self.get_params())
        series = stacked(X)
        self.length_, self.n_features_in_ = series.shape[1:]
        self.times_ = clock(times, self.length_)
        known = np.zeros((len(series), 0)) if conditions is None else known_numbers(conditions, len(series))
        self.n_conditions_ = known.shape[1]
        self.irregular_ = bool(np.isnan(series).any()) if self.irregular is None else self.irregular
        if not self.irregular_ and np.isnan(series).any():
            raise SeparatrixError("Some values are NaN. Fit with irregular=True, or interpolate them first.")
        self.scale_, self.conditions_ = Scale.of(series), known
        of_weights, of_split, of_steps, of_operator = jax.random.split(jax.random.key(self.random_state), 4)
        whole = self._batch(series, known)
        kept, back = kept_back(whole, self.validation, of_split)
        trained = train(
            self._fresh(of_weights),
            lambda network, data, key: self._loss(
                network, minibatch(data, key, self.batch), jax.random.fold_in(key, 1)
            ),
            kept,
            optax.adam(self.learning_rate),
            steps=self.steps,
            key=of_steps,
            validate=None if back is None else lambda network: self._loss(network, back, jax.random.key(0)),
            patience=self.patience,
            checkpoint=self.checkpoint,
        )
        network = trained.model
        self.network_ = eqx.tree_at(lambda n: n.encoder, network, eqx.filter_jit(network.encoder.settled)(whole.inputs))
        self.losses_, self.validation_losses_ = trained.losses, trained.validation
        self.stopped_ = trained.stopped
        self.operator_ = self._operator(of_operator)
        return self

    @property
    def eigenvalues_(self) -> Complex[np.ndarray, " k"]:
        """Of the operator, largest modulus first."""
        values = np.linalg.eigvals(self.operator_).astype(complex)
        return values[np.argsort(-np.abs(values))]

    def sample(
        self, n: int, key: PRNGKeyArray | int = 0, *, conditions: Any = None, linear: bool = False
    ) -> Float[np.ndarray, "n time channels"]:
        """Draw new series.

        Args:
            n: how many.
            key: a JAX key or an integer: the same, the same series.
            conditions: of every new series, (n, conditions); when None, drawn from those of the training data.
            linear: whether only first states are drawn, and carried on by the operator.

        Returns:
            The series, in the unit of the data.
        """
        check_is_fitted(self)
        of_states, of_conditions = jax.random.split(jax.random.key(key) if isinstance(key, int) else key)
        if conditions is None:
            chosen = jax.random.randint(of_conditions, (n,), 0, len(self.conditions_))
            known = self.conditions_[np.asarray(chosen)]
        else:
            known = known_numbers(conditions, n, self.n_conditions_)
        draw = generate_linearly if linear else generate
        made = eqx.filter_jit(draw)(self.network_, jnp.asarray(known, self._dtype), self.length_, key=of_states)
        return self.scale_.back(np.asarray(made, float))

    def transform(self, X: Any, conditions: Any = None) -> Float[np.ndarray, "series time k"]:
        """Means of the posterior: the latent states of series.

        Args:
            X: series as for ``fit``.
            conditions: of each.

        Returns:
            The states.
        """
        batch = self._given(X, conditions)
        silence = jnp.zeros((*batch.inputs.shape[:2], self.latent), self._dtype)
        return np.asarray(eqx.filter_jit(self.network_.encoder)(batch.inputs, silence).mean, float)

    def inverse_transform(self, Z: Any, conditions: Any = None) -> Float[np.ndarray, "series time channels"]:
        """Series of latent states.

        Args:
            Z: latent states (series, time, k).
            conditions: of each.

        Returns:
            The series, in the unit of the data.
        """
        check_is_fitted(self)
        known = jnp.asarray(known_numbers(conditions, len(Z), self.n_conditions_), self._dtype)
        made = eqx.filter_jit(self.network_.decode)(jnp.asarray(Z, self._dtype), known)
        return self.scale_.back(np.asarray(made, float))

    def score(self, X: Any, y: Any = None, *, conditions: Any = None) -> float:
        """Minus the summed squared error (of scaled values) and beta times the divergence: larger is better.

        Args:
            X: series as for ``fit``.
            y: ignored.
            conditions: of each.

        Returns:
            The mean over series.
        """
        terms = eqx.filter_jit(self.network_.terms)(
            self._given(X, conditions), self._weights(), key=jax.random.key(0), solver=self.solver, training=False
        )
        return -float(terms.reconstruction + self.divergence * terms.divergence)

    def save(self, path: Path | str) -> None:
        """Write the fitted model to one safetensors file.

        Args:
            path: the file; its folder must exist.
        """
        check_is_fitted(self)
        lists = {name: np.asarray(getattr(self, name)).tolist() for name in _LISTED}
        facts = {name: getattr(self, name) for name in _PLAIN}
        scale = {"low": self.scale_.low.tolist(), "high": self.scale_.high.tolist()}
        parameters = {name: value for name, value in self.get_params().items() if name != "checkpoint"}
        write_model(path, self.network_, {"parameters": parameters, "lists": lists, "plain": facts, "scale": scale})

    @classmethod
    def load(cls, path: Path | str) -> "KoopmanVAE":
        """Read what ``save`` wrote; nothing in the file is executed.

        Args:
            path: the file.

        Returns:
            The fitted model.
        """

        def like(facts: dict[str, Any]) -> SequenceVAE:
            return eqx.filter_eval_shape(cls._of(facts)._fresh, jax.random.key(0))

        network, facts = read_model(path, like)
        model = cls._of(facts)
        model.network_ = network
        return model

    @classmethod
    def _of(cls, facts: dict[str, Any]) -> "KoopmanVAE":
        """All but the weights."""
        model = cls(**facts["parameters"])
        for name, value in facts["plain"].items():
            setattr(model, name, value)
        for name, value in facts["lists"].items():
            setattr(model, name, np.asarray(value, float))
        model.scale_ = Scale(np.asarray(facts["scale"]["low"]), np.asarray(facts["scale"]["high"]))
        return model

    def _fresh(self, key: PRNGKeyArray) -> SequenceVAE:
        return SequenceVAE(
            self.n_features_in_,
            self.latent,
            self.hidden,
            self.layers,
            self.n_conditions_,
            self.irregular_,
            key=key,
        )

    def _weights(self) -> Weights:
        return Weights(self.divergence, self.linear, spectral=self.spectral, teacher=float(self.teacher_forcing))

    def _loss(self, network: SequenceVAE, batch: Batch, key: PRNGKeyArray) -> Float[Array, ""]:
        terms = network.terms(batch, self._weights(), key=key, solver=self.solver, constraint=self.constraint)
        return terms.total(self._weights())

    def _batch(self, series: np.ndarray, conditions: np.ndarray) -> Batch:
        return as_batch(self.scale_.into(series), self.times_, conditions, irregular=self.irregular_)

    def _given(self, X: Any, conditions: Any) -> Batch:
        check_is_fitted(self)
        series = stacked(X, fewest=1)
        if series.shape[1:] != (self.length_, self.n_features_in_):
            raise SeparatrixError(
                f"This model is of series of {self.length_} times and {self.n_features_in_} channels; got series of "
                f"{series.shape[1]} and {series.shape[2]}."
            )
        if not self.irregular_ and np.isnan(series).any():
            raise SeparatrixError("Some values are NaN, and this model was fitted to complete series.")
        return self._batch(series, known_numbers(conditions, len(series), self.n_conditions_))

    def _operator(self, key: PRNGKeyArray) -> np.ndarray:
        count = max(FEWEST_SAMPLES, len(self.conditions_))
        rows = np.arange(count) % len(self.conditions_)
        known = jnp.asarray(self.conditions_[rows], self._dtype)
        noise = self.network_.noise(key, count, self.length_)
        drawn = eqx.filter_jit(self.network_.prior.sample)(noise, known)
        return np.asarray(batch_operator(drawn.states, "pinv"), float)

    @property
    def _dtype(self) -> Any:
        return self.network_.decoder.head.bias.dtype


_PLAIN = ("n_features_in_", "n_conditions_", "irregular_", "length_", "stopped_")
_LISTED = ("times_", "conditions_", "operator_", "losses_", "validation_losses_")
