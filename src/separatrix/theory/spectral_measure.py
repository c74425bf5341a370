"""The eigenvalues of X X^T, and the variance of test inputs along each eigenvector: all that a linear model feels."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float


class SpectralMeasure(eqx.Module):
    """A weight at each non-zero eigenvalue of X X^T, X holding one example a column, and the weight at zero.

    Attributes:
        eigenvalues: non-zero eigenvalues, or nodes of a quadrature over their density, shape (..., n).
        weights: weight of each, shape (..., n). For the mean test error it is the variance of a test input along the
            eigenvector: 1/N for N isotropic inputs of variance 1/N. Padding has weight 0.
        atom: weight of the directions in which no example lies, shape (...).
    """

    eigenvalues: Float[Array, "*batch n"]
    weights: Float[Array, "*batch n"]
    atom: Float[Array, "*batch"]


def data_spectrum(
    inputs: Float[ArrayLike, "n d"], covariance: Float[ArrayLike, "d d"] | None = None, cutoff: float = 1e-9
) -> SpectralMeasure:
    """The measure of a data set: of its own spectrum, and of the covariance of what it will be tested on.

    Args:
        inputs: training inputs, one row an example, shape (n, d).
        covariance: second moment of test inputs, shape (d, d); the identity over d when left out, for isotropic inputs
            of variance 1/d.
        cutoff: eigenvalues below this share of the largest count as zero.

    Returns:
        The measure over min(n, d) eigenvalues.

    >>> import jax.numpy as jnp
    >>> measure = data_spectrum(jnp.array([[2.0, 0.0, 0.0]]))
    >>> round(float(measure.eigenvalues[0]), 4), round(float(measure.atom), 4)
    (4.0, 0.6667)
    """
    x = jnp.asarray(inputs)
    d = x.shape[1]
    _, values, right = jnp.linalg.svd(x, full_matrices=False)
    if covariance is None:
        along, total = jnp.full(values.shape, 1.0 / d, x.dtype), jnp.asarray(1.0, x.dtype)
    else:
        second = jnp.asarray(covariance, x.dtype)
        along, total = jnp.sum((right @ second) * right, axis=1), jnp.trace(second)
    eigenvalues = values**2
    kept = eigenvalues > cutoff * jnp.max(eigenvalues)
    weights = jnp.where(kept, along, 0.0)
    # rounding must not leave a negative weight where the examples span everything
    atom = jnp.maximum(total - jnp.sum(weights), 0.0) if x.shape[0] < d else jnp.sum(jnp.where(kept, 0.0, along))
    return SpectralMeasure(jnp.where(kept, eigenvalues, 1.0), weights, atom)


def shrunk_covariance(inputs: Float[ArrayLike, "n d"]) -> Float[Array, "d d"]:
    """Second moment of the inputs, pulled to a multiple of the identity as far as the sample is too small to tell.

    Args:
        inputs: one row an example, shape (n, d).

    Returns:
        The estimate of least mean squared error among the mixtures of both, shape (d, d) (Ledoit and Wolf 2004,
        lemma 3.2 to 3.4, without centring).
    """
    x = jnp.asarray(inputs)
    n, d = x.shape
    sample = x.T @ x / n
    scale = jnp.trace(sample) / d
    target = scale * jnp.eye(d, dtype=x.dtype)
    spread = jnp.sum((sample - target) ** 2)
    fourth = jnp.sum(jnp.sum(x**2, axis=1) ** 2) / n
    doubt = jnp.minimum((fourth - jnp.sum(sample**2)) / n, spread)
    share = jnp.where(spread > 0, doubt / jnp.where(spread > 0, spread, 1.0), 0.0)
    return share * target + (1 - share) * sample
