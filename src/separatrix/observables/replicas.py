"""How far copies of a learner are from one another, and their common opinion from the truth."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree


def centre_of_copies(states: PyTree) -> PyTree:
    """The mean over copies, their collective decision.

    Args:
        states: arrays with the axis of copies first, shape (n, ...).

    Returns:
        The same PyTree without that axis.
    """
    return jax.tree.map(lambda leaf: leaf.mean(axis=0), states)


def synchronisation_error(states: PyTree) -> Float[Array, ""]:
    """Summed squared distance of all copies from their mean.

    Args:
        states: arrays with the axis of copies first, shape (n, ...).

    Returns:
        S, in the squared unit of the state.

    Source: Bouvrie and Slotine, arXiv:1010.4517, section 3.

    >>> float(synchronisation_error(jnp.array([[1.0, 0.0], [-1.0, 0.0]])))
    2.0
    """
    return _summed(jax.tree.map(lambda leaf: leaf - leaf.mean(axis=0, keepdims=True), states))


def error_of_centre(states: PyTree, truth: PyTree) -> Float[Array, ""]:
    """Squared distance of the mean over copies from a point.

    Args:
        states: arrays with the axis of copies first, shape (n, ...).
        truth: the same PyTree without that axis.

    Returns:
        R, in the squared unit of the state.
    """
    return _summed(jax.tree.map(jnp.subtract, centre_of_copies(states), truth))


def error_of_one(states: PyTree, truth: PyTree) -> Float[Array, ""]:
    """Squared distance of a single copy from a point, averaged over copies.

    Args:
        states: arrays with the axis of copies first, shape (n, ...).
        truth: the same PyTree without that axis.

    Returns:
        R + S / n, in the squared unit of the state.
    """
    copies = jax.tree.leaves(states)[0].shape[0]
    return error_of_centre(states, truth) + synchronisation_error(states) / copies


def _summed(tree: PyTree) -> Float[Array, ""]:
    total = sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(tree))
    return jnp.asarray(total)
