"""A symmetric matrix that is known only through its products with vectors, whatever library computes them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from separatrix.errors import SeparatrixError, bad_parameter

# Two evaluations of one loss may differ by this many units of rounding: some sums are unordered on accelerators.
ROUNDING = 100

Vector = Float[np.ndarray, " n"]


class NondeterministicLossError(SeparatrixError):
    """The same parameters gave two different losses, so that the loss has no Hessian to speak of."""


class NonfiniteCurvatureError(SeparatrixError):
    """A product with the matrix is NaN or infinite."""


@dataclass(frozen=True, eq=False)
class SymmetricOperator:
    """A symmetric ``n x n`` matrix given by its product with a flat vector.

    Args:
        matvec: maps a NumPy vector of shape ``(n,)`` to the product, of the same shape.
        size: ``n``.
        dtype: the floating type in which the products are computed; solvers take their rounding error from it.
        name: what it is called in warnings and errors.
    """

    matvec: Callable[[np.ndarray], np.ndarray]
    size: int
    dtype: np.dtype = field(default_factory=lambda: np.dtype(np.float64))
    name: str = "operator"

    def __post_init__(self):
        if self.size < 1:
            raise bad_parameter("size", "SymmetricOperator", "a positive integer", self.size)

    def __matmul__(self, vector: np.ndarray) -> np.ndarray:
        """The product with one vector ``(n,)``, or with each column of ``(n, k)``, checked to be finite."""
        if vector.ndim == 2:
            return np.stack([self @ column for column in vector.T], axis=1)
        product = np.asarray(self.matvec(np.asarray(vector, self.dtype)), self.dtype)
        if not np.all(np.isfinite(product)):
            raise NonfiniteCurvatureError(
                f"A product with the {self.name} is NaN or infinite: the loss has diverged at these parameters, "
                "or is not twice differentiable there. Look at an earlier state."
            )
        return product


def from_matrix(matrix: Float[np.ndarray, "n n"]) -> SymmetricOperator:
    """The operator of a dense symmetric matrix ``(n, n)``: ``from_matrix(matrix) @ vector`` is their product."""
    return SymmetricOperator(lambda vector: matrix @ vector, matrix.shape[0], matrix.dtype, "matrix")


def dense(operator: SymmetricOperator) -> Float[np.ndarray, "n n"]:
    """The whole matrix ``(n, n)`` by ``n`` products, symmetrised; for small ``n``."""
    matrix = operator @ np.eye(operator.size, dtype=operator.dtype)
    return (matrix + matrix.T) / 2


def to_scipy(operator: SymmetricOperator):
    """The same operator as a ``scipy.sparse.linalg.LinearOperator``, for SciPy's own solvers."""
    from scipy.sparse.linalg import LinearOperator  # slow to import, and rarely needed

    shape = (operator.size, operator.size)
    return LinearOperator(shape, matvec=operator.__matmul__, dtype=operator.dtype)  # pyright: ignore[reportCallIssue]


def require_same(first: float, second: float, dtype: np.dtype, remedy: str) -> None:
    """Refuse a loss that gave two values at the same parameters.

    Args:
        first: its value.
        second: its value once more.
        dtype: in which it was computed.
        remedy: what the user can do, a clause.

    Raises:
        NondeterministicLossError: the values differ by more than rounding.
    """
    if abs(first - second) > ROUNDING * np.finfo(dtype).eps * abs(first):
        raise NondeterministicLossError(
            f"The loss gave {first:.8g} and then {second:.8g} at the same parameters. "
            f"Curvature needs a deterministic loss: {remedy}."
        )


def preconditioned(operator: SymmetricOperator, diagonal: Float[np.ndarray, " n"]) -> SymmetricOperator:
    """The operator ``P^(-1/2) H P^(-1/2)`` for a diagonal ``P``, with the same spectrum as ``P^(-1) H``.

    Its largest eigenvalue is the sharpness that an adaptive optimiser feels: for Adam ``P = sqrt(v_hat) + epsilon``.

    Args:
        operator: ``H``, of size ``n``.
        diagonal: the diagonal of ``P``, positive, shape ``(n,)``, in the order of the flat parameters.

    Returns:
        The preconditioned operator, of size ``n``.

    Raises:
        SeparatrixError: the diagonal has the wrong length, or an entry that is not positive.

    Source: Cohen et al., Adaptive gradient methods at the edge of stability (arXiv:2207.14484), section 2.

    >>> dense(preconditioned(from_matrix(np.diag([1.0, 2.0])), np.array([1.0, 4.0])))
    array([[1. , 0. ],
           [0. , 0.5]])
    """
    diagonal = np.asarray(diagonal, operator.dtype)
    _check_diagonal(diagonal, operator)
    scale = (1 / np.sqrt(diagonal)).astype(operator.dtype)
    return SymmetricOperator(
        lambda vector: scale * (operator @ (scale * vector)),
        operator.size,
        operator.dtype,
        f"preconditioned {operator.name}",
    )


def _check_diagonal(diagonal: np.ndarray, operator: SymmetricOperator) -> None:
    if diagonal.shape != (operator.size,):
        raise bad_parameter("diagonal", "preconditioned", f"a vector of length {operator.size}", diagonal.shape)
    if not np.all((diagonal > 0) & np.isfinite(diagonal)):
        raise bad_parameter("diagonal", "preconditioned", "positive and finite in every entry", float(diagonal.min()))


def shifted_along(operator: SymmetricOperator, vectors: Float[np.ndarray, "n k"], shift: float) -> SymmetricOperator:
    """The operator ``H + shift V V^T``: it moves the eigenvalues of known eigenvectors ``V`` out of the way.

    Args:
        operator: ``H``, of size ``n``.
        vectors: orthonormal columns ``V``, shape ``(n, k)``.
        shift: how far their eigenvalues are moved.

    Returns:
        The shifted operator, of size ``n``.
    """
    return SymmetricOperator(
        lambda vector: operator @ vector + (vectors @ (shift * (vectors.T @ vector))).astype(operator.dtype),
        operator.size,
        operator.dtype,
        f"deflated {operator.name}",
    )
