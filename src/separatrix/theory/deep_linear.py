r"""Two-matrix linear networks: the exact course of each mode, and the loss, from closed forms.

Gradient descent at rate :math:`\lambda` on :math:`\frac12\sum_\mu\|y_\mu - W_{32}W_{21}x_\mu\|^2`; time is the
number of steps times the rate, so that the paper's :math:`\tau` is 1. Modes come from
:math:`\Sigma_{31}=\sum_\mu y_\mu x_\mu^T=USV^T`; :math:`u=a\cdot b` is a mode's end-to-end strength. All functions
act elementwise on arrays of equal rank (Saxe, McClelland and Ganguli 2014).
"""

import math

import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, ArrayLike, Float

from separatrix.theory.deep_linear_depth import depth_strength

Numbers = Float[ArrayLike, "..."] | float | int


def mode_strength(t: Numbers, s: Numbers, start: Numbers, variance: Numbers = 1.0) -> Float[Array, "..."]:
    r"""Strength of a balanced mode, :math:`du/dt = 2u(s - \lambda u)`: a sigmoid (Saxe et al., eq. 8 and supplement E).

    Args:
        t: time (steps times rate).
        s: singular value of the input-output correlation; may be 0.
        start: strength at time 0.
        variance: of the inputs along the mode, when the inputs are not white but share its direction.

    Returns:
        u(t), which tends to s / variance.

    >>> float(mode_strength(0.0, 2.0, 0.25))
    0.25
    """
    t, s, start, variance = (jnp.asarray(value, float) for value in (t, s, start, variance))
    positive = s > 0
    grown = jnp.where(positive, -jnp.expm1(-2 * s * t) / jnp.where(positive, s, 1.0), 2 * t)
    return start / (jnp.exp(-2 * s * t) + variance * start * grown)


def mode_time(start: Numbers, end: Numbers, s: Numbers, variance: Numbers = 1.0) -> Float[Array, "..."]:
    r"""Time that a balanced mode takes from one strength to another (Saxe et al., eq. 7).

    Args:
        start: strength at the start, in (0, s / variance).
        end: strength at the end, in the same interval.
        s: singular value of the input-output correlation.
        variance: of the inputs along the mode.

    Returns:
        :math:`\frac1{2s}\ln\frac{u_f(s-\lambda u_0)}{u_0(s-\lambda u_f)}`.

    >>> round(float(mode_time(1e-3, 1.5, 3.0)), 4)
    1.3343
    """
    start, end, s, variance = (jnp.asarray(value, float) for value in (start, end, s, variance))
    return jnp.log(end * (s - variance * start) / (start * (s - variance * end))) / (2 * s)


def half_time(s: Numbers, start: Numbers) -> Float[Array, "..."]:
    r"""Time at which a balanced mode is half learned, :math:`\frac1{2s}\ln(s/u_0-1)`.

    Args:
        s: singular value.
        start: strength at time 0.

    Returns:
        The time.
    """
    return mode_time(start, jnp.asarray(s, float) / 2, s)


def unbalanced_strength(t: Numbers, s: Numbers, a: Numbers, b: Numbers) -> Float[Array, "..."]:
    r"""Strength of a mode whose two weights start unequal, :math:`da/dt=b(s-ab), db/dt=a(s-ab)` (supplement A).

    The ratio z of the smaller to the larger weight obeys :math:`dz/dt = s(1-z^2) - |c|z` with the conserved
    :math:`c=a^2-b^2`, and :math:`ab = |c|z/(1-z^2)`.

    Args:
        t: time (steps times rate).
        s: singular value, positive.
        a: weight at time 0.
        b: the other weight at time 0, of another size than a.

    Returns:
        a(t) b(t).
    """
    t, s, a, b = (jnp.asarray(value, float) for value in (t, s, a, b))
    c, z = _imbalance_and_ratio(a, b)
    root = jnp.sqrt(c**2 + 4 * s**2)
    low, high = (-c - root) / (2 * s), (root - c) / (2 * s)
    distance = (high - z) / (z - low) * jnp.exp(-root * t)
    z = (low * distance + high) / (1 + distance)
    return c * z / (1 - z**2)


def unbalanced_time(s: Numbers, a: Numbers, b: Numbers, end: Numbers) -> Float[Array, "..."]:
    r"""Time that a mode whose two weights start unequal takes to a strength (supplement A).

    Args:
        s: singular value, positive.
        a: weight at time 0.
        b: the other weight at time 0, of another size than a.
        end: strength a b at the end, between a(0) b(0) and s.

    Returns:
        :math:`\frac1R\ln\frac{R+c+2sz}{R-c-2sz}` from start to end, with z the ratio of the weights and
        :math:`R=\sqrt{c^2+4s^2}`.

    >>> from math import cosh, sinh, sqrt
    >>> c, theta = 0.5, 0.1
    >>> round(float(unbalanced_time(2.0, sqrt(c) * cosh(theta / 2), sqrt(c) * sinh(theta / 2), 1.9)), 5)
    1.36618
    """
    s, a, b, end = (jnp.asarray(value, float) for value in (s, a, b, end))
    c, z = _imbalance_and_ratio(a, b)
    root = jnp.sqrt(c**2 + 4 * s**2)
    z_end = 2 * end / (c + jnp.sqrt(c**2 + 4 * end**2))

    def log_odds(ratio: Array) -> Array:
        return jnp.log((root + c + 2 * s * ratio) / (root - c - 2 * s * ratio))

    return (log_odds(z_end) - log_odds(z)) / root


def _imbalance_and_ratio(a: Array, b: Array) -> tuple[Array, Array]:
    """|a^2 - b^2| and the ratio of the smaller weight to the larger, whichever is which."""
    larger = jnp.where(jnp.abs(a) >= jnp.abs(b), a, b)
    smaller = jnp.where(jnp.abs(a) >= jnp.abs(b), b, a)
    return larger**2 - smaller**2, smaller / larger


def effective_start(
    first: Float[Array, "hidden d"],
    second: Float[Array, "c hidden"],
    outputs: Float[Array, "c k"],
    inputs: Float[Array, "d k"],
) -> Float[Array, " k"]:
    r"""The strength from which each mode grows out of small random weights, :math:`\frac14\|a+b\|^2`.

    Of a mode's two weight vectors a = W21 v and b = W32' u, only the sum grows at first, as :math:`e^{st}`; the
    difference decays. Their product a.b, whose sign is random, predicts nothing.

    Args:
        first: W21.
        second: W32.
        outputs: the modes' output directions u as columns.
        inputs: the modes' input directions v as columns.

    Returns:
        One starting strength a mode.
    """
    return jnp.sum((second.T @ outputs + first @ inputs) ** 2, axis=0) / 4


def mode_dynamics(
    ts: Float[ArrayLike, " times"],
    s: Float[ArrayLike, " modes"],
    start: Float[ArrayLike, " modes"],
    *,
    matrices: int = 2,
    variances: Float[ArrayLike, " modes"] | float = 1.0,
) -> xr.Dataset:
    """What gradient flow from aligned, balanced weights does: the same names as a simulation that observes modes.

    Args:
        ts: times (steps times rate).
        s: singular values of the input-output correlation.
        start: end-to-end strengths at time 0.
        matrices: how many weight matrices the network has.
        variances: of the inputs along each mode; only for two matrices.

    Returns:
        ``strength`` (time, mode) and ``loss`` (time), the latter above what no linear map can fit.
    """
    times, s, start = np.asarray(ts, float), np.asarray(s, float), np.asarray(start, float)
    variances = np.broadcast_to(np.asarray(variances, float), s.shape)
    t, per_mode, from_start = jnp.asarray(times)[:, None], jnp.asarray(s)[None, :], jnp.asarray(start)[None, :]
    if matrices == 2:
        strength = mode_strength(t, per_mode, from_start, jnp.asarray(variances)[None, :])
    else:
        strength = depth_strength(t, per_mode, from_start, float(matrices))
    gap = variances[None, :] * (np.asarray(strength) - (s / variances)[None, :]) ** 2
    return xr.Dataset(
        {
            "strength": (("time", "mode"), np.asarray(strength), {"units": "1", "long_name": "strength of the mode"}),
            "loss": ("time", gap.sum(axis=1) / 2, {"units": "1", "long_name": "loss"}),
        },
        coords={"time": times, "mode": np.arange(1, s.size + 1), "singular_value": ("mode", s)},
    )


def delay_of_depth(s: float, start: float) -> float:
    """How many steps infinite depth costs over one hidden layer, each at its best rate, to leading order: s / start.

    Args:
        s: singular value.
        start: end-to-end strength at time 0.

    Returns:
        Number of steps (Saxe et al., section 2); infinite for a start at the saddle.
    """
    return s / start if start > 0 else math.inf
