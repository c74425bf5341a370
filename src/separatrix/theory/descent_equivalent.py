r"""Gradient descent and gradient flow on features of many sizes, exactly, in the limit of many examples.

What a student has not learned at time t is a function of :math:`M=X^TX`: with weight decay
:math:`\lambda`, :math:`(\lambda+M\,g)/(M+\lambda)` with :math:`g=e^{-t(M+\lambda)}` for the flow and
:math:`(1-\eta(M+\lambda))^t` for descent. As a contour integral around the spectrum it is

.. math:: \frac1{2\pi i}\oint \frac{G(z)}z\,(z+\lambda)\,(M+z+\lambda)^{-1}\,dz\simeq
   \frac1{2\pi i}\oint\frac{G(z)}z\,k(z+\lambda)\,(\Sigma+k(z+\lambda))^{-1}dz

with :math:`G=e^{zt}` or :math:`(1+\eta z)^t`: stopping in time is a superposition of ridge regressions with complex
penalties. The test error is quadratic in it, hence the double superposition of their polarised errors. Nothing is
approximated but the size of the sample; ridge regression with the penalty 1/t, which is often put for it, is.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from separatrix.theory.parameter_range import Numbers, checked
from separatrix.theory.ridge_equivalent import FeatureScales, OrderParameters, effective_penalty, polarised_error

_NODES, _ON_CIRCLE = 32, 16
_RADIUS = 1e8 ** (1 / _NODES)


def largest_eigenvalue(scales: FeatureScales) -> Float[Array, ""]:
    """The upper edge of the spectrum of X^T X, where its inverse function r(k) turns.

    Args:
        scales: of the features.

    Returns:
        The edge; that of one draw scatters around it by a few times n^(-2/3).

    >>> from separatrix.theory.ridge_equivalent import two_scales
    >>> round(float(largest_eigenvalue(two_scales(100, 100, 1.0, 400))), 6)  # (n / d) (1 + sqrt(d / n))^2
    9.0
    """
    top = jnp.max(scales.variances)
    total = jnp.sum(scales.counts)
    # k = -q with q above the largest variance; x(q) = q (n + sum v / (q - v)) is convex there
    low, high = jnp.log(top * 1e-9), jnp.log(top * (2 + 2 * jnp.sqrt(total / scales.examples)))

    def halve(_: Array, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        middle = (ends[0] + ends[1]) / 2
        q = top + jnp.exp(middle)
        rising = scales.examples > jnp.sum(scales.counts * (scales.variances / (q - scales.variances)) ** 2)
        return jnp.where(rising, ends[0], middle), jnp.where(rising, middle, ends[1])

    low, high = jax.lax.fori_loop(0, 80, halve, (low, high))
    q = top + jnp.exp((low + high) / 2)
    return q * (scales.examples + jnp.sum(scales.counts * scales.variances / (q - scales.variances)))


def descent_order_parameters(
    scales: FeatureScales,
    times: Numbers,
    noise: Numbers = 0.0,
    decay: Numbers = 0.0,
    rate: Numbers | None = None,
) -> OrderParameters:
    """The student's R, Q and error while it descends from zero on |y - Xw|^2 / 2 + decay |w|^2 / 2.

    Args:
        scales: of the features.
        times: of gradient flow, > 0; or numbers of steps if a rate is given (whole numbers, at least below 16), shape
            (times,).
        noise: variance of the training noise, >= 0, shape ().
        decay: weight decay, >= 0, shape ().
        rate: learning rate of descent, at most 1 / (largest eigenvalue + decay); None for the flow.

    Returns:
        R, Q and the error, shape (times,). Good to 1e-7 in double precision.

    Raises:
        SeparatrixError: if an argument is out of range.

    >>> from separatrix.theory.ridge_equivalent import two_scales
    >>> middle = descent_order_parameters(two_scales(100, 60, 1e5, 150), jnp.array([1e5]))
    >>> round(float(middle.error[0]), 3), round(float(middle.alignment[0]), 3)  # 0.4 / 2 x 150 / 90, 60 / 100
    (0.333, 0.6)
    """
    owner = "descent_order_parameters"
    moments = checked("times", owner, times, "(0, inf)")
    floor, penalty = (checked(name, owner, v, "[0, inf)") for name, v in (("noise", noise), ("decay", decay)))
    step = None if rate is None else checked("rate", owner, rate, "(0, inf)")
    return jax.vmap(lambda t: _at(scales, t, floor, penalty, step))(moments.ravel())


def _at(scales: FeatureScales, time: Array, noise: Array, decay: Array, rate: Array | None) -> OrderParameters:
    z, weights = _talbot(time, rate) if rate is None else _either(time, rate)
    k = effective_penalty(scales, z + decay)
    shares = weights / z
    error = jnp.real(
        jnp.sum(shares[:, None] * shares[None, :] * polarised_error(scales, k[:, None], k[None, :], noise))
    )
    unlearned = jnp.real(jnp.sum((shares * k)[:, None] / (scales.variances[None, :] + k[:, None]), axis=0))
    alignment = scales.total_power - jnp.sum(scales.counts * scales.powers * unlearned)
    return OrderParameters(alignment, error - scales.total_power + 2 * alignment, error / 2)


def _talbot(time: Array, rate: Array | None) -> tuple[Array, Array]:
    """Nodes of Weideman's (2006) contour around the negative axis, with weights that include the growth G."""
    angle = np.pi * (2 * np.arange(_NODES) + 1 - _NODES) / _NODES
    inside = 0.6407 * angle
    place = _NODES * (0.5017 * angle / np.tan(inside) - 0.6122 + 0.2645j * angle)
    slope = _NODES * (0.5017 / np.tan(inside) - 0.5017 * inside / np.sin(inside) ** 2 + 0.2645j)
    shares = jnp.asarray(np.exp(place) * slope / (1j * _NODES)) / time
    u = jnp.asarray(place) / time
    if rate is None:
        return u, shares
    return jnp.expm1(u) / rate, shares * jnp.exp(u) / rate  # (1 + rate z)^t = e^(u t)


def _either(time: Array, rate: Array) -> tuple[Array, Array]:
    """For few steps a circle around the spectrum, for many the logarithm of the contour of the flow."""
    corner = _RADIUS * np.exp(2j * np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    circle = jnp.asarray(corner)
    few = ((circle - 1) / rate, jnp.exp((jnp.minimum(time, _ON_CIRCLE) + 1) * jnp.log(circle)) / _NODES / rate)
    many = _talbot(jnp.maximum(time, _ON_CIRCLE), rate)
    early = time < _ON_CIRCLE
    return jnp.where(early, few[0], many[0]), jnp.where(early, few[1], many[1])
