"""Weights of hidden units along the axis between two classes and within each class."""

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

_RANK = 1e-4
"""Singular values of the differences below this share of the largest are rounding: one a class always is."""


def interclass_axis(means: Float[ArrayLike, "p d"], labels: Float[ArrayLike, " p"]) -> Float[Array, " d"]:
    """The axis m = sum_c (2 y_c - 1) mu_c between two classes of conditions.

    Args:
        means: mean inputs, shape (p, d).
        labels: 0 or 1, shape (p,).

    Returns:
        Shape (d,), not normalised.

    Source: Alleman, Lindsey and Fusi (arXiv:2401.13558), expected gradient with a fixed readout.
    """
    return (2 * jnp.asarray(labels) - 1) @ jnp.asarray(means)


def intraclass_part(
    rows: Float[ArrayLike, "h d"], means: Float[ArrayLike, "p d"], labels: Float[ArrayLike, " p"]
) -> Float[Array, "h d"]:
    """The part of weights in the span of the differences between means of one class.

    Args:
        rows: weights or their changes, one row a unit, shape (h, d).
        means: mean inputs, shape (p, d).
        labels: 0 or 1, shape (p,).

    Returns:
        Shape (h, d).
    """
    rows, means, labels = jnp.asarray(rows), jnp.asarray(means), jnp.asarray(labels)
    same = (labels[:, None] == labels[None, :]).astype(means.dtype)
    within = means - (same @ means) / jnp.sum(same, axis=1)[:, None]
    inverse = jnp.linalg.pinv(within, rtol=_RANK)
    return rows @ inverse @ within


def intra_to_inter(
    changes: Float[ArrayLike, "h d"], means: Float[ArrayLike, "p d"], labels: Float[ArrayLike, " p"]
) -> Float[Array, ""]:
    """How much weights moved within classes rather than between them: mean intra-class over mean inter-class length.

    Args:
        changes: of each unit's weights, shape (h, d).
        means: mean inputs, shape (p, d).
        labels: 0 or 1, shape (p,).

    Returns:
        rho; 0 when every unit moved along the axis between the classes.

    Source: Alleman, Lindsey and Fusi (arXiv:2401.13558), the mechanism.
    """
    within = jnp.linalg.norm(intraclass_part(changes, means, labels), axis=1)
    between = jnp.abs(jnp.asarray(changes) @ _unit(interclass_axis(means, labels)))
    return jnp.mean(within) / jnp.mean(between)


def _unit(vector: Array) -> Array:
    return vector / jnp.linalg.norm(vector)
