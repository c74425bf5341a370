"""Reading a two-layer network out of a checkpoint: its width and the scale of its weights."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from separatrix.theory.infinite_width import WideNetwork


class TwoLayers(NamedTuple):
    """Scales of a two-layer network's weights, in the terms of ``WideNetwork``.

    Attributes:
        width: hidden units.
        weight_std: of the hidden weights, times the root of the number of inputs.
        bias_std: of the hidden biases.
        output_std: of the outgoing weights, times the root of the width.
        hidden_rate: learning rate of the hidden layer relative to the output layer's in the NTK parametrisation, when
            both are trained with one rate as they stand.
    """

    width: int
    weight_std: float
    bias_std: float
    output_std: float
    hidden_rate: float

    def wide(self) -> WideNetwork:
        """The infinitely wide network with these scales."""
        return WideNetwork("relu", self.weight_std, self.bias_std, self.output_std, self.hidden_rate)


def read_two_layers(weights: Mapping[str, np.ndarray], inputs: int, outputs: int) -> TwoLayers | None:
    """Scales of the weights, if these are those of a fully connected two-layer network.

    Args:
        weights: of a checkpoint at the start, by name; matrices in either orientation.
        inputs: of the network.
        outputs: of the network.

    Returns:
        The scales; None if there are not just two matrices that fit.
    """
    matrices = [np.asarray(w, float) for w in weights.values() if w.ndim == 2]
    if len(matrices) != 2:
        return None
    for first, second in (matrices, matrices[::-1]):
        widths = {n for n, d in (first.shape, first.shape[::-1]) if d == inputs}
        widths &= {n for n, c in (second.shape, second.shape[::-1]) if c == outputs}
        if len(widths) != 1:
            continue
        width = widths.pop()
        biases = [np.asarray(w, float) for w in weights.values() if w.ndim == 1 and w.size == width]
        hidden, outer = np.mean(first**2), np.mean(second**2)
        if hidden == 0 or outer == 0:
            return None
        # kernels n E[phi phi] of the output layer and n mean(v^2) E[phi' phi'] x.z of the hidden one
        rate = outer / hidden
        spread = float(np.sqrt(np.mean(biases[0] ** 2))) if biases else 0.0
        return TwoLayers(width, float(np.sqrt(hidden * inputs)), spread, float(np.sqrt(outer * width)), float(rate))
    return None
