"""Eigenpairs at the ends of a spectrum, each with a bound on its error, from products with vectors only."""

import warnings
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float
from threadpoolctl import ThreadpoolController

from separatrix.analysis.operators import SymmetricOperator
from separatrix.analysis.probable_bounds import hides_beyond, probable_maximum
from separatrix.errors import bad_parameter

# A vector that orthogonalisation shortened by no more than this is orthogonal to rounding, and needs no second pass.
_ORTHOGONAL = 0.99
_BLAS = ThreadpoolController()

Which = Literal["largest", "smallest", "magnitude"]


class UnconvergedWarning(UserWarning):
    """Some eigenpairs did not reach the tolerance within the allowed number of products."""


@dataclass(frozen=True, eq=False)
class Eigenpairs:
    """Eigenvalues with their vectors, and how far each can be from the truth.

    Args:
        values: Ritz values, shape ``(k,)``, in the order asked for (largest first, smallest first, by magnitude).
        vectors: orthonormal Ritz vectors as columns, shape ``(n, k)``.
        residuals: ``|H v - value v|``, shape ``(k,)``: an eigenvalue lies within this distance, without any assumption.
        errors: the smaller of the residual and the Kato-Temple bound ``residual^2 / gap``, shape ``(k,)``. The bound
            holds when no eigenvalue hides in the gap that the computed spectrum shows.
        converged: whether the error reached the tolerance, shape ``(k,)``.
        matvecs: products with the operator that were spent.
        bound: with 95 % confidence over the random start, no eigenvalue lies beyond it (above for the largest, below
            for the smallest); NaN for a warm start, which has no such guarantee, and for magnitudes.
    """

    values: Float[np.ndarray, " k"]
    vectors: Float[np.ndarray, "n k"]
    residuals: Float[np.ndarray, " k"]
    errors: Float[np.ndarray, " k"]
    converged: Bool[np.ndarray, " k"]
    matvecs: int
    bound: float = float("nan")


def eigenpairs(
    operator: SymmetricOperator,
    k: int = 1,
    which: Which = "largest",
    *,
    tolerance: float = 1e-3,
    absolute: float = 0.0,
    start: Float[np.ndarray, "n m"] | Float[np.ndarray, " n"] | None = None,
    max_matvecs: int | None = None,
    max_basis: int | None = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> Eigenpairs:
    """The ``k`` eigenpairs at one end of the spectrum, by thick-restart Lanczos with full orthogonalisation.

    From one random vector this is the Lanczos method; the first value has then converged only when an eigenvalue beyond
    it is also excluded with this confidence (:attr:`Eigenpairs.bound`), unless a restart came first. From a block of
    earlier vectors it is first a Rayleigh-Ritz step on that block, then its extension by residuals, so that a good
    start costs one product a vector and few more. One Krylov sequence sees one copy of a multiple eigenvalue: start
    from ``k`` vectors where copies matter. A warm start follows the eigenpairs it was given; a cold one now and then
    sees whether another has overtaken them.

    Args:
        operator: the symmetric matrix, of size ``n``.
        k: how many eigenpairs.
        which: ``"largest"`` or ``"smallest"`` (with sign), or ``"magnitude"`` (largest in absolute value).
        tolerance: an eigenvalue has converged when its error is below ``tolerance * |value|``.
        absolute: ... or below this.
        start: vectors to start from, shape ``(n, m)`` or ``(n,)``; random when absent.
        max_matvecs: the most products to spend; ``min(n, 100 + 20 k)`` when absent.
        max_basis: the most vectors to keep in memory before restarting; ``max(40, 3 k + 10)`` when absent.
        confidence: over the random start, that the first value is the extreme one; a demand that costs two or three
            products. Zero leaves it to the residuals.
        seed: of the random start.

    Returns:
        The eigenpairs, those that did not converge marked in ``converged``.

    Raises:
        SeparatrixError: a parameter is out of its range.

    Warns:
        UnconvergedWarning: some eigenpairs did not reach the tolerance.

    Source: Wu and Simon, Thick-restart Lanczos method (SIAM J. Matrix Anal. Appl. 22, 2000); Parlett, The symmetric
    eigenvalue problem, sections 4.5 and 10.5 (residual and Kato-Temple bounds).

    >>> from separatrix.analysis.operators import from_matrix
    >>> found = eigenpairs(from_matrix(np.diag([3.0, 1.0, -5.0])), which="smallest")
    >>> found.values, found.converged
    (array([-5.]), array([ True]))
    """
    n = operator.size
    _check(operator, k, min(tolerance, absolute), confidence, start)
    block = np.zeros((0, n)) if start is None else np.asarray(start, np.float64).reshape(n, -1).T
    budget = max(k, min(n, 100 + 20 * k) if max_matvecs is None else max_matvecs)
    room = min(n, max(2 * k + 2, block.shape[0] + k + 2, max(40, 3 * k + 10) if max_basis is None else max_basis))
    space = _Subspace(operator, room, np.random.default_rng(seed))
    goal = _Goal(k, which, tolerance, absolute, confidence)
    with _BLAS.limit(limits=1, user_api="blas"):  # several threads here would spin against those of the matvec
        found = _solve(space, goal, block[:budget], budget)
    if not found.converged.all():
        _warn(operator, found, tolerance)
    return found


def _check(operator: SymmetricOperator, k: int, least: float, confidence: float, start: np.ndarray | None) -> None:
    if not 1 <= k <= operator.size:
        raise bad_parameter("k", "eigenpairs", f"an integer between 1 and the size {operator.size}", k)
    if not least >= 0:
        raise bad_parameter("tolerance", "eigenpairs", "a float in the range [0, inf)", least)
    if not 0 <= confidence < 1:
        raise bad_parameter("confidence", "eigenpairs", "a float in the range [0, 1)", confidence)
    if start is not None and start.shape[0] != operator.size:
        raise bad_parameter("start", "eigenpairs", f"vectors of length {operator.size}", start.shape)


@dataclass(frozen=True)
class _Goal:
    k: int
    which: Which
    tolerance: float
    absolute: float
    confidence: float


def _solve(space: "_Subspace", goal: _Goal, block: np.ndarray, budget: int) -> Eigenpairs:
    for vector in block:
        if not space.complete:
            space.extend(vector)
    if not space.count:
        space.begin()
    while space.count < goal.k:
        space.extend(space.image[space.count - 1])
    ritz = _ritz(space, goal)
    while not ritz.done.all() and space.matvecs < budget and not space.complete:
        if space.count == len(space.basis):
            space.restart(_order(space.values, goal.which)[: (goal.k + space.count) // 2])
        space.extend(ritz.direction)
        ritz = _ritz(space, goal)
    return _with_bound(space, goal, _pairs(space, ritz))


class _Subspace:
    """An orthonormal basis, its image, and the Rayleigh quotient on it; rows of the arrays are vectors."""

    def __init__(self, operator: SymmetricOperator, room: int, rng: np.random.Generator):
        self.operator, self.rng = operator, rng
        self.basis = np.empty((room, operator.size), operator.dtype)
        self.image = np.empty((room, operator.size), operator.dtype)
        self.quotient = np.zeros((room, room))
        self.count = self.matvecs = 0
        self.krylov = False  # whether the basis is a Krylov sequence from one random vector
        self.following = np.zeros(operator.size)  # of a Krylov sequence, the part of the last image outside the basis
        self.values = np.zeros(0)
        self.rotation = np.zeros((0, 0))

    @property
    def complete(self) -> bool:
        return self.count == self.operator.size

    def begin(self) -> None:
        """Start from one random vector."""
        self.krylov = True
        self.extend(self.rng.standard_normal(self.operator.size))

    def extend(self, vector: np.ndarray | None) -> None:
        """Add the part of a vector outside the subspace; a random one when nothing is left of it."""
        m = self.count
        unit = self._orthonormal(vector)
        while unit is None:
            self.krylov = False
            unit = self._orthonormal(self.rng.standard_normal(self.operator.size))
        self.basis[m] = unit
        self.image[m] = self.operator @ self.basis[m]
        self.matvecs += 1
        self.count = m + 1
        row = self.basis[: m + 1] @ self.image[m]
        if self.krylov:
            self.following = self.image[m] - self.basis[: m + 1].T @ row
        self.quotient[m, : m + 1] = self.quotient[: m + 1, m] = row
        self.values, self.rotation = np.linalg.eigh(self.quotient[: m + 1, : m + 1])

    def _orthonormal(self, vector: np.ndarray | None) -> np.ndarray | None:
        norm = 0.0 if vector is None else float(np.linalg.norm(vector))
        if vector is None or norm == 0.0:
            return None
        unit = (vector / norm).astype(self.operator.dtype)
        basis = self.basis[: self.count]
        left = 1.0
        for _ in range(2):
            unit = unit - basis.T @ (basis @ unit)
            norm = float(np.linalg.norm(unit))
            left *= norm
            if left < 50 * np.finfo(self.operator.dtype).eps:
                return None
            unit /= norm
            if norm > _ORTHOGONAL:
                break
        return unit

    def restart(self, keep: np.ndarray) -> None:
        """Keep only the chosen Ritz vectors."""
        self.krylov = False
        m, rotation = self.count, self.rotation[:, keep].T.astype(self.operator.dtype)
        self.basis[: len(keep)] = rotation @ self.basis[:m]
        self.image[: len(keep)] = rotation @ self.image[:m]
        self.count = len(keep)
        self.quotient[:] = 0.0
        self.quotient[: len(keep), : len(keep)] = np.diag(self.values[keep])
        self.values, self.rotation = np.linalg.eigh(self.quotient[: len(keep), : len(keep)])

    def lanczos_matrix(self, sign: float) -> tuple[np.ndarray, np.ndarray]:
        """The diagonal, and the subdiagonal with the length of the next vector, of ``sign`` times the operator."""
        m = self.count
        quotient = self.quotient[:m, :m]
        return sign * np.diag(quotient), np.append(np.abs(np.diag(quotient, -1)), np.linalg.norm(self.following))

    def residuals(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lengths of the residuals of some Ritz pairs, and the residuals; of a Krylov sequence, their one direction."""
        if self.krylov:  # all are multiples of the next Lanczos vector
            return np.linalg.norm(self.following) * np.abs(self.rotation[self.count - 1, chosen]), self.following
        vectors = self._residual_vectors(chosen)
        return np.linalg.norm(vectors, axis=1), vectors

    def _residual_vectors(self, chosen: np.ndarray) -> np.ndarray:
        rotation = self.rotation[:, chosen].T
        m, dtype = self.count, self.operator.dtype
        scaled = (rotation * self.values[chosen][:, None]).astype(dtype)
        return rotation.astype(dtype) @ self.image[:m] - scaled @ self.basis[:m]


def _order(values: np.ndarray, which: Which) -> np.ndarray:
    keys = {"largest": -values, "smallest": values, "magnitude": -np.abs(values)}
    return np.argsort(keys[which], kind="stable")


@dataclass(frozen=True)
class _Ritz:
    """The wanted Ritz pairs, without their vectors, and the residual of the first unconverged: the next direction."""

    wanted: np.ndarray
    residuals: np.ndarray
    errors: np.ndarray
    done: np.ndarray
    direction: np.ndarray


def _ritz(space: _Subspace, goal: _Goal) -> _Ritz:
    wanted = _order(space.values, goal.which)[: goal.k]
    near = np.unique(np.concatenate([wanted - 1, wanted, wanted + 1]))
    near = near[(near >= 0) & (near < space.count)]
    residuals = np.full(space.count, np.inf)
    residuals[near], leftover = space.residuals(near)
    errors = residuals[wanted] if space.complete else kato_temple(space.values, residuals)[wanted]
    values = space.values[wanted]
    floor = 4 * np.finfo(space.operator.dtype).eps * np.abs(space.values).max()
    done = errors <= np.maximum(np.maximum(goal.tolerance * np.abs(values), goal.absolute), floor)
    if done[0] and space.krylov and not space.complete and goal.which != "magnitude":
        sign = -1.0 if goal.which == "smallest" else 1.0
        slack = max(goal.tolerance * abs(values[0]), goal.absolute, float(floor))
        point = float(sign * values[0] + slack)
        done[0] = not hides_beyond(point, *space.lanczos_matrix(sign), space.operator.size, goal.confidence)
    direction = leftover if space.krylov else leftover[np.searchsorted(near, wanted[np.argmin(done)])]
    return _Ritz(wanted, residuals[wanted], errors, done, direction)


def _pairs(space: _Subspace, ritz: _Ritz) -> Eigenpairs:
    rows = space.rotation[:, ritz.wanted].T.astype(space.operator.dtype) @ space.basis[: space.count]
    return Eigenpairs(space.values[ritz.wanted], rows.T, ritz.residuals, ritz.errors, ritz.done, space.matvecs)


def _with_bound(space: _Subspace, goal: _Goal, found: Eigenpairs) -> Eigenpairs:
    if goal.which == "magnitude" or not (space.krylov or space.complete):
        return found
    if space.complete:
        return replace(found, bound=float(found.values[0]))
    sign = -1.0 if goal.which == "smallest" else 1.0
    bound = sign * probable_maximum(*space.lanczos_matrix(sign), sign * found.values[0], space.operator.size)
    return replace(found, bound=float(bound))


def kato_temple(values: Float[np.ndarray, " m"], residuals: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
    """Bounds on the errors of ascending Ritz values: ``min(residual, residual^2 / gap)``.

    The gap of a value is its distance to the nearest other value, less that one's residual.

    Args:
        values: ascending, shape ``(m,)``.
        residuals: shape ``(m,)``; infinite where unknown.

    Returns:
        The bounds, shape ``(m,)``; a single value has only its residual.

    Source: Parlett, The symmetric eigenvalue problem, theorem 11.7.1.

    >>> kato_temple(np.array([0.0, 1.0]), np.array([0.1, 0.1])).round(4)
    array([0.0111, 0.0111])
    """
    steps = np.diff(values)
    with np.errstate(invalid="ignore"):
        above = np.append(steps - residuals[1:], np.inf)
        below = np.insert(steps - residuals[:-1], 0, np.inf)
        gap = np.minimum(above, below)
        usable = np.isfinite(gap) & (gap > residuals)
        bound = residuals**2 / np.where(usable, gap, 1.0)
    return np.where(usable, np.minimum(bound, residuals), residuals)


def _warn(operator: SymmetricOperator, found: Eigenpairs, tolerance: float) -> None:
    missed = np.flatnonzero(~found.converged)
    first = int(missed[0])
    warnings.warn(
        f"{len(missed)} of {len(found.values)} eigenpairs of the {operator.name} did not converge in {found.matvecs} "
        f"products: value {found.values[first]:.6g} is only known within {found.errors[first]:.2g} (asked: "
        f"{tolerance:g} relative). Raise 'max_matvecs', or the tolerance.",
        UnconvergedWarning,
        stacklevel=3,
    )
