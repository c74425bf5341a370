r"""Linear models with Gaussian noise and prior: exact regret, effective dimension, and the weight of a solution.

With :math:`y = Z b_0 + \xi`, unit noise and prior :math:`N(0, s^2)`, what the mixture pays depends on the spectrum of
:math:`g = n s^2 \lambda` alone: directions with :math:`g \ll 1` are free, however many there are.
"""

import numpy as np
from jaxtyping import Float
from scipy.special import gammaln


def gaussian_regret(gram: Float[np.ndarray, "d d"], truth: Float[np.ndarray, " d"]) -> float:
    """The exact regret of the Gaussian mixture over all linear models, summed over the examples.

    Args:
        gram: Z^T Z of the inputs, in units of noise variance over prior variance, shape (d, d).
        truth: true coefficients in units of the prior's standard deviation, shape (d,).

    Returns:
        n R(n) = D(P^n || Q) in nats, given the inputs: half of log det(I + G) - tr G/(I + G) + b0^T G/(I + G) b0.

    Source: divergence of N(Z b0, I) from N(0, I + Z Z^T), by the matrix determinant lemma.

    >>> round(float(gaussian_regret(np.array([[3.0]]), np.array([1.0]))), 6)
    0.693147
    """
    d = gram.shape[0]
    shrunk = np.linalg.solve(np.eye(d) + gram, gram)
    log_det = np.linalg.slogdet(np.eye(d) + gram)[1]
    return float(0.5 * (log_det - np.trace(shrunk) + truth @ shrunk @ truth))


def linear_log_evidence(
    x: Float[np.ndarray, "n d"], y: Float[np.ndarray, " n"], prior_scale: float = 1.0, noise_scale: float = 1.0
) -> float:
    """The log of the probability density that the mixture over linear models gives to the targets.

    Args:
        x: inputs, shape (n, d).
        y: targets, shape (n,).
        prior_scale: standard deviation of each coefficient.
        noise_scale: standard deviation of the noise.

    Returns:
        log Q(y | x) in nats.

    Source: MacKay, Neural Computation 4, 415 (1992), the evidence framework.
    """
    n, d = x.shape
    gram = (prior_scale / noise_scale) ** 2 * x.T @ x
    along = prior_scale / noise_scale * x.T @ (y / noise_scale)
    inner = np.linalg.solve(np.eye(d) + gram, along)
    square = np.sum((y / noise_scale) ** 2) - along @ inner
    log_det = np.linalg.slogdet(np.eye(d) + gram)[1]
    return float(-0.5 * (square + log_det + n * np.log(2 * np.pi * noise_scale**2)))


def effective_dimension(eigenvalues: Float[np.ndarray, " d"], n: float, prior_scale: float = 1.0) -> float:
    """The number of directions that n examples determine better than the prior: sum of g/(1 + g), g = n s^2 lambda.

    Args:
        eigenvalues: of the Fisher or Gauss-Newton matrix for one example, in nats, shape (d,); negative ones count as
            flat.
        n: number of examples.
        prior_scale: s, the prior's standard deviation of a parameter.

    Returns:
        k_eff, between 0 and d.

    Source: MacKay, Neural Computation 4, 415 (1992), the number gamma of well-determined parameters.

    >>> round(float(effective_dimension(np.array([10.0, 1.0, 0.0]), 100.0)), 4)
    1.9891
    """
    gain = n * prior_scale**2 * np.maximum(eigenvalues, 0.0)
    return float(np.sum(gain / (1 + gain)))


def occam_cost(eigenvalues: Float[np.ndarray, " d"], n: float, prior_scale: float = 1.0) -> float:
    """The regret, summed over n examples, that a solution drawn from the prior costs: half the sum of log(1 + g).

    Args:
        eigenvalues: of the Fisher or Gauss-Newton matrix for one example, in nats, shape (d,); negative ones count as
            flat.
        n: number of examples.
        prior_scale: s, the prior's standard deviation of a parameter.

    Returns:
        n R(n) in nats: -log of the weight of what the examples cannot tell apart.

    Source: ``gaussian_regret`` averaged over truths from the prior.
    """
    return float(0.5 * np.sum(np.log1p(n * prior_scale**2 * np.maximum(eigenvalues, 0.0))))


def laplace_log_weight(
    eigenvalues: Float[np.ndarray, " k"],
    radius: float,
    centre: Float[np.ndarray, " k"],
    prior_scale: float = 1.0,
) -> float:
    """The log weight of a small divergence ball at a regular point: prior density times the volume of an ellipsoid.

    Args:
        eigenvalues: of the Fisher matrix in the directions that change the model, positive, shape (k,).
        radius: epsilon, in nats a symbol; small against the prior's scale.
        centre: the solution's coordinates along these directions, shape (k,).
        prior_scale: standard deviation of each coordinate.

    Returns:
        log W(epsilon), which grows as (k/2) log epsilon: flat directions do not enter.

    Source: Clarke and Barron, IEEE Trans. Inf. Theory 36, 453 (1990).
    """
    k = eigenvalues.shape[0]
    unit_ball = 0.5 * k * np.log(np.pi) - gammaln(k / 2 + 1)
    density = -0.5 * np.sum((centre / prior_scale) ** 2) - 0.5 * k * np.log(2 * np.pi * prior_scale**2)
    return float(density + unit_ball + 0.5 * k * np.log(2 * radius) - 0.5 * np.sum(np.log(eigenvalues)))
