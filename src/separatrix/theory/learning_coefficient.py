r"""How weight falls with the radius at singular points: learning coefficients, and how sampling estimates them.

Let :math:`K` be the divergence from the truth and :math:`Z(t) = E_w\,e^{-t K}`. Then :math:`-\log Z(t) \approx \lambda
\log t - (m - 1) \log\log t` with the learning coefficient :math:`\lambda` and its multiplicity :math:`m`; a regular
model of k parameters has :math:`\lambda = k/2`, a singular one less. The exactly solvable singular model here is
:math:`y = a b x` with a standard normal prior on both factors, seen from the truth :math:`a b = 0`, for which
:math:`K = (ab)^2/2`, :math:`\lambda = 1/2` and :math:`m = 2`.
"""

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp
from jaxtyping import Array, Float
from scipy import special

_NODES = 4001
_REACH = 9.0


def product_log_partition(t: Float[np.ndarray, "*s"] | float) -> Float[np.ndarray, "*s"] | float:
    """Log Z(t) of the product of two standard normal factors, for the divergence (ab)^2/2.

    Args:
        t: number of examples times inverse temperature, shape (*s), positive.

    Returns:
        1/(4t) + log K0(1/(4t)) - log(2 pi t)/2, shape (*s).

    Source: Gradshteyn and Ryzhik, 3.364.3, after the integral over one factor.

    >>> round(float(product_log_partition(100.0)), 4)
    -1.4095
    """
    u = 1 / (4 * t)
    return np.log(special.kve(0, u)) - 0.5 * np.log(2 * np.pi * t)


def product_divergence(t: Float[np.ndarray, "*s"] | float) -> Float[np.ndarray, "*s"] | float:
    """The mean divergence under the posterior of the product model at t: minus the derivative of log Z.

    Args:
        t: number of examples times inverse temperature, shape (*s), positive.

    Returns:
        E_t[K], shape (*s); times t it tends to the learning coefficient 1/2, as slowly as 1/2 - 1/log t.
    """
    u = 1 / (4 * t)
    return 4 * u**2 * (1 - special.kve(1, u) / special.kve(0, u) + 1 / (2 * u))


def product_weight(radius: Float[np.ndarray, "*s"] | float) -> Float[np.ndarray, "*s"] | float:
    """The weight W(epsilon) of the product model at the truth ab = 0: the chance that |ab| <= sqrt(2 epsilon).

    Args:
        radius: epsilon in nats an example, shape (*s).

    Returns:
        W, shape (*s), which falls as sqrt(epsilon) log(1/epsilon).

    Source: the density of a product of two standard normals is K0(|p|) / pi.
    """
    return 2 / np.pi * special.iti0k0(np.sqrt(2 * radius))[1]


def product_log_evidence(
    beta: Float[Array, ""] | float, second_moment: Float[Array, ""], correlation: Float[Array, ""]
) -> Float[Array, ""]:
    """The log evidence of data under the product model at an inverse temperature, relative to that of ab = 0.

    One factor is integrated by hand and the other by the trapezoidal rule.

    Args:
        beta: inverse temperature.
        second_moment: sum of x^2.
        correlation: sum of x y.

    Returns:
        log E_w exp(-beta (n L(ab) - n L(0))); minus its derivative in beta is the posterior's mean excess loss.
    """
    a = jnp.linspace(-_REACH, _REACH, _NODES)
    precision = 1 + beta * second_moment * a**2
    exponent = -0.5 * a**2 - 0.5 * jnp.log(precision) + (beta * correlation * a) ** 2 / (2 * precision)
    return logsumexp(exponent) + jnp.log(2 * _REACH / (_NODES - 1)) - 0.5 * jnp.log(2 * jnp.pi)


def thermodynamic_log_weight(
    t: Float[np.ndarray, " t"], divergence: Float[np.ndarray, "*s t"]
) -> Float[np.ndarray, "*s t"]:
    """-log Z(t) from mean divergences along a ladder of temperatures: the integral of E_t[K] from 0 to t.

    Args:
        t: increasing, dense in its logarithm, the first so small that E_t[K] is that of the prior, shape (t,).
        divergence: E_t[K] by sampling or exactly, shape (*s, t).

    Returns:
        -log Z at each t, shape (*s, t), by the trapezoidal rule in log t.

    Source: Gelman and Meng, Statistical Science 13, 163 (1998), section 2.
    """
    integrand = t * divergence
    pieces = 0.5 * (integrand[..., 1:] + integrand[..., :-1]) * np.diff(np.log(t))
    begin = integrand[..., :1]
    return np.concatenate([begin, begin + np.cumsum(pieces, axis=-1)], axis=-1)


def free_energy(
    coefficient: float, multiplicity: int, n: Float[np.ndarray, "*s"] | float
) -> Float[np.ndarray, "*s"] | float:
    """The leading terms of -log Z(n): coefficient times log n, less (multiplicity - 1) log log n.

    Args:
        coefficient: learning coefficient; k/2 for a regular model of k parameters.
        multiplicity: its multiplicity; 1 for a regular model.
        n: number of examples, shape (*s), more than one.

    Returns:
        Nats, shape (*s), up to a constant.

    Source: Watanabe, Algebraic Geometry and Statistical Learning Theory (2009), main formula II.
    """
    return coefficient * np.log(n) - (multiplicity - 1) * np.log(np.log(n))
