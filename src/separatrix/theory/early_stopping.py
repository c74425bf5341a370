r"""When to stop: the time at which the mean test error of a linear model on noisy data is lowest.

Time is learning rate x steps on the sum loss, as in ``generalization_dynamics``.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from separatrix.theory.parameter_range import Numbers, checked
from separatrix.theory.spectral_measure import SpectralMeasure

_POINTS, _ROUNDS = 64, 5


def mode_stopping_time(
    eigenvalue: Numbers, signal: Numbers = 1.0, noise: Numbers = 1.0, initial: Numbers = 0.0
) -> Float[Array, "..."]:
    r"""When one mode alone should stop, :math:`\ln(1+\lambda(signal+initial)/noise)/\lambda` (Advani and Saxe 2017).

    Args:
        eigenvalue: lambda >= 0 of the mode; all arguments broadcast.
        signal: variance of the teacher's weights, > 0.
        noise: variance of the noise, >= 0.
        initial: variance of the student's initial weights, >= 0.

    Returns:
        The time; its limit (signal + initial) / noise where lambda = 0, and infinite without noise.

    Raises:
        SeparatrixError: if an argument is out of range.

    >>> round(float(mode_stopping_time(1.0, noise=0.1)), 4)  # ln 11
    2.3979
    """
    owner = "mode_stopping_time"
    rate = checked("eigenvalue", owner, eigenvalue, "[0, inf)")
    bias = checked("signal", owner, signal, "(0, inf)") + checked("initial", owner, initial, "[0, inf)")
    return _mode_time(rate, bias, checked("noise", owner, noise, "[0, inf)"))


def _mode_time(rate: Array, bias: Array, noise: Array) -> Array:
    ratio = bias / noise
    positive = rate > 0
    return jnp.where(positive, jnp.log1p(rate * ratio) / jnp.where(positive, rate, 1.0), ratio)


def optimal_stopping(
    measure: SpectralMeasure, signal: Numbers = 1.0, noise: Numbers = 1.0, initial: Numbers = 0.0
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """The time of the lowest mean test error, and that error.

    It lies between the times at which the fastest and the slowest mode should stop. Modes disagree, so that there may
    be several minima; the lowest is found on a logarithmic grid, which is then refined around it.

    Args:
        measure: eigenvalues with the variance of test inputs along each.
        signal: variance of the teacher's weights, > 0; shape () or (...) as the measure.
        noise: variance of the noise, >= 0; likewise.
        initial: variance of the student's initial weights, >= 0; likewise.

    Returns:
        Time and error, shape (...) each; the time is infinite without noise.

    Raises:
        SeparatrixError: if a variance is out of range.

    >>> from separatrix.theory.marchenko_pastur import marchenko_pastur
    >>> time, error = optimal_stopping(marchenko_pastur(1.0), noise=0.1)
    >>> round(float(time), 2)
    6.08
    """
    owner, shape = "optimal_stopping", measure.atom.shape
    bias = checked("signal", owner, signal, "(0, inf)") + checked("initial", owner, initial, "[0, inf)")
    floor = checked("noise", owner, noise, "[0, inf)")
    return _optimal_stopping(measure, jnp.broadcast_to(bias, shape), jnp.broadcast_to(floor, shape))


@jax.jit
def _optimal_stopping(measure: SpectralMeasure, bias: Array, noise: Array) -> tuple[Array, Array]:
    eigenvalues, weights = measure.eigenvalues, measure.weights
    counted = weights > 0
    quiet = noise == 0
    floor = jnp.where(quiet, 1.0, noise)

    def error(times: Array) -> Array:
        left = jnp.expm1(-eigenvalues[..., None, :] * times[..., None])
        modes = bias[..., None, None] * (1 + left) ** 2
        modes = modes + floor[..., None, None] * left**2 / eigenvalues[..., None, :]
        return jnp.sum(weights[..., None, :] * modes, axis=-1)

    alone = _mode_time(eigenvalues, bias[..., None], floor[..., None])
    low = jnp.log(jnp.min(jnp.where(counted, alone, jnp.inf), axis=-1))
    high = jnp.log(jnp.max(jnp.where(counted, alone, 0.0), axis=-1))
    steps = jnp.linspace(0.0, 1.0, _POINTS)

    def refine(_: Any, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        start, width = ends[0][..., None], (ends[1] - ends[0])[..., None]
        logs = start + width * steps.reshape(*(1,) * (start.ndim - 1), -1)
        best = jnp.argmin(error(jnp.exp(logs)), axis=-1)[..., None]
        lower = jnp.take_along_axis(logs, jnp.maximum(best - 1, 0), axis=-1)
        upper = jnp.take_along_axis(logs, jnp.minimum(best + 1, _POINTS - 1), axis=-1)
        return lower[..., 0], upper[..., 0]

    low, high = jax.lax.fori_loop(0, _ROUNDS, refine, (low, high))
    time = jnp.exp((low + high) / 2)
    lowest = error(time[..., None])[..., 0] + noise + bias * measure.atom
    return jnp.where(quiet, jnp.inf, time), jnp.where(quiet, bias * measure.atom, lowest)
