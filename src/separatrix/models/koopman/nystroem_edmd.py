"""Nystroem EDMD: a kernel about a few of the snapshots, judged at all of them."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from separatrix.errors import bad_parameter
from separatrix.models.koopman.galerkin import Galerkin
from separatrix.models.koopman.kernels import KernelName, kernel_for
from separatrix.models.koopman.koopman_model import KoopmanModel
from separatrix.models.koopman.radial_basis import number_of_centres, seen_by, spread_centres
from separatrix.models.koopman.snapshots import Snapshots
from separatrix.models.trajectories import Trajectories


class NystroemEDMD(KoopmanModel):
    """EDMD whose dictionary is a kernel about some of the states: kernel EDMD at the cost of a small dictionary.

    The centres are fixed before anything is fitted, so that the snapshots are a quadrature as of any dictionary: from
    four of them a centre on, residuals certify, as long as ten of them see each kernel (`seen_by`). With all states as
    centres this is KernelEDMD, and void.

    Args:
        kernel: "gaussian", "laplace", "polynomial", or a function of two arrays of scaled states.
        centres: how many; None takes an eighth of the states, at most 100.
        placement: "spread" takes each next centre where the kernels of those before do worst (pivoted Cholesky),
            "random" draws them.
        length_scale: in standard deviations of the components; None for 2 sqrt(dimension).
        degree: of the polynomial kernel.
        rank: number of functions to keep, those that forecast the state first; None keeps all that are independent.
        lag: steps between the two states of a pair.
        tolerance: largest residual of a certified pair.
        random_state: seed of random centres.

    Source: Meanti et al., arXiv 2306.04520, for the centres; Colbrook and Townsend, arXiv 2111.14889, for residuals.

    >>> x = np.linspace(-1, 1, 100)
    >>> model = NystroemEDMD("polynomial", centres=3, degree=2).fit(x[:, None], 0.5 * x[:, None])
    >>> np.sort(model.eigenvalues_.real).round(6).tolist(), model.certificate_
    ([0.25, 0.5, 1.0], 'valid')
    """

    def __init__(
        self,
        kernel: KernelName | Callable = "gaussian",
        *,
        centres: int | None = None,
        placement: Literal["spread", "random"] = "spread",
        length_scale: float | None = None,
        degree: int = 3,
        rank: int | None = None,
        lag: int = 1,
        tolerance: float = 0.1,
        random_state: int = 0,
    ):
        self.kernel = kernel
        self.centres = centres
        self.placement = placement
        self.length_scale = length_scale
        self.degree = degree
        self.rank = rank
        self.lag = lag
        self.tolerance = tolerance
        self.random_state = random_state

    def _learn(self, series: Trajectories) -> None:
        states, owner = np.concatenate(series.states), type(self).__name__
        self.kernel_ = kernel_for(states, self.kernel, self.length_scale, self.degree, owner)
        count = number_of_centres(self.centres, len(states), owner)
        if self.placement == "spread":
            chosen = spread_centres(self.kernel_, states, count)[0]
        elif self.placement == "random":
            chosen = np.sort(np.random.default_rng(self.random_state).choice(len(states), count, replace=False))
        else:
            raise bad_parameter("placement", owner, "'spread' or 'random'", self.placement)
        self.centres_ = states[chosen]

    def _lift(self, states: np.ndarray) -> np.ndarray:
        return self.kernel_(states, self.centres_)

    def _certificate(self, pair: Galerkin, snapshots: Snapshots) -> str:
        found = super()._certificate(pair, snapshots)
        return seen_by(snapshots.px) if self.kernel_.local and found == "valid" else found
