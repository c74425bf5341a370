"""Which hidden units take part: from their activations, and from their weights."""

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float


def unit_strengths(
    incoming: Float[ArrayLike, "h d"], outgoing: Float[ArrayLike, "c h"], degree: float | int = 1
) -> Float[Array, " h"]:
    """Size of each unit's part in the function: |outgoing| |incoming|^degree.

    Args:
        incoming: weights into the layer, one row a unit, shape (h, d).
        outgoing: weights out of the layer, one column a unit, shape (c, h).
        degree: degree of homogeneity of the unit in its incoming weights (1 linear and ReLU, 2 quadratic).

    Returns:
        One strength a unit, shape (h,).
    """
    sizes = jnp.linalg.norm(jnp.asarray(incoming), axis=1) ** degree
    return jnp.linalg.norm(jnp.asarray(outgoing), axis=0) * sizes


def unit_shares(strengths: Float[ArrayLike, " h"]) -> Float[Array, " h"]:
    """Share of each unit in the sum over units: 1/h each when all take part alike, 1 for a single active unit.

    Args:
        strengths: non-negative strengths, shape (h,).

    Returns:
        Shares that sum to one (zero when all strengths are zero), shape (h,).
    """
    strengths = jnp.asarray(strengths)
    total = jnp.sum(strengths)
    return strengths / jnp.where(total > 0, total, 1.0)


def activation_strengths(activations: Float[ArrayLike, "n h"]) -> Float[Array, " h"]:
    """Root mean square activation of each unit.

    Args:
        activations: of n examples, shape (n, h).

    Returns:
        One strength a unit, shape (h,).
    """
    return jnp.sqrt(jnp.mean(jnp.asarray(activations) ** 2, axis=0))


def active_units(strengths: Float[ArrayLike, " h"], threshold: float = 0.1) -> Float[Array, ""]:
    """Number of units whose strength is more than a fraction of the strongest one's.

    Args:
        strengths: of ``unit_strengths`` or ``activation_strengths``, shape (h,).
        threshold: the fraction, in (0, 1).

    Returns:
        The count, as a float; 0 when every strength is zero.

    >>> import jax.numpy as jnp
    >>> float(active_units(jnp.array([1.0, 0.5, 0.01])))
    2.0
    """
    strengths = jnp.asarray(strengths)
    return jnp.sum(strengths > threshold * jnp.max(strengths)).astype(strengths.dtype)


def effective_units(strengths: Float[ArrayLike, " h"]) -> Float[Array, ""]:
    """Number of units without a threshold: the inverse of the sum of squared shares.

    Args:
        strengths: non-negative strengths, shape (h,).

    Returns:
        A number between 1 and h; 0 when every strength is zero.
    """
    squares = jnp.sum(unit_shares(strengths) ** 2)
    return jnp.where(squares > 0, 1 / jnp.where(squares > 0, squares, 1.0), 0.0)
