"""Classification of a few noisy conditions, whose means have a geometry that may or may not be that of the labels."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from separatrix.errors import SeparatrixError, bad_parameter
from separatrix.learning.tasks.task import Task


class Conditions(eqx.Module):
    """Conditions to tell apart: the mean input of each, and its binary labels.

    Attributes:
        means: shape (p, d).
        labels: 0 or 1, shape (p, k).
    """

    means: Float[Array, "p d"]
    labels: Float[Array, "p k"]

    def sample(self, key: PRNGKeyArray, examples: int, noise: float | Float[Array, ""]) -> Task:
        """Noisy examples, as many of every condition as divides.

        Args:
            key: draws the noise.
            examples: how many; example i is of condition i modulo p.
            noise: standard deviation of each coordinate.

        Returns:
            The task: x of shape (examples, d), y of shape (examples, k).
        """
        which = condition_of(examples, self.means.shape[0])
        drawn = jax.random.normal(key, (examples, self.means.shape[1]), self.means.dtype)
        return Task(self.means[which] + noise * drawn, self.labels[which], "conditions")


def condition_of(examples: int, conditions: int) -> Int[Array, " n"]:
    """The condition of each example that ``Conditions.sample`` draws.

    Args:
        examples: n.
        conditions: how many there are.

    Returns:
        Indices, shape (n,).
    """
    return jnp.arange(examples, dtype=jnp.int32) % conditions


def unstructured_conditions(key: PRNGKeyArray, conditions: int, dimension: int) -> Conditions:
    """Independent means N(0, I), of which the first half has label 1.

    Args:
        key: draws the means.
        conditions: p, an even number.
        dimension: d.

    Returns:
        The conditions, with one label.

    Raises:
        SeparatrixError: when the number of conditions is odd.

    Source: Alleman, Lindsey and Fusi (arXiv:2401.13558), figure 1.
    """
    even = conditions > 0 and conditions % 2 == 0
    _require(even, "conditions", "unstructured_conditions", "an even number, 2 or more", conditions)
    labels = (jnp.arange(conditions) < conditions // 2).astype(float)[:, None]
    return Conditions(jax.random.normal(key, (conditions, dimension)), labels)


def square_conditions(
    key: PRNGKeyArray, dimension: int, separability: float | Float[Array, ""] = 0.0, label: str = "parity"
) -> Conditions:
    """Four means at the corners of a square, s1 e1 + s2 e2 + separability s1 s2 e3, with s1, s2 = -1 or 1.

    The three directions are orthogonal, of length sqrt(d / 3), and at random in space.

    Args:
        key: draws the directions.
        dimension: d, 3 or more.
        separability: how far the parity s1 s2 is nudged to be linearly separable; at 0 it is not.
        label: ``"parity"`` (s1 s2 = 1) or ``"bit"`` (s1 = 1).

    Returns:
        The conditions, with one label.

    Raises:
        SeparatrixError: for another label, or less than 3 dimensions.

    Source: Alleman, Lindsey and Fusi (arXiv:2401.13558), structured inputs.
    """
    _require(label in ("parity", "bit"), "label", "square_conditions", "'parity' or 'bit'", label)
    _require(dimension >= 3, "dimension", "square_conditions", "an int in the range [3, inf)", dimension)
    signs = jnp.array([[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]])
    lengths = jnp.stack([jnp.asarray(1.0), jnp.asarray(1.0), jnp.asarray(separability, float)])
    frame = random_frame(key, dimension, 3) * (dimension / 3) ** 0.5
    column = 2 if label == "parity" else 0
    return Conditions((signs * lengths[None, :]) @ frame.T, (signs[:, column : column + 1] + 1) / 2)


def walsh_vectors(bits: int) -> Float[np.ndarray, "p q"]:
    """All products of one or more of some signs, the signs themselves first: Walsh functions without the constant.

    Args:
        bits: number of signs, b.

    Returns:
        Entries -1 and 1, shape (2^b, 2^b - 1); columns are orthogonal and of zero sum.

    >>> walsh_vectors(2).tolist()
    [[1.0, 1.0, 1.0], [-1.0, 1.0, -1.0], [1.0, -1.0, -1.0], [-1.0, -1.0, 1.0]]
    """
    _require(bits >= 1, "bits", "walsh_vectors", "an int in the range [1, inf)", bits)
    signs = 1.0 - 2.0 * (np.arange(2**bits)[:, None] >> np.arange(bits)[None, :] & 1)
    members = [[b for b in range(bits) if subset >> b & 1] for subset in range(1, 2**bits)]
    members.sort(key=len)
    return np.stack([np.prod(signs[:, chosen], axis=1) for chosen in members], axis=1)


def aligned_conditions(
    key: PRNGKeyArray, bits: int, targets: int, alignment: float | Float[Array, ""], dimension: int
) -> Conditions:
    """Conditions whose input kernel has a given centred alignment with the kernel of their labels.

    The 2^b conditions have means H diag(sqrt(pi)) in a random frame, where H are the Walsh vectors and pi shares that
    sum to 1: equal among the first K vectors, which are the labels, and equal among the others. Means have a mean
    squared length of d. Alignment sqrt(K / (2^b - 1)) makes all shares equal: inputs without structure.

    Args:
        key: draws the frame.
        bits: b.
        targets: number of labels K, less than 2^b - 1.
        alignment: in [0, 1).
        dimension: d, at least 2^b - 1.

    Returns:
        The conditions.

    Raises:
        SeparatrixError: when there are too many labels or too few dimensions.

    Source: Alleman, Lindsey and Fusi (arXiv:2401.13558), kernels with varied alignment.
    """
    vectors = walsh_vectors(bits)
    count = vectors.shape[1]
    _require(0 < targets < count, "targets", "aligned_conditions", f"an int in the range [1, {count - 1}]", targets)
    if dimension < count:
        raise SeparatrixError(f"{bits} bits make means in {count} dimensions or more. Got dimension={dimension}.")
    alignment = jnp.asarray(alignment, float)
    # c = A / sqrt(A^2 + K (1 - A)^2 / (p - 1 - K)), where A is what the labels' vectors share
    odds = alignment / jnp.sqrt(1 - alignment**2) * (targets / (count - targets)) ** 0.5
    relevant = odds / (1 + odds)
    is_target = jnp.arange(count) < targets
    shares = jnp.where(is_target, relevant / targets, (1 - relevant) / (count - targets))
    frame = random_frame(key, dimension, count)
    means = dimension**0.5 * (jnp.asarray(vectors, float) * jnp.sqrt(shares)[None, :]) @ frame.T
    return Conditions(means, (jnp.asarray(vectors[:, :targets], float) + 1) / 2)


def random_frame(key: PRNGKeyArray, dimension: int, count: int) -> Float[Array, "d count"]:
    """Orthonormal columns, uniformly at random but for signs.

    Args:
        key: draws them.
        dimension: d.
        count: how many.

    Returns:
        Shape (d, count).
    """
    return jnp.linalg.qr(jax.random.normal(key, (dimension, count)))[0]


def _require(met: bool, name: str, owner: str, expected: str, given: object) -> None:
    if not met:
        raise bad_parameter(name, owner, expected, given)
