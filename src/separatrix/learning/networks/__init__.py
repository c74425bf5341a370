"""Networks that act on one example (map them over a batch); every array in them is a parameter."""

from separatrix.learning.networks import activations, initialisers
from separatrix.learning.networks.attention import LinearAttention, linear_attention
from separatrix.learning.networks.committee import Committee, committee
from separatrix.learning.networks.convolutional import (
    Patches,
    TwoLayerConvolutional,
    patches_of_image,
    patches_of_signal,
    two_layer_convolutional,
)
from separatrix.learning.networks.deep_linear import DeepLinear, deep_linear
from separatrix.learning.networks.diagonal import DiagonalLinear
from separatrix.learning.networks.fixed_readout import FixedReadout, fixed_readout
from separatrix.learning.networks.initialisers import aligned, gaussian, orthogonal, scaled, scaled_gaussian
from separatrix.learning.networks.perceptron import Perceptron, perceptron
from separatrix.learning.networks.saturating import NO_LIMIT, Clipped
from separatrix.learning.networks.threshold import boolean_functions, boolean_inputs, threshold_network_counts
from separatrix.learning.networks.two_layer import TwoLayer, two_layer

__all__ = [
    "NO_LIMIT",
    "Clipped",
    "Committee",
    "DeepLinear",
    "DiagonalLinear",
    "FixedReadout",
    "LinearAttention",
    "Patches",
    "Perceptron",
    "TwoLayer",
    "TwoLayerConvolutional",
    "activations",
    "aligned",
    "boolean_functions",
    "boolean_inputs",
    "committee",
    "deep_linear",
    "fixed_readout",
    "gaussian",
    "initialisers",
    "linear_attention",
    "orthogonal",
    "patches_of_image",
    "patches_of_signal",
    "perceptron",
    "scaled",
    "scaled_gaussian",
    "threshold_network_counts",
    "two_layer",
    "two_layer_convolutional",
]
