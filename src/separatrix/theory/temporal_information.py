"""Information between states of a process and between their latents: linear-Gaussian laws, ceilings and bounds."""

import numpy as np
from jaxtyping import Float
from scipy import linalg

from separatrix.errors import SeparatrixError, bad_parameter


def stationary_covariance(transition: Float[np.ndarray, "d d"], noise: Float[np.ndarray, "d d"]) -> np.ndarray:
    """Covariance P = K P K^T + Sigma of a stable linear process z' = K z + noise.

    Args:
        transition: K, spectral radius below 1, (d, d).
        noise: covariance Sigma of the noise of each step, (d, d).

    Returns:
        P, (d, d).

    Raises:
        SeparatrixError: the process is not stable.
    """
    radius = np.abs(np.linalg.eigvals(transition)).max()
    if radius >= 1:
        raise SeparatrixError(
            f"A process with an eigenvalue of modulus {radius:.6g} has no stationary covariance; all must be below 1."
        )
    return linalg.solve_discrete_lyapunov(transition, noise)


def temporal_information(transition: Float[np.ndarray, "d d"], noise: Float[np.ndarray, "d d"], lag: int) -> float:
    """Information I(z_{t-lag}; z_t) of a stationary linear-Gaussian process.

    log det P / 2 - log det M / 2, with M = sum_{i < lag} K^i Sigma K^iT what noise adds within the lag.

    Args:
        transition: K, (d, d).
        noise: Sigma, positive definite, (d, d).
        lag: number of steps, at least 1.

    Returns:
        The information, in nats.

    Raises:
        SeparatrixError: the process is not stable, or the lag is below 1.

    Source: arXiv 2510.13025, the linear-Gaussian law; re-derived.

    >>> round(temporal_information(np.diag([0.99, 0.9, 0.5]), np.eye(3), 1), 4)
    2.9327
    """
    _check_lag(lag)
    total = stationary_covariance(transition, noise)
    added, power = np.zeros_like(total), np.eye(len(total))
    for _ in range(lag):
        added = added + power @ noise @ power.T
        power = power @ transition
    return float(np.linalg.slogdet(total)[1] - np.linalg.slogdet(added)[1]) / 2


def mode_information(eigenvalues: Float[np.ndarray, "d"], lag: int) -> Float[np.ndarray, "d"]:
    """What each mode of a diagonal process contributes to ``temporal_information``, whatever its noise.

    Args:
        eigenvalues: of modulus below 1, (d,).
        lag: number of steps.

    Returns:
        -log(1 - lambda^(2 lag)) / 2 of each, in nats, (d,): without bound as the modulus approaches 1, and falling as
        lambda^(2 lag) with the lag.

    >>> mode_information(np.array([0.99, 0.9, 0.5]), 1).round(4).tolist()
    [1.9585, 0.8304, 0.1438]
    """
    return -np.log1p(-(eigenvalues ** (2 * lag))) / 2


def gaussian_information(covariance: Float[np.ndarray, "n n"], split: int) -> float:
    """Information between the first ``split`` components of a Gaussian vector and the others.

    Args:
        covariance: of all components, (n, n).
        split: how many belong to the first part.

    Returns:
        log(det A det B / det covariance) / 2, in nats.

    >>> round(gaussian_information(np.array([[1.0, 0.6], [0.6, 1.0]]), 1), 4)
    0.2231
    """
    parts = (covariance[:split, :split], covariance[split:, split:], covariance)
    first, second, both = (float(np.linalg.slogdet(part)[1]) for part in parts)
    return (first + second - both) / 2


def information_chain(
    transition: Float[np.ndarray, "d d"], noise: Float[np.ndarray, "d d"], encoder: Float[np.ndarray, "r d"]
) -> tuple[float, float, float]:
    """What a linear encoder z = U x keeps of the information between neighbouring states of a stationary process.

    Args:
        transition: of the states, (d, d).
        noise: covariance of their noise, (d, d).
        encoder: U, of full rank, (r, d).

    Returns:
        I(x_{n-1}; x_n), I(z_{n-1}; x_n) and I(z_{n-1}; z_n) in nats: a chain that falls, by the data-processing
        inequality, and is level where U is invertible.

    Source: arXiv 2510.13025, the data-processing chain.
    """
    now = stationary_covariance(transition, noise)
    identity = np.eye(len(now))

    def between(first: np.ndarray, second: np.ndarray) -> float:
        across = first @ now @ transition.T @ second.T
        joint = np.block([[first @ now @ first.T, across], [across.T, second @ now @ second.T]])
        return gaussian_information(joint, len(first))

    return between(identity, identity), between(encoder, identity), between(encoder, encoder)


def variation_bound(state: Float[np.ndarray, "steps"], latent: Float[np.ndarray, "steps"], error: float = 0.0) -> float:
    """Bound on the total variation between a process and the model that sees its latents only.

    Pinsker's inequality on the chain of steps: each adds to the Kullback-Leibler divergence the information about the
    next state that the latent has lost.

    Args:
        state: I(x_{n-1}; x_n) of each step, in nats, (steps,).
        latent: I(z_{n-1}; x_n), or the smaller I(z_{n-1}; z_n), of each step, in nats, (steps,).
        error: divergence added by encoder, transition and decoder that are not the best, in nats.

    Returns:
        sqrt((sum of the losses + error) / 2), at most 1.

    Source: arXiv 2510.13025, the trajectory bound; in the form that Pinsker's inequality gives.
    """
    return float(min(1.0, np.sqrt((np.sum(state - latent) + error) / 2)))


def squared_error_floor(covariance: Float[np.ndarray, "D D"], information: float) -> float:
    """Least mean squared error per component of any forecast from a latent with so much information.

    Args:
        covariance: of what is forecast, if Gaussian, (D, D).
        information: between the latent and it, in nats.

    Returns:
        det(covariance)^(1/D) exp(-2 information / D): a nat a component buys at most a factor e^2.

    Source: Cover and Thomas, theorem 8.6.6; arXiv 2510.13025, the lower bound.
    """
    size = len(covariance)
    return float(np.exp((np.linalg.slogdet(covariance)[1] - 2 * information) / size))


def contrast_ceiling(length: int, neighbours: int) -> float:
    """The most information that multi-positive InfoNCE inside a sequence can report.

    Args:
        length: states of the sequence.
        neighbours: positives on either side of an anchor; all other states are negatives.

    Returns:
        log(1 + negatives / positives), in nats: also the loss of a critic that knows nothing.

    Raises:
        SeparatrixError: no anchor has all its positives and a negative.

    Source: van den Oord et al., arXiv 1807.03748, section 2.3, for several positives.

    >>> round(contrast_ceiling(16, 3), 3)
    0.916
    """
    _check_length(length, neighbours)
    return float(np.log1p((length - 1 - 2 * neighbours) / (2 * neighbours)))


def _check_lag(lag: int) -> None:
    if lag < 1:
        raise bad_parameter("lag", "temporal_information", "an integer of at least 1", lag)


def _check_length(length: int, neighbours: int) -> None:
    if neighbours < 1 or length < 2 * neighbours + 2:
        raise bad_parameter("length", "contrast_ceiling", f"at least {2 * max(neighbours, 1) + 2}", length)
