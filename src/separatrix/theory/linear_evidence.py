r"""How much of the targets is signal, how much noise, and when to stop: read off one training set by its likelihood.

If weights of the teacher are N(0, signal) and noise is N(0, noise), targets are
:math:`N(0,\,signal\,XX^T+noise)` (rows of X are examples here). In the eigenbasis they are independent, and only the
ratio :math:`\gamma=noise/signal` has to be searched for.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Num

from separatrix.theory.early_stopping import optimal_stopping
from separatrix.theory.spectral_measure import SpectralMeasure

_GRID = 361
_RANGE = (1e-5, 1e5)
_DROP = 3.841  # twice the log-likelihood falls by this at the ends of a 95 % interval (chi-square, one parameter)


class Evidence(NamedTuple):
    """Signal and noise: most likely, and at the ends of the 95 % interval of their ratio.

    Attributes:
        signal: variance of the teacher's weights at the best, the least and the most noise, shape (3,).
        noise: variance of the noise likewise, shape (3,).
        bounded: whether the best, the least and the most noise lie inside the range that was searched, shape (3,).
    """

    signal: Float[Array, "3"]
    noise: Float[Array, "3"]
    bounded: Float[Array, "3"]


class StoppingForecast(NamedTuple):
    """When gradient descent on a training set should stop.

    Attributes:
        evidence: signal and noise.
        measure: eigenvalues of the training inputs with the variance of test inputs along each.
        times: learning rate x steps on the sum loss for the best, the least and the most noise, shape (3,).
        errors: mean test error of an output there, shape (3,).
        powers: squared projection of the targets on each eigenvector, summed over outputs, shape (k,).
        rest: the same in all other directions.
    """

    evidence: Evidence
    measure: SpectralMeasure
    times: Float[Array, "3"]
    errors: Float[Array, "3"]
    powers: Float[Array, " k"]
    rest: Float[Array, ""]

    def train_course(self, times: Float[ArrayLike, " times"]) -> Float[Array, " times"]:
        """Sum of squared errors over the examples given, at every time of gradient descent: exact, nothing estimated.

        Args:
            times: learning rate x steps on the sum loss, shape (times,).

        Returns:
            The sum over examples and outputs, shape (times,).
        """
        decay = jnp.exp(-2 * self.measure.eigenvalues[None, :] * jnp.asarray(times)[:, None])
        return jnp.sum(self.powers[None, :] * decay, axis=1) + self.rest


def signal_and_noise(
    eigenvalues: Float[ArrayLike, " k"],
    powers: Float[ArrayLike, " k"],
    rest: Float[ArrayLike, ""],
    examples: Num[ArrayLike, ""] | int,
    outputs: int = 1,
) -> Evidence:
    """Signal and noise of the greatest likelihood, with an interval from its profile.

    Args:
        eigenvalues: non-zero eigenvalues of X X^T, shape (k,); zeros are padding.
        powers: squared projection of the targets on each eigenvector, summed over outputs, shape (k,).
        rest: the same in all other directions.
        examples: number of examples, k or more.
        outputs: number of targets an example.

    Returns:
        The estimate; noise from 1e-5 to 1e5 times the mean eigenvalue x signal is looked for.

    >>> import jax.numpy as jnp
    >>> found = signal_and_noise(jnp.full(50, 4.0), jnp.full(50, 5.0), 50.0, 100)  # 4 x 1 + 1, and 1 where no input is
    >>> [round(float(value[0]), 2) for value in (found.signal, found.noise)]
    [1.01, 0.99]
    """
    values, powers = jnp.asarray(eigenvalues), jnp.asarray(powers)
    used = values > 0
    count = jnp.asarray(examples, values.dtype)
    rank = jnp.sum(used)
    scale = jnp.sum(jnp.where(used, values, 0.0)) / rank
    gammas = scale * jnp.geomspace(*_RANGE, _GRID, dtype=values.dtype)
    shifted = jnp.where(used, values, 1.0)[None, :] + gammas[:, None]
    explained = jnp.sum(jnp.where(used[None, :], powers[None, :] / shifted, 0.0), axis=1)
    signal = (explained + jnp.asarray(rest) / gammas) / (count * outputs)
    logs = jnp.sum(jnp.where(used[None, :], jnp.log(shifted), 0.0), axis=1) + (count - rank) * jnp.log(gammas)
    deviance = outputs * (count * jnp.log(signal) + logs)
    best = jnp.argmin(deviance)
    likely = deviance <= deviance[best] + _DROP
    ends = jnp.stack([best, jnp.argmax(likely), _GRID - 1 - jnp.argmax(likely[::-1])])
    bounded = jnp.stack([best > 0, ends[1] > 0, ends[2] < _GRID - 1])
    return Evidence(signal[ends], signal[ends] * gammas[ends], bounded.astype(values.dtype))


@jax.jit
def forecast_stopping(
    inputs: Float[Array, "n d"],
    targets: Float[Array, "n c"],
    covariance: Float[Array, "d d"],
    examples: Num[Array, ""] | int | None = None,
    enlarged: Num[Array, ""] | float = 1.0,
) -> StoppingForecast:
    """When gradient descent of a linear model from zero should stop, foretold from its training set.

    Args:
        inputs: one row an example, shape (n, d); rows of zeros are padding.
        targets: what the model has to add to its initial outputs, shape (n, c); zero where the inputs are padding.
        covariance: second moment of test inputs, shape (d, d).
        examples: number of examples that are not padding; n when left out.
        enlarged: how many times more examples the model is trained on than are given here.

    Returns:
        Times on the sum loss, and mean test errors an output.
    """
    left, values, right = jnp.linalg.svd(inputs, full_matrices=False)
    count = inputs.shape[0] if examples is None else examples
    outputs = targets.shape[1]
    used = values**2 > 1e-9 * jnp.max(values) ** 2
    powers = jnp.where(used, jnp.sum((left.T @ targets) ** 2, axis=1), 0.0)
    rest = jnp.maximum(jnp.sum(targets**2) - jnp.sum(powers), 0.0)
    evidence = signal_and_noise(jnp.where(used, values**2, 0.0), powers, rest, count, outputs)
    weights = jnp.where(used, jnp.sum((right @ covariance) * right, axis=1), 0.0)
    atom = jnp.maximum(jnp.trace(covariance) - jnp.sum(weights), 0.0)
    measure = SpectralMeasure(enlarged * jnp.where(used, values**2, 1.0), weights, atom)
    three = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (3, *leaf.shape)), measure)
    times, errors = optimal_stopping(three, evidence.signal, evidence.noise)
    return StoppingForecast(evidence, measure, times, errors, powers, rest)
