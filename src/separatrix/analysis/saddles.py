"""What a stationary point is: its index, the rate at which a learner leaves it, and the time that this takes."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from separatrix.analysis.eigenpairs import Eigenpairs, UnconvergedWarning, eigenpairs
from separatrix.analysis.operators import SymmetricOperator, dense, shifted_along
from separatrix.errors import bad_parameter

DENSE_SIZE = 400


@dataclass(frozen=True, eq=False)
class SaddleIndex:
    """The number of directions in which the loss curves down.

    Args:
        negative: so many eigenvalues are below ``-zero``, certainly (by Courant and Fischer: as many Ritz values are).
        null: eigenvalues within ``zero`` of zero; from a dense matrix all are counted, otherwise those that were met.
        complete: whether the count of negative ones is all of them: by the dense matrix, or because fresh random starts
            orthogonal to those found meet none below ``-zero`` (95 % confidence). Otherwise: at least that many.
        zero: below this magnitude an eigenvalue is called null.
        values: the negative eigenvalues, most negative first, shape ``(negative,)``.
        vectors: their vectors as columns, shape ``(n, negative)``.
        smallest: the smallest eigenvalue that was found, even when it is not negative.
        error: how far the smallest eigenvalue can be from the truth.
        matvecs: products with the operator that were spent.
    """

    negative: int
    null: int
    complete: bool
    zero: float
    values: Float[np.ndarray, " m"]
    vectors: Float[np.ndarray, "n m"]
    smallest: float
    error: float
    matvecs: int

    @property
    def rate(self) -> float:
        """The rate of exponential escape under gradient flow, ``-lambda_min``; zero when none is surely negative."""
        return -float(self.values[0]) if self.negative else 0.0

    @property
    def degenerate(self) -> bool:
        """Whether none is surely negative but some are null: a minimum and a higher-order saddle then look alike."""
        return self.negative == 0 and self.smallest <= self.zero


def saddle_index(
    operator: SymmetricOperator,
    *,
    zero: float | None = None,
    max_matvecs: int = 1000,
    block: int = 4,
    dense_size: int = DENSE_SIZE,
    seed: int = 0,
) -> SaddleIndex:
    """The certified number of negative eigenvalues of a Hessian.

    Small matrices are formed and diagonalised. Of large ones the lower end is found by Lanczos, in rounds: each starts
    at random and orthogonal to the vectors found, which is how several copies of one eigenvalue are met.

    Args:
        operator: the Hessian, of size ``n``.
        zero: eigenvalues of less magnitude are null; ``sqrt(machine epsilon) * |H|`` when absent, and at
            least ``1e-5 |H|`` when the matrix is too large to be formed.
        max_matvecs: products to spend at most.
        block: eigenpairs sought in each round.
        dense_size: up to this size the matrix is formed.
        seed: of the random starts.

    Returns:
        The count, and whether it is complete.

    Source: Parlett, The symmetric eigenvalue problem, theorem 10.2.1 (Courant-Fischer).

    >>> from separatrix.analysis.operators import from_matrix
    >>> found = saddle_index(from_matrix(np.diag([-2.0, -1.0, 0.0, 3.0])))
    >>> found.negative, found.null, found.complete, found.rate
    (2, 1, True, 2.0)
    """
    if operator.size <= dense_size:
        return _dense_index(operator, zero)
    top = _quietly(operator, 1, "magnitude", 1e-1, 0.0, 30, seed)
    scale, spent = abs(float(top.values[0])), top.matvecs
    zero = max(1e-5, float(np.sqrt(np.finfo(operator.dtype).eps))) * scale if zero is None else zero
    vectors, smallest, complete, null = np.zeros((operator.size, 0), operator.dtype), top, False, 0
    while spent < max_matvecs and not complete:
        seed += 1
        free = shifted_along(operator, vectors, 2 * scale + 1)
        k = min(block, operator.size - vectors.shape[1])
        found = _quietly(free, k, "smallest", 1e-2, zero / 2, min(max_matvecs - spent, 150), seed)
        spent += found.matvecs
        if vectors.shape[1] == 0:
            smallest = found
        new = found.values < -zero
        null += int(np.sum(np.abs(found.values) <= zero)) if not new.any() else 0
        complete = not new.any() and bool(found.converged[0])
        vectors = np.linalg.qr(np.concatenate([vectors, found.vectors[:, new]], axis=1))[0]
    values, vectors, extra = _negative_part(operator, vectors, zero)
    return SaddleIndex(
        negative=len(values),
        null=null,
        complete=complete,
        zero=zero,
        values=values,
        vectors=vectors,
        smallest=float(values[0]) if len(values) else float(smallest.values[0]),
        error=float(smallest.errors[0]),
        matvecs=spent + extra,
    )


def _negative_part(operator: SymmetricOperator, vectors: np.ndarray, zero: float):
    if vectors.shape[1] == 0:
        return np.zeros(0), vectors, 0
    quotient = vectors.T @ (operator @ vectors)
    values, rotation = np.linalg.eigh((quotient + quotient.T) / 2)
    keep = values < -zero
    return values[keep].astype(np.float64), vectors @ rotation[:, keep], vectors.shape[1]


def _dense_index(operator: SymmetricOperator, zero: float | None) -> SaddleIndex:
    values, vectors = np.linalg.eigh(dense(operator).astype(np.float64))
    scale = float(np.abs(values).max())
    machine = float(np.finfo(operator.dtype).eps)
    threshold = machine**0.5 * scale if zero is None else zero
    keep = values < -threshold
    return SaddleIndex(
        negative=int(keep.sum()),
        null=int(np.sum(np.abs(values) <= threshold)),
        complete=True,
        zero=threshold,
        values=values[keep],
        vectors=vectors[:, keep],
        smallest=float(values[0]),
        error=operator.size * machine * scale,
        matvecs=operator.size,
    )


def _quietly(operator, k, which, tolerance, absolute, budget, seed) -> Eigenpairs:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnconvergedWarning)
        return eigenpairs(
            operator, k, which, tolerance=tolerance, absolute=absolute, max_matvecs=max(budget, k), seed=seed
        )


def escape_time(
    rates: Float[np.ndarray, " m"],
    amplitudes: Float[np.ndarray, " m"],
    radius: float,
    *,
    learning_rate: float | None = None,
) -> float:
    """When a learner near a saddle reaches a distance from it, in the linear regime.

    Under gradient flow the amplitude along an unstable direction grows as ``a exp(rate t)``, under gradient descent as
    ``a (1 + learning_rate rate)^step``.

    Args:
        rates: of the unstable directions, ``-eigenvalue``, positive, shape ``(m,)``.
        amplitudes: displacements from the saddle along them, shape ``(m,)``.
        radius: the distance at which it counts as gone, in the units of the parameters.
        learning_rate: of gradient descent; gradient flow when absent.

    Returns:
        The time (or the number of steps); 0 when it is out already, infinite when nothing grows.

    Raises:
        SeparatrixError: a rate is not positive, or the radius or the learning rate is not.

    >>> round(escape_time(np.array([2.0]), np.array([1e-3]), 1.0), 4)
    3.4539
    """
    _check_escape(rates, radius, learning_rate)
    speeds = rates if learning_rate is None else np.log1p(learning_rate * rates)
    present = amplitudes != 0
    if float(np.linalg.norm(amplitudes)) >= radius:
        return 0.0
    if not present.any():
        return float("inf")
    logs = 2 * np.log(np.abs(amplitudes[present]) / radius)

    def excess(time: float) -> float:
        return float(np.logaddexp.reduce(logs + 2 * speeds[present] * time))

    latest = float(np.min(-logs / (2 * speeds[present])))
    if excess(latest) <= 0:
        return latest
    return _root(excess, latest)


def _root(function: Callable[[float], float], high: float) -> float:
    low = 0.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if function(middle) > 0 else (middle, high)
    return high


def predicted_escape(
    index: SaddleIndex,
    displacement: Float[np.ndarray, " n"],
    radius: float,
    *,
    learning_rate: float | None = None,
) -> float:
    """When a learner displaced from a saddle reaches a distance from it along the unstable directions.

    Args:
        index: of the saddle.
        displacement: state less saddle, as flat parameters, shape ``(n,)``.
        radius: the distance at which it counts as gone.
        learning_rate: of gradient descent; gradient flow when absent.

    Returns:
        The time (or the number of steps) by :func:`escape_time`; infinite when no direction is surely unstable, where
        :func:`degenerate_escape_time` may apply.

    >>> from separatrix.analysis.operators import from_matrix
    >>> index = saddle_index(from_matrix(np.diag([-2.0, 1.0])))
    >>> round(predicted_escape(index, np.array([1e-3, 0.3]), 1.0), 4)
    3.4539
    """
    if index.negative == 0:
        return float("inf")
    amplitudes = (index.vectors.T @ displacement).astype(np.float64)
    return escape_time(-index.values, amplitudes, radius, learning_rate=learning_rate)


def degenerate_escape_time(coefficient: float, order: int, distance: float, radius: float) -> float:
    """When a learner leaves a saddle without a negative eigenvalue, along which ``dx/dt = coefficient x^order``.

    It leaves algebraically: the time diverges as a power of the distance, not as its logarithm.

    Args:
        coefficient: of the flow along the escape direction, positive.
        order: power of the flow, at least two (the loss falls with the power ``order + 1``).
        distance: from the saddle, positive.
        radius: the distance at which it counts as gone.

    Returns:
        The time under gradient flow, ``(distance^(1-order) - radius^(1-order)) / (coefficient (order - 1))``.

    Raises:
        SeparatrixError: the order is below two, or the coefficient or the distance is not positive.

    >>> round(degenerate_escape_time(1.0, 2, 0.01, 1.0), 9)
    99.0
    """
    _check_degenerate(coefficient, order, distance)
    power = 1 - order
    return max(0.0, (distance**power - radius**power) / (coefficient * (order - 1)))


def _check_escape(rates: np.ndarray, radius: float, learning_rate: float | None) -> None:
    if not np.all(rates > 0):
        raise bad_parameter("rates", "escape_time", "positive (minus the negative eigenvalues)", float(np.min(rates)))
    if not radius > 0:
        raise bad_parameter("radius", "escape_time", "a float in the range (0, inf)", radius)
    if learning_rate is not None and not learning_rate > 0:
        raise bad_parameter("learning_rate", "escape_time", "a float in the range (0, inf)", learning_rate)


def _check_degenerate(coefficient: float, order: int, distance: float) -> None:
    if order < 2:
        raise bad_parameter("order", "degenerate_escape_time", "an integer of at least 2", order)
    if not (coefficient > 0 and distance > 0):
        raise bad_parameter("coefficient", "degenerate_escape_time", "positive, and so 'distance'", coefficient)
