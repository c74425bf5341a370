"""Sizes of weights: norms, path norm, balance, and displacement from initialisation."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PyTree

from separatrix.errors import SeparatrixError


def _leaves(parameters: PyTree) -> list[Array]:
    return [jnp.asarray(leaf) for leaf in jax.tree.leaves(eqx.filter(parameters, eqx.is_inexact_array))]


def _size(leaves: list[Array]) -> Array:
    return jnp.sqrt(sum((jnp.sum(jnp.abs(leaf) ** 2) for leaf in leaves), jnp.asarray(0.0)))


def weight_norm(parameters: PyTree) -> Float[Array, ""]:
    """Euclidean norm of all parameters.

    Args:
        parameters: any PyTree; its inexact arrays count.

    Returns:
        The norm.
    """
    return _size(_leaves(parameters))


def _differences(parameters: PyTree, initial: PyTree) -> tuple[list[Array], list[Array]]:
    now, before = _leaves(parameters), _leaves(initial)
    shapes = [leaf.shape for leaf in now], [leaf.shape for leaf in before]
    if shapes[0] != shapes[1]:
        raise SeparatrixError(
            f"Parameters of shapes {shapes[0]} cannot be compared with shapes {shapes[1]}: give the same network."
        )
    return [new - old for new, old in zip(now, before, strict=True)], before


def displacement(parameters: PyTree, initial: PyTree) -> Float[Array, ""]:
    """Relative distance from initialisation over all parameters: |now - initial| / |initial|.

    Args:
        parameters: now, any PyTree.
        initial: at initialisation, of the same shapes.

    Returns:
        The ratio; small in the lazy regime.

    Raises:
        SeparatrixError: if the shapes differ.

    >>> import jax.numpy as jnp
    >>> float(displacement({"w": jnp.array([3.0, 8.0])}, {"w": jnp.array([3.0, 4.0])}))
    0.8
    """
    changes, before = _differences(parameters, initial)
    return _size(changes) / _size(before)


def leaf_displacements(parameters: PyTree, initial: PyTree) -> Float[Array, " leaves"]:
    """Relative distance from initialisation of each array, in the order of ``jax.tree.leaves``.

    Args:
        parameters: now, any PyTree.
        initial: at initialisation, of the same shapes.

    Returns:
        One ratio an array; infinite (NaN if unmoved) for one that was zero at initialisation.

    Raises:
        SeparatrixError: if the shapes differ.
    """
    changes, before = _differences(parameters, initial)
    return jnp.stack([_size([change]) / _size([old]) for change, old in zip(changes, before, strict=True)])


def leaf_names(parameters: PyTree) -> list[str]:
    """Names of the arrays in the order of ``leaf_displacements``.

    Args:
        parameters: any PyTree.

    Returns:
        One name an inexact array, for example ``"layers/0/weight"``.
    """
    paths = jax.tree_util.tree_leaves_with_path(eqx.filter(parameters, eqx.is_inexact_array))
    return [jax.tree_util.keystr(path, simple=True, separator="/") for path, _ in paths]


def path_norm(incoming: Float[ArrayLike, "h d"], outgoing: Float[ArrayLike, "c h"]) -> Float[Array, ""]:
    """Path norm of a two-layer network: sum over units of |outgoing| |incoming|.

    Args:
        incoming: one row a unit, shape (h, d).
        outgoing: one column a unit, shape (c, h).

    Returns:
        The norm.
    """
    sizes = jnp.linalg.norm(jnp.asarray(outgoing), axis=0) * jnp.linalg.norm(jnp.asarray(incoming), axis=1)
    return jnp.sum(sizes)


def balance_ratio(first: Float[ArrayLike, " d"], second: Float[ArrayLike, " d"]) -> Float[Array, ""]:
    """Balance of a diagonal linear network: (|a|^2 + |b|^2) / (2 |a * b|_1), 1 if and only if |a_j| = |b_j| for all j.

    Args:
        first: the factors a, shape (d,).
        second: the factors b, shape (d,).

    Returns:
        A number of at least 1.
    """
    first, second = jnp.asarray(first), jnp.asarray(second)
    return jnp.sum(first**2 + second**2) / (2 * jnp.sum(jnp.abs(first * second)))
