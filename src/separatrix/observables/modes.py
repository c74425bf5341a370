r"""Mode strengths: how much of each direction of the input-output correlation a network has learned.

With means over examples, :math:`\Sigma_{yx} = \langle y x^T\rangle = U S V^T`. A network that outputs :math:`\hat y`
has learned of mode a the strength :math:`u_a^T\langle\hat y x^T\rangle v_a / v_a^T\Sigma_{xx}v_a`; once learned it is
:math:`s_a / v_a^T\Sigma_{xx}v_a`. For a linear network W whose v_a are eigenvectors of :math:`\Sigma_{xx}` this is
:math:`u_a^T W v_a` (Saxe, McClelland and Ganguli 2014); for any other network it is the part of its function along the
mode.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from separatrix.errors import SeparatrixError


class CorrelationModes(NamedTuple):
    """The singular vectors of the input-output correlation, in order of falling correlation.

    Attributes:
        outputs: the vectors u_a as columns, shape (c, k).
        correlations: the singular values s_a, shape (k,).
        inputs: the vectors v_a as columns, shape (d, k).
        variances: the second moment of the inputs along each v_a, shape (k,).
    """

    outputs: Float[Array, "c k"]
    correlations: Float[Array, " k"]
    inputs: Float[Array, "d k"]
    variances: Float[Array, " k"]

    @property
    def strengths(self) -> Float[Array, " k"]:
        """What ``mode_strengths`` tends to when every mode is learned, shape (k,)."""
        return _over_variance(self.correlations, self.variances)


def _over_variance(projection: Array, variances: Array) -> Array:
    positive = variances > 0
    return jnp.where(positive, projection / jnp.where(positive, variances, 1.0), 0.0)


def correlation_modes(targets: Float[ArrayLike, "n c"], inputs: Float[ArrayLike, "m d"]) -> CorrelationModes:
    """The modes of a task, from its data.

    Args:
        targets: shape (n, c).
        inputs: shape (n, d), as many as targets.

    Returns:
        The k = min(c, d) modes.

    Raises:
        SeparatrixError: if the numbers of examples differ.
    """
    targets, inputs = jnp.asarray(targets), jnp.asarray(inputs)
    if targets.shape[0] != inputs.shape[0]:
        raise SeparatrixError(f"{targets.shape[0]} targets for {inputs.shape[0]} inputs: give one target an input.")
    left, values, right = jnp.linalg.svd(targets.T @ inputs / inputs.shape[0], full_matrices=False)
    variances = jnp.mean((inputs @ right.T) ** 2, axis=0)
    return CorrelationModes(left, values, right.T, variances)


def mode_strengths(
    outputs: Float[ArrayLike, "n c"], inputs: Float[ArrayLike, "n d"], modes: CorrelationModes
) -> Float[Array, " k"]:
    """Strength to which a network has learned each mode of its task, for any network.

    Args:
        outputs: what the network says, shape (n, c).
        inputs: what it was shown, shape (n, d).
        modes: the modes of the task, of ``correlation_modes(targets, inputs)``.

    Returns:
        One strength a mode, shape (k,), in units of target over input; compare with ``modes.strengths``.
    """
    outputs, inputs = jnp.asarray(outputs), jnp.asarray(inputs)
    projection = jnp.mean((outputs @ modes.outputs) * (inputs @ modes.inputs), axis=0)
    return _over_variance(projection, modes.variances)
