"""Dynamic mode decomposition of delays: a linear model of the present and the past."""

from separatrix.models.koopman.delays import Delays
from separatrix.models.koopman.edmd import EDMD


class HankelDMD(EDMD):
    """EDMD whose dictionary is the state now and at steps before: for series that show only part of their system.

    Args:
        delays: successive states in each row of the Hankel matrix, the present one included.
        rank: number of functions to keep; None keeps all that are independent.
        lag: steps between the two states of a pair.
        tolerance: largest residual of a certified pair.

    Source: Arbabi and Mezic, arXiv 1611.06664.

    >>> import numpy as np
    >>> model = HankelDMD(delays=2).fit(np.cos(0.5 * np.arange(50.0)))
    >>> np.sort(model.rates_.imag).round(6).tolist()
    [-0.5, 0.5]
    """

    def __init__(self, delays: int = 5, *, rank: int | None = None, lag: int = 1, tolerance: float = 0.1):
        self.delays = delays
        self.rank = rank
        self.lag = lag
        self.tolerance = tolerance

    @property
    def dictionary(self) -> Delays:
        """The delays, as a dictionary."""
        return Delays(self.delays)
