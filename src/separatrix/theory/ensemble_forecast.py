"""What averaging several wide two-layer networks would bring on given data, without training any."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int

from separatrix.theory.ensemble_size import right_class_probability, right_sign_probability
from separatrix.theory.infinite_width import WideNetwork, trained_law

SIZES = tuple(sorted({*range(1, 33), *(int(n) for n in np.round(np.geomspace(32, 4096, 57)))}))
"""Ensemble sizes that are looked at: all up to 32, then in steps of 9 %."""


class EnsembleForecast(NamedTuple):
    """Accuracy by ensemble size.

    Attributes:
        sizes: numbers of averaged networks, shape (sizes,).
        accuracy: expected share of tests whose class is right, shape (sizes,).
        limit: that share with infinitely many.
        examples: probability that one network is right at each test, shape (m,).
    """

    sizes: Int[np.ndarray, " sizes"]
    accuracy: Float[np.ndarray, " sizes"]
    limit: float
    examples: Float[np.ndarray, " m"]

    def smallest(self, share: float) -> int | None:
        """The smallest size that reaches a share of what infinitely many would get; None if none looked at does."""
        reached = np.flatnonzero(self.accuracy >= share * self.limit)
        return int(self.sizes[reached[0]]) if len(reached) else None

    def at(self, size: int) -> float:
        """Accuracy of so many networks, interpolated in the logarithm of the size."""
        return float(np.interp(np.log(size), np.log(self.sizes), self.accuracy))


def forecast_ensemble(
    network: WideNetwork,
    x: Float[ArrayLike, "n d"],
    y: Float[ArrayLike, "n c"],
    tests: Float[ArrayLike, "m d"],
    labels: Int[ArrayLike, " m"],
) -> EnsembleForecast:
    """Expected accuracy of averages of wide networks that were trained to the end on the squared loss.

    With one output the class is its sign, with several the largest. At each test input the outputs of one network are
    Gaussian, independent, with one variance (``trained_law``); averaging N divides the variance by N.

    Args:
        network: gives the kernels.
        x: training inputs, shape (n, d).
        y: their targets, shape (n, c).
        tests: inputs to ask at, shape (m, d).
        labels: their classes, shape (m,): 0 (negative) or 1 for one output, else the output's index.

    Returns:
        The forecast.

    >>> import numpy as np
    >>> tests = np.eye(3) + np.roll(np.eye(3), 1, axis=1)
    >>> found = forecast_ensemble(WideNetwork(), np.eye(3), np.eye(3)[:, :1] - 0.5, tests, np.array([1, 0, 1]))
    >>> bool(found.accuracy[0] < found.accuracy[-1] < 1 + 1e-9)
    True
    """
    law = trained_law(network, x, y, tests)
    mean, labels = law.mean, jnp.asarray(labels)
    # rounding leaves a little variance at inputs that were trained on
    variance = jnp.maximum(law.variance, 1e-12 * jnp.max(jnp.diagonal(network.output_kernel(tests, tests))))
    single = mean.shape[1] == 1
    chances = np.asarray((_sign_chances if single else _class_chances)(mean, variance, labels))
    decided = (mean[:, 0] > 0) == (labels == 1) if single else jnp.argmax(mean, axis=1) == labels
    return EnsembleForecast(np.asarray(SIZES), chances.mean(axis=1), float(jnp.mean(decided)), chances[0])


@jax.jit
def _sign_chances(mean: Array, variance: Array, labels: Array) -> Array:
    """Probability that each size of ensemble is right at each test, shape (sizes, m)."""
    sizes = jnp.asarray(SIZES)[:, None]
    return right_sign_probability((mean[:, 0] * (2 * labels - 1))[None, :], variance[None, :], sizes)


@jax.jit
def _class_chances(mean: Array, variance: Array, labels: Array) -> Array:
    """The same for classes told by the largest output."""
    return jax.lax.map(lambda n: right_class_probability(mean, variance, labels, n), jnp.asarray(SIZES))
