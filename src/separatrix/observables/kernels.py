"""Kernels of a network: alignment with each other and with a target, and movement during training."""

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float


def feature_kernel(features: Float[ArrayLike, "n h"]) -> Float[Array, "n n"]:
    """Inner products of representations.

    Args:
        features: of n examples, shape (n, h).

    Returns:
        The kernel, shape (n, n).
    """
    features = jnp.asarray(features)
    return features @ features.T


def centre(kernel: Float[ArrayLike, "n n"]) -> Float[Array, "n n"]:
    """The kernel of the same features with their mean taken away.

    Args:
        kernel: shape (n, n).

    Returns:
        The kernel with rows and columns of zero mean, shape (n, n).
    """
    kernel = jnp.asarray(kernel)
    rows = jnp.mean(kernel, axis=0, keepdims=True)
    columns = jnp.mean(kernel, axis=1, keepdims=True)
    return kernel - rows - columns + jnp.mean(kernel)


def kernel_alignment(kernel: Float[ArrayLike, "n n"], other: Float[ArrayLike, "n n"]) -> Float[Array, ""]:
    """Cosine of the angle between two kernels in the Frobenius inner product (Cristianini et al. 2001).

    Args:
        kernel: shape (n, n).
        other: shape (n, n).

    Returns:
        The cosine; 0 if one kernel is zero.
    """
    kernel, other = jnp.asarray(kernel), jnp.asarray(other)
    sizes = jnp.linalg.norm(kernel) * jnp.linalg.norm(other)
    return jnp.sum(kernel * other) / jnp.where(sizes > 0, sizes, 1.0)


def centred_kernel_alignment(kernel: Float[ArrayLike, "n n"], other: Float[ArrayLike, "n n"]) -> Float[Array, ""]:
    """Centred kernel alignment, CKA (Cortes, Mohri and Rostamizadeh 2012; Kornblith et al. 2019).

    Args:
        kernel: shape (n, n).
        other: shape (n, n).

    Returns:
        The alignment, between 0 and 1 for positive semidefinite kernels.
    """
    return kernel_alignment(centre(kernel), centre(other))


def target_alignment(kernel: Float[ArrayLike, "n n"], targets: Float[ArrayLike, "n c"]) -> Float[Array, ""]:
    """CKA of a kernel with the targets' own kernel; for one target it is y^T K y / (|K|_F |y|^2), both centred.

    Args:
        kernel: shape (n, n).
        targets: shape (n, c).

    Returns:
        The alignment, between 0 and 1.
    """
    return centred_kernel_alignment(kernel, feature_kernel(targets))


def kernel_movement(kernel: Float[ArrayLike, "n n"], initial: Float[ArrayLike, "n n"]) -> Float[Array, ""]:
    """Turn of a kernel since initialisation: 1 - cosine, blind to its scale.

    Args:
        kernel: now, shape (n, n).
        initial: at initialisation, shape (n, n).

    Returns:
        A number between 0 (lazy) and 1.
    """
    return 1 - kernel_alignment(kernel, initial)


def kernel_change(kernel: Float[ArrayLike, "n n"], initial: Float[ArrayLike, "n n"]) -> Float[Array, ""]:
    """Change of a kernel since initialisation in Frobenius norm, relative to the initial kernel.

    Args:
        kernel: now, shape (n, n).
        initial: at initialisation, shape (n, n).

    Returns:
        A non-negative number; infinite when the initial kernel is zero.
    """
    kernel, initial = jnp.asarray(kernel), jnp.asarray(initial)
    return jnp.linalg.norm(kernel - initial) / jnp.linalg.norm(initial)
