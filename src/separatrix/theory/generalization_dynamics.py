r"""Mean training and test error of a linear model at every moment of gradient descent on noisy data.

Examples are the columns of X, N x P; the teacher gives :math:`y=\bar wX+\epsilon`, the student follows
:math:`\dot w=(y-wX)X^T`: **sum** loss :math:`\frac12\|y-wX\|^2`, time = learning rate x steps. With a loss that is the
mean over examples, time is learning rate x steps / P. Weights of the teacher have the variance ``signal``, the noise
``noise``, initial weights of the student ``initial``; along an eigenvector of :math:`XX^T` with eigenvalue
:math:`\lambda` the mean squared error is

.. math:: (signal+initial)\,e^{-2\lambda t}+noise\,(1-e^{-\lambda t})^2/\lambda,

and where :math:`\lambda=0` weights are frozen (Advani and Saxe 2017, arXiv 1710.03667).
"""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, ArrayLike, Float

from separatrix.theory.early_stopping import optimal_stopping
from separatrix.theory.marchenko_pastur import marchenko_pastur, resolvent_trace
from separatrix.theory.parameter_range import Numbers, checked
from separatrix.theory.spectral_measure import SpectralMeasure

CRITICAL_GROWTH = 4 * (1 - 0.5**0.5) / np.pi**0.5
"""Of the test error at alpha = 1, in units of noise x sqrt(time): 0.661."""


def test_error(
    measure: SpectralMeasure,
    times: Float[ArrayLike, " times"],
    signal: Numbers = 1.0,
    noise: Numbers = 0.0,
    initial: Numbers = 0.0,
) -> Float[Array, "*batch times"]:
    """Mean squared error on fresh noisy examples, averaged over teachers, noise and initial weights.

    With the Marchenko-Pastur law it is also the average over data sets; with ``data_spectrum`` it is that of one.

    Args:
        measure: eigenvalues with the variance of test inputs along each.
        times: learning rate x steps, shape (times,).
        signal: variance of the teacher's weights, > 0; shape () or (...) as the measure.
        noise: variance of the noise, >= 0; likewise.
        initial: variance of the student's initial weights, >= 0; likewise.

    Returns:
        The error, the noise of the test example included, shape (..., times).

    Raises:
        SeparatrixError: if a variance or a time is out of range.

    >>> curve = test_error(marchenko_pastur(0.5), np.array([0.0, 1e3]), noise=0.2)
    >>> [round(float(value), 6) for value in curve]
    [1.2, 0.9]
    """
    owner = "test_error"
    moments = checked("times", owner, times, "[0, inf)")
    bias = checked("signal", owner, signal, "(0, inf)") + checked("initial", owner, initial, "[0, inf)")
    floor = checked("noise", owner, noise, "[0, inf)")
    return _test_error(measure, moments, bias, floor)


test_error.__test__ = False  # type: ignore[attr-defined]  # a name that test collectors would take for their own


@jax.jit
def _test_error(measure: SpectralMeasure, times: Array, bias: Array, noise: Array) -> Array:
    lead = (1,) * measure.atom.ndim
    eigenvalues, weights = measure.eigenvalues[..., None, :], measure.weights[..., None, :]
    left = jnp.expm1(-eigenvalues * times.reshape(*lead, -1, 1))  # minus what has been learned
    wide = jnp.broadcast_to(bias, measure.atom.shape)[..., None], jnp.broadcast_to(noise, measure.atom.shape)[..., None]
    modes = wide[0][..., None] * (1 + left) ** 2 + wide[1][..., None] * left**2 / eigenvalues
    return jnp.sum(weights * modes, axis=-1) + wide[0] * measure.atom[..., None] + wide[1]


def train_error(
    measure: SpectralMeasure,
    times: Float[ArrayLike, " times"],
    ratio: Numbers,
    signal: Numbers = 1.0,
    noise: Numbers = 0.0,
    initial: Numbers = 0.0,
) -> Float[Array, "*batch times"]:
    """Mean squared error per training example.

    Args:
        measure: eigenvalues that all count alike: the Marchenko-Pastur law, or ``data_spectrum`` without a covariance.
        times: learning rate x steps, shape (times,).
        ratio: examples over parameters, > 0; shape () or (...) as the measure.
        signal: variance of the teacher's weights, > 0; likewise.
        noise: variance of the noise, >= 0; likewise.
        initial: variance of the student's initial weights, >= 0; likewise.

    Returns:
        The error, shape (..., times); it ends at the noise that cannot be fitted, noise x max(0, 1 - 1/ratio).

    Raises:
        SeparatrixError: if a ratio, a variance or a time is out of range.

    >>> curve = train_error(marchenko_pastur(2.0), np.array([0.0, 1e3]), 2.0, noise=0.2)
    >>> [round(float(value), 6) for value in curve]
    [1.2, 0.1]
    """
    owner = "train_error"
    alpha = checked("ratio", owner, ratio, "(0, inf)")
    moments = checked("times", owner, times, "[0, inf)")
    bias = checked("signal", owner, signal, "(0, inf)") + checked("initial", owner, initial, "[0, inf)")
    return _train_error(measure, moments, alpha, bias, checked("noise", owner, noise, "[0, inf)"))


@jax.jit
def _train_error(measure: SpectralMeasure, times: Array, ratio: Array, bias: Array, noise: Array) -> Array:
    shape = measure.atom.shape
    wide = [jnp.broadcast_to(value, shape)[..., None] for value in (ratio, bias, noise)]
    alpha, signal, floor = wide
    eigenvalues = measure.eigenvalues[..., None, :]
    decay = jnp.exp(-2 * eigenvalues * times.reshape(*(1,) * len(shape), -1, 1))
    modes = measure.weights[..., None, :] * (eigenvalues * signal[..., None] + floor[..., None]) * decay
    rank = jnp.sum(measure.weights, axis=-1)[..., None]
    return jnp.sum(modes, axis=-1) / alpha + floor * jnp.maximum(1 - rank / alpha, 0.0)


def weight_variance(
    measure: SpectralMeasure,
    times: Float[ArrayLike, " times"],
    signal: Numbers = 1.0,
    noise: Numbers = 0.0,
    initial: Numbers = 0.0,
) -> Float[Array, "*batch times"]:
    """Mean square of the student's weights: it grows in training, and the more the noisier the data.

    Args:
        measure: eigenvalues that all count alike.
        times: learning rate x steps, shape (times,).
        signal: variance of the teacher's weights, > 0; shape () or (...) as the measure.
        noise: variance of the noise, >= 0; likewise.
        initial: variance of the student's initial weights, >= 0; likewise.

    Returns:
        The mean square, shape (..., times).
    """
    moments = checked("times", "weight_variance", times, "[0, inf)")
    shape = measure.atom.shape
    named = (("signal", signal, "(0, inf)"), ("noise", noise, "[0, inf)"), ("initial", initial, "[0, inf)"))
    wide = [jnp.broadcast_to(checked(n, "weight_variance", v, r), shape)[..., None] for n, v, r in named]
    eigenvalues = measure.eigenvalues[..., None, :]
    left = jnp.expm1(-eigenvalues * moments.reshape(*(1,) * len(shape), -1, 1))
    target, floor, start = (value[..., None] for value in wide)
    modes = (target + floor / eigenvalues) * left**2 + start * (1 + left) ** 2
    return jnp.sum(measure.weights[..., None, :] * modes, axis=-1) + wide[2] * measure.atom[..., None]


def final_test_error(
    ratio: Numbers, signal: Numbers = 1.0, noise: Numbers = 0.0, initial: Numbers = 0.0
) -> Float[Array, "..."]:
    """Mean test error after infinitely long training.

    Args:
        ratio: examples over parameters, alpha > 0; all arguments broadcast.
        signal: variance of the teacher's weights, > 0.
        noise: variance of the noise, >= 0.
        initial: variance of the student's initial weights, >= 0.

    Returns:
        noise alpha / (alpha - 1) above alpha = 1; (1 - alpha)(signal + initial) + noise / (1 - alpha) below. At
        alpha = 1 noise makes it infinite: the error grows for ever, as CRITICAL_GROWTH x noise x sqrt(time).

    Raises:
        SeparatrixError: if an argument is out of range.

    >>> float(final_test_error(2.0, noise=1.0)), float(final_test_error(1.0, noise=1.0)), float(final_test_error(1.0))
    (2.0, inf, 0.0)
    """
    owner = "final_test_error"
    alpha = checked("ratio", owner, ratio, "(0, inf)")
    bias = checked("signal", owner, signal, "(0, inf)") + checked("initial", owner, initial, "[0, inf)")
    floor = checked("noise", owner, noise, "[0, inf)")
    gap = jnp.abs(alpha - 1)
    excess = jnp.where(gap > 0, floor * jnp.maximum(alpha, 1.0) / jnp.where(gap > 0, gap, 1.0), jnp.inf)
    return jnp.where(floor > 0, excess, 0.0) + bias * jnp.maximum(1 - alpha, 0.0)


def bayes_ridge_error(ratio: Numbers, signal: Numbers = 1.0, noise: Numbers = 1.0) -> Float[Array, "..."]:
    """Mean test error of ridge regression with the penalty noise / signal, the lowest that any estimator reaches.

    Args:
        ratio: examples over parameters, alpha > 0; all arguments broadcast.
        signal: variance of the teacher's weights, > 0.
        noise: variance of the noise, > 0.

    Returns:
        noise (1 + m(noise / signal)), m being the trace of the resolvent.

    Raises:
        SeparatrixError: if an argument is out of range.
    """
    strength = checked("signal", "bayes_ridge_error", signal, "(0, inf)")
    floor = checked("noise", "bayes_ridge_error", noise, "(0, inf)")
    return floor * (1 + resolvent_trace(floor / strength, ratio))


def ridge_error(
    measure: SpectralMeasure, penalty: Numbers, signal: Numbers = 1.0, noise: Numbers = 0.0
) -> Float[Array, "*batch"]:
    """Mean test error of ridge regression, the minimum of |y - wX|^2 + penalty |w|^2.

    Args:
        measure: eigenvalues with the variance of test inputs along each.
        penalty: gamma > 0; shape () or (...) as the measure.
        signal: variance of the teacher's weights, > 0; likewise.
        noise: variance of the noise, >= 0; likewise.

    Returns:
        The error, the noise of the test example included, shape (...).

    Raises:
        SeparatrixError: if an argument is out of range.
    """
    shape, owner = measure.atom.shape, "ridge_error"
    named = (("penalty", penalty, "(0, inf)"), ("signal", signal, "(0, inf)"), ("noise", noise, "[0, inf)"))
    gamma, strength, floor = (jnp.broadcast_to(checked(n, owner, v, r), shape) for n, v, r in named)
    shifted = measure.eigenvalues + gamma[..., None]
    modes = strength[..., None] * gamma[..., None] ** 2 + floor[..., None] * measure.eigenvalues
    return jnp.sum(measure.weights * modes / shifted**2, axis=-1) + strength * measure.atom + floor


def learning_curves(
    times: Float[ArrayLike, " times"],
    ratios: Float[ArrayLike, " ratios"],
    snr: Numbers = 1.0,
    inr: Numbers = 0.0,
) -> xr.Dataset:
    """Exact errors on a grid of times and ratios, in units of the variance of the teacher's weights.

    Args:
        times: learning rate x steps, shape (times,).
        ratios: examples over parameters, alpha > 0, shape (ratios,).
        snr: variance of the teacher's weights over that of the noise, > 0, inf for no noise.
        inr: variance of the student's initial weights over that of the teacher's, >= 0.

    Returns:
        ``test_error`` and ``train_error`` (ratio, time); ``final_test_error``, ``stop_time`` and ``stopped_error``
        (ratio).

    Raises:
        SeparatrixError: if an argument is out of range.

    >>> curves = learning_curves(np.array([0.0, 1.0]), np.array([0.5, 1.0, 2.0]), snr=5.0)
    >>> dict(curves.sizes)
    {'ratio': 3, 'time': 2}
    """
    alpha = checked("ratios", "learning_curves", ratios, "(0, inf)")
    noise = 1 / checked("snr", "learning_curves", snr, "(0, inf]")
    initial = checked("inr", "learning_curves", inr, "[0, inf)")
    law = marchenko_pastur(alpha)
    stop, stopped = optimal_stopping(law, 1.0, noise, initial)
    return xr.Dataset(
        {
            "test_error": (("ratio", "time"), np.asarray(test_error(law, times, 1.0, noise, initial))),
            "train_error": (("ratio", "time"), np.asarray(train_error(law, times, alpha, 1.0, noise, initial))),
            "final_test_error": ("ratio", np.asarray(final_test_error(alpha, 1.0, noise, initial))),
            "stop_time": ("ratio", np.asarray(stop)),
            "stopped_error": ("ratio", np.asarray(stopped)),
        },
        coords={
            "ratio": ("ratio", np.asarray(ratios, float), {"units": "1", "long_name": "examples / parameters"}),
            "time": ("time", np.asarray(times, float), {"units": "1", "long_name": "learning rate × steps"}),
        },
    )
