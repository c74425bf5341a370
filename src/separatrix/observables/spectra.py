"""Singular values of weights and of input-output maps, and how many of them count."""

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float


def singular_values(matrix: Float[ArrayLike, "m n"]) -> Float[Array, " k"]:
    """Singular values, descending.

    Args:
        matrix: a weight matrix or an input-output map, shape (m, n).

    Returns:
        The min(m, n) singular values.
    """
    return jnp.linalg.svd(jnp.asarray(matrix), compute_uv=False)


def effective_rank(values: Float[ArrayLike, " k"]) -> Float[Array, ""]:
    """Effective rank: the exponential of the entropy of the normalised singular values (Roy and Vetterli, 2007).

    Args:
        values: singular values, shape (k,).

    Returns:
        A number between 1 and k; 0 for a zero matrix.

    >>> import jax.numpy as jnp
    >>> round(float(effective_rank(jnp.array([2.0, 2.0, 0.0]))), 6)
    2.0
    """
    values = jnp.asarray(values)
    total = jnp.sum(values)
    shares = values / jnp.where(total > 0, total, 1.0)
    entropy = -jnp.sum(jnp.where(shares > 0, shares * jnp.log(jnp.where(shares > 0, shares, 1.0)), 0.0))
    return jnp.where(total > 0, jnp.exp(entropy), 0.0)


def stable_rank(values: Float[ArrayLike, " k"]) -> Float[Array, ""]:
    """Stable rank: squared Frobenius norm over squared spectral norm.

    Args:
        values: singular values, shape (k,).

    Returns:
        A number between 1 and k; 0 for a zero matrix.
    """
    squares = jnp.asarray(values) ** 2
    largest = jnp.max(squares)
    return jnp.sum(squares) / jnp.where(largest > 0, largest, 1.0)


def participation_ratio(values: Float[ArrayLike, " k"]) -> Float[Array, ""]:
    """Participation ratio of the squared singular values: (sum s^2)^2 / sum s^4.

    Args:
        values: singular values, shape (k,); their squares are the eigenvalues of the covariance or kernel.

    Returns:
        A number between 1 and k; 0 for a zero matrix.
    """
    squares = jnp.asarray(values) ** 2
    fourth = jnp.sum(squares**2)
    return jnp.sum(squares) ** 2 / jnp.where(fourth > 0, fourth, 1.0)


def input_output_map(outputs: Float[ArrayLike, "n c"], inputs: Float[ArrayLike, "n d"]) -> Float[Array, "c d"]:
    """The linear map that explains the outputs best: least squares, of minimum norm where inputs do not span.

    For a linear network it is the product of its weights (on the span of the inputs); for any other, its linear part.

    Args:
        outputs: what the network says, shape (n, c).
        inputs: what it was shown, shape (n, d).

    Returns:
        The map, shape (c, d).
    """
    return (jnp.linalg.pinv(jnp.asarray(inputs)) @ jnp.asarray(outputs)).T
