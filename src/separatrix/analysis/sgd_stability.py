r"""Which learning rates a minimum tolerates: trace, Frobenius and sharpness rules, and the exact second moment of SGD.

At an interpolating minimum of :math:`L = \frac{1}{2n}\sum_i (f(x_i) - y_i)^2` the Hessian is
:math:`G = \frac1n \sum_i g_i g_i^T` with :math:`g_i = \nabla f(x_i)`, and SGD with batches of B examples, drawn with
replacement, is linearly :math:`u \leftarrow (I - \eta\hat G)u`. Its second moment :math:`P = E\,uu^T` obeys
:math:`P \leftarrow T(P)` with

.. math:: T(P) = P - \eta(GP + PG) + \eta^2\Big[\tfrac1B E\,gg^TPgg^T + (1 - \tfrac1B)GPG\Big].

T is self-adjoint and maps positive matrices to positive ones, so its spectral radius is its largest eigenvalue. With
:math:`A(P) = GP + PG` and :math:`C(P)` the square bracket, :math:`\rho(T) \le 1` on the range of G is the same as
:math:`\eta C \preceq A`: the critical learning rate is the reciprocal of the largest eigenvalue of
:math:`A^{-1/2}CA^{-1/2}`, without any search.

Everything takes the per-example gradients J (n, p), works in the at most min(n, p) directions that they span, and is
made for ``jax.vmap`` over many problems; only ``second_moment_step`` ever holds a p x p matrix.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num

from separatrix.errors import bad_parameter

LARGEST_DENSE = 32


class FisherSharpness(NamedTuple):
    """Three sizes of G at an interpolating minimum.

    Attributes:
        trace: tr G, which batches of one example see.
        frobenius: the Frobenius norm of G, which loss stability sees.
        largest: the largest eigenvalue, which full-batch descent sees.
    """

    trace: Float[Array, ""]
    frobenius: Float[Array, ""]
    largest: Float[Array, ""]


class LearningRateBounds(NamedTuple):
    """Upper bounds on the learning rate at which linearised SGD can stay, each necessary.

    Attributes:
        fourth_moment: 2 tr G / (E|g|^4 / B + (1 - 1/B) |G|_F^2), the tightest of the closed forms.
        trace: 2 B / tr G.
        largest: 2 / largest eigenvalue, which is exact for full-batch descent.
    """

    fourth_moment: Float[Array, ""]
    trace: Float[Array, ""]
    largest: Float[Array, ""]


class SpannedGradients(NamedTuple):
    """Per-example gradients in the eigenbasis of G.

    Attributes:
        gradients: coordinates of each gradient, shape (n, k) with k = min(n, p).
        eigenvalues: of G, descending; zero where the gradients span less than k directions.
        spanned: 1.0 for directions in the range of G, 0.0 for the others.
    """

    gradients: Float[Array, "n k"]
    eigenvalues: Float[Array, " k"]
    spanned: Float[Array, " k"]


def gram_matrix(gradients: Float[ArrayLike, "n p"]) -> Float[Array, "n n"]:
    """The Gram matrix J J^T / n, which has the nonzero spectrum of G = J^T J / n.

    Args:
        gradients: per-example gradients of the output, shape (n, p).

    Returns:
        The Gram matrix, shape (n, n).
    """
    gradients = jnp.asarray(gradients)
    return gradients @ gradients.T / gradients.shape[0]


def fisher_sharpness(gradients: Float[ArrayLike, "n p"]) -> FisherSharpness:
    """Trace, Frobenius norm and largest eigenvalue of G, from the Gram matrix.

    Args:
        gradients: per-example gradients of the output, shape (n, p).

    Returns:
        The three numbers.

    >>> import jax.numpy as jnp
    >>> size = fisher_sharpness(jnp.array([[2.0, 0.0], [0.0, 1.0]]))
    >>> print(*(round(float(part), 3) for part in size))
    2.5 2.062 2.0
    """
    gram = gram_matrix(gradients)
    return FisherSharpness(jnp.trace(gram), jnp.linalg.norm(gram), jnp.linalg.eigvalsh(gram)[-1])


def learning_rate_bounds(gradients: Float[ArrayLike, "n p"], batch_size: Num[ArrayLike, ""] = 1) -> LearningRateBounds:
    """Closed-form bounds on the learning rates that linearised SGD tolerates at this minimum.

    With the projector on the range of G as trial matrix, rho(T) <= 1 requires
    eta [E|g|^4 / B + (1 - 1/B) |G|_F^2] <= 2 tr G, and Jensen's E|g|^4 >= (tr G)^2 then gives eta <= 2 B / tr G.

    Args:
        gradients: per-example gradients of the output, shape (n, p).
        batch_size: examples a step, drawn with replacement.

    Returns:
        The three bounds; for a large batch compare with ``largest``, which always holds.
    """
    gradients, batch = jnp.asarray(gradients), jnp.asarray(batch_size)
    size = fisher_sharpness(gradients)
    fourth = jnp.mean(jnp.sum(gradients**2, axis=1) ** 2)
    noise = fourth / batch + (1 - 1 / batch) * size.frobenius**2
    return LearningRateBounds(2 * size.trace / noise, 2 * batch / size.trace, 2 / size.largest)


def span_gradients(gradients: Float[ArrayLike, "n p"]) -> SpannedGradients:
    """Gradients in the eigenbasis of G, the coordinates in which all the exact results here are computed.

    Args:
        gradients: per-example gradients of the output, shape (n, p).

    Returns:
        Coordinates (n, k), eigenvalues and the mask of spanned directions (k,), k = min(n, p).
    """
    gradients = jnp.asarray(gradients)
    left, values, _ = jnp.linalg.svd(gradients, full_matrices=False)
    tolerance = jnp.finfo(values.dtype).eps * max(gradients.shape) * values[0]
    spanned = (values > tolerance).astype(values.dtype)
    values = values * spanned
    return SpannedGradients(left * values[None, :], values**2 / gradients.shape[0], spanned)


def second_moment_step(
    second_moment: Float[ArrayLike, "p p"],
    gradients: Float[ArrayLike, "n p"],
    learning_rate: Num[ArrayLike, ""],
    batch_size: Num[ArrayLike, ""] = 1,
) -> Float[Array, "p p"]:
    """One application of T to a symmetric matrix, matrix-free: O(n p^2) work.

    Args:
        second_moment: the matrix P = E u u^T, shape (p, p).
        gradients: per-example gradients of the output, shape (n, p).
        learning_rate: the step size.
        batch_size: examples a step, drawn with replacement.

    Returns:
        T(P), shape (p, p).
    """
    moment, gradients = jnp.asarray(second_moment), jnp.asarray(gradients)
    rate, batch = jnp.asarray(learning_rate), jnp.asarray(batch_size)
    count = gradients.shape[0]
    product = gradients.T @ (gradients @ moment) / count
    both = gradients.T @ (gradients @ product.T) / count
    weights = jnp.einsum("ia,ab,ib->i", gradients, moment, gradients)
    single = jnp.einsum("i,ia,ib->ab", weights, gradients, gradients) / count
    return moment - rate * (product + product.T) + rate**2 * (single / batch + (1 - 1 / batch) * both)


def _noise_and_drift(spanned: SpannedGradients, batch: Array) -> tuple[Array, Array]:
    """C as a k^2 x k^2 matrix and the diagonal of A, in the eigenbasis of G."""
    gradients, values, mask = spanned
    size = gradients.shape[1]
    squares = jnp.einsum("ia,ib->iab", gradients, gradients).reshape(gradients.shape[0], size * size)
    single = squares.T @ squares / gradients.shape[0]
    both = jnp.diag(jnp.outer(values, values).reshape(-1))
    drift = (values[:, None] + values[None, :]) * jnp.outer(mask, mask)
    return single / batch + (1 - 1 / batch) * both, drift.reshape(-1)


def _check_dense(gradients: Array, owner: str) -> None:
    size = min(gradients.shape)
    if size > LARGEST_DENSE:
        raise bad_parameter("gradients", owner, f"of at most {LARGEST_DENSE} rows or columns", gradients.shape)


def second_moment_operator(
    gradients: Float[ArrayLike, "n p"], learning_rate: Num[ArrayLike, ""], batch_size: Num[ArrayLike, ""] = 1
) -> Float[Array, "k2 k2"]:
    """T as a dense symmetric matrix on vec(P), restricted to the range of G and zero off it.

    Args:
        gradients: per-example gradients of the output, shape (n, p); min(n, p) must be small.
        learning_rate: the step size.
        batch_size: examples a step, drawn with replacement.

    Returns:
        The matrix in the eigenbasis of G, shape (k^2, k^2) with k = min(n, p).

    Raises:
        SeparatrixError: if min(n, p) is more than LARGEST_DENSE.
    """
    gradients = jnp.asarray(gradients)
    _check_dense(gradients, "second_moment_operator")
    rate = jnp.asarray(learning_rate)
    spanned = span_gradients(gradients)
    noise, drift = _noise_and_drift(spanned, jnp.asarray(batch_size))
    identity = jnp.outer(spanned.spanned, spanned.spanned).reshape(-1)
    return jnp.diag(identity - rate * drift) + rate**2 * noise


def second_moment_radius(
    gradients: Float[ArrayLike, "n p"], learning_rate: Num[ArrayLike, ""], batch_size: Num[ArrayLike, ""] = 1
) -> Float[Array, ""]:
    """Spectral radius of T on the range of G: the factor by which E|u|^2 finally grows each step.

    Args:
        gradients: per-example gradients of the output, shape (n, p); min(n, p) must be small.
        learning_rate: the step size.
        batch_size: examples a step, drawn with replacement.

    Returns:
        The radius; linearised SGD is stable in mean square while it is at most 1.

    Raises:
        SeparatrixError: if min(n, p) is more than LARGEST_DENSE.

    >>> import jax.numpy as jnp
    >>> float(second_moment_radius(jnp.array([[1.0]]), 0.5))
    0.25
    """
    return jnp.linalg.eigvalsh(second_moment_operator(gradients, learning_rate, batch_size))[-1]


def critical_learning_rate(gradients: Float[ArrayLike, "n p"], batch_size: Num[ArrayLike, ""] = 1) -> Float[Array, ""]:
    """The largest learning rate at which linearised SGD is stable in mean square, exactly.

    The largest eigenvalue of T(eta) is convex in eta and 1 at eta = 0, so the stable rates are an interval; its end
    is the reciprocal of the largest eigenvalue of A^(-1/2) C A^(-1/2), with A diagonal in the eigenbasis of G.

    Args:
        gradients: per-example gradients of the output, shape (n, p); min(n, p) must be small.
        batch_size: examples a step, drawn with replacement.

    Returns:
        The critical learning rate.

    Raises:
        SeparatrixError: if min(n, p) is more than LARGEST_DENSE.

    >>> import jax.numpy as jnp
    >>> round(float(critical_learning_rate(jnp.array([[1.0]]))), 9)
    2.0
    """
    gradients = jnp.asarray(gradients)
    _check_dense(gradients, "critical_learning_rate")
    noise, drift = _noise_and_drift(span_gradients(gradients), jnp.asarray(batch_size))
    scale = jnp.where(drift > 0, 1 / jnp.sqrt(jnp.where(drift > 0, drift, 1.0)), 0.0)
    return 1 / jnp.linalg.eigvalsh(noise * scale[:, None] * scale[None, :])[-1]


def critical_learning_rate_single(gradients: Float[ArrayLike, "n p"]) -> Float[Array, ""]:
    """The same for batches of one example at any size: then C has rank n, and an n x n matrix carries the spectrum.

    Args:
        gradients: per-example gradients of the output, shape (n, p); memory is n^2 min(n, p).

    Returns:
        The critical learning rate for a batch of one.
    """
    spanned = span_gradients(gradients)
    values, mask = spanned.eigenvalues, jnp.outer(spanned.spanned, spanned.spanned)
    total = values[:, None] + values[None, :]
    inverse = mask / jnp.where(mask > 0, total, 1.0)
    pairs = spanned.gradients[:, None, :] * spanned.gradients[None, :, :]
    reduced = jnp.einsum("ija,ab,ijb->ij", pairs, inverse, pairs) / spanned.gradients.shape[0]
    return 1 / jnp.linalg.eigvalsh(reduced)[-1]


def loss_alignment(gradients: Float[ArrayLike, "n p"], residuals: Float[ArrayLike, " n"]) -> Float[Array, ""]:
    """How much of SGD's noise lies in sharp directions: mu = tr(Sigma G) / (2 L |G|_F^2).

    Sigma = (1/n) sum_i e_i^2 g_i g_i^T is the second moment of one example's gradient and L = (1/2n) sum_i e_i^2
    (Wu & Su 2023). It is no bound on the rate by itself: the noise of a step is the covariance, which is Sigma less
    the outer product of the mean gradient, and with one example there is none whatever mu is.

    Args:
        gradients: per-example gradients of the output, shape (n, p).
        residuals: e_i = f(x_i) - y_i, shape (n,).

    Returns:
        The alignment; NaN when every residual is zero.
    """
    gram, squares = gram_matrix(gradients), jnp.asarray(residuals) ** 2
    return jnp.sum(squares[:, None] * gram**2) / (jnp.mean(squares) * jnp.sum(gram**2))
