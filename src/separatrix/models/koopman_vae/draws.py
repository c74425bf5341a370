"""Weights of a whole network from one draw of random numbers."""

from collections.abc import Callable
from typing import TypeAlias, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

Draw: TypeAlias = Callable[[tuple[int, ...], float], Array]
"""``draw(shape, bound)``: uniform numbers from -bound to bound."""

_Module = TypeVar("_Module")


def drawn(build: Callable[[Draw], _Module], key: PRNGKeyArray) -> _Module:
    """Make a network whose weights are all parts of one vector of random numbers.

    One draw instead of one a weight, because a program in which networks are made compiles the generator once for each
    draw: ten times slower for a network of twenty weights than what it makes.

    Args:
        build: makes the network, given what draws its weights; called twice, and must ask for the same both times.
        key: decides the numbers.

    Returns:
        The network.
    """
    sizes: list[int] = []

    def count(shape: tuple[int, ...], bound: float) -> Array:
        sizes.append(_size(shape))
        return jnp.zeros(shape)

    build(count)
    numbers = jax.random.uniform(key, (sum(sizes),), minval=-1, maxval=1)
    used = 0

    def take(shape: tuple[int, ...], bound: float) -> Array:
        nonlocal used
        used += _size(shape)
        return bound * numbers[used - _size(shape) : used].reshape(shape)

    return build(take)


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size
