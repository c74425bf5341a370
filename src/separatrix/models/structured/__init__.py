"""Structured networks: butterflies, exact Hankel operators, and forecasts from windows with few parameters."""

from separatrix.models.structured.butterfly import Butterfly, fourier_butterfly, fourier_twiddles, interleaving
from separatrix.models.structured.estimator import StructuredNetwork
from separatrix.models.structured.hankel import dense_least_squares, hankel_least_squares, hankel_matrix
from separatrix.models.structured.network import StNN, hankel_network, structured_network

__all__ = [
    "Butterfly",
    "StNN",
    "StructuredNetwork",
    "dense_least_squares",
    "fourier_butterfly",
    "fourier_twiddles",
    "hankel_least_squares",
    "hankel_matrix",
    "hankel_network",
    "interleaving",
    "structured_network",
]
