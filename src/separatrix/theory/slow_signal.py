r"""Will the test error come down again? Foretold from a training set, for a linear model at some time of its training.

Directions of the inputs that descent has learned by then are told from those that it has not by their variances. What
the targets hold of the latter is *slow signal*: until it is learned it is fitted as noise is, and when it is learned
the error comes down. In the residuals of the targets on the fast directions slow signal and noise are told apart by
their likelihood, the slow directions being supposed to carry the same power each.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from separatrix.theory.linear_evidence import signal_and_noise

_NEGLIGIBLE = 1e-12


class DescentForecast(NamedTuple):
    """What is to come of a run.

    Attributes:
        errors: mean squared test error of an output, its noise included, now and at each later time, for the best, the
            least and the most noise that the data allow, shape (3, 1 + times).
        noise: variance of the noise, likewise, shape (3,).
        slow_power: variance of an output that the slow directions carry, likewise, shape (3,).
        fast: number of directions that are learned.
        slow: number of those that are not.
    """

    errors: Float[Array, "3 times"]
    noise: Float[Array, "3"]
    slow_power: Float[Array, "3"]
    fast: Float[Array, ""]
    slow: Float[Array, ""]

    @property
    def remaining(self) -> Float[Array, "3"]:
        """The lowest error still to come over the error now; above 1 where it will never be as low again."""
        return jnp.min(self.errors[:, 1:], axis=1) / self.errors[:, 0]


@jax.jit
def foretell_descent(
    inputs: Float[Array, "n d"],
    targets: Float[Array, "n c"],
    covariance: Float[Array, "d d"],
    now: Float[Array, ""] | float,
    later: Float[Array, " times"],
) -> DescentForecast:
    """The mean test error of gradient descent from zero, now and later, on this training set.

    Args:
        inputs: one row an example, shape (n, d).
        targets: what the model has to add to its initial outputs, shape (n, c).
        covariance: second moment of test inputs, shape (d, d).
        now: learning rate x steps on the sum loss so far.
        later: times to come, shape (times,).

    Returns:
        The forecast. It is NaN where the fast directions are as many as the examples.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> sizes = np.repeat([1.0, 0.05], 20)
    >>> x = rng.standard_normal((80, 40)) * sizes
    >>> y = jnp.asarray(x @ (rng.standard_normal((40, 1)) / sizes[:, None]))
    >>> forecast = foretell_descent(jnp.asarray(x), y, jnp.diag(jnp.asarray(sizes**2)), 0.5, jnp.array([1e2, 1e4]))
    >>> int(forecast.fast), int(forecast.slow), bool(jnp.all(forecast.remaining < 0.1))
    (20, 20, True)
    """
    n = inputs.shape[0]
    variances, axes = jnp.linalg.eigh(covariance)
    present = variances > _NEGLIGIBLE * variances[-1]
    sizes = jnp.where(present, variances, 1.0)
    fast = present & (n * variances * now > 1)
    slow = present & ~fast
    turned = inputs @ axes
    signal, noise, strength, count = _told_apart(turned / jnp.sqrt(sizes)[None, :], targets, fast, slow)
    weights = jnp.where(fast[None, :], strength, jnp.where(slow[None, :], signal[:, None], 0.0)) / sizes[None, :]
    times = jnp.concatenate([jnp.asarray(now, later.dtype)[None], later])
    errors = _courses(turned, jnp.where(present, variances, 0.0), weights, noise, times)
    errors = jnp.where(count < n, errors, jnp.nan)
    slow_count = jnp.sum(slow)
    return DescentForecast(errors, noise, signal * slow_count, jnp.sum(fast) * 1.0, slow_count * 1.0)


def _told_apart(white: Array, targets: Array, fast: Array, slow: Array) -> tuple[Array, Array, Array, Array]:
    """Variances of weights on slow features of unit size and of noise, (3,) each; of fast weights; their number."""
    n, outputs = targets.shape
    basis, lengths, right = jnp.linalg.svd(jnp.where(fast[None, :], white, 0.0), full_matrices=False)
    kept = lengths > 1e-9 * jnp.maximum(lengths[0], _NEGLIGIBLE)
    basis = jnp.where(kept[None, :], basis, 0.0)
    inverse = jnp.where(kept, 1 / jnp.where(kept, lengths, 1.0), 0.0)
    fitted = right.T @ (inverse[:, None] * (basis.T @ targets))
    count = jnp.sum(kept)

    def outside(rows: Array) -> Array:
        return rows - basis @ (basis.T @ rows)

    rest = outside(targets)
    left, values, _ = jnp.linalg.svd(outside(jnp.where(slow[None, :], white, 0.0)), full_matrices=False)
    used = values > 1e-6 * jnp.sqrt(float(n))
    powers = jnp.where(used, jnp.sum((left.T @ rest) ** 2, axis=1), 0.0)
    unexplained = jnp.maximum(jnp.sum(rest**2) - jnp.sum(powers), 0.0)
    free = (n - count) * jnp.ones(())
    evidence = signal_and_noise(jnp.where(used, values**2, 0.0), powers, unexplained, free, outputs)
    any_slow = jnp.any(used)
    alone = jnp.sum(rest**2) / free / outputs
    signal = jnp.where(any_slow, evidence.signal, 0.0)
    noise = jnp.where(any_slow, evidence.noise, alone)
    strength = jnp.sum(fitted**2) / jnp.maximum(jnp.sum(fast), 1) / outputs
    return signal, noise, strength, count


def _courses(turned: Array, variances: Array, weights: Array, noise: Array, times: Array) -> Array:
    """Expected test errors on these inputs, for teachers whose weights have the given variances; shape (3, times)."""
    _, values, right = jnp.linalg.svd(turned, full_matrices=True)
    rates = jnp.zeros(right.shape[0]).at[: len(values)].set(values**2)
    left = jnp.exp(-times[:, None] * rates[None, :])
    tested = (right * variances[None, :]) @ right.T
    safe = jnp.where(rates > 0, rates, 1.0)
    fitted = jnp.where(rates > 0, jnp.diagonal(tested) / safe, 0.0)
    spread = jnp.sum((1 - left) ** 2 * fitted[None, :], axis=1)

    def course(of: Array, variance: Array) -> Array:
        taught = (right * of[None, :]) @ right.T
        return jnp.sum((left @ (tested * taught)) * left, axis=1) + variance * (1 + spread)

    return jax.vmap(course)(weights, noise)
