"""Saddle-to-saddle dynamics: heights of plateaus, times of transitions, and how both depend on the initial scale.

Zhang, Saxe & Latham (2025). Networks of interchangeable units visit saddles in which they behave as narrower ones. Two
mechanisms: between *directions* of the data when the unit map is linear in its weights (low rank; plateaus lengthen as
the logarithm of the initial scale), between *units* when it is quadratic (sparse; as the inverse of the scale).
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from separatrix.errors import SeparatrixError

HALFWAY = 1 / (1 + 2**0.5)
"""Of u / (s - u) where a mode's loss (s - u)^2 / 2 is halfway through its drop: u = (1 - 1/sqrt 2) s."""


def linear_plateaus(strengths: Float[Array, " k"]) -> Float[Array, " k+1"]:
    """Heights of the plateaus of a linear network on whitened inputs: L_m = 1/2 sum_(k > m) s_k^2.

    Args:
        strengths: singular values of the input-output correlation, in falling order, shape (k,).

    Returns:
        Heights before the first and after each mode, shape (k + 1,).

    >>> print(*linear_plateaus(jnp.array([2.0, 1.0, 0.5])).tolist())
    2.625 0.625 0.125 0.0
    """
    return _tails(0.5 * strengths**2)


def autoencoder_plateaus(variances: Float[Array, " k"]) -> Float[Array, " k+1"]:
    """Heights of the plateaus of a linear autoencoder, half the variance outside the leading principal components.

    The correlation equals the covariance, so that the modes decouple though the inputs are not white.

    Args:
        variances: eigenvalues of the data's covariance, in falling order, shape (k,).

    Returns:
        Heights, shape (k + 1,).
    """
    return _tails(0.5 * variances)


def attention_plateaus(variances: Float[Array, " d"], context: int) -> Float[Array, " d+1"]:
    """Heights of the plateaus of linear attention in regression on N examples.

    L_m = 1/2 [tr L - sum_(d <= m) l_d / (1 + (1 + tr L / l_d) / N)].

    Args:
        variances: eigenvalues l_d of the inputs' covariance, in falling order, shape (d,).
        context: N, number of context pairs.

    Returns:
        Heights with 0, 1, ... d heads in use, shape (d + 1,). The last is not zero: N examples leave doubt.
    """
    trace = jnp.sum(variances)
    gains = 0.5 * variances / (1 + (1 + trace / variances) / context)
    return 0.5 * trace - jnp.concatenate([jnp.zeros(1), jnp.cumsum(gains)])


def quadratic_plateaus(eigenvalues: Float[Array, " k"]) -> Float[Array, " k+1"]:
    """Heights of the plateaus of a quadratic network on x ~ N(0, I): sum_(k > m) a_k^2 + (sum_(k > m) a_k)^2 / (m + 2).

    The trace couples the modes: with m units on the first m eigenvectors of the target each leaves the same residual
    b = -R / (m + 2), R the sum of the eigenvalues not yet learned. So diag(1, -1) waits at 4/3, not at 1.

    Args:
        eigenvalues: of the target's matrix, in the order in which they are learned, shape (k,).

    Returns:
        Heights with 0, 1, ... k units in use, shape (k + 1,).

    >>> print(*(round(x, 3) for x in quadratic_plateaus(jnp.array([1.0, -1.0])).tolist()))
    2.0 1.333 0.0
    """
    used = jnp.arange(eigenvalues.shape[0] + 1)
    return _tails(eigenvalues**2) + _tails(eigenvalues) ** 2 / (used + 2)


def relu_rays(labels: Float[Array, " p"]) -> tuple[Float[Array, " two"], Float[Array, " three"]]:
    """Growth rates and heights of the plateaus of a ReLU network on p orthonormal inputs with labels of both signs.

    A unit grows either along the positive labels with v > 0 or along the negative ones with v < 0, at the rate
    ||y_sign|| / p. The heights follow from one side and then the other being fitted.

    Args:
        labels: y, shape (p,).

    Returns:
        The two rates in falling order, and the three heights of the loss 1/2 mean (y - f)^2.
    """
    count = labels.shape[0]
    sizes = jnp.stack([jnp.linalg.norm(jnp.maximum(labels, 0)), jnp.linalg.norm(jnp.minimum(labels, 0))])
    sizes = jnp.sort(sizes)[::-1]
    return sizes / count, _tails(0.5 * sizes**2 / count)


def growing_strengths(
    u: Float[Array, "h d"], v: Float[Array, "h c"], right: Float[Array, "d k"], left: Float[Array, "c k"]
) -> Float[Array, " k"]:
    """Strength in the growing direction of each mode at the start: u0_k = 1/4 sum_i (q_k . v_i + r_k . u_i)^2.

    Args:
        u: incoming weights, one row a unit, shape (h, d).
        v: outgoing weights, one row a unit, shape (h, c).
        right: right singular vectors r_k as columns, shape (d, k).
        left: left singular vectors q_k as columns, shape (c, k).

    Returns:
        One strength a mode, about h eps^2 / 2 for weights N(0, eps^2), shape (k,).
    """
    return 0.25 * jnp.sum((v @ left + u @ right) ** 2, axis=0)


def rectified_strengths(
    u: Float[Array, "h d"], v: Float[Array, "h c"], right: Float[Array, "d k"], left: Float[Array, "c k"]
) -> Float[Array, " k"]:
    """Strength in the growing direction of each mode of a ReLU network whose inputs are orthonormal, at the start.

    Modes have patterns r_k >= 0 on disjoint inputs. Early on each unit follows b' = s a, u' = s b r_k on those of its
    inputs that are active, with a = r_k . u and b = q_k . v; an input that falls silent stays so. A unit counts if all
    inputs of the pattern are active and stay so, a + b > 0: then it grows at the full rate s_k, others slower.

    Args:
        u: incoming weights, one row a unit, shape (h, d).
        v: outgoing weights, one row a unit, shape (h, c).
        right: patterns r_k as columns, of norm one, shape (d, k).
        left: directions q_k of the targets as columns, of norm one, shape (c, k).

    Returns:
        1/4 sum of (a + b)^2 over the units that count, shape (k,).

    >>> u, pattern = jnp.array([[3.0, 4.0], [5.0, -1.0]]), jnp.array([[0.6], [0.8]])  # the second unit is half silent
    >>> print(*rectified_strengths(u, jnp.array([[1.0], [9.0]]), pattern, jnp.ones((1, 1))).tolist())
    9.0
    """
    a, b = u @ right, v @ left
    # where b < 0 the input first falls, to u + r (sqrt(a^2 - b^2) - a), before it grows
    dip = jnp.where(b < 0, jnp.sqrt(jnp.maximum(a**2 - b**2, 0)) - a, 0)
    lowest = u[:, :, None] + right[None, :, :] * dip[:, None, :]
    counts = jnp.all((lowest > 0) | (right[None, :, :] == 0), axis=1) & (a + b > 0)
    return 0.25 * jnp.sum(jnp.where(counts, (a + b) ** 2, 0), axis=0)


def linear_transition_times(strengths: Float[Array, " k"], initial: Float[Array, " k"]) -> Float[Array, " k"]:
    """When each mode of a linear network takes its drop halfway: (1 / 2 s_k) ln((sqrt 2 - 1) s_k / u0_k).

    From the logistic growth of one mode, u(t) = s / (1 + (s / u0 - 1) exp(-2 s t)); competition delays later modes.

    Args:
        strengths: singular values s_k of the input-output correlation, shape (k,).
        initial: strengths u0_k in the growing direction at the start, shape (k,).

    Returns:
        Times, shape (k,).
    """
    return jnp.log(HALFWAY * (strengths / initial - 1)) / (2 * strengths)


def linear_loss(
    ts: Float[Array, " times"], strengths: Float[Array, " k"], initial: Float[Array, " k"]
) -> Float[Array, " times"]:
    """The whole staircase of a linear network on whitened inputs, each mode on its own: 1/2 sum_k (s_k - u_k(t))^2.

    Args:
        ts: times, shape (times,).
        strengths: singular values s_k, shape (k,).
        initial: strengths u0_k in the growing direction at the start, shape (k,).

    Returns:
        The loss, shape (times,).
    """
    odds = jnp.log(strengths / initial - 1)[:, None] - 2 * strengths[:, None] * ts[None, :]
    return 0.5 * jnp.sum((strengths[:, None] * jax.nn.sigmoid(odds)) ** 2, axis=0)


def delay_exponent(degree: int) -> int:
    """Power of 1/eps that the first plateau lasts for a unit map of a given degree: p - 1; 0 means ln(1/eps).

    By covariance in scale: if theta(t) solves the flow near zero, of degree p in theta, so does theta scaled by a
    factor with time scaled by its power 1 - p.

    Args:
        degree: p, the degree of the unit map in its incoming weights (1 linear and ReLU, 2 quadratic and attention).

    Returns:
        The exponent.

    Raises:
        SeparatrixError: for a degree below one.
    """
    if degree < 1:
        raise SeparatrixError(f"The degree of a unit map must be at least 1. Got {degree!r} instead.")
    return degree - 1


def alignment_exponent(strengths: Float[Array, " k"], rank: int = 1) -> Float[Array, ""]:
    """Power of eps to which the other weights have shrunk when the leading modes are of order one: 1 - s_(r+1)/s_1.

    Zhang, Saxe & Latham (2025), theorem 4.

    Args:
        strengths: singular values in falling order, shape (k,).
        rank: r, number of leading modes.

    Returns:
        The exponent.

    Raises:
        SeparatrixError: when there is no mode beyond the leading ones.
    """
    if not 1 <= rank < strengths.shape[0]:
        raise SeparatrixError(
            f"The rank must be in [1, {strengths.shape[0] - 1}], below the number of modes. Got {rank!r}."
        )
    return 1 - strengths[rank] / strengths[0]


def _tails(terms: Float[Array, " k"]) -> Float[Array, " k+1"]:
    return jnp.concatenate([jnp.cumsum(terms[::-1])[::-1], jnp.zeros(1)])
