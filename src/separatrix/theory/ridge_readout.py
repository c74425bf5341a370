"""The signal that a ridge readout sends back to its features (Tian 2025, stages I and III).

While hidden weights hardly move, the output layer fits the features F by ridge regression. What it sends back,

    G = P (Y - F V) V^T,    V = (Ft^T Ft + eta I)^-1 Ft^T Yt,    Ft = P F, Yt = P Y, P = I - 1 1^T / n,

is, by push-through identities,

    G = eta A^-1 Yt Yt^T A^-1 Ft,    A = Ft Ft^T + eta I,

which vanishes with eta, and tends to Yt Yt^T Ft / eta, column by column the gradient of a unit's own energy, for
large eta.
"""

import jax.numpy as jnp
import jax.scipy.linalg
from jaxtyping import Array, Float


def ridge_readout(
    features: Float[Array, "n k"], targets: Float[Array, "n c"], eta: float | Float[Array, ""]
) -> Float[Array, "k c"]:
    """The readout V of centred features and targets, (Ft^T Ft + eta I)^-1 Ft^T Yt.

    Args:
        features: F, one row an example; centred here.
        targets: Y; centred here.
        eta: the ridge, in squared units of the features, on the sum over examples.

    Returns:
        V.
    """
    ft, yt = _centred(features), _centred(targets)
    gram = ft.T @ ft + eta * jnp.eye(ft.shape[1], dtype=ft.dtype)
    return jax.scipy.linalg.solve(gram, ft.T @ yt, assume_a="pos")


def readout_signal(
    features: Float[Array, "n k"], targets: Float[Array, "n c"], readout: Float[Array, "k c"]
) -> Float[Array, "n k"]:
    """What any readout sends back to the features, P (Y - F V) V^T: minus the gradient of half the squared error.

    Args:
        features: F.
        targets: Y.
        readout: V.

    Returns:
        G, one column a unit.
    """
    return _centred(targets - features @ readout) @ readout.T


def ridge_signal(
    features: Float[Array, "n k"], targets: Float[Array, "n c"], eta: float | Float[Array, ""]
) -> Float[Array, "n k"]:
    """What the ridge readout sends back, in closed form: eta A^-1 Yt Yt^T A^-1 Ft with A = Ft Ft^T + eta I.

    Args:
        features: F.
        targets: Y.
        eta: the ridge, above zero.

    Returns:
        G, to rounding that of ``readout_signal`` with ``ridge_readout``.

    Source: Tian (arXiv:2509.21519), the exact form of the back-propagated gradient; here with examples on the outside,
    which needs no matrix of units by units.
    """
    ft = _centred(features)
    left = ridge_residual(features, targets, eta)
    return left @ (left.T @ ft) / eta


def ridge_residual(
    features: Float[Array, "n k"], targets: Float[Array, "n c"], eta: float | Float[Array, ""]
) -> Float[Array, "n c"]:
    """What the ridge readout leaves over, Yt - Ft V = eta (Ft Ft^T + eta I)^-1 Yt.

    Args:
        features: F of the units that are there.
        targets: Y.
        eta: the ridge, above zero.

    Returns:
        The residual; Yt itself when there are no units or eta is infinite.
    """
    ft, yt = _centred(features), _centred(targets)
    gram = ft @ ft.T + eta * jnp.eye(len(ft), dtype=ft.dtype)
    return eta * jax.scipy.linalg.solve(gram, yt, assume_a="pos")


def unit_coupling(features: Float[Array, "n k"], eta: float | Float[Array, ""]) -> Float[Array, "k k"]:
    """B = (Ft^T Ft + eta I)^-1, by which unit l enters the signal to unit j: similar units repel where B_lj < 0.

    Args:
        features: F.
        eta: the ridge, above zero.

    Returns:
        B.
    """
    ft = _centred(features)
    return jnp.linalg.inv(ft.T @ ft + eta * jnp.eye(ft.shape[1], dtype=ft.dtype))


def _centred(columns: Array) -> Array:
    return columns - jnp.mean(columns, axis=0, keepdims=True)
