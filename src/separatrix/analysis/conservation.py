r"""What gradient flow conserves: the imbalances between weights into and out of a layer.

If a unit :math:`v\,\phi(x; u)` is homogeneous of degree k in u, Euler's theorem gives :math:`u\cdot\partial_u f =
k\,v\cdot\partial_v f`, so along gradient flow of any loss :math:`u\cdot\dot u = k\,v\cdot\dot v` and :math:`k|v|^2 -
|u|^2` is constant (k = 1: ReLU and linear, k = 2: quadratic). For linear layers the symmetry is a whole group and the
matrix :math:`W_2^TW_2 - W_1W_1^T` is constant. Descent with step lr changes them at order lr^2 a step, SGD with noise
more: their drift measures how far a run is from flow.
"""

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float


def layer_imbalance(first: Float[ArrayLike, "h d"], second: Float[ArrayLike, "c h"]) -> Float[Array, "h h"]:
    """The conserved matrix of two successive linear layers, W2^T W2 - W1 W1^T.

    Args:
        first: weights of the earlier layer, shape (h, d).
        second: weights of the later layer, shape (c, h).

    Returns:
        The imbalance, shape (h, h); zero for balanced weights.
    """
    first, second = jnp.asarray(first), jnp.asarray(second)
    return second.T @ second - first @ first.T


def unit_imbalance(
    incoming: Float[ArrayLike, "h d"], outgoing: Float[ArrayLike, "c h"], degree: float | int = 1
) -> Float[Array, " h"]:
    """The conserved number of each homogeneous unit, degree |v|^2 - |u|^2.

    Args:
        incoming: weights into the layer, biases of ReLU units included, one row a unit, shape (h, d).
        outgoing: weights out of the layer, one column a unit, shape (c, h).
        degree: of homogeneity in the incoming weights: 1 for ReLU, 2 for quadratic units.

    Returns:
        One number a unit, shape (h,).

    >>> import jax.numpy as jnp
    >>> unit_imbalance(jnp.array([[3.0, 4.0]]), jnp.array([[5.0]])).tolist()
    [0.0]
    """
    incoming, outgoing = jnp.asarray(incoming), jnp.asarray(outgoing)
    return degree * jnp.sum(outgoing**2, axis=0) - jnp.sum(incoming**2, axis=1)


def relative_drift(
    values: Float[ArrayLike, "time *shape"], squared_sizes: Float[ArrayLike, " time"]
) -> Float[Array, ""]:
    """Largest change of a quantity that should be conserved, relative to the squared weights it is made of.

    Args:
        values: the quantity along a run, time first.
        squared_sizes: squared norm of the weights concerned along the run, shape (time,).

    Returns:
        max over time of |Q(t) - Q(0)| over max over time of the squared norm.
    """
    values = jnp.asarray(values)
    changes = jnp.abs(values - values[:1])
    return jnp.max(changes) / jnp.max(jnp.asarray(squared_sizes))
