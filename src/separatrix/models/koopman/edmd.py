"""Extended dynamic mode decomposition, and the same cleaned of what its residuals do not bear out."""

import copy
from typing import Any

import numpy as np
from sklearn.base import clone

from separatrix.models.koopman.compression import invariant_functions, restricted
from separatrix.models.koopman.dictionary import Dictionary
from separatrix.models.koopman.galerkin import Galerkin
from separatrix.models.koopman.koopman_model import KoopmanModel
from separatrix.models.koopman.polynomials import Monomials
from separatrix.models.koopman.radial_basis import RadialBasis, seen_by
from separatrix.models.koopman.residuals import eigenpairs
from separatrix.models.koopman.snapshots import Snapshots
from separatrix.models.trajectories import Trajectories


class EDMD(KoopmanModel):
    """The Koopman operator compressed to a dictionary by least squares; each eigenpair with its residual.

    With inputs, their linear effect on the dictionary is fitted along (DMDc for a dictionary).

    Args:
        dictionary: Monomials, Legendre, Fourier, RadialBasis, Delays, TrainedDictionary, or any transformer that gives
            one row a state; None for Monomials(2).
        rank: number of functions to keep, those that forecast the state first; None keeps all.
        lag: steps between the two states of a pair.
        tolerance: largest residual of a certified pair.

    Source: Williams, Kevrekidis and Rowley, arXiv 1408.4408; residuals: Colbrook and Townsend, arXiv 2111.14889.

    >>> model = EDMD(Monomials(2)).fit(0.8 ** np.arange(20.0))  # x -> 0.8 x, so that x^2 -> 0.64 x^2
    >>> np.sort(model.eigenvalues_.real).round(6).tolist(), model.verdicts_.tolist()
    ([0.64, 0.8, 1.0], ['certified', 'certified', 'certified'])
    """

    def __init__(self, dictionary: Any = None, *, rank: int | None = None, lag: int = 1, tolerance: float = 0.1):
        self.dictionary = dictionary
        self.rank = rank
        self.lag = lag
        self.tolerance = tolerance

    @property
    def history(self) -> int:  # type: ignore[override]
        """Number of successive states that one value of the dictionary needs."""
        return getattr(self.dictionary, "history", 1)

    def _learn(self, series: Trajectories) -> None:
        dictionary: Any = Monomials(2) if self.dictionary is None else self.dictionary
        # of our own dictionaries ``fit`` sets all that is learnt, so that a copy does, at a tenth of the time
        dictionary = copy.copy(dictionary) if isinstance(dictionary, Dictionary) else clone(dictionary)
        own = series if hasattr(dictionary, "history") else np.concatenate(series.states)
        self.dictionary_ = dictionary.fit(own)

    def _lift(self, states: np.ndarray) -> np.ndarray:
        if isinstance(self.dictionary_, Dictionary):
            return self.dictionary_._evaluate(states)  # these states are checked already
        return np.asarray(self.dictionary_.transform(states))

    def _certificate(self, pair: Galerkin, snapshots: Snapshots) -> str:
        found = super()._certificate(pair, snapshots)
        local = isinstance(self.dictionary_, RadialBasis)
        return seen_by(snapshots.px) if local and found == "valid" else found


class ResDMD(EDMD):
    """EDMD of which only the eigenpairs with a small residual are kept, for analysis and for forecasts alike.

    The kept eigenfunctions span a space that the compressed operator maps into itself, so that nothing of the dropped
    pairs comes back in powers of the matrix.

    Args:
        dictionary: as of EDMD.
        rank: as of EDMD.
        lag: as of EDMD.
        tolerance: largest residual of a pair that is kept.

    Attributes:
        rejected_eigenvalues_: of the pairs that were dropped.
        rejected_residuals_: and their residuals.

    Source: Colbrook and Townsend, arXiv 2111.14889, algorithm 2.

    >>> angles = np.arange(400.0)
    >>> model = ResDMD(Monomials(3)).fit(np.cos(angles))  # the cosine alone does not say where it goes
    >>> model.eigenvalues_.real.round(6).tolist(), len(model.rejected_eigenvalues_)
    ([1.0], 3)
    """

    def _compressed(self, snapshots: Snapshots) -> Galerkin:
        pair = super()._compressed(snapshots)
        pairs = eigenpairs(pair)
        kept = pairs.residuals <= self.tolerance
        if np.isrealobj(pair.q):  # a pair at the very edge is kept or dropped together with its conjugate
            kept |= np.isin(pairs.eigenvalues, pairs.eigenvalues[kept].conj())
        self.rejected_eigenvalues_, self.rejected_residuals_ = pairs.eigenvalues[~kept], pairs.residuals[~kept]
        return restricted(pair, invariant_functions(pair, pairs.vectors[:, kept]))
