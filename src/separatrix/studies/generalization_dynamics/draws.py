"""Normal numbers for several arrays from one draw: a program compiles one generator, not one for each array."""

import math

import jax
from jaxtyping import Array, PRNGKeyArray


def normals(key: PRNGKeyArray, *shapes: tuple[int, ...]) -> list[Array]:
    """Independent standard normal arrays.

    Args:
        key: draws them.
        shapes: of the arrays.

    Returns:
        The arrays.
    """
    sizes = [math.prod(shape) for shape in shapes]
    drawn, found, begin = jax.random.normal(key, (sum(sizes),)), [], 0
    for shape, size in zip(shapes, sizes, strict=True):
        found.append(drawn[begin : begin + size].reshape(shape))
        begin += size
    return found
