"""Two-layer convolutional networks: each unit is a kernel that slides over patches of the input."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.errors import SeparatrixError
from separatrix.learning.networks.initialisers import Initialiser, scaled_gaussian

Patches = tuple[tuple[int, ...], ...]
"""For each patch, the indices of its entries in the flattened input."""


class TwoLayerConvolutional(eqx.Module):
    """f(x) = sum_i sum_p v_{i,p} phi(u_i . x_p), x_p the patches of x (Zhang, Saxe & Latham 2025).

    Attributes:
        u: kernels, one row a unit, shape (units, size).
        v: outgoing weights of each unit and patch, shape (units, patches, c).
        patches: which entries of the flattened input make up each patch; not a parameter.
        activation: phi, elementwise; not a parameter.
    """

    u: Float[Array, "units size"]
    v: Float[Array, "units patches c"]
    patches: Patches = eqx.field(static=True)
    activation: Callable = eqx.field(static=True)

    def __call__(self, x: Float[Array, "..."]) -> Float[Array, " c"]:
        """The output for one input.

        Args:
            x: one input of any shape; it is flattened.

        Returns:
            The output, shape (c,).
        """
        seen = jnp.ravel(x)[np.asarray(self.patches)]
        return jnp.einsum("ip,ipc->c", self.activation(self.u @ seen.T), self.v)


def patches_of_signal(length: int, size: int, stride: int = 1) -> Patches:
    """The windows of a one-dimensional input.

    Args:
        length: number of entries of the input.
        size: entries in a window.
        stride: entries between the starts of neighbouring windows.

    Returns:
        The indices of each window.

    Raises:
        SeparatrixError: when the window does not fit.

    >>> patches_of_signal(4, 2, 2)
    ((0, 1), (2, 3))
    """
    if not 1 <= size <= length or stride < 1:
        raise SeparatrixError(
            f"Patches need a size in [1, {length}] and a stride of 1 or more. Got size {size} and stride {stride}."
        )
    return tuple(tuple(range(start, start + size)) for start in range(0, length - size + 1, stride))


def patches_of_image(height: int, width: int, size: int, stride: int = 1) -> Patches:
    """The square patches of an image, row by row, as indices into its flattened pixels.

    Args:
        height: rows of the image.
        width: columns of the image.
        size: pixels along the side of a patch.
        stride: pixels between neighbouring patches.

    Returns:
        The indices of each patch, size * size of them.
    """
    rows, columns = patches_of_signal(height, size, stride), patches_of_signal(width, size, stride)
    return tuple(tuple(r * width + c for r in row for c in column) for row in rows for column in columns)


def two_layer_convolutional(
    key: PRNGKeyArray,
    patches: Patches,
    units: int,
    outputs: int,
    activation: Callable,
    initialiser: Initialiser | None = None,
) -> TwoLayerConvolutional:
    """A two-layer convolutional network with random weights.

    Args:
        key: draws the weights.
        patches: from ``patches_of_signal`` or ``patches_of_image``.
        units: number of kernels.
        outputs: number of outputs.
        activation: elementwise; ``activations.linear`` for the linear network.
        initialiser: called with the shapes (units, size) and (outputs, units * patches); entries N(0, 1 / fan-in)
            when left out.

    Returns:
        The network.
    """
    draw = scaled_gaussian() if initialiser is None else initialiser
    first, second = jax.random.split(key)
    v = draw(second, (outputs, units * len(patches))).reshape(outputs, units, len(patches))
    return TwoLayerConvolutional(draw(first, (units, len(patches[0]))), jnp.moveaxis(v, 0, -1), patches, activation)
