"""Networks from a window of delays to what follows, trained: what they share, and the dense one."""

import dataclasses
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray, PyTree
from safetensors import SafetensorError, safe_open
from sklearn.utils.validation import check_is_fitted

from separatrix.errors import SeparatrixError, bad_parameter
from separatrix.models.activation import leaky_relu
from separatrix.models.checkpoint import load_checkpoint, save_checkpoint
from separatrix.models.delay_windows import WindowForecaster, past_and_future
from separatrix.models.least_squares import levenberg_marquardt
from separatrix.models.training import minibatch, train
from separatrix.models.trajectories import Trajectories

SOLVERS = ("adam", "levenberg-marquardt")
ENOUGH_SERIES = 5
"""Series from which whole ones are kept back for validation; fewer lose the end of each."""


class TrainedForecaster(WindowForecaster):
    """A network from windows to windows; to write one, give ``_network`` and the parameters that are read here.

    Attributes after ``fit``: ``network_``, ``parameters_`` (their number), ``losses_``, ``validation_``, ``stopped_``.
    """

    solver: str
    steps: int
    batch: int
    learning_rate: float
    held_out: float
    patience: int | None
    checkpoint: Path | str | None
    random_state: int

    def _learn(self, series: Trajectories) -> None:
        name = type(self).__name__
        if self.horizon > self.delays:
            raise bad_parameter("horizon", name, f"an int in the range [1, {self.delays}] (delays)", self.horizon)
        if self.solver not in SOLVERS:
            raise bad_parameter("solver", name, f"one of {', '.join(map(repr, SOLVERS))}", self.solver)
        if not 0 <= self.held_out < 1:
            raise bad_parameter("held_out", name, "a float in the range [0, 1)", self.held_out)
        shown, kept = _parted(series, self.held_out)
        data = self._windows(shown)
        of_network, of_training = jax.random.split(jax.random.key(self.random_state))
        network = self._network(self.delays * self.n_features_in_, of_network)
        self.parameters_ = parameter_count(network)
        if self.solver == "levenberg-marquardt":
            self.network_, error, count = levenberg_marquardt(network, residuals, data, steps=self.steps)
            self.losses_, self.validation_ = np.array([float(error)]), np.zeros(0)
            self.stopped_ = "steps" if count >= self.steps else "converged"
        else:
            self._descend(network, data, kept, of_training)

    def _descend(self, network: PyTree, data: PyTree, kept: Trajectories, key: PRNGKeyArray) -> None:
        validate = None
        if kept.states and any(len(states) >= self.delays + self.horizon for states in kept.states):
            held = self._windows(kept)
            validate = lambda model: jnp.mean(residuals(model, held) ** 2)  # noqa: E731
        loss, adam = WindowLoss(self.batch), optax.adam(self.learning_rate)
        settings = {"steps": self.steps, "patience": None if validate is None else self.patience}
        found = train(network, loss, data, adam, key=key, validate=validate, checkpoint=self.checkpoint, **settings)
        self.network_, self.losses_ = found.model, found.losses
        self.validation_, self.stopped_ = found.validation, found.stopped

    def _windows(self, series: Trajectories) -> tuple[Array, Array]:
        past, future = past_and_future(series.states, self.delays, self.horizon)
        return jnp.asarray(past), jnp.asarray(future)

    def _map(self, past: np.ndarray) -> np.ndarray:
        found = np.asarray(_applied(self.network_, jnp.asarray(past)), float)
        return found[:, : self.horizon * self.n_features_in_]

    def _network(self, window: int, key: PRNGKeyArray) -> PyTree:
        """An untrained network from windows as columns (window, batch) to the same shape."""
        raise NotImplementedError

    def save(self, path: Path | str) -> None:
        """Write the fitted estimator as one safetensors file.

        Args:
            path: the file; its folder must exist.
        """
        check_is_fitted(self)
        settings = {name: value for name, value in self.get_params().items() if name != "checkpoint"}
        facts = {"estimator": type(self).__name__, "settings": settings, "step": self.step_}
        facts |= {"names": self.feature_names_in_.tolist(), "stopped": self.stopped_}
        save_checkpoint(path, self._state(self.network_), facts)

    @classmethod
    def load(cls, path: Path | str) -> Any:
        """Read a fitted estimator.

        Args:
            path: what ``save`` wrote.

        Returns:
            The estimator, which forecasts as the one that was saved.

        Raises:
            SeparatrixError: the file is not of this estimator.
        """
        facts = _facts(path)
        if facts.get("estimator") != cls.__name__:
            raise SeparatrixError(f"{str(path)!r} holds {facts.get('estimator', 'no estimator')}, not {cls.__name__}.")
        known = inspect.signature(cls).parameters
        found = cls(**{name: value for name, value in facts["settings"].items() if name in known})
        found.step_, found.stopped_ = facts["step"], facts["stopped"]
        found.feature_names_in_ = np.array(facts["names"], dtype=object)
        found.n_features_in_ = len(found.feature_names_in_)
        found.mean_ = found.scale_ = np.zeros(found.n_features_in_)
        found._last = np.zeros((found.delays, found.n_features_in_))
        blank = found._network(found.delays * found.n_features_in_, jax.random.key(0))
        (found.network_, *rest), _ = load_checkpoint(path, found._state(blank))
        found.mean_, found.scale_, found._last = (np.asarray(array, float) for array in rest)
        found.parameters_ = parameter_count(found.network_)
        found.losses_ = found.validation_ = np.zeros(0)
        return found

    def _state(self, network: PyTree) -> tuple[PyTree, np.ndarray, np.ndarray, np.ndarray]:
        return network, self.mean_, self.scale_, self._last


class DenseMap(eqx.Module):
    """Two dense layers with a leaky ReLU between, n -> 2n -> n: 4 n^2 + 3 n parameters.

    Attributes:
        first: (2n, n).
        first_bias: (2n,).
        second: (n, 2n).
        second_bias: (n,).
        slope: of the activation below zero.
    """

    first: Float[Array, "wide n"]
    first_bias: Float[Array, " wide"]
    second: Float[Array, "n wide"]
    second_bias: Float[Array, " n"]
    slope: float = eqx.field(static=True)

    def __call__(self, x: Float[Array, "n *batch"]) -> Float[Array, "n *batch"]:
        """Apply to one window (n,) or to a batch of columns (n, batch)."""
        ones = [1] * (x.ndim - 1)
        hidden = self.first @ x + self.first_bias.reshape(-1, *ones)
        return self.second @ leaky_relu(hidden, self.slope) + self.second_bias.reshape(-1, *ones)


def dense_map(window: int, *, key: PRNGKeyArray, hidden: int | None = None, slope: float = 0.1) -> DenseMap:
    """A dense network to be trained, weights and biases uniform in +-(inputs)^-1/2.

    Args:
        window: n.
        key: draws them.
        hidden: units between; 2n when None.
        slope: of the activation below zero.

    Returns:
        The network.
    """
    wide = 2 * window if hidden is None else hidden
    shapes = ((wide, window), (wide,), (window, wide), (window,))
    sizes = [int(np.prod(shape)) for shape in shapes]
    flat = jax.random.uniform(key, (sum(sizes),), minval=-1.0, maxval=1.0)
    parts = jnp.split(flat, np.cumsum(sizes)[:-1])
    fans = (window, window, wide, wide)
    drawn = [part.reshape(shape) / fan**0.5 for part, shape, fan in zip(parts, shapes, fans, strict=True)]
    return DenseMap(drawn[0], drawn[1], drawn[2], drawn[3], slope)


class DenseNetwork(TrainedForecaster):
    """The dense network of the structured one's widths, as an estimator: n -> 2n -> n, n = delays x components.

    Args:
        delays: states of a window.
        horizon: states predicted at once, at most the delays.
        hidden: units between; 2n when None.
        solver: "adam" on batches, or "levenberg-marquardt" on all windows at once.
        steps: of the solver.
        batch: windows a step of Adam.
        learning_rate: of Adam.
        held_out: share kept back: whole series where there are at least five, else the end of each.
        patience: stop when the kept-back windows are not predicted better for so many blocks of 100 steps.
        checkpoint: a file written during training, from which it resumes.
        random_state: seed of weights and batches.
    """

    def __init__(
        self,
        delays: int = 32,
        horizon: int = 1,
        hidden: int | None = None,
        solver: str = "adam",
        steps: int = 4000,
        batch: int = 64,
        learning_rate: float = 1e-3,
        held_out: float = 0.2,
        patience: int | None = 10,
        checkpoint: Path | str | None = None,
        random_state: int = 0,
    ):
        self.delays = delays
        self.horizon = horizon
        self.hidden = hidden
        self.solver = solver
        self.steps = steps
        self.batch = batch
        self.learning_rate = learning_rate
        self.held_out = held_out
        self.patience = patience
        self.checkpoint = checkpoint
        self.random_state = random_state

    def _network(self, window: int, key: PRNGKeyArray) -> DenseMap:
        return dense_map(window, key=key, hidden=self.hidden)


@dataclasses.dataclass(frozen=True)
class WindowLoss:
    """Mean squared error of a batch of windows; equal ones compare equal, so that training compiles once.

    Attributes:
        batch: windows drawn a step.
    """

    batch: int

    def __call__(self, model: PyTree, data: tuple[Array, Array], key: PRNGKeyArray) -> Float[Array, ""]:
        """The loss of a random batch of (past, future)."""
        return jnp.mean(residuals(model, minibatch(data, key, self.batch)) ** 2)


def residuals(
    model: Callable, data: tuple[Float[Array, "windows past"], Float[Array, "windows future"]]
) -> Float[Array, "windows future"]:
    """What a network gets wrong of the future: it may predict more numbers than are asked for.

    Args:
        model: from columns to columns.
        data: windows of the past and of what followed.

    Returns:
        Predicted minus true.
    """
    past, future = data
    return model(past.T).T[:, : future.shape[1]] - future


def parameter_count(model: PyTree) -> int:
    """Trained numbers of a model, counted leaf by leaf."""
    return sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array)))


@eqx.filter_jit
def _applied(network: Callable, past: Array) -> Array:
    return network(past.T).T


def _parted(series: Trajectories, held_out: float) -> tuple[Trajectories, Trajectories]:
    """Series to train on and to validate on, of disjoint times."""
    count = len(series.states)
    if not held_out:
        return series, series.select([])
    if count >= ENOUGH_SERIES:
        kept = max(1, round(held_out * count))
        return series.select(range(count - kept)), series.select(range(count - kept, count))
    return series.between(0.0, 1 - held_out), series.between(1 - held_out, 1.0)


def _facts(path: Path | str) -> dict[str, Any]:
    try:
        with safe_open(str(path), framework="numpy") as file:
            return json.loads((file.metadata() or {}).get("facts", "{}"))
    except (OSError, SafetensorError) as error:
        raise SeparatrixError(f"Cannot read {str(path)!r}: {error}.") from error
