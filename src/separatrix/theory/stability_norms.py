r"""What SGD's stability says of a network: trace of the Hessian, the norm below it, and the noise of one step.

At an interpolating minimum of :math:`L = \frac{1}{2n}\sum_i (f(x_i) - y_i)^2` the Hessian is
:math:`G = \frac1n\sum_i g_i g_i^T`, :math:`g_i = \nabla f(x_i)`, and SGD with one example a step can stay only where
:math:`\mathrm{tr}\,G \le 2/\eta`. In two families of networks the mean of the trace over inputs bounds a norm of the
function from above, whatever the parametrisation; balanced weights make the bound an equality. Full-batch descent,
which sees the largest eigenvalue alone, has no such bound (Wu & Su 2023, arXiv 2305.17490).
"""

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num


def largest_stable_trace(learning_rate: Num[ArrayLike, ""], batch_size: Num[ArrayLike, ""] = 1) -> Float[Array, ""]:
    """The trace 2 B / lr above which no interpolating minimum keeps SGD; sharp for small batches only.

    Args:
        learning_rate: the step size.
        batch_size: examples a step, drawn with replacement.

    Returns:
        The bound on tr G.

    >>> float(largest_stable_trace(0.01))
    200.0
    """
    return 2.0 * jnp.asarray(batch_size) / jnp.asarray(learning_rate)


def diagonal_trace(
    first: Float[ArrayLike, " d"], second: Float[ArrayLike, " d"], input_variance: Num[ArrayLike, "*d"] = 1.0
) -> Float[Array, ""]:
    """Mean of tr G for the diagonal linear network: sum_j s_j^2 (a_j^2 + b_j^2), at least twice the l1 norm below.

    Args:
        first: the weights a, shape (d,).
        second: the weights b, shape (d,).
        input_variance: second moment s^2 of the inputs, one number or one a coordinate. With the sample's second
            moments the result is the trace on that sample, exactly.

    Returns:
        The trace.
    """
    squares = jnp.asarray(first) ** 2 + jnp.asarray(second) ** 2
    return jnp.sum(jnp.broadcast_to(jnp.asarray(input_variance), squares.shape) * squares)


def diagonal_largest_eigenvalue(
    first: Float[ArrayLike, " d"], second: Float[ArrayLike, " d"], input_variance: Num[ArrayLike, ""] = 1.0
) -> Float[Array, ""]:
    """Largest eigenvalue of the mean of G for the diagonal network, s^2 max_j (a_j^2 + b_j^2).

    With fewer examples than weights the largest eigenvalue on the sample is larger.

    Args:
        first: the weights a, shape (d,).
        second: the weights b, shape (d,).
        input_variance: second moment s^2 of every input.

    Returns:
        The eigenvalue.
    """
    return jnp.asarray(input_variance) * jnp.max(jnp.asarray(first) ** 2 + jnp.asarray(second) ** 2)


def largest_stable_l1(learning_rate: Num[ArrayLike, ""], input_variance: Num[ArrayLike, ""] = 1.0) -> Float[Array, ""]:
    """The l1 norm 1 / (s^2 lr) that a diagonal network at a minimum stable for single-example SGD cannot exceed.

    Args:
        learning_rate: the step size.
        input_variance: second moment s^2 of every input.

    Returns:
        The bound on the l1 norm of the coefficients a * b.
    """
    return 1.0 / (jnp.asarray(input_variance) * jnp.asarray(learning_rate))


def relu_trace(incoming: Float[ArrayLike, "h d"], outgoing: Float[ArrayLike, " h"]) -> Float[Array, ""]:
    """Mean of tr G for sum_j a_j relu(w_j . x) with x ~ N(0, I) or uniform on the sphere of radius sqrt(d).

    It is half of the sum over units of |w_j|^2 + d a_j^2, at least sqrt(d) times the path norm, with equality exactly
    when |w_j| = sqrt(d) |a_j| for every unit.

    Args:
        incoming: the weights w, one row a unit, shape (h, d).
        outgoing: the weights a, shape (h,).

    Returns:
        The trace, over both layers.

    >>> import jax.numpy as jnp
    >>> float(relu_trace(jnp.ones((1, 4)), jnp.ones(1)))
    4.0
    """
    incoming, outgoing = jnp.asarray(incoming), jnp.asarray(outgoing)
    return 0.5 * (jnp.sum(incoming**2) + incoming.shape[1] * jnp.sum(outgoing**2))


def largest_stable_path_norm(learning_rate: Num[ArrayLike, ""], inputs: int) -> Float[Array, ""]:
    """The path norm 2 / (sqrt(d) lr) that a ReLU network at a minimum stable for single-example SGD cannot exceed.

    Args:
        learning_rate: the step size.
        inputs: number d of inputs, of unit variance.

    Returns:
        The bound on sum_j |a_j| |w_j|.
    """
    return 2.0 / (inputs**0.5 * jnp.asarray(learning_rate))


def expected_loss_after_step(
    gradients: Float[ArrayLike, "n p"],
    displacement: Float[ArrayLike, " p"],
    learning_rate: Num[ArrayLike, ""],
    batch_size: Num[ArrayLike, ""] = 1,
) -> Float[Array, ""]:
    """Mean loss after one step of linearised SGD: the loss after a step of descent, and what the noise adds.

    Args:
        gradients: per-example gradients of the output at the minimum, shape (n, p).
        displacement: u, from the minimum, shape (p,).
        learning_rate: the step size.
        batch_size: examples a step, drawn with replacement.

    Returns:
        E L(u'), exactly.
    """
    gradients, start = jnp.asarray(gradients), jnp.asarray(displacement)
    mean = gradients.T @ (gradients @ start) / gradients.shape[0]
    after = gradients @ (start - jnp.asarray(learning_rate) * mean)
    return 0.5 * jnp.mean(after**2) + loss_noise_floor(gradients, displacement, learning_rate, batch_size)


def loss_noise_floor(
    gradients: Float[ArrayLike, "n p"],
    displacement: Float[ArrayLike, " p"],
    learning_rate: Num[ArrayLike, ""],
    batch_size: Num[ArrayLike, ""] = 1,
) -> Float[Array, ""]:
    """What the noise of one step adds to the loss of linearised SGD: lr^2 / (2 B) tr(G cov).

    ``cov`` is the covariance of one example's gradient, its second moment less the outer product of its mean. With the
    second moment in its place this would not bound the loss after a step from below: one example alone has no noise.

    Args:
        gradients: per-example gradients of the output at the minimum, shape (n, p).
        displacement: u, from the minimum, shape (p,).
        learning_rate: the step size.
        batch_size: examples a step, drawn with replacement.

    Returns:
        The floor, in units of the loss.
    """
    gradients, start = jnp.asarray(gradients), jnp.asarray(displacement)
    count = gradients.shape[0]
    residuals = gradients @ start
    gram = gradients @ gradients.T / count
    second = jnp.mean(residuals**2 * jnp.sum(gram**2, axis=1)) * count
    mean = jnp.mean((gram @ residuals) ** 2)
    return jnp.asarray(learning_rate) ** 2 / (2.0 * jnp.asarray(batch_size)) * (second - mean)
