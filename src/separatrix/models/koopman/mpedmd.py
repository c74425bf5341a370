"""Measure-preserving EDMD: a unitary model, whose eigenvalues all lie on the unit circle."""

from typing import Any

import numpy as np
from jaxtyping import Float

from separatrix.models.koopman.edmd import EDMD
from separatrix.models.koopman.galerkin import Galerkin
from separatrix.models.koopman.koopman_model import KoopmanModel
from separatrix.models.koopman.measure_preserving import measure_preserving
from separatrix.models.koopman.residuals import KoopmanPairs, residuals
from separatrix.models.koopman.snapshots import Snapshots


class MpEDMD(EDMD):
    """EDMD by the unitary matrix that fits best, for systems that keep a measure: forecasts neither grow nor die out.

    Snapshots must be spread as that measure is: a long series of an ergodic system, or an even grid. Residuals are
    those of the unitary model's pairs against the operator itself.

    Args:
        dictionary: as of EDMD.
        rank: as of EDMD.
        lag: as of EDMD.
        tolerance: largest residual of a certified pair.

    Attributes:
        least_: least singular value of the compressed operator; where it vanishes the nearest unitary matrix is not
            unique, and some of its eigenvalues are arbitrary: their residuals tell.

    Source: Colbrook, arXiv 2209.02244.

    >>> from separatrix.models.koopman.polynomials import Monomials
    >>> model = MpEDMD(Monomials(1)).fit(np.stack([np.cos(np.arange(200.0)), np.sin(np.arange(200.0))], axis=1))
    >>> np.sort(model.rates_.imag).round(2).tolist(), bool(np.allclose(np.abs(model.eigenvalues_), 1))
    ([-1.0, 0.0, 1.0], True)
    """

    def fit(self, X: Any, y: Any = None, times: Any = None) -> "KoopmanModel":
        """Fit the model.

        Args:
            X: as of EDMD.
            y: as of EDMD.
            times: as of EDMD.

        Returns:
            Itself.
        """
        return super().fit(X, y, times)

    def spectral_weights(self, observable: Float[np.ndarray, "M"]) -> Float[np.ndarray, "K"]:
        """The spectral measure of an observable: one atom at each eigenvalue.

        Args:
            observable: its values at the states of the fitted pairs, (M,).

        Returns:
            Weights of the atoms, in the order of ``eigenvalues_``, (K,).
        """
        coefficients = self.galerkin_.coefficients(observable[:, None])[:, 0]
        return np.square(np.abs(self.pairs_.left @ coefficients))

    def _eigenpairs(self, pair: Galerkin) -> KoopmanPairs:
        model = measure_preserving(pair)
        self.unitary_, self.least_ = model.unitary, model.least
        found = residuals(pair, model.eigenvalues, model.vectors)
        order = np.argsort(found, kind="stable")
        vectors = model.vectors[:, order]
        return KoopmanPairs(
            model.eigenvalues[order], vectors, model.functions[:, order], vectors.conj().T, found[order]
        )

    def _propagator(self, pair: Galerkin, snapshots: Snapshots) -> tuple[np.ndarray, np.ndarray]:
        return self.unitary_, pair.coefficients(snapshots.images)
