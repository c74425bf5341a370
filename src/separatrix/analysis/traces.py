"""Trace and Frobenius norm of an operator from a few random products, each with a confidence interval."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import stdtrit

from separatrix.analysis.operators import SymmetricOperator
from separatrix.errors import bad_parameter


@dataclass(frozen=True)
class Estimate:
    """A number estimated from random probes.

    Args:
        value: the estimate.
        low: lower end of its 95 % interval.
        high: upper end of its 95 % interval.
        standard_error: of the value.
        matvecs: products with the operator that were spent.
    """

    value: float
    low: float
    high: float
    standard_error: float
    matvecs: int


def trace(
    operator: SymmetricOperator, samples: int = 30, *, known: Float[np.ndarray, "n k"] | None = None, seed: int = 0
) -> Estimate:
    """The trace by Hutchinson's estimator, with Student's 95 % interval over the probes.

    Vectors that span the large eigenvalues (such as :attr:`Eigenpairs.vectors`) can be passed: their part of the trace
    is computed exactly, and only the remainder, whose variance is far smaller, is estimated.

    Args:
        operator: the symmetric matrix, of size ``n``.
        samples: random probes, at least two.
        known: orthonormal columns, shape ``(n, k)``, that cost ``k`` more products.
        seed: of the probes.

    Returns:
        The estimate and its interval.

    Raises:
        SeparatrixError: fewer than two samples.

    Source: Hutchinson (Communications in Statistics 18, 1989); Gambhir, Stathopoulos and Orginos, Deflation as a method
    of variance reduction (SIAM J. Sci. Comput. 39, 2017).

    >>> from separatrix.analysis.operators import from_matrix
    >>> trace(from_matrix(np.diag([1.0, 2.0, 3.0]))).value
    6.0
    """
    _check_samples(samples, "trace")
    exact, spent = 0.0, 0
    if known is not None:
        exact, spent = float(np.sum(known * (operator @ known))), known.shape[1]
    values = np.empty(samples)
    for i, probe in enumerate(_probes(operator, samples, seed)):
        if known is not None:
            probe = probe - known @ (known.T @ probe)
        values[i] = probe @ (operator @ probe)
    return _estimate(values, spent + samples, exact)


def trace_with_sketch(operator: SymmetricOperator, matvecs: int = 60, *, seed: int = 0) -> Estimate:
    """The trace by Hutch++: a third of the products finds the dominant subspace, which is then treated exactly.

    Args:
        operator: the symmetric matrix, of size ``n``.
        matvecs: products to spend, at least six; a third each on sketch, exact part and remainder.
        seed: of the probes.

    Returns:
        The estimate and its 95 % interval (Student's t over the probes of the remainder).

    Raises:
        SeparatrixError: fewer than six products.

    Source: Meyer, Musco, Musco and Woodruff, Hutch++ (SOSA 2021), algorithm 1.
    """
    _check_samples(matvecs // 3, "trace_with_sketch")
    third = min(matvecs // 3, operator.size)
    sketch = operator @ np.stack(list(_probes(operator, third, seed + 1)), axis=1)
    known = np.linalg.qr(sketch)[0]
    rest = trace(operator, max(2, matvecs - 2 * third), known=known, seed=seed)
    return Estimate(rest.value, rest.low, rest.high, rest.standard_error, rest.matvecs + third)


def frobenius_norm(operator: SymmetricOperator, samples: int = 30, *, seed: int = 0) -> Estimate:
    """The Frobenius norm, the root of the mean of ``|H z|^2`` over random probes.

    Args:
        operator: the symmetric matrix, of size ``n``.
        samples: random probes, at least two.
        seed: of the probes.

    Returns:
        The estimate; its interval is the root of Student's 95 % interval of the square.

    Raises:
        SeparatrixError: fewer than two samples.

    >>> from separatrix.analysis.operators import from_matrix
    >>> frobenius_norm(from_matrix(np.diag([3.0, 4.0]))).value
    5.0
    """
    _check_samples(samples, "frobenius_norm")
    values = np.array([float(np.sum((operator @ probe) ** 2)) for probe in _probes(operator, samples, seed)])
    square = _estimate(values, samples, 0.0)
    value = float(np.sqrt(square.value))
    error = square.standard_error / (2 * value) if value > 0 else 0.0
    return Estimate(value, float(np.sqrt(max(square.low, 0.0))), float(np.sqrt(square.high)), error, samples)


def _probes(operator: SymmetricOperator, count: int, seed: int):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield rng.choice(np.array([-1.0, 1.0], operator.dtype), operator.size)


def _estimate(values: np.ndarray, matvecs: int, exact: float) -> Estimate:
    mean = exact + float(values.mean())
    error = float(values.std(ddof=1) / np.sqrt(len(values)))
    half = float(stdtrit(len(values) - 1, 0.975)) * error
    return Estimate(mean, mean - half, mean + half, error, matvecs)


def _check_samples(samples: int, owner: str) -> None:
    if samples < 2:
        raise bad_parameter("samples", owner, "at least 2, for an interval", samples)
