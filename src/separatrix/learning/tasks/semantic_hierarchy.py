"""Items at the leaves of a binary tree, whose features branch and diffuse down it (Saxe et al. 2013, figure 3)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.errors import SeparatrixError
from separatrix.learning.tasks.task import Task


def semantic_hierarchy(
    key: PRNGKeyArray, levels: int = 5, features: int = 1000, flip: float | Float[Array, ""] = 0.1
) -> Task:
    """One-hot items with binary features drawn by branching diffusion on a binary tree.

    Each feature is +1 or -1 at the root with equal odds and changes sign along each edge with probability ``flip``,
    independently; the 2^levels leaves are the items.

    Args:
        key: draws the features.
        levels: edges from the root to a leaf.
        features: number of independent features.
        flip: probability of a change of sign along an edge, in [0, 1].

    Returns:
        The task, x the identity of shape (items, items) and y of shape (items, features), each entry +1 or -1.

    Raises:
        SeparatrixError: when ``levels`` is negative.
    """
    if levels < 0:
        raise SeparatrixError(f"The levels of a tree must be 0 or more. Got {levels}.")
    root, *keys = jax.random.split(key, levels + 1)
    value = jax.random.rademacher(root, (1, features), float)
    for level, edge in enumerate(keys, start=1):
        kept = 1.0 - 2.0 * jax.random.bernoulli(edge, flip, (2**level, features)).astype(float)
        value = jnp.repeat(value, 2, axis=0) * kept
    return Task(jnp.eye(2**levels), value, "semantic-hierarchy")


def hierarchy_covariance(levels: int, flip: float | Float[Array, ""]) -> Float[Array, "items items"]:
    """The expected product of a feature at two items, (1 - 2 flip)^(2 h), h the levels up to their common ancestor.

    Args:
        levels: edges from the root to a leaf.
        flip: probability of a change of sign along an edge.

    Returns:
        The matrix over pairs of items; its eigenvectors are the tree's distinctions, the broadest the strongest.
    """
    item = jnp.arange(2**levels)
    apart = jnp.bitwise_xor(item[:, None], item[None, :])
    height = sum((apart >= 2**bit).astype(int) for bit in range(levels)) if levels else jnp.zeros((1, 1), int)
    return jnp.asarray(1.0 - 2.0 * flip) ** (2 * height)
