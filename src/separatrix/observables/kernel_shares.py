"""A kernel as a mixture of two others: whose geometry a layer has, the input's or the target's."""

from typing import NamedTuple

import numpy as np


class KernelShares(NamedTuple):
    """How a kernel is best mixed of two.

    Attributes:
        target: share of the targets' kernel in the mixture, from 0 (the inputs' alone) to 1.
        explained: cosine between the kernel and that mixture.
        sine: of the angle between the two kernels; near 0 they cannot be told apart.
    """

    target: float
    explained: float
    sine: float


def kernel_shares(input_alignment: float, target_alignment: float, between: float) -> KernelShares:
    """Write a kernel as a non-negative mixture of the inputs' and the targets', by least squares.

    All kernels are centred and of norm 1, so that three cosines are all that is needed.

    Args:
        input_alignment: centred alignment of the kernel with that of the inputs.
        target_alignment: with that of the targets.
        between: of these two with each other.

    Returns:
        The mixture.

    >>> kernel_shares(1.0, 0.3, 0.3).target, kernel_shares(0.3, 1.0, 0.3).target
    (0.0, 1.0)
    """
    apart = max(1 - between**2, 1e-12)
    of_input = (input_alignment - between * target_alignment) / apart
    of_target = (target_alignment - between * input_alignment) / apart
    if of_target <= 0 or of_input <= 0:
        alone = input_alignment >= target_alignment
        return KernelShares(0.0 if alone else 1.0, float(max(input_alignment, target_alignment)), float(np.sqrt(apart)))
    size = np.sqrt(max(of_input * input_alignment + of_target * target_alignment, 0.0))
    return KernelShares(float(of_target / (of_input + of_target)), float(size), float(np.sqrt(apart)))
