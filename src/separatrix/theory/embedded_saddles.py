"""Fixed points of a wide network made from those of a narrower one (Zhang, Saxe & Latham 2025, theorem 1).

A network f(x) = sum_i phi(x; u_i) v_i keeps its map, and stays at rest, when one unit is added in one of four ways;
they differ in what the unit map phi must allow. Weights are arrays with one row a unit.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

Weights = tuple[Float[Array, "units d"], Float[Array, "units c"]]
"""Incoming and outgoing weights, one row a unit."""


def split_unit(u: Float[Array, "h d"], v: Float[Array, "h c"], unit: int, gamma: Float[ArrayLike, ""]) -> Weights:
    """Copy a unit and share its outgoing weight (construction (i); any unit map). Small starts do not lead here.

    Args:
        u: incoming weights, shape (h, d).
        v: outgoing weights, shape (h, c).
        unit: which.
        gamma: share that the copy takes.

    Returns:
        Weights of h + 1 units.
    """
    return scaled_copy(u, v, unit, 1.0, gamma)


def silent_unit(u: Float[Array, "h d"], v: Float[Array, "h c"]) -> Weights:
    """Add a unit of zero weights (construction (ii); phi(x; 0) = 0). Saddles of quadratic units and attention heads.

    Args:
        u: incoming weights, shape (h, d).
        v: outgoing weights, shape (h, c).

    Returns:
        Weights of h + 1 units.
    """
    return jnp.concatenate([u, jnp.zeros_like(u[:1])]), jnp.concatenate([v, jnp.zeros_like(v[:1])])


def scaled_copy(
    u: Float[Array, "h d"],
    v: Float[Array, "h c"],
    unit: int,
    gamma_in: Float[ArrayLike, ""],
    gamma_out: Float[ArrayLike, ""],
) -> Weights:
    """Add a multiple of a unit (construction (iii); phi homogeneous of degree one, gamma_in >= 0 for ReLU).

    Args:
        u: incoming weights, shape (h, d).
        v: outgoing weights, shape (h, c).
        unit: which.
        gamma_in: factor on the incoming weights.
        gamma_out: factor on the outgoing weights.

    Returns:
        Weights of h + 1 units.
    """
    rest = v.at[unit].multiply(1 - jnp.asarray(gamma_in) * jnp.asarray(gamma_out))
    return jnp.concatenate([u, gamma_in * u[unit][None]]), jnp.concatenate([rest, gamma_out * v[unit][None]])


def combined_unit(
    u: Float[Array, "h d"], v: Float[Array, "h c"], gamma_in: Float[Array, " h"], gamma_out: Float[Array, " h"]
) -> Weights:
    """Add a linear combination of all units (construction (iv); phi linear in u). Low-rank saddles of linear networks.

    Args:
        u: incoming weights, shape (h, d).
        v: outgoing weights, shape (h, c).
        gamma_in: coefficients of the incoming weights, shape (h,).
        gamma_out: coefficients of the outgoing weights, shape (h,).

    Returns:
        Weights of h + 1 units.
    """
    incoming, outgoing = gamma_in @ u, gamma_out @ v
    rest = v - gamma_in[:, None] * outgoing[None, :]
    return jnp.concatenate([u, incoming[None]]), jnp.concatenate([rest, outgoing[None]])
