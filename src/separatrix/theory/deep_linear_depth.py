r"""Linear networks of any depth: the course and the learning time of a mode.

With L matrices that share a mode's strength equally, :math:`du/dt = L u^{2-2/L}(s-u)`: an exponential for L = 1,
a sigmoid for L = 2, and :math:`L u^2(s-u)` for infinite depth. At the largest stable rate, about
:math:`1/(L s^{2-2/L})`, the factor L cancels and the number of steps stays finite (Saxe, McClelland and Ganguli 2014,
section 2, eq. 15-18).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

Numbers = Float[ArrayLike, "..."] | float | int

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(128)
_LEARNED = 40.0  # a log-odds at which a mode's distance to its end is below the last bit
_HALVINGS = 80


def depth_integral(start: Numbers, end: Numbers, s: Numbers, matrices: Numbers) -> Float[Array, "..."]:
    r"""The depth-scaled learning time :math:`I_L=\int_{u_0}^{u_f}\frac{du}{u^{2-2/L}(s-u)}`.

    The time that a mode takes is :math:`I_L/L` (steps times rate); at the rate 1/L it takes I_L steps (s = 1). The
    integral is taken in the log-odds of u / s, where the integrand is smooth.

    Args:
        start: end-to-end strength at the start, in (0, s).
        end: at the end, in (0, s).
        s: singular value.
        matrices: number L of matrices, 1 or more; ``math.inf`` for infinite depth.

    Returns:
        I_L.

    >>> import math
    >>> print(*(round(float(depth_integral(1e-3, 0.99, 1.0, L)), 1) for L in (2, 3, 8, math.inf)))
    11.5 32.3 243.3 1010.5
    """
    start, end, s, matrices = (jnp.asarray(value, float) for value in (start, end, s, matrices))
    low, high = _log_odds(start / s), _log_odds(end / s)
    return _integral(low, high, s, matrices)


def _log_odds(share: Array) -> Array:
    return jnp.log(share) - jnp.log1p(-share)


def _integral(low: Array, high: Array, s: Array, matrices: Array) -> Array:
    low, high, s, matrices = jnp.broadcast_arrays(low, high, s, matrices)
    lead = (slice(None),) * low.ndim + (None,)
    shape = (1,) * low.ndim + (-1,)
    nodes, weights = jnp.asarray(_NODES).reshape(shape), jnp.asarray(_WEIGHTS).reshape(shape)
    x = ((low + high) / 2)[lead] + ((high - low) / 2)[lead] * nodes
    log_u = jnp.log(s)[lead] + jax.nn.log_sigmoid(x)
    values = jnp.exp((2 / matrices - 1)[lead] * log_u)
    return (high - low) / 2 * jnp.sum(values * weights, axis=-1) / s


def infinite_depth_integral(start: Numbers, end: Numbers, s: Numbers) -> Float[Array, "..."]:
    r"""The limit of the depth-scaled learning time as depth grows without bound, in closed form (eq. 18).

    Args:
        start: end-to-end strength at the start, in (0, s).
        end: at the end, in (0, s).
        s: singular value.

    Returns:
        :math:`\frac1{s^2}\ln\frac{u_f(u_0-s)}{u_0(u_f-s)}+\frac1{su_0}-\frac1{su_f}`.

    >>> round(float(infinite_depth_integral(1e-3, 0.99, 1.0)), 1)
    1010.5
    """
    start, end, s = (jnp.asarray(value, float) for value in (start, end, s))
    return jnp.log(end * (start - s) / (start * (end - s))) / s**2 + 1 / (s * start) - 1 / (s * end)


def depth_strength(t: Numbers, s: Numbers, start: Numbers, matrices: Numbers) -> Float[Array, "..."]:
    r"""Strength of a mode in a network of L matrices: the solution of :math:`du/dt = L u^{2-2/L}(s-u)` (eq. 15).

    Found by halving from the learning time, so that its error is that of the last bit.

    Args:
        t: time (steps times rate), 0 or more.
        s: singular value, positive.
        start: end-to-end strength at time 0, in (0, s).
        matrices: number of matrices, 1 or more, finite.

    Returns:
        u(t).
    """
    t, s, start, matrices = jnp.broadcast_arrays(*(jnp.asarray(value, float) for value in (t, s, start, matrices)))
    low = _log_odds(start / s)
    fastest = jnp.maximum(start ** (1 - 2 / matrices), s ** (1 - 2 / matrices))
    high = jnp.minimum(low + matrices * t * s * fastest, _LEARNED)

    def halve(_: Array, bracket: tuple[Array, Array]) -> tuple[Array, Array]:
        below, above = bracket
        middle = (below + above) / 2
        late = _integral(low, middle, s, matrices) / matrices > t
        return jnp.where(late, below, middle), jnp.where(late, middle, above)

    below, above = jax.lax.fori_loop(0, _HALVINGS, halve, (low, high))
    return s * jax.nn.sigmoid((below + above) / 2)


def mode_curvature(s: Numbers, matrices: Numbers, strength: Numbers | None = None) -> Float[Array, "..."]:
    r"""Top eigenvalue of the Hessian along a mode's equal weights: :math:`L s^{2-2/L}` once it is learned.

    Gradient descent is stable there up to the rate 2 over it; 1 over it contracts fastest.

    Args:
        s: singular value.
        matrices: number of matrices.
        strength: end-to-end strength u; the learned one, s, when left out.

    Returns:
        :math:`L u^{2-2/L} - (L-1)(s-u)u^{1-2/L}`.

    >>> float(mode_curvature(1.0, 10))
    10.0
    """
    s, matrices = jnp.asarray(s, float), jnp.asarray(matrices, float)
    u = s if strength is None else jnp.asarray(strength, float)
    return matrices * u ** (2 - 2 / matrices) - (matrices - 1) * (s - u) * u ** (1 - 2 / matrices)
