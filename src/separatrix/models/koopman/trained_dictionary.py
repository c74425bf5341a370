"""A dictionary that is trained until its span is nearly invariant under the dynamics."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.errors import bad_parameter
from separatrix.models.koopman.dictionary import Dictionary
from separatrix.models.training import minibatch, train
from separatrix.models.trajectories import Trajectories

RIDGE = 1e-4
"""Added to Gram matrices of functions of unit size, which float32 can then factorise."""


class TrainedDictionary(Dictionary):
    """A constant, the components, and functions from a small network, trained so that the span is nearly invariant.

    The loss is the share of the images of all functions that lies outside of their span, which is what makes every
    residual, plus the same share for the components alone: 0 for an invariant dictionary that forecasts the state. It
    does not change when the functions are mixed, so that nothing is gained by shrinking them.

    Args:
        functions: from the network, at least 1.
        width: of its two hidden layers.
        steps: of Adam.
        batch: snapshot pairs a step.
        learning_rate: of Adam, falling to 0 along a cosine.
        random_state: seed of weights and batches.

    Source: Li, Dietrich, Bollt and Kevrekidis, arXiv 1707.00225 (the dictionary), with the loss of the residuals, as
        the matrix is then solved for and not trained.
    """

    def __init__(
        self,
        functions: int = 10,
        width: int = 32,
        steps: int = 500,
        batch: int = 256,
        learning_rate: float = 1e-2,
        random_state: int = 0,
    ):
        self.functions = functions
        self.width = width
        self.steps = steps
        self.batch = batch
        self.learning_rate = learning_rate
        self.random_state = random_state

    def _learn(self, series: Trajectories) -> None:
        for name in ("functions", "width", "steps", "batch"):
            value = getattr(self, name)
            if not (isinstance(value, (int, np.integer)) and value >= 1):
                raise bad_parameter(name, "TrainedDictionary", "an int in the range [1, inf)", value)
        states = np.concatenate(series.states)
        spread = states.std(axis=0)
        self.mean_, self.scale_ = states.mean(axis=0), np.where(spread > 0, spread, 1.0)
        weights, batches = jax.random.split(jax.random.key(self.random_state))
        network = eqx.nn.MLP(series.dimension, self.functions, self.width, 2, jnp.tanh, key=weights)
        pairs = tuple(jnp.asarray(self._scaled(side)) for side in series.pairs())
        loss = _Invariance(int(self.batch))
        optimizer = optax.adam(optax.cosine_decay_schedule(self.learning_rate, self.steps))
        trained = train(network, loss, pairs, optimizer, steps=int(self.steps), key=batches, block=int(self.steps))
        self.network_, self.losses_ = trained.model, trained.losses

    def _scaled(self, states: np.ndarray) -> np.ndarray:
        return (states - self.mean_[None, :]) / self.scale_[None, :]

    def _evaluate(self, states: np.ndarray) -> np.ndarray:
        return np.asarray(_compiled_functions(self.network_, jnp.asarray(self._scaled(states))), float)


class _Invariance(eqx.Module):
    """The loss, as a module so that equal ones share one compiled program."""

    batch: int = eqx.field(static=True)

    def __call__(self, network: eqx.nn.MLP, data: tuple[Array, Array], key: PRNGKeyArray) -> Float[Array, ""]:
        before, after = minibatch(data, key, self.batch)
        px, py = _functions(network, before), _functions(network, after)
        return share_outside(px, py) + share_outside(px, py, after - after.mean(axis=0)[None, :])


def _functions(network: eqx.nn.MLP, states: Float[Array, "M D"]) -> Float[Array, "M N"]:
    return jnp.concatenate([jnp.ones((len(states), 1), states.dtype), states, jax.vmap(network)(states)], axis=1)


_compiled_functions = eqx.filter_jit(_functions)


def share_outside(
    px: Float[Array, "M N"], py: Float[Array, "M N"], targets: Float[Array, "M D"] | None = None
) -> Float[Array, ""]:
    """How much of the images of a dictionary lies outside of its span.

    Args:
        px: dictionary at the states, (M, N).
        py: at their images, (M, N).
        targets: other observables at the images, (M, D), to be judged in place of the dictionary's own.

    Returns:
        With Q orthonormal functions of the dictionary and C their images or the targets: ||C - Q Q*C||^2 / ||C||^2, in
        [0, 1].

    >>> import jax.numpy as jnp
    >>> x = jnp.linspace(-1.0, 1.0, 50)[:, None]
    >>> bool(share_outside(x, 0.5 * x) < 1e-3)
    True
    """
    count = px.shape[0]
    gram = px.T @ px / count + RIDGE * jnp.eye(px.shape[1], dtype=px.dtype)
    factor = jnp.linalg.cholesky(gram)
    # rows are snapshots in Q and C, so the triangle is solved for their transposes
    both = jax.scipy.linalg.solve_triangular(factor, jnp.concatenate([px, py]).T, lower=True).T / jnp.sqrt(count)
    q, c = both[:count], both[count:] if targets is None else targets / jnp.sqrt(count)
    total = jnp.sum(c**2)
    return (total - jnp.sum((q.T @ c) ** 2)) / total
