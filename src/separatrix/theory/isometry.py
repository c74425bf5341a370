r"""Dynamical isometry: how the layers of a deep network stretch its signals and gradients.

For :math:`x^{l+1} = g W\phi(x^l)` with W orthogonal and wide layers, each entry of :math:`x^l` is Gaussian with a
variance :math:`q^l` that follows a scalar map; g = 1 is the edge where activity neither dies nor saturates (Saxe,
McClelland and Ganguli 2014, section 3). Products of Gaussian matrices keep the mean squared singular
value but not the typical one.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float
from scipy.special import digamma

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()

Elementwise = Callable[[Array], Array]


def gaussian_mean(function: Elementwise, variance: Float[Array, ""]) -> Float[Array, ""]:
    """The mean of a function of a centred Gaussian, by quadrature.

    Args:
        function: elementwise.
        variance: of the Gaussian.

    Returns:
        E f(sqrt(variance) z).
    """
    return jnp.sum(jnp.asarray(_WEIGHTS) * function(jnp.sqrt(variance) * jnp.asarray(_NODES)))


def activity(
    gain: Float[ArrayLike, ""] | float,
    start: Float[ArrayLike, ""] | float,
    layers: int,
    activation: Elementwise = jnp.tanh,
) -> Float[Array, " layers"]:
    r"""Mean squared pre-activation layer by layer, :math:`q^{l+1}=g^2E[\phi(\sqrt{q^l}z)^2]`.

    Args:
        gain: g.
        start: mean square of the input's entries.
        layers: how many layers after the input.
        activation: phi.

    Returns:
        q of the input and of each layer, shape (layers + 1,).
    """
    squared_gain = jnp.asarray(gain, float) ** 2

    def layer(q: Array, _: None) -> tuple[Array, Array]:
        after = squared_gain * gaussian_mean(lambda x: activation(x) ** 2, q)
        return after, after

    first = jnp.asarray(start, float)
    return jnp.concatenate([first[None], jax.lax.scan(layer, first, None, length=layers)[1]])


def jacobian_scale(
    gain: Float[ArrayLike, ""] | float,
    start: Float[ArrayLike, ""] | float,
    layers: int,
    activation: Elementwise = jnp.tanh,
) -> Float[Array, " layers"]:
    r"""Root-mean-square singular value of the Jacobian from the input to each layer, with orthogonal weights.

    Args:
        gain: g.
        start: mean square of the input's entries.
        layers: how many layers after the input.
        activation: phi.

    Returns:
        :math:`\prod_l g\sqrt{E[\phi'(\sqrt{q^l}z)^2]}`, 1 at the input, shape (layers + 1,).
    """
    slope = jax.vmap(jax.grad(lambda x: activation(x)))
    q = activity(gain, start, layers, activation)[:-1]
    stretch = jnp.asarray(gain, float) ** 2 * jax.vmap(lambda v: gaussian_mean(lambda x: slope(x) ** 2, v))(q)
    return jnp.concatenate([jnp.ones(1), jnp.sqrt(jnp.cumprod(stretch))])


def gaussian_product_rates(width: int) -> Float[np.ndarray, " width"]:
    r"""Rates at which the singular values of a product of Gaussian matrices N(0, 1/N) grow or shrink a factor.

    The singular values of a product of L such matrices are about :math:`e^{L\mu_k}` with Newman's
    :math:`\mu_k = \frac12[\ln\frac2N + \psi(\frac{N-k+1}2)]`: the largest keeps its size, the median falls as
    :math:`2^{-L/2}`, the smallest as :math:`(e^{-1.27}/N)^{L/2}`.

    Args:
        width: N.

    Returns:
        The rates, largest first.
    """
    k = np.arange(1, width + 1)
    return (np.log(2 / width) + digamma((width - k + 1) / 2)) / 2
