"""Natural cubic splines through whatever was observed, for many series at once."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


class Path(NamedTuple):
    """A path through observations, on a grid of times.

    Args:
        values: on the grid.
        slopes: their time derivatives.
    """

    values: Float[Array, " grid"]
    slopes: Float[Array, " grid"]


def natural_spline(times: Float[Array, " grid"], values: Float[Array, " grid"], observed: Bool[Array, " grid"]) -> Path:
    """The natural cubic spline through the observed points, seen on the whole grid.

    Of all curves through the points it has the smallest integral of the squared second derivative. Before the first
    and after the last point it stays at their values. Shapes do not depend on what was observed: ``vmap`` it over
    series and channels.

    Args:
        times: ascending.
        values: at those times; what was not observed may be anything, NaN included.
        observed: where a value counts; at least one.

    Returns:
        Values and slopes at all times.

    >>> known = jnp.array([True, False, True, True])
    >>> path = natural_spline(jnp.arange(4.0), jnp.array([0.0, jnp.nan, 2.0, 3.0]), known)
    >>> [round(float(value), 3) for value in path.values]
    [0.0, 1.0, 2.0, 3.0]
    """
    count = jnp.sum(observed)
    place = jnp.where(observed, jnp.cumsum(observed) - 1, times.size)
    beyond = times[-1] + (jnp.arange(times.size) - count + 1) * jnp.maximum(times[-1] - times[0], 1)
    knots = beyond.at[place].set(times, mode="drop")
    heights = jnp.zeros_like(values).at[place].set(values, mode="drop")
    widths = jnp.diff(knots)
    rises = jnp.diff(heights) / widths
    curvatures = _curvatures(widths, rises, count)
    passed = jnp.sum(knots[None, :] <= times[:, None], axis=1)
    left = jnp.clip(passed - 1, 0, jnp.maximum(count - 2, 0))
    at = jnp.clip(times, knots[0], knots[jnp.maximum(count - 1, 0)])
    here, there = curvatures[left], curvatures[left + 1]
    offset, width = at - knots[left], widths[left]
    jump = (there - here) / width
    slope = rises[left] - width * (2 * here + there) / 6
    inside = (times == at) & (count > 1)
    return Path(
        heights[left] + offset * (slope + offset * (here / 2 + offset * jump / 6)),
        jnp.where(inside, slope + offset * (here + offset * jump / 2), 0),
    )


def _curvatures(widths: Array, rises: Array, count: Array) -> Array:
    """Second derivatives at the knots: the tridiagonal system by elimination, zero at both ends and beyond."""
    inner = jnp.arange(1, widths.size) < count - 1
    lower = jnp.where(inner, widths[:-1], 0)
    upper = jnp.where(inner, widths[1:], 0)
    middle = jnp.where(inner, 2 * (widths[:-1] + widths[1:]), 1)
    wanted = jnp.where(inner, 6 * jnp.diff(rises), 0)

    def forward(carry: tuple[Array, Array], row: tuple[Array, ...]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        low, mid, up, right = row
        pivot = mid - low * carry[0]
        found = up / pivot, (right - low * carry[1]) / pivot
        return found, found

    zero = jnp.zeros((), widths.dtype)
    _, (ratios, parts) = jax.lax.scan(forward, (zero, zero), (lower, middle, upper, wanted))

    def backward(after: Array, row: tuple[Array, Array]) -> tuple[Array, Array]:
        found = row[1] - row[0] * after
        return found, found

    _, inside = jax.lax.scan(backward, zero, (ratios, parts), reverse=True)
    return jnp.concatenate([zero[None], inside, zero[None]])
