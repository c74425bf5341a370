r"""Two-layer networks of infinite width: kernels in closed form, and the law of the outputs of trained networks.

The network is :math:`f(x) = \frac{\sigma_v}{\sqrt n} \sum_i v_i \phi(\sigma_w w_i \cdot x / \sqrt d + \sigma_b b_i)`
with independent standard normal parameters. As n grows, its outputs before training are Gaussian with covariance K
(Neal 1996; Cho and Saul 2009), its tangent kernel is a constant T (Jacot, Gabriel and Hongler 2018), and so its outputs
after training on the squared loss are Gaussian as well (Lee et al. 2019; Giapitzakis, Back de Luca and Fountoulakis
2025, arXiv 2502.16763). The two are not the posterior of a Gaussian process unless T is K.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax.scipy.special import erf
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num

from separatrix.errors import bad_parameter

Activation = Literal["relu", "erf", "square", "linear"]
Moments = tuple[Float[Array, "n m"], Float[Array, "n m"]]
_SINGULAR = 1e-13
"""Eigenvalues below this share of the largest are directions that the training examples do not determine."""


class WideNetwork(eqx.Module):
    """The kernels of an infinitely wide two-layer network.

    Attributes:
        activation: phi: ``"relu"``, ``"erf"``, ``"square"`` or ``"linear"``.
        weight_std: sigma_w of the hidden weights, which are divided by the root of the number of inputs.
        bias_std: sigma_b of the hidden biases.
        output_std: sigma_v of the outgoing weights, which are divided by the root of the width.
        hidden_rate: learning rate of the hidden layer as a share of the output layer's, in this parametrisation: 1 is
            the NTK parametrisation, 0 trains the output layer alone. Weights N(0, 1 / fan-in) with one rate for both
            layers (standard parametrisation) at width n and d inputs are exactly d / n, and so 0 in the limit.
    """

    activation: Activation = eqx.field(static=True, default="relu")
    weight_std: Num[ArrayLike, ""] = 1.0
    bias_std: Num[ArrayLike, ""] = 0.0
    output_std: Num[ArrayLike, ""] = 1.0
    hidden_rate: Num[ArrayLike, ""] = 1.0

    def __check_init__(self) -> None:
        if self.activation not in _MOMENTS:
            raise bad_parameter("activation", "WideNetwork", f"one of {', '.join(_MOMENTS)}", self.activation)

    def output_kernel(self, x: Float[ArrayLike, "n d"], z: Float[ArrayLike, "m d"]) -> Float[Array, "n m"]:
        """K: covariance of an output at two inputs before training; the tangent kernel of the output layer.

        Args:
            x: n inputs, shape (n, d).
            z: m inputs, shape (m, d).

        Returns:
            The kernel (NNGP), shape (n, m).

        >>> wide = WideNetwork()
        >>> float(2 * wide.output_kernel(jnp.eye(2), jnp.eye(2))[0, 0])
        0.5
        """
        return self._moments(jnp.asarray(x), jnp.asarray(z))[0]

    def tangent_kernel(self, x: Float[ArrayLike, "n d"], z: Float[ArrayLike, "m d"]) -> Float[Array, "n m"]:
        """T: the tangent kernel, K + hidden_rate (covariance of preactivations) E[phi' phi'].

        Args:
            x: n inputs, shape (n, d).
            z: m inputs, shape (m, d).

        Returns:
            The kernel (NTK), shape (n, m).
        """
        outer, inner = self._moments(jnp.asarray(x), jnp.asarray(z))
        return outer + jnp.asarray(self.hidden_rate) * inner

    def _moments(self, x: Array, z: Array) -> Moments:
        """K and the hidden layer's part of T."""
        scale, shift = jnp.asarray(self.weight_std) ** 2 / x.shape[1], jnp.asarray(self.bias_std) ** 2
        cross = scale * (x @ z.T) + shift
        left, right = scale * jnp.sum(x * x, axis=1) + shift, scale * jnp.sum(z * z, axis=1) + shift
        values, slopes = _MOMENTS[self.activation](cross, left[:, None], right[None, :])
        gain = jnp.asarray(self.output_std) ** 2
        return gain * values, gain * cross * slopes


def relu_moments(cross: Float[Array, "n m"], left: Float[Array, "n #m"], right: Float[Array, "#n m"]) -> Moments:
    """E[relu(u) relu(v)] and E[relu'(u) relu'(v)] of two centred Gaussians: the arc-cosine kernels (Cho and Saul 2009).

    Args:
        cross: covariances of u and v, shape (n, m).
        left: variances of u, shape (n, 1).
        right: variances of v, shape (1, m).

    Returns:
        The two moments, shape (n, m) each.
    """
    sizes = jnp.sqrt(left * right)
    cosine = jnp.where(sizes > 0, cross / jnp.where(sizes > 0, sizes, 1.0), 0.0)
    # an angle below the root of machine precision is rounding: the slopes' moment has a kink there
    cosine = jnp.where(jnp.abs(cosine) > 1 - 16 * jnp.finfo(cosine.dtype).eps, jnp.sign(cosine), cosine)
    angle = jnp.arccos(cosine)
    sine = jnp.sqrt((1 - cosine) * (1 + cosine))
    turned = (jnp.pi - angle) / (2 * jnp.pi)
    return sizes * (sine / (2 * jnp.pi) + turned * cosine), turned


def erf_moments(cross: Float[Array, "n m"], left: Float[Array, "n #m"], right: Float[Array, "#n m"]) -> Moments:
    """E[erf(u) erf(v)] and E[erf'(u) erf'(v)] of two centred Gaussians (Williams 1998).

    Args:
        cross: covariances of u and v, shape (n, m).
        left: variances of u, shape (n, 1).
        right: variances of v, shape (1, m).

    Returns:
        The two moments, shape (n, m) each.
    """
    spread = (1 + 2 * left) * (1 + 2 * right)
    return 2 / jnp.pi * jnp.arcsin(2 * cross / jnp.sqrt(spread)), 4 / jnp.pi / jnp.sqrt(spread - 4 * cross**2)


def square_moments(cross: Float[Array, "n m"], left: Float[Array, "n #m"], right: Float[Array, "#n m"]) -> Moments:
    """E[u^2 v^2] and E[4 u v] of two centred Gaussians (Isserlis).

    Args:
        cross: covariances of u and v, shape (n, m).
        left: variances of u, shape (n, 1).
        right: variances of v, shape (1, m).

    Returns:
        The two moments, shape (n, m) each.
    """
    return left * right + 2 * cross**2, 4 * cross


def linear_moments(cross: Float[Array, "n m"], left: Float[Array, "n #m"], right: Float[Array, "#n m"]) -> Moments:
    """E[u v] and 1.

    Args:
        cross: covariances of u and v, shape (n, m).
        left: variances of u, shape (n, 1).
        right: variances of v, shape (1, m).

    Returns:
        The two moments, shape (n, m) each.
    """
    return cross, jnp.ones_like(cross)


_MOMENTS: dict[str, Callable[..., Moments]] = {
    "relu": relu_moments,
    "erf": erf_moments,
    "square": square_moments,
    "linear": linear_moments,
}
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "relu": lambda u: jnp.maximum(u, 0),
    "erf": erf,
    "square": lambda u: u * u,
    "linear": lambda u: u,
}
"""The unit maps themselves, for finite networks to compare with."""


class OutputLaw(NamedTuple):
    """The Gaussian law of a trained network's outputs; outputs at one input are independent of each other.

    Attributes:
        mean: of each output at each input, shape (m, c); what infinitely many networks say on average.
        covariance: over inputs, of every single output, shape (m, m).
    """

    mean: Float[Array, "m c"]
    covariance: Float[Array, "m m"]

    @property
    def variance(self) -> Float[Array, " m"]:
        """Of every output at each input, shape (m,)."""
        return jnp.maximum(jnp.diagonal(self.covariance), 0.0)


def trained_law(
    network: WideNetwork,
    x: Float[ArrayLike, "n d"],
    y: Float[ArrayLike, "n c"],
    tests: Float[ArrayLike, "m d"],
    time: Num[ArrayLike, ""] = jnp.inf,
) -> OutputLaw:
    """What wide networks say after gradient flow on the squared loss from random weights, jointly over inputs.

    A network's output is f0(x) + A (y - f0(X)), A = T(x, X) T(X, X)^-1 (1 - exp(-T(X, X) t)), and f0 is Gaussian with
    covariance K; so the mean is A y and the covariance K - A K - K A' + A K A' (Lee et al. 2019, eqs. 14 and 15).

    Args:
        network: gives the kernels.
        x: training inputs, shape (n, d).
        y: their targets, shape (n, c).
        tests: inputs to ask at, shape (m, d).
        time: of training, in units of 1 / (learning rate x T) for the loss 1/2 sum |y - f|^2; by default to the end.
            Directions that the examples do not determine (repeated inputs) are then left as they began.

    Returns:
        Mean, shape (m, c), and covariance, shape (m, m).

    >>> law = trained_law(WideNetwork(), jnp.eye(3), jnp.eye(3), jnp.eye(3))
    >>> bool(jnp.allclose(law.mean, jnp.eye(3), atol=1e-5))
    True
    """
    x, y, tests = jnp.asarray(x), jnp.asarray(y), jnp.asarray(tests)
    learned = learned_map(network, x, tests, time)
    return OutputLaw(learned @ y, _covariance(network, x, tests, learned))


@eqx.filter_jit
def _covariance(network: WideNetwork, x: Array, tests: Array, learned: Array) -> Array:
    between = learned @ network.output_kernel(x, tests)
    within = learned @ network.output_kernel(x, x) @ learned.T
    return network.output_kernel(tests, tests) - between - between.T + within


def learned_map(
    network: WideNetwork, x: Float[ArrayLike, "n d"], tests: Float[ArrayLike, "m d"], time: Num[ArrayLike, ""] = jnp.inf
) -> Float[Array, "m n"]:
    """The matrix A from residuals before training to the change of outputs; A y is the mean of trained networks.

    Args:
        network: gives the tangent kernel.
        x: training inputs, shape (n, d).
        tests: inputs to ask at, shape (m, d).
        time: of training, as for ``trained_law``.

    Returns:
        T(x, X) T(X, X)^-1 (1 - exp(-T(X, X) t)), shape (m, n).
    """
    return _learned(network, jnp.asarray(x), jnp.asarray(tests), jnp.asarray(time))


@eqx.filter_jit
def _learned(network: WideNetwork, x: Array, tests: Array, time: Array) -> Array:
    values, vectors = jnp.linalg.eigh(network.tangent_kernel(x, x))
    kept = values > _SINGULAR * values[-1]
    safe = jnp.where(kept, values, 1.0)
    gains = jnp.where(kept, -jnp.expm1(-safe * time) / safe, 0.0)
    return (network.tangent_kernel(tests, x) @ (vectors * gains[None, :])) @ vectors.T
