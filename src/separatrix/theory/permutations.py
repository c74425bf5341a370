r"""What wide ReLU networks that saw only the k one-hot vectors say of every other binary input, in closed form.

They are trained on the pairs :math:`(e_i, P e_i)` and asked at :math:`x / \sqrt s`, x binary with s ones. With
:math:`c = 1 / 2\pi`, rate r of the hidden layer (``WideNetwork.hidden_rate``) and :math:`d = (1 + r) / 2 - c` the
tangent kernel of the training inputs is :math:`(d I + c 1 1^T) / k`, and of a test input with a training input
:math:`f_1(s) / k` on its support and :math:`c / k` elsewhere (Giapitzakis, Back de Luca and Fountoulakis 2025,
arXiv 2502.16763, for r = 1; the variance is theirs in matrix form).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num

from separatrix.errors import bad_parameter
from separatrix.theory.ensemble_size import all_right_probability, smallest_ensemble

CROSS = 1 / (2 * np.pi)
"""c: k times either kernel between two one-hot vectors."""
MOST_BITS = 20


class PermutationLaw(NamedTuple):
    """Gaussian law of one trained network's outputs at an input with s ones, scaled to unit length.

    Attributes:
        ones: mean where the target is 1.
        zeros: mean where the target is 0; not positive.
        variance: of every output.
    """

    ones: Float[Array, "..."]
    zeros: Float[Array, "..."]
    variance: Float[Array, "..."]

    @property
    def margin(self) -> Float[Array, "..."]:
        """The smaller distance of a mean from the threshold 0."""
        return jnp.minimum(self.ones, -self.zeros)


def permutation_law(
    k: Num[ArrayLike, "..."], s: Num[ArrayLike, "..."], hidden_rate: Num[ArrayLike, "..."] = 1.0
) -> PermutationLaw:
    """Means and variance in closed form; exactly 1, 0 and 0 at the training inputs, s = 1.

    Args:
        k: bits of an input, and training examples.
        s: ones of the input, from 1 to k.
        hidden_rate: 1 for the NTK parametrisation, 0 for the limit of the standard one, k / width for that at finite
            width.

    Returns:
        The law, of the arguments' common shape.

    >>> law = permutation_law(10, 2)
    >>> [round(float(v), 4) for v in law]
    [0.5654, -0.0099, 0.0065]
    """
    k, s, rate = (jnp.asarray(v, float) for v in (k, s, hidden_rate))
    cosine = 1 / jnp.sqrt(s)
    turned = (1 - jnp.arccos(cosine) / jnp.pi) * cosine / 2
    output = CROSS * jnp.sqrt(1 - cosine**2) + turned  # k K(x, e_i) on the support
    excess = output + rate * turned - CROSS  # f1 - c
    own = (1 + rate) / 2 - CROSS  # d
    # s excess = d at s = 1, exactly
    zeros = jnp.where(s == 1, 0.0, CROSS / own * (own - s * excess) / (own + CROSS * k))
    ones = jnp.where(s == 1, 1.0, zeros + excess / own)
    squares, total = s * ones**2 + (k - s) * zeros**2, s * ones + (k - s) * zeros
    within = (0.5 - CROSS) * squares + CROSS * total**2
    between = s * ones * output + (k - s) * zeros * CROSS
    return PermutationLaw(ones, zeros, jnp.where(s == 1, 0.0, (0.5 + within - 2 * between) / k))


def right_probability(
    law: PermutationLaw, k: Num[ArrayLike, ""], s: Num[ArrayLike, ""], models: Num[ArrayLike, ""]
) -> Float[Array, ""]:
    """Probability that the average of N networks has all k signs right at an input with s ones.

    Args:
        law: at that input.
        k: bits.
        s: ones of the input.
        models: N.

    Returns:
        Phi(mu1 sqrt(N / S))^s Phi(-mu0 sqrt(N / S))^(k - s).
    """
    margins, counts = jnp.stack([law.ones, -law.zeros]), jnp.stack([jnp.asarray(s), jnp.asarray(k) - jnp.asarray(s)])
    return all_right_probability(margins, law.variance, models, counts)


def models_needed(k: int, s: int = 2, target: float = 0.9, hidden_rate: float = 1.0) -> float:
    """The smallest number of networks whose average has all k signs right with a given probability.

    Args:
        k: bits, at least 2.
        s: ones of the input, at least 2; two are the hardest.
        target: the probability.
        hidden_rate: as for ``permutation_law``.

    Returns:
        N.

    >>> models_needed(10), models_needed(10, hidden_rate=0.0)
    (333.0, 58.0)
    """
    return smallest_ensemble(lambda models: float(_right_probability(k, s, hidden_rate, models)), target)


@jax.jit
def _right_probability(k: Any, s: Any, hidden_rate: Any, models: Any) -> Array:
    return right_probability(permutation_law(k, s, hidden_rate), k, s, models)


def learning_rates(k: Num[ArrayLike, "..."], hidden_rate: Num[ArrayLike, "..."] = 1.0) -> tuple[Array, Array]:
    """Eigenvalues of the tangent kernel of the one-hot vectors: how fast errors shrink under gradient flow.

    Args:
        k: bits.
        hidden_rate: as for ``permutation_law``.

    Returns:
        The rate of the sum of all errors, (d + c k) / k, and that of the k - 1 others, d / k.
    """
    k, own = jnp.asarray(k, float), (1 + jnp.asarray(hidden_rate)) / 2 - CROSS
    return (own + CROSS * k) / k, own / k


def binary_inputs(k: int) -> Float[Array, "n k"]:
    """All 2^k - 1 binary inputs but zero, in the order of the numbers that they write.

    Args:
        k: bits, at most 20.

    Returns:
        Zeros and ones, shape (2^k - 1, k).

    Raises:
        SeparatrixError: if k is not from 1 to 20.

    >>> binary_inputs(2).tolist()
    [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    _check_bits(k, "binary_inputs", 1)
    numbers = np.arange(1, 2**k)
    return jnp.asarray((numbers[:, None] >> np.arange(k - 1, -1, -1)[None, :]) & 1, float)


def pair_inputs(k: int) -> Float[Array, "n k"]:
    """All k (k - 1) / 2 binary inputs with two ones.

    Args:
        k: bits, at least 2.

    Returns:
        Zeros and ones, shape (k (k - 1) / 2, k).

    Raises:
        SeparatrixError: if k is below 2.
    """
    _check_bits(k, "pair_inputs", 2, 10**4)
    first, second = np.triu_indices(k, 1)
    return jnp.asarray(np.eye(k)[first] + np.eye(k)[second])


def _check_bits(k: int, owner: str, least: int, most: int = MOST_BITS) -> None:
    if not least <= k <= most:
        raise bad_parameter("k", owner, f"an integer from {least} to {most}", k)


def unit_length(x: Float[ArrayLike, "n d"]) -> Float[Array, "n d"]:
    """Inputs scaled to length one.

    Args:
        x: shape (n, d), none of them zero.

    Returns:
        The same directions, shape (n, d).
    """
    x = jnp.asarray(x)
    return x / jnp.linalg.norm(x, axis=1, keepdims=True)
