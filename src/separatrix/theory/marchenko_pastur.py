r"""The Marchenko-Pastur law: eigenvalues of X X^T for a wide N x P matrix with independent entries of variance 1/N.

With :math:`\alpha=P/N` the density :math:`\sqrt{(\lambda_+-\lambda)(\lambda-\lambda_-)}/(2\pi\lambda)` on
:math:`\lambda_\pm=(\sqrt\alpha\pm1)^2` carries the mass :math:`\min(1,\alpha)`; for :math:`\alpha<1` the rest,
:math:`1-\alpha`, sits at zero: directions that no example shows.
"""

import functools

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from separatrix.theory.parameter_range import Numbers, checked
from separatrix.theory.spectral_measure import SpectralMeasure

_FINEST = 1e-6


def spectrum_edges(ratio: Numbers) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    r"""The ends :math:`(\sqrt\alpha\mp1)^2` of the bulk.

    Args:
        ratio: examples over parameters, alpha > 0.

    Returns:
        Smallest and largest eigenvalue other than zero.

    >>> [float(edge) for edge in spectrum_edges(4.0)]
    [1.0, 9.0]
    """
    root = jnp.sqrt(checked("ratio", "spectrum_edges", ratio, "(0, inf)"))
    return (root - 1) ** 2, (root + 1) ** 2


def spectral_density(eigenvalue: Numbers, ratio: Numbers) -> Float[Array, "..."]:
    """Density of the bulk; the mass at zero is not in it.

    Args:
        eigenvalue: where, broadcastable with ``ratio``.
        ratio: examples over parameters, alpha > 0.

    Returns:
        The density, 0 outside the bulk.
    """
    low, high = spectrum_edges(ratio)
    where = jnp.asarray(eigenvalue, float)
    inside = (where > low) & (where < high)
    safe = jnp.where(inside, where, (low + high) / 2)
    return jnp.where(inside, jnp.sqrt((high - safe) * (safe - low)) / (2 * jnp.pi * safe), 0.0)


def marchenko_pastur(ratio: Numbers, nodes: int = 128) -> SpectralMeasure:
    r"""The law as a quadrature that is accurate at every ratio, alpha = 1 included, and for every decay e^(-lambda t).

    With :math:`\lambda=1+\alpha-2\sqrt\alpha\cos\phi` the edges' square roots are gone and at alpha = 1 the density is
    finite, :math:`\frac2\pi\cos^2(\phi/2)\,d\phi`. Near alpha = 1 it varies over :math:`|\phi|\sim|1-\sqrt\alpha|`, and
    at late times over :math:`1/\sqrt t`: nodes are those of Gauss and Legendre in u with :math:`\phi=\epsilon\sinh u`,
    dense at small angles. The integral of smooth functions and of 1/lambda is good to 1e-10.

    Args:
        ratio: examples over parameters, alpha > 0, shape (...).
        nodes: of the quadrature.

    Returns:
        Nodes, shape (..., nodes), with weights of sum min(1, alpha); atom max(0, 1 - alpha).

    Raises:
        SeparatrixError: if a ratio is not positive and finite.

    >>> law = marchenko_pastur(0.5)
    >>> round(float(law.weights.sum()), 10), float(law.atom), round(float((law.weights / law.eigenvalues).sum()), 10)
    (0.5, 0.5, 1.0)
    """
    alpha = checked("ratio", "marchenko_pastur", ratio, "(0, inf)")
    angle, measure = _angles(nodes)
    root = jnp.sqrt(alpha)[..., None]
    lead = (1,) * alpha.ndim
    half = jnp.asarray(np.sin(angle / 2) ** 2).reshape(*lead, -1)
    eigenvalues = (1 - root) ** 2 + 4 * root * half
    weights = 2 * root**2 * jnp.asarray(np.sin(angle) ** 2 * measure / np.pi).reshape(*lead, -1) / eigenvalues
    return SpectralMeasure(eigenvalues, weights, jnp.maximum(1 - alpha, 0.0))


@functools.cache
def _angles(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes in the angle and their weights for integrals over it from 0 to pi."""
    points, shares = np.polynomial.legendre.leggauss(nodes)
    length = np.arcsinh(np.pi / _FINEST)
    stretched = length * (points + 1) / 2
    return _FINEST * np.sinh(stretched), _FINEST * np.cosh(stretched) * length * shares / 2


def resolvent_trace(penalty: Numbers, ratio: Numbers) -> Float[Array, "..."]:
    r"""The mean of 1 / (lambda + penalty) over the law, the mass at zero included, in closed form.

    Args:
        penalty: gamma > 0, broadcastable with ``ratio``.
        ratio: examples over parameters, alpha > 0.

    Returns:
        :math:`m(\gamma)=\frac{\sqrt{(\gamma+\alpha-1)^2+4\gamma}-(\gamma+\alpha-1)}{2\gamma}`.

    Raises:
        SeparatrixError: if a penalty or ratio is not positive and finite.

    >>> round(float(resolvent_trace(1.0, 1.0)), 6)
    0.618034
    """
    gamma = checked("penalty", "resolvent_trace", penalty, "(0, inf)")
    shift = gamma + checked("ratio", "resolvent_trace", ratio, "(0, inf)") - 1
    root = jnp.sqrt(shift**2 + 4 * gamma)
    # of two equal forms, the one that does not subtract equals
    return jnp.where(shift > 0, 2 / (root + jnp.abs(shift)), (root + jnp.abs(shift)) / (2 * gamma))
