"""The spectrum in two parts: isolated eigenvalues one by one, and the density of all the others."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from separatrix.analysis.operators import SymmetricOperator, dense
from separatrix.errors import bad_parameter

_CONVERGED = 1e-3
_TWO_SIGMA = 1.96


@dataclass(frozen=True, eq=False)
class DeflatedDensity:
    """Eigenvalues that stand out, and quadratures of the density of the rest.

    Args:
        eigenvalues: found one by one, shape ``(k,)``.
        nodes: Ritz values of the rest, shape ``(probes, steps)``.
        weights: their shares of the rest, shape ``(probes, steps)``; each row sums to one.
        size: the number of eigenvalues in all.
        matvecs: products with the operator that were spent.
    """

    eigenvalues: Float[np.ndarray, " k"]
    nodes: Float[np.ndarray, "probes steps"]
    weights: Float[np.ndarray, "probes steps"]
    size: int
    matvecs: int

    def trace_of(self, function: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
        """The trace of a function of the operator, and the half-width of its 95 % interval.

        Args:
            function: of the eigenvalues, elementwise.

        Returns:
            The estimate, and 1.96 standard deviations of Hutchinson's estimator on the rest; zero where there is none.
        """
        known = float(np.sum(function(self.eigenvalues)))
        rest, probes = self.size - len(self.eigenvalues), len(self.nodes)
        if rest == 0 or probes == 0:
            return known, 0.0
        values = function(self.nodes)
        spread = rest * float(np.sum(self.weights * values**2)) / probes
        return known + rest * float(np.sum(self.weights * values)) / probes, _TWO_SIGMA * (2 * spread / probes) ** 0.5


def deflated_density(
    operator: SymmetricOperator, probes: int = 2, steps: int = 15, outer: int = 30, *, seed: int = 0
) -> DeflatedDensity:
    """Isolated eigenvalues by one Lanczos run, then the density of what is orthogonal to their vectors.

    What a random probe says of an eigenvalue that stands alone is one squared normal number; taking these out first
    leaves the bulk, over which a probe averages. An operator of no more than as many dimensions as products are
    allowed is made dense, and all its eigenvalues are found.

    Args:
        operator: the symmetric matrix, of size ``n``.
        probes: random starts for the rest.
        steps: Lanczos steps of each.
        outer: Lanczos steps for the isolated eigenvalues.
        seed: of the starts.

    Returns:
        Eigenvalues and density.

    Raises:
        SeparatrixError: a count that is not positive.

    Source: Ubaru, Chen and Saad (SIAM J. Matrix Anal. Appl. 38, 2017) for the density; Gambhir, Stathopoulos and
    Orginos (SIAM J. Sci. Comput. 39, 2017) for deflation.

    >>> from separatrix.analysis.operators import from_matrix
    >>> found = deflated_density(from_matrix(np.diag([4.0, 1.0, 0.0])))
    >>> found.trace_of(lambda value: value / (1 + value))
    (1.3, 0.0)
    """
    _check(probes=probes, steps=steps, outer=outer)
    n, spent = operator.size, outer + probes * steps
    if n <= spent:
        values = np.linalg.eigvalsh(dense(operator).astype(np.float64))
        return DeflatedDensity(values, np.zeros((0, 0)), np.zeros((0, 0)), n, n)
    rng = np.random.default_rng(seed)
    values, vectors = _isolated(operator, rng, outer)
    steps = min(steps, n - len(values))
    nodes, weights = np.zeros((probes, steps)), np.zeros((probes, steps))
    for row in range(probes):
        found, beside, basis = _lanczos(operator, rng.choice([-1.0, 1.0], n), steps, vectors)
        ritz, rotation = np.linalg.eigh(_tridiagonal(found, beside))
        nodes[row, : len(basis)], weights[row, : len(basis)] = ritz, rotation[0] ** 2
    return DeflatedDensity(values, nodes, weights, n, spent)


def _check(**counts: int) -> None:
    for name, value in counts.items():
        if value < 1:
            raise bad_parameter(name, "deflated_density", "a positive integer", value)


def _isolated(operator: SymmetricOperator, rng: np.random.Generator, outer: int) -> tuple[np.ndarray, np.ndarray]:
    """Ritz pairs of one Lanczos run that have converged: values (k,) and orthonormal vectors (n, k)."""
    nothing = np.zeros((operator.size, 0))
    found, beside, basis = _lanczos(operator, rng.standard_normal(operator.size), outer, nothing)
    ritz, rotation = np.linalg.eigh(_tridiagonal(found, beside[: len(found) - 1]))
    residual = (beside[-1] if len(beside) == len(found) else 0.0) * np.abs(rotation[-1])
    done = residual <= _CONVERGED * max(float(np.abs(ritz).max()), np.finfo(float).tiny)
    return ritz[done], basis.T @ rotation[:, done]


def _lanczos(
    operator: SymmetricOperator, start: np.ndarray, steps: int, outside: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lanczos orthogonal to given columns: diagonal (m,), what is beside it (m,) or (m - 1,), and the basis (m, n)."""
    # the last entry beside the diagonal is the norm of what is left over; it is missing when the space is exhausted
    start = start - outside @ (outside.T @ start)
    basis, diagonal, beside = [start / np.linalg.norm(start)], [], []
    for step in range(steps):
        image = np.asarray(operator @ basis[-1], np.float64)
        diagonal.append(float(basis[-1] @ image))
        known = np.stack(basis)
        for _ in range(2):
            image = image - outside @ (outside.T @ image)
            image = image - known.T @ (known @ image)
        norm = float(np.linalg.norm(image))
        scale = max(np.abs(diagonal).max(), max(beside, default=0.0))
        if norm <= 100 * np.finfo(operator.dtype).eps * scale:
            break
        beside.append(norm)
        if step < steps - 1:
            basis.append(image / norm)
    return np.asarray(diagonal), np.asarray(beside), np.stack(basis)


def _tridiagonal(diagonal: np.ndarray, beside: np.ndarray) -> np.ndarray:
    inner = beside[: len(diagonal) - 1]
    return np.diag(diagonal) + np.diag(inner, 1) + np.diag(inner, -1)
