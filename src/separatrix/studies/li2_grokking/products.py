"""All products in a group as training data, and quadratic networks that learn them in single precision."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from separatrix.learning.networks import TwoLayer, activations, two_layer


class Products(eqx.Module):
    """The pairs (g, h) of a group's elements and their products; which are trained on is data.

    Attributes:
        answers: g h, shape (m, m).
        train: 1 for the pairs that are trained on, 0 for the others, shape (m, m).
    """

    answers: Int[Array, "m m"]
    train: Float[Array, "m m"]

    def scores(self, model: TwoLayer) -> Float[Array, "m m m"]:
        """Outputs at all pairs, centred over the answers; as one-hot inputs would give them."""
        m = len(self.answers)
        drive = model.u[:, :m].T[:, None, :] + model.u[:, m:].T[None, :, :]
        outputs = (model.activation(drive).reshape(m * m, -1) @ model.v).reshape(m, m, m)
        return outputs - jnp.mean(outputs, axis=-1, keepdims=True)

    def loss(self, model: TwoLayer) -> Float[Array, ""]:
        """Squared distance to the centred one-hot answer, summed over answers, averaged over the pairs trained on."""
        m = len(self.answers)
        wanted = jax.nn.one_hot(self.answers, m, dtype=model.v.dtype) - 1 / m
        return jnp.sum(self.train * jnp.sum((self.scores(model) - wanted) ** 2, axis=-1)) / jnp.sum(self.train)

    def accuracies(self, model: TwoLayer) -> Float[Array, " two"]:
        """Shares of pairs answered rightly: of those trained on, and of the others."""
        right = jnp.argmax(self.scores(model), axis=-1) == self.answers
        held_out = 1 - self.train
        return jnp.stack([jnp.sum(kept * right) / jnp.sum(kept) for kept in (self.train, held_out)])


def products(key: PRNGKeyArray, table: Int[np.ndarray, "m m"], fraction: Float[Array, ""] | float) -> Products:
    """A random share of all pairs, of a number that may be traced.

    Args:
        key: draws which.
        table: the group's Cayley table.
        fraction: share of the pairs that is trained on.

    Returns:
        The pairs.
    """
    m = len(table)
    rank = jax.random.permutation(key, m * m).reshape(m, m)
    return Products(jnp.asarray(table), (rank < jnp.round(fraction * m * m)).astype(jnp.float32))


def network(key: PRNGKeyArray, elements: int, width: int, alive: Array | int | None = None) -> TwoLayer:
    """A quadratic network in single precision, entries uniform within 1 / sqrt(fan-in) of zero.

    Args:
        key: draws the weights.
        elements: of the group.
        width: hidden units.
        alive: how many of them have weights other than zero, all by default; the others stay zero under any rule.

    Returns:
        The network.
    """

    def draw(of: PRNGKeyArray, shape: Any, dtype: object = float) -> Array:
        return jax.random.uniform(of, shape, jnp.float32, -1.0, 1.0)

    model = two_layer(key, 2 * elements, width, elements, activations.square, draw)
    alive = jnp.asarray(width if alive is None else alive)
    used = (jnp.arange(width) < alive).astype(jnp.float32)
    scales = used * (2 * elements) ** -0.5, used * alive.astype(jnp.float32) ** -0.5
    u, v = (weights * scale[:, None] for weights, scale in zip((model.u, model.v), scales, strict=True))
    return TwoLayer(u, v, model.activation)
