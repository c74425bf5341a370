r"""Double descent in time: a linear student sees some features large, others small, and learns the large ones first.

While only the large ones are learned, the target's part on the others is noise to the student, and is fitted as noise
is. The test error falls, rises, and falls again when their turn comes, at a time that grows with the square of the
ratio of sizes (Pezeshki, Mitra, Bengio and Lajoie 2021, arXiv 2112.03215).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from separatrix.theory.parameter_range import Numbers, checked
from separatrix.theory.ridge_equivalent import FeatureScales, OrderParameters


class DataModes(NamedTuple):
    """The modes in which descent learns one data set, X = Z F = U S V^T.

    Attributes:
        eigenvalues: of X^T X, shape (d,).
        examples: U, each example's part in each mode, shape (n, d).
        outgoing: V^T F, what a mode does to a test input, shape (d, d).
        incoming: V^T F^-1, what of a teacher a mode takes up, shape (d, d).
    """

    eigenvalues: Float[Array, " d"]
    examples: Float[Array, "n d"]
    outgoing: Float[Array, "d d"]
    incoming: Float[Array, "d d"]


def data_modes(latent: Float[ArrayLike, "n d"], modulation: Float[ArrayLike, " d"]) -> DataModes:
    """Modes of the student's inputs X = Z F for a diagonal F; rotations of F change nothing that is averaged here.

    Args:
        latent: Z, one row an example of variance 1/d an entry, shape (n, d) with n >= d.
        modulation: the diagonal of F, shape (d,).

    Returns:
        The modes, from the singular value decomposition: small eigenvalues are not lost.
    """
    sizes = jnp.asarray(modulation)
    tall, square = jnp.linalg.qr(jnp.asarray(latent))
    left, values, right = jnp.linalg.svd(square * sizes[None, :])
    return DataModes(values**2, tall @ left, right * sizes[None, :], right / sizes[None, :])


def exact_order_parameters(
    modes: DataModes, learned: Float[Array, "*batch d"], noise: Numbers = 0.0
) -> OrderParameters:
    """R, Q and the error on one data set, averaged over teachers of variance 1 and over noise (paper, eqs 9 and 10).

    Args:
        modes: of the data set.
        learned: share K of each mode that is learned, for example 1 - (1 - rate x eigenvalue)^steps, shape (..., d).
        noise: variance of the training noise.

    Returns:
        R, Q and the error, shape (...).

    >>> import numpy as np
    >>> modes = data_modes(np.eye(4), np.ones(4))
    >>> [float(value) for value in exact_order_parameters(modes, jnp.full(4, 0.5))]
    [0.5, 0.25, 0.125]
    """
    d = modes.eigenvalues.shape[0]
    alignment = jnp.sum(learned, axis=-1) / d
    overlaps = (modes.outgoing @ modes.outgoing.T) * (modes.incoming @ modes.incoming.T)
    norm = jnp.sum((learned @ overlaps) * learned, axis=-1) / d
    norm = norm + jnp.asarray(noise) * (learned**2 @ (jnp.sum(modes.outgoing**2, axis=1) / modes.eigenvalues)) / d
    return OrderParameters(alignment, norm, (1 - 2 * alignment + norm) / 2)


def decoupled_order_parameters(
    scales: FeatureScales, penalty: Numbers, noise: Numbers = 0.0, doubled: bool = False
) -> OrderParameters:
    """The paper's scalar formulas for ridge regression with two groups (eqs 14 to 16), each as if it had all examples.

    An approximation, right only where the groups do not meet: ``ridge_order_parameters`` has what is exact.

    Args:
        scales: two groups, of the same power a feature.
        penalty: r > 0, shape (...).
        noise: variance of the training noise.
        doubled: multiply the second group's penalty by 2, as the authors' program does.

    Returns:
        R, Q and the error, shape (...).

    Raises:
        SeparatrixError: if the penalty is not positive and finite.
    """
    r = checked("penalty", "decoupled_order_parameters", penalty, "(0, inf)")[..., None]
    groups = (1,) * (r.ndim - 1) + (2,)
    share = (scales.counts * scales.powers).reshape(groups)  # p_i / d
    load = (scales.examples / scales.counts).reshape(groups)
    factors = jnp.array([1.0, 2.0 if doubled else 1.0])
    scaled = r * (factors / (scales.counts * scales.variances)).reshape(groups)
    gap = 1 - load - scaled
    # of two equal forms of the root, the one that does not subtract equals
    root = jnp.sqrt(gap**2 + 4 * scaled)
    a = 1 + jnp.where(gap > 0, 2 * scaled / (root + jnp.abs(gap)), (root - gap) / 2)
    alignment = load * share / a
    b = load / (a**2 - load)
    c = 1 + jnp.asarray(noise) - 2 * alignment[..., ::-1] - (2 - a) / a * load * share
    both = (b[..., 0] * b[..., 1])[..., None]
    norms = (both * c[..., ::-1] + b * c) / (1 - both)
    total, norm = jnp.sum(alignment, axis=-1), jnp.sum(norms, axis=-1)
    return OrderParameters(total, norm, (1 - 2 * total + norm) / 2)


def plateau_error(scales: FeatureScales, learned: int, noise: Numbers = 0.0) -> Float[Array, "..."]:
    r"""Half the squared test error while the first groups are learned and the others not at all.

    With p features learned and the power P not, :math:`\frac12[P+(P+noise)\,p/(n-p)]`: signal not yet learned acts
    as label noise.

    Args:
        scales: of the features, the largest first; the p learned ones must be fewer than the examples.
        learned: how many groups are learned.
        noise: variance of the training noise.

    Returns:
        The height.

    >>> from separatrix.theory.ridge_equivalent import two_scales
    >>> round(float(plateau_error(two_scales(100, 60, 50.0, 150), 1)), 4)
    0.3333
    """
    p = jnp.sum(scales.counts[:learned])
    missing = jnp.sum((scales.counts * scales.powers)[learned:])
    return (missing + (missing + jnp.asarray(noise)) * p / (scales.examples - p)) / 2


def largest_noise_of_descent(scales: FeatureScales, learned: int) -> Float[Array, ""]:
    r"""The variance of label noise above which the last plateau is lower than the end of training.

    Learning the remaining q features gains their power P times n/(n - p), and costs
    :math:`noise\,[d/(n-d)-p/(n-p)]`: they balance at :math:`P\,(n-d)/q`. For a teacher of equal power on all d features
    this is n/d - 1, whatever p is.

    Args:
        scales: of the features, the largest first, fewer than the examples.
        learned: how many groups are learned on the plateau.

    Returns:
        The variance.

    >>> from separatrix.theory.ridge_equivalent import two_scales
    >>> [round(float(largest_noise_of_descent(two_scales(100, p, 50.0, 150), 1)), 6) for p in (20, 60)]
    [0.5, 0.5]
    """
    missing = jnp.sum((scales.counts * scales.powers)[learned:])
    left = jnp.sum(scales.counts[learned:])
    return missing * (scales.examples - jnp.sum(scales.counts)) / left


def bump_height(errors: Float[ArrayLike, "*batch times"]) -> Float[Array, "*batch"]:
    """How far a curve climbs, and comes down again: the prominence of its highest peak between two lower points.

    Args:
        errors: in the order of time, shape (..., times).

    Returns:
        The height in the unit of the errors; 0 for a curve that only falls, only rises, or has a single valley.

    >>> float(bump_height(jnp.array([5.0, 1.0, 4.0, 2.0]))), float(bump_height(jnp.array([5.0, 1.0, 4.0])))
    (2.0, 0.0)
    """
    values = jnp.asarray(errors)
    before = jax.lax.cummin(values, axis=values.ndim - 1)
    after = jax.lax.cummin(values, axis=values.ndim - 1, reverse=True)
    return jnp.max(values - jnp.maximum(before, after), axis=-1)
