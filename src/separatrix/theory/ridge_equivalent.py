r"""Ridge regression on features of many sizes, in the limit of many examples: what to expect of one random data set.

Rows of X are n examples of features of variance :math:`v_j`; the target is linear in them. Ridge regression with the
penalty r acts as if it knew the covariance and had the penalty k, where

.. math:: r = k\,\Big(n-\sum_j\frac{v_j}{v_j+k}\Big),

the deterministic equivalent :math:`r\,(X^TX+r)^{-1}\simeq k\,(\Sigma+k)^{-1}`. Two penalties together, as in
:math:`r_1r_2\,(X^TX+r_1)^{-1}\Sigma\,(X^TX+r_2)^{-1}`, need :math:`\gamma_{12}=\frac1n\sum_jv_j^2/((v_j+k_1)(v_j+k_2))`
besides, and leave :math:`k_1k_2\,\Sigma\,(\Sigma+k_1)^{-1}(\Sigma+k_2)^{-1}/(1-\gamma_{12})`. Penalties may be complex.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Inexact

from separatrix.theory.parameter_range import Numbers, checked

_NEWTON, _TURNS, _CORRECTIONS = 40, 24, 4


class FeatureScales(eqx.Module):
    """What a linear student is shown: groups of features of one size each.

    Attributes:
        variances: v of a feature of each group, shape (groups,).
        counts: features in each group, shape (groups,).
        powers: variance of the target that **one** feature of the group carries, shape (groups,).
        examples: n, the number of training examples, shape ().
    """

    variances: Float[Array, " groups"]
    counts: Float[Array, " groups"]
    powers: Float[Array, " groups"]
    examples: Float[Array, ""]

    @property
    def total_power(self) -> Float[Array, ""]:
        """Variance of the noiseless target."""
        return jnp.sum(self.counts * self.powers)


class OrderParameters(NamedTuple):
    """The state of a student, as far as its test error goes.

    Attributes:
        alignment: R, covariance of student and teacher on a test input, shape (...).
        norm: Q, variance of the student on a test input, shape (...).
        error: half the mean squared error on noiseless test examples, (total power - 2 R + Q) / 2, shape (...).
    """

    alignment: Float[Array, "..."]
    norm: Float[Array, "..."]
    error: Float[Array, "..."]


def two_scales(
    inputs: Numbers, fast: Numbers, condition: Numbers, examples: Numbers, signals: tuple[float, float] = (1.0, 1.0)
) -> FeatureScales:
    """The paper's student: d latent features of variance 1/d, of which p are passed on and the rest shrunk.

    Args:
        inputs: d, number of features.
        fast: p, how many of them are not shrunk.
        condition: kappa >= 1 by which the others are divided.
        examples: n, number of training examples.
        signals: variance of the teacher's weights on the fast and on the slow features.

    Returns:
        Two groups; the total power is 1 with the default signals.

    >>> float(two_scales(100, 60, 50.0, 150).total_power)
    1.0
    """
    d, p = jnp.asarray(inputs, float), jnp.asarray(fast, float)
    sizes = jnp.stack([jnp.ones(()), 1 / jnp.asarray(condition, float) ** 2])
    return FeatureScales(sizes / d, jnp.stack([p, d - p]), jnp.asarray(signals) / d, jnp.asarray(examples, float))


def effective_penalty(scales: FeatureScales, penalty: Inexact[ArrayLike, "..."]) -> Inexact[Array, "..."]:
    """The penalty k that ridge regression with the penalty r has in effect, the finite sample included.

    r(k) is convex for positive k, so that Newton's method descends to the root from any larger k; for complex r the
    root is then followed around the circle :math:`|r|` = const.

    Args:
        scales: of the features.
        penalty: r > 0, or complex and not on the negative real axis, shape (...).

    Returns:
        k, shape (...).

    >>> model = two_scales(100, 60, 50.0, 150)
    >>> k = effective_penalty(model, 2.0)
    >>> shares = model.counts * model.variances / (model.variances + k)
    >>> round(float(k * (150 - shares.sum())), 10)
    2.0
    """
    r = jnp.asarray(penalty)
    sizes = jnp.abs(r)
    most = jnp.sum(scales.counts * scales.variances)
    real = jax.lax.fori_loop(0, _NEWTON, lambda _, k: _corrected(scales, k, sizes), (sizes + most) / scales.examples)
    if not jnp.issubdtype(r.dtype, jnp.complexfloating):
        return real
    angles = jnp.angle(r)

    def turn(index: Array, k: Array) -> Array:
        target = sizes * jnp.exp(1j * angles * (index + 1) / _TURNS)
        return jax.lax.fori_loop(0, _CORRECTIONS, lambda _, guess: _corrected(scales, guess, target), k)

    return jax.lax.fori_loop(0, _TURNS, turn, real.astype(r.dtype))


def _corrected(scales: FeatureScales, k: Array, penalty: Array) -> Array:
    """One step of Newton's method, in a form that subtracts no equal numbers."""
    variances, counts = _beside(k, scales.variances), _beside(k, scales.counts)
    shares = variances / (variances + k[..., None])
    above = jnp.sum(counts / variances * (k[..., None] * shares) ** 2, axis=-1)
    return (penalty + above) / (scales.examples - jnp.sum(counts * shares**2, axis=-1))


def _beside(k: Array, groups: Array) -> Array:
    """Numbers of the groups, to be combined with k[..., None]."""
    return groups.reshape((1,) * k.ndim + (-1,))


def polarised_error(
    scales: FeatureScales, first: Inexact[Array, "..."], second: Inexact[Array, "..."], noise: Numbers = 0.0
) -> Inexact[Array, "..."]:
    """The bilinear form of the residuals of two ridge regressions on one data set; equal ones give twice the error.

    Args:
        scales: of the features.
        first: k of the one, shape (...).
        second: k of the other, broadcastable and of as many axes.
        noise: variance of the training noise.

    Returns:
        Covariance on noiseless test examples of what the two leave unexplained, shape (...).
    """
    variances, counts, powers = (_beside(first, of) for of in (scales.variances, scales.counts, scales.powers))
    both = counts / ((variances + first[..., None]) * (variances + second[..., None]))
    bias = first * second * jnp.sum(both * powers, axis=-1)
    shared = jnp.sum(both * variances**2, axis=-1) / scales.examples
    return (bias + jnp.asarray(noise) * shared) / (1 - shared)


def ridge_order_parameters(scales: FeatureScales, penalty: Numbers, noise: Numbers = 0.0) -> OrderParameters:
    """Ridge regression with groups of features of different sizes, exact for many examples, groups coupled.

    Args:
        scales: of the features.
        penalty: r > 0 in the minimum of |y - Xw|^2 + r |w|^2, shape (...).
        noise: variance of the training noise, >= 0, broadcastable.

    Returns:
        R, Q and the error, shape (...).

    Raises:
        SeparatrixError: if penalty or noise is out of range.

    >>> late = ridge_order_parameters(two_scales(100, 60, 50.0, 150), 1e-9, noise=0.25)
    >>> round(float(late.alignment), 4), round(float(late.error), 4)  # noise d / (n - d) / 2
    (1.0, 0.25)
    """
    owner = "ridge_order_parameters"
    r, floor = checked("penalty", owner, penalty, "(0, inf)"), checked("noise", owner, noise, "[0, inf)")
    k = effective_penalty(scales, r)
    error = polarised_error(scales, k, k, floor) / 2
    shares = _beside(k, scales.variances) / (_beside(k, scales.variances) + k[..., None])
    alignment = jnp.sum(_beside(k, scales.counts * scales.powers) * shares, axis=-1) + 0 * error
    return OrderParameters(alignment, 2 * error - scales.total_power + 2 * alignment, error)
