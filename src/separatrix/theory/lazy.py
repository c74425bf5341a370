"""Lazy training in closed form: a network linearised at its start is regression with its initial tangent kernel."""

from typing import NamedTuple

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Shaped


class LazyTraining(NamedTuple):
    r"""Gradient descent of a linearised network, f_t(x) = sum_n K(x, x_n) a_n(t), eigenvector by eigenvector.

    With e' = (I - rate K) e for the residual e = f - y, which starts at -y, the sum of all steps is
    :math:`a(t) = K^{-1}[I - (I - \text{rate}\,K)^t]\,y` (Jacot et al. 2018); eigenvalues of zero are no exception.

    Attributes:
        values: eigenvalues of the initial tangent kernel on the training inputs, shape (n,).
        vectors: its eigenvectors, in columns, shape (n, n).
        targets: components of the targets (minus what the network outputs at the start) along them, shape (n,).
    """

    values: Float[Array, " n"]
    vectors: Float[Array, "n n"]
    targets: Float[Array, " n"]

    def coefficients(
        self, rate: Float[ArrayLike, ""] | float, steps: Shaped[ArrayLike, " times"]
    ) -> Float[Array, "times n"]:
        """The coefficients a after steps of gradient descent.

        Args:
            rate: learning rate times the slope of the loss in the outputs: 2 eta / n for the mean squared error.
            steps: whole numbers of steps, shape (times,); ``inf`` for the end of training.

        Returns:
            Shape (times, n).
        """
        t = jnp.asarray(steps, self.values.dtype)[:, None]
        ended = jnp.isinf(t)
        at = jnp.where(ended, 0.0, t)
        positive = (self.values > self.values.shape[0] * jnp.finfo(t.dtype).eps * jnp.max(self.values))[None, :]
        factor = 1 - jnp.asarray(rate) * self.values[None, :]
        power = jnp.where((factor < 0) & (jnp.mod(at, 2) == 1), -1.0, 1.0) * jnp.abs(factor) ** at
        left = jnp.where(ended, jnp.where(positive, 0.0, 1.0), power)
        safe = jnp.where(positive, self.values[None, :], 1.0)
        share = jnp.where(positive, (1 - left) / safe, jnp.asarray(rate) * at)
        return (share * self.targets[None, :]) @ self.vectors.T

    def residuals(
        self, rate: Float[ArrayLike, ""] | float, steps: Shaped[ArrayLike, " times"]
    ) -> Float[Array, "times n"]:
        """Outputs minus targets on the training inputs, -(I - rate K)^t y.

        Args:
            rate: as for ``coefficients``.
            steps: shape (times,).

        Returns:
            Shape (times, n).
        """
        along = self.coefficients(rate, steps) @ self.vectors
        return (along * self.values[None, :] - self.targets[None, :]) @ self.vectors.T


def lazy_training(kernel: Float[ArrayLike, "n n"], targets: Float[ArrayLike, " n"]) -> LazyTraining:
    """Gradient descent of a network that is linear in its weights' movement.

    Args:
        kernel: initial tangent kernel on the training inputs, shape (n, n).
        targets: minus what the network outputs at the start, shape (n,).

    Returns:
        Its coefficients and residuals at any time.

    >>> lazy_training(jnp.eye(1), jnp.ones(1)).coefficients(0.5, jnp.array([0.0, 1.0, jnp.inf])).tolist()
    [[0.0], [0.5], [1.0]]
    """
    values, vectors = jnp.linalg.eigh(jnp.asarray(kernel))
    return LazyTraining(jnp.maximum(values, 0.0), vectors, vectors.T @ jnp.asarray(targets))


def kernel_regression(
    kernel: Float[ArrayLike, "n n"], cross: Float[ArrayLike, "m n"], targets: Float[ArrayLike, " n"]
) -> Float[Array, " m"]:
    """Predictions of least-norm regression with a kernel: where lazy training ends.

    Args:
        kernel: on the training inputs, shape (n, n).
        cross: between the test and the training inputs, shape (m, n).
        targets: minus what the network outputs at the start, shape (n,).

    Returns:
        The predictions, shape (m,).
    """
    return jnp.asarray(cross) @ lazy_training(kernel, targets).coefficients(1.0, jnp.array([jnp.inf]))[0]
