"""Single-index tasks: Gaussian inputs, targets that depend on one direction of them."""

from collections.abc import Callable

import jax
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.learning.tasks.task import Task


def half_square(z: Float[Array, "..."]) -> Float[Array, "..."]:
    """Half of the square: the polynomial link of Kumar et al. (2023)."""
    return 0.5 * z * z


def single_index(
    key: PRNGKeyArray,
    direction: Float[Array, " d"],
    examples: int,
    link: Callable[[Array], Array] = half_square,
    held_out: int = 0,
) -> Task:
    """Inputs x ~ N(0, I / d) with targets link(direction . x), without noise.

    Args:
        key: draws the inputs.
        direction: beta, shape (d,); of norm sqrt(d) for preactivations of variance 1.
        examples: P, number of training examples.
        link: elementwise; half the square when left out.
        held_out: number of test examples.

    Returns:
        The task: x of shape (examples, d), y of shape (examples, 1).

    >>> single_index(jax.random.key(0), jax.numpy.ones(4), 6).y.shape
    (6, 1)
    """
    d = direction.shape[0]
    x = jax.random.normal(key, (examples + held_out, d), direction.dtype) / d**0.5
    y = link(x @ direction)[:, None]
    if not held_out:
        return Task(x, y, "single-index")
    return Task(x[:examples], y[:examples], "single-index", x_test=x[examples:], y_test=y[examples:])
