"""Kernel EDMD: the dictionary is a kernel about every snapshot, so residuals are taken where it was not fitted."""

import dataclasses
from collections.abc import Callable

import numpy as np
from jaxtyping import Bool
from scipy import linalg

from separatrix.errors import bad_parameter
from separatrix.models.koopman.galerkin import Galerkin, galerkin
from separatrix.models.koopman.kernels import KernelName, kernel_for
from separatrix.models.koopman.koopman_model import KoopmanModel
from separatrix.models.koopman.radial_basis import seen_by, spread_centres
from separatrix.models.koopman.reading import InvalidData
from separatrix.models.koopman.residuals import OVERSAMPLING, KoopmanPairs, eigenpairs
from separatrix.models.koopman.snapshots import Snapshots
from separatrix.models.trajectories import Trajectories

SMALLEST = 1e-6
"""Share of the largest singular value of the kernel's functions down to which principal components are kept."""


class KernelEDMD(KoopmanModel):
    """The Koopman operator on the leading principal components of a kernel about every snapshot.

    The Gram matrix G = k(x_m, x_n) is factorised to rounding by pivoted Cholesky, G = L L^T, so that for smooth kernels
    neither it nor its M functions are ever formed. With L = U S V^T, the functions have the values U at the snapshots;
    the compressed operator is similar to S^{-1} U^T k(y_m, x_n) U S^{-1}.

    Residuals at those same snapshots would certify nothing: M functions interpolate any M images; and even few of a
    narrow kernel are large at the snapshots that they were made for and small elsewhere, so that their norm is
    overrated and every system seems to map them to nothing. So the last part of each series is kept out of the fit, and
    ||(C - lambda Q) v|| / ||Q v|| is evaluated there, with the kernel between its snapshots and those of the fit. The
    functions and eigenvalues are then fixed before the quadrature is drawn, and four snapshots for each component are
    asked for, as of any dictionary.

    Args:
        kernel: "gaussian", "laplace", "polynomial", or a function of two arrays of scaled states.
        length_scale: in standard deviations of the components; None for 2 sqrt(dimension).
        degree: of the polynomial kernel.
        rank: number of principal components; None takes all that are independent and can be certified.
        held_back: share of each series, at its end, for the residuals, in [0, 1); at 0 the certificate is void.
        lag: steps between the two states of a pair.
        tolerance: largest residual of a certified pair.

    Source: Williams, Rowley and Kevrekidis, arXiv 1411.2260; on residuals: Colbrook and Townsend, arXiv 2111.14889,
        section 6.

    >>> x = np.linspace(-1, 1, 100)  # x -> 0.5 x; the kernel spans polynomials up to degree 2
    >>> model = KernelEDMD("polynomial", degree=2, held_back=0.2).fit(x[:, None], 0.5 * x[:, None])
    >>> np.sort(model.eigenvalues_.real).round(6).tolist(), model.certificate_
    ([0.25, 0.5, 1.0], 'valid')
    """

    def __init__(
        self,
        kernel: KernelName | Callable = "gaussian",
        *,
        length_scale: float | None = None,
        degree: int = 3,
        rank: int | None = None,
        held_back: float = 0.2,
        lag: int = 1,
        tolerance: float = 0.1,
    ):
        self.kernel = kernel
        self.length_scale = length_scale
        self.degree = degree
        self.rank = rank
        self.held_back = held_back
        self.lag = lag
        self.tolerance = tolerance

    def _learn(self, series: Trajectories) -> None:
        if not 0 <= self.held_back < 1:
            raise bad_parameter("held_back", type(self).__name__, "a float in the range [0, 1)", self.held_back)
        if series.inputs is not None:
            raise InvalidData("KernelEDMD interpolates its snapshots, whatever the inputs. Use NystroemEDMD with them.")
        self.centres_ = None
        states = np.concatenate(series.states)
        self.kernel_ = kernel_for(states, self.kernel, self.length_scale, self.degree, type(self).__name__)

    def _lift(self, states: np.ndarray) -> np.ndarray:
        # until the fit has chosen centres among the pairs that it is not to be judged at, pairs carry bare states
        return states if self.centres_ is None else self.kernel_(states, self.centres_)

    def _fitted(self, snapshots: Snapshots) -> Snapshots:
        held = held_back_rows(snapshots, self.held_back)
        self._held_states_, self._held_images_ = snapshots.states[held], snapshots.images[held]
        return snapshots.select(~held)

    def _compressed(self, snapshots: Snapshots) -> Galerkin:
        fitted, held, most = snapshots.states, len(self._held_states_), self.rank
        if most is None and held:
            most = max(1, held // OVERSAMPLING)
        chosen, factor = spread_centres(self.kernel_, fitted, len(fitted))
        u, sizes, vt = np.linalg.svd(factor, full_matrices=False)
        kept = min(int(np.sum(sizes > SMALLEST * sizes[0])), len(sizes) if most is None else most)
        root = np.sqrt(len(fitted))
        unmixed = vt[:kept].T * (root / sizes[:kept])[None, :]
        basis = linalg.solve_triangular(factor[chosen].T, unmixed)
        self.centres_ = fitted[chosen]
        weights = np.full(len(fitted), 1 / len(fitted))
        condition = float(sizes[0] / sizes[kept - 1])
        sides = self._held_states_, self._held_images_
        self._held_ = tuple(self._lift(side) @ basis for side in sides) if held else None
        return Galerkin(basis, u[:, :kept], self._lift(snapshots.images) @ basis / root, weights, condition)

    def _quadrature(self) -> Galerkin:
        return self.galerkin_ if self._held_ is None else galerkin(*self._held_)

    def _eigenpairs(self, pair: Galerkin) -> KoopmanPairs:
        pairs = eigenpairs(pair)
        if self._held_ is None:
            return pairs
        at, after = (side @ pairs.vectors for side in self._held_)
        sizes = np.linalg.norm(at, axis=0)
        found = np.linalg.norm(after - at * pairs.eigenvalues[None, :], axis=0)
        found = np.divide(found, sizes, out=np.full_like(found, np.inf), where=sizes > 0)
        order = np.argsort(found, kind="stable")
        return dataclasses.replace(
            pairs,
            eigenvalues=pairs.eigenvalues[order],
            vectors=pairs.vectors[:, order],
            functions=pairs.functions[:, order],
            left=pairs.left[order],
            residuals=found[order],
        )

    def _certificate(self, pair: Galerkin, snapshots: Snapshots) -> str:
        if self._held_ is None:
            return (
                f"void: the {pair.snapshots} snapshots are those that the kernel functions are laid through; keep some "
                "out of the fit by held_back"
            )
        needed, held = OVERSAMPLING * pair.rank, len(self._held_[0])
        if held >= needed:
            return seen_by(self._held_[0]) if self.kernel_.local else "valid"
        return f"void: {held} snapshots held back for {pair.rank} functions, which need {needed}"


def held_back_rows(snapshots: Snapshots, share: float) -> Bool[np.ndarray, "M"]:
    """The last part of each series.

    Args:
        snapshots: pairs of one series after the other.
        share: of the pairs of each, in [0, 1).

    Returns:
        True where a pair is to be kept out of a fit.
    """
    parts = [np.arange(length) >= length - int(share * length) for length in snapshots.lengths]
    return np.concatenate(parts)
