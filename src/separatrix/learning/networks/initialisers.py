"""Initial weights; the signature ``(key, shape, dtype)`` is that of ``jax.nn.initializers``, so that theirs fit too."""

import itertools
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.errors import SeparatrixError

Initialiser = Callable[..., Float[Array, "..."]]
"""``initialiser(key, shape, dtype=float) -> weights``."""


def gaussian(scale: float | Float[Array, ""] = 1.0) -> Initialiser:
    """Independent entries N(0, scale^2), whatever the fan-in: the small isotropic start of the saddle-to-saddle papers.

    Args:
        scale: standard deviation of an entry.

    Returns:
        The initialiser.
    """

    def draw(key: PRNGKeyArray, shape: Sequence[int], dtype: object = float) -> Float[Array, "..."]:
        return scale * jax.random.normal(key, tuple(shape), dtype)  # pyright: ignore[reportArgumentType]

    return draw


def scaled_gaussian(gain: float | Float[Array, ""] = 1.0) -> Initialiser:
    """Independent entries N(0, gain^2 / fan-in), the fan-in being the last axis: preserves the mean squared norm.

    Args:
        gain: factor on the standard deviation.

    Returns:
        The initialiser.
    """

    def draw(key: PRNGKeyArray, shape: Sequence[int], dtype: object = float) -> Float[Array, "..."]:
        return gaussian(gain)(key, shape, dtype) / shape[-1] ** 0.5

    return draw


def orthogonal(gain: float | Float[Array, ""] = 1.0) -> Initialiser:
    """Orthogonal matrices from the Haar measure: QR of a Gaussian, the signs of R's diagonal moved into Q.

    A rectangular matrix gets orthonormal rows or columns, whichever are fewer (Saxe et al. 2013, section 3).

    Args:
        gain: factor on every singular value.

    Returns:
        The initialiser, for matrices.
    """

    def draw(key: PRNGKeyArray, shape: Sequence[int], dtype: object = float) -> Float[Array, "..."]:
        tall = (max(shape), min(shape))
        q, r = jnp.linalg.qr(jax.random.normal(key, tall, dtype))  # pyright: ignore[reportArgumentType]
        q = q * jnp.where(jnp.diagonal(r) < 0, -1.0, 1.0).astype(q.dtype)[None, :]
        return gain * (q if shape[0] >= shape[1] else q.T)

    return draw


def scaled(initialiser: Initialiser, multiplier: float | Float[Array, ""]) -> Initialiser:
    """An initialiser whose weights are multiplied by a number; the small ones start near the saddle at zero.

    Args:
        initialiser: any ``(key, shape, dtype) -> weights``.
        multiplier: the factor.

    Returns:
        The scaled initialiser.
    """

    def draw(key: PRNGKeyArray, shape: Sequence[int], dtype: object = float) -> Float[Array, "..."]:
        return multiplier * initialiser(key, shape, dtype)

    return draw


def aligned(
    key: PRNGKeyArray, correlation: Float[Array, "c d"], hidden: Sequence[int], strength: float | Float[Array, "..."]
) -> tuple[Float[Array, "out in"], ...]:
    """Weights of a deep linear network aligned with the SVD of the input-output correlation (Saxe et al. 2013, eq. 12).

    With correlation = U S V^T and L = len(hidden) + 1 matrices, W^l = R_{l+1} D R_l^T with R_1 = V, R_{L+1} = U, random
    orthogonal frames in between and D = strength^(1/L), so that each mode starts at ``strength`` end to end and evolves
    by itself. Modes beyond the narrowest hidden layer are left out.

    Args:
        key: draws the frames of the hidden layers.
        correlation: sum (or mean) over examples of y x^T, shape (c, d).
        hidden: widths of the hidden layers; none for a single matrix.
        strength: initial end-to-end strength of every mode, a number or one for each mode kept.

    Returns:
        The L matrices, from input to output, each of shape (out, in).

    Raises:
        SeparatrixError: when a hidden width is not positive.
    """
    if any(width < 1 for width in hidden):
        raise SeparatrixError(f"Hidden widths must be positive. Got {tuple(hidden)}.")
    left, _, right = jnp.linalg.svd(correlation, full_matrices=False)
    rank = min(left.shape[1], *hidden) if hidden else left.shape[1]
    keys = jax.random.split(key, len(hidden)) if hidden else ()
    inner = [orthogonal()(k, (width, rank), correlation.dtype) for k, width in zip(keys, hidden, strict=True)]
    frames = [right[:rank].T, *inner, left[:, :rank]]
    root = jnp.broadcast_to(jnp.asarray(strength, correlation.dtype) ** (1 / (len(hidden) + 1)), (rank,))
    return tuple((after * root[None, :]) @ before.T for before, after in itertools.pairwise(frames))
