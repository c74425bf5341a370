"""The whole spectrum at a glance: its density by stochastic Lanczos quadrature."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from separatrix.analysis.lanczos import tridiagonalise
from separatrix.analysis.operators import SymmetricOperator
from separatrix.errors import bad_parameter


@dataclass(frozen=True, eq=False)
class SpectralDensity:
    """Quadratures of the eigenvalue density, one a probe: each row of weights sums to one.

    Args:
        nodes: Ritz values, shape ``(probes, steps)``.
        weights: their shares of the spectrum, shape ``(probes, steps)``; zero where a probe stopped early.
        size: the number of eigenvalues in all.
        matvecs: products with the operator that were spent.
    """

    nodes: Float[np.ndarray, "probes steps"]
    weights: Float[np.ndarray, "probes steps"]
    size: int
    matvecs: int

    def moment(self, power: int) -> tuple[float, float]:
        """The mean of the eigenvalues to a power, and its standard error over the probes."""
        each = np.sum(self.weights * self.nodes**power, axis=1)
        return float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each)))

    def on_grid(self, grid: Float[np.ndarray, " g"], width: float) -> Float[np.ndarray, " g"]:
        """The density on a grid, smoothed by a Gaussian of this width, in eigenvalues per unit over ``size``."""
        nodes, weights = self.nodes.ravel(), self.weights.ravel() / len(self.nodes)
        steps = (grid[:, None] - nodes[None, :]) / width
        return np.exp(-(steps**2) / 2) @ weights / (width * np.sqrt(2 * np.pi))

    def count_above(self, threshold: float) -> float:
        """About how many eigenvalues lie above a threshold."""
        return float(self.size * np.sum(self.weights * (self.nodes > threshold)) / len(self.nodes))


def spectral_density(
    operator: SymmetricOperator, probes: int = 5, steps: int = 30, *, seed: int = 0
) -> SpectralDensity:
    """The density of eigenvalues by stochastic Lanczos quadrature, with full orthogonalisation.

    Each probe is exact for polynomials of degree up to ``2 steps - 1`` in its own direction; over probes these average
    to the moments of the spectrum.

    Args:
        operator: the symmetric matrix, of size ``n``.
        probes: random Rademacher starts, at least two.
        steps: Lanczos steps a probe.
        seed: of the probes.

    Returns:
        Nodes and weights.

    Raises:
        SeparatrixError: fewer than two probes, or no step.

    Source: Ubaru, Chen and Saad (SIAM J. Matrix Anal. Appl. 38, 2017); Ghorbani, Krishnan and Xiao (arXiv:1901.10159),
    algorithm 1.

    >>> from separatrix.analysis.operators import from_matrix
    >>> density = spectral_density(from_matrix(np.diag([1.0, 2.0, 3.0])))
    >>> round(density.moment(1)[0], 12), round(density.count_above(1.5), 12)
    (2.0, 2.0)
    """
    _check_counts(probes, steps)
    steps = min(steps, operator.size)
    nodes, weights = np.zeros((probes, steps)), np.zeros((probes, steps))
    rng, spent = np.random.default_rng(seed), 0
    for i in range(probes):
        diagonal, subdiagonal = tridiagonalise(operator, rng.choice([-1.0, 1.0], operator.size), steps)
        matrix = np.diag(diagonal) + np.diag(subdiagonal, 1) + np.diag(subdiagonal, -1)
        m = len(diagonal)
        values, vectors = np.linalg.eigh(matrix)
        nodes[i, :m], weights[i, :m] = values, vectors[0] ** 2
        spent += m
    return SpectralDensity(nodes, weights, operator.size, spent)


def _check_counts(probes: int, steps: int) -> None:
    if probes < 2:
        raise bad_parameter("probes", "spectral_density", "at least 2, for a standard error", probes)
    if steps < 1:
        raise bad_parameter("steps", "spectral_density", "a positive integer", steps)
