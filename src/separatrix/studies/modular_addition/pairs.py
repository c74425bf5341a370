"""The pairs to be added, each unordered pair once with a weight, and losses and accuracies on them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from separatrix.learning.networks import TwoLayer
from separatrix.learning.tasks import modular_one_hot


class Pairs(eqx.Module):
    """All sums of two numbers modulo p; a network of one shared embedding cannot tell (a, b) from (b, a).

    Attributes:
        inputs: one_hot(a) + one_hot(b) for a <= b, shape (pairs, p).
        answers: a + b mod p.
        train: how many of the orders of each pair are trained on: 0, 1 or 2 (at most 1 where a = b).
        test: how many are held out.
    """

    inputs: Float[Array, "pairs p"]
    answers: Int[Array, " pairs"]
    train: Float[Array, " pairs"]
    test: Float[Array, " pairs"]

    def loss(self, model: TwoLayer) -> Float[Array, ""]:
        """Mean cross-entropy over the ordered pairs that are trained on, in nats."""
        logits = jax.vmap(model)(self.inputs)
        each = optax.losses.softmax_cross_entropy_with_integer_labels(logits, self.answers)
        return jnp.sum(self.train * each) / jnp.sum(self.train)

    def accuracies(self, model: TwoLayer) -> dict[str, Float[Array, ""]]:
        """Shares of ordered pairs answered rightly: trained on, held out, and held out in both orders."""
        right = jnp.argmax(jax.vmap(model)(self.inputs), axis=1) == self.answers
        unseen = jnp.where(self.train == 0, self.test, 0.0)
        counted = {"accuracy": self.train, "test_accuracy": self.test, "unseen_accuracy": unseen}
        return {name: jnp.sum(weight * right) / jnp.sum(weight) for name, weight in counted.items()}

    def mirrored_share(self) -> Float[Array, ""]:
        """Share of the held-out ordered pairs whose mirror image is trained on."""
        return jnp.sum(jnp.where(self.train > 0, self.test, 0.0)) / jnp.sum(self.test)


def pairs(key: PRNGKeyArray, p: int, train_fraction: float = 1.0, dtype: object = jnp.float32) -> Pairs:
    """The pairs modulo p with a random part of the p^2 ordered ones held out.

    Args:
        key: draws which.
        p: the modulus.
        train_fraction: share of the ordered pairs that are trained on.
        dtype: of the arrays.

    Returns:
        The pairs.
    """
    task = modular_one_hot(key, p, test_fraction=0.0, shared=True)
    rank = jax.random.permutation(key, p * p).reshape(p, p)
    kept = (rank < round(train_fraction * p * p)).astype(int)
    a, b = np.triu_indices(p)
    orders = jnp.where(a == b, 1, 2)
    train = jnp.where(a == b, kept[a, b], kept[a, b] + kept[b, a])
    rows = a * p + b
    answers = jnp.argmax(task.y[rows], axis=1).astype(jnp.int32)
    floats = (values.astype(dtype) for values in (task.x[rows], train, orders - train))  # pyright: ignore
    inputs, train, test = floats
    return Pairs(inputs, answers, train, test)
