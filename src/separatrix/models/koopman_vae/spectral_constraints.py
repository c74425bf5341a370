"""Physics through the spectrum: penalties that draw the moduli of the operator's eigenvalues to the unit circle."""

from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

SpectralConstraint = Literal["none", "two", "three", "all", "half", "stable"]
"""Which moduli are drawn to 1: the two or three largest, all (a conservative system), the larger half with the rest
held inside, or none with all held inside."""

CONDITION = 1e-3
"""Cosine between left and right eigenvector below which a gradient is damped: a thousandfold condition number."""


@jax.custom_vjp
def eigenvalue_moduli(matrix: Float[Array, "k k"]) -> Float[Array, " k"]:
    """Moduli of the eigenvalues, with a gradient that stays finite where eigenvalues meet.

    With left and right eigenvectors u and v of unit length, d lambda = u* dA v / (u* v). At a defective eigenvalue
    u* v = 0 and lambda has no derivative; there 1 / (u* v) is replaced by its conjugate over |u* v|^2 + 1e-6, so that
    the gradient of a modulus is never longer than 500. Eigenvalues that meet without being defective need no care.

    Args:
        matrix: real and square.

    Returns:
        The moduli, in LAPACK's order.

    >>> eigenvalue_moduli(jnp.array([[0.0, 0.5], [-0.5, 0.0]])).round(6).tolist()
    [0.5, 0.5]
    """
    return jnp.abs(jax.lax.linalg.eig(matrix, compute_left_eigenvectors=False, compute_right_eigenvectors=False)[0])


def _forward(matrix: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    values, left, right = jax.lax.linalg.eig(matrix, compute_left_eigenvectors=True, compute_right_eigenvectors=True)
    return jnp.abs(values), (values, left, right)


def _backward(kept: tuple[Array, Array, Array], cotangent: Array) -> tuple[Array]:
    values, left, right = kept
    overlap = jnp.sum(left.conj() * right, axis=0)
    damped = overlap.conj() / (jnp.abs(overlap) ** 2 + CONDITION**2)
    phase = values.conj() / jnp.maximum(jnp.abs(values), jnp.finfo(cotangent.dtype).tiny)
    weights = (cotangent * phase * damped)[None, :]
    return (jnp.real((left.conj() * weights) @ right.T),)


eigenvalue_moduli.defvjp(_forward, _backward)


def spectral_penalty(matrix: Float[Array, "k k"], constraint: SpectralConstraint) -> Float[Array, ""]:
    """How far the spectrum is from what a constraint asks for.

    In coordinates that make stationary states white, least squares gives ||A||_F^2 = k (1 - rho), rho the share of
    variance left unpredicted, and the squared moduli sum to no more than that: their mean is at most 1 - rho. A
    constraint that draws all moduli to 1 must drive out the prior's noise, or let latent states grow.

    Args:
        matrix: the operator.
        constraint: which.

    Returns:
        The mean squared distance from 1 of the moduli that are drawn there, plus that of the excess over 1 of those
        that are held inside; 0 for ``"none"``.

    >>> round(float(spectral_penalty(jnp.diag(jnp.array([1.0, 0.5])), "all")), 4)
    0.125
    """
    if constraint == "none":
        return jnp.zeros(())
    moduli = jnp.sort(eigenvalue_moduli(matrix))[::-1]
    k = moduli.size
    drawn = {"two": min(2, k), "three": min(3, k), "all": k, "half": k // 2, "stable": 0}[constraint]
    penalty = jnp.sum((moduli[:drawn] - 1) ** 2) / max(drawn, 1)
    if constraint in ("half", "stable"):
        penalty = penalty + jnp.sum(jnp.maximum(moduli[drawn:] - 1, 0) ** 2) / max(k - drawn, 1)
    return penalty
