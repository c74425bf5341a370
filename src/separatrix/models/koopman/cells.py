"""Least singular values of a rectangular pencil at many points: one factorisation a cell of them, shared subspaces."""

import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from scipy.linalg import get_lapack_funcs

from separatrix.errors import SeparatrixError
from separatrix.models.koopman.pencil import Pencil, Restricted, extended, least, norms, restricted

CELL = 25
"""Points that share one factorisation."""
BLOCK = 16
"""Vectors of the subspace that a cell begins with, and the most that one correction adds."""
ALONE = 6
"""The same for a point alone, at which the factorisation is exact."""
ROUNDS = 8
"""Corrections of a cell's subspace before its points are shared out between two cells."""
REPEATS = 3
"""Times that a cell's first subspace is bettered while its guard is uncertain."""
SURE = 0.9
"""Share of the guard's Ritz value that must be certain."""
SETTLED = 20
"""A point's value has settled when a correction betters it by less than this part of the error allowed."""
CHAINS = 4
"""Chains of neighbouring cells that are worked on side by side; fixed, so that results do not depend on the machine."""
EXCHANGES = 4
"""Times that all points are offered the functions found at other points."""
SHIFTS = (0.98, 0.8)
"""Shares of a guess of the least eigenvalue that are taken off before the factorisation, if it stays positive."""
SINGLE = 3e-6
"""Relative shift that keeps a factorisation in single precision positive."""


_potrf, _potrs = get_lapack_funcs(("potrf", "potrs"), dtype=np.complex64)


@dataclasses.dataclass(frozen=True)
class Task:
    """A pencil, and what is asked of it.

    Attributes:
        pencil: the pencil.
        single: A and L in single precision.
        scale: the operator's size, a lower bound of ||C||.
        error: error allowed in tau.
        random: vectors that every cell's subspace begins with, too, (K, ALONE).
    """

    pencil: Pencil
    single: tuple[np.ndarray, np.ndarray]
    scale: float
    error: float
    random: np.ndarray


def in_cells(pencil: Pencil, z: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Least singular value of [A - z; S] at every point, with its vector.

    Args:
        pencil: the pencil.
        z: the points, (n,).
        tolerance: error allowed, times the operator's size.

    Returns:
        The singular values (n,) and right singular vectors (K, n).
    """
    scale = float(np.sqrt(np.max(np.real(np.diag(pencil.square)))))
    single = (np.asfortranarray(pencil.a, np.complex64), np.asfortranarray(pencil.square, np.complex64))
    random = np.random.default_rng(0).normal(size=(pencil.size, BLOCK + ALONE)).astype(complex)
    block, random = random[:, :BLOCK], random[:, BLOCK:]
    task = Task(pencil, single, scale, tolerance * scale, random)
    values, vectors = np.full(len(z), np.inf), np.zeros((pencil.size, len(z)), complex)
    todo = np.arange(len(z))
    for _ in range(EXCHANGES):
        _fill_all(task, z, todo, block, (values, vectors))
        todo, best = _bettered(task, z, values, vectors)
        if not len(todo):
            break
        vectors[:, todo] = vectors[:, best]
        values[todo] = norms(pencil, z[todo], vectors[:, todo])
    return values, vectors


def _fill_all(
    task: Task, z: np.ndarray, todo: np.ndarray, block: np.ndarray, found: tuple[np.ndarray, np.ndarray]
) -> None:
    """Solve all cells, in a few chains of neighbours, each of which hands its subspace on; one thread a chain."""
    cells = _cells(z, todo)
    starts = np.linspace(0, len(cells), min(CHAINS, len(cells)) + 1).astype(int).tolist()

    def chain(first: int, last: int) -> None:
        start = block
        for chosen in cells[first:last]:
            offered = found[1][:, chosen] if np.isfinite(found[0][chosen]).all() else found[1][:, :0]
            start = _fill(task, z, chosen, np.concatenate([offered, start], axis=1), found)

    # the matrices are too small for BLAS to share one out among cores, so that cores take chains instead
    with ThreadPoolExecutor(min(CHAINS, os.cpu_count() or 1)) as pool:
        for done in [pool.submit(chain, *ends) for ends in pairwise(starts)]:
            done.result()


def _cells(z: np.ndarray, chosen: np.ndarray) -> list[np.ndarray]:
    """Neighbouring points in groups of at most CELL, neighbouring groups one after the other."""
    if len(chosen) <= CELL:
        return [chosen] if len(chosen) else []
    first, second = _halves(z, chosen)
    return _cells(z, first) + _cells(z, second)


def _halves(z: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    real, imaginary = np.real(z[chosen]), np.imag(z[chosen])
    order = chosen[np.argsort(real if np.ptp(real) >= np.ptp(imaginary) else imaginary, kind="stable")]
    return order[: len(order) // 2], order[len(order) // 2 :]


def _fill(
    task: Task, z: np.ndarray, chosen: np.ndarray, start: np.ndarray, found: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Solve a cell, splitting it where it must be; the subspace that it ended with starts the next."""
    x, done, block = _cell(task, z[chosen], start)
    found[0][chosen] = norms(task.pencil, z[chosen], x)
    found[1][:, chosen] = x
    left = chosen[~done]
    if not len(left) or len(chosen) == 1:
        return block
    alone = 2 * done.sum() < len(done)  # then halves would fare little better
    for part in np.split(left, len(left)) if alone or len(left) == 1 else _halves(z, left):
        block = _fill(task, z, part, block, found)
    return block


def _cell(task: Task, z: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors at the points, which of them are final, and the block of least ones at the centre."""
    centre = (np.real(z).min() + np.real(z).max() + 1j * (np.imag(z).min() + np.imag(z).max())) / 2
    size = BLOCK if len(z) > 1 else ALONE
    # of operators that fall apart into invariant subspaces a start without random vectors may miss some altogether
    start = np.concatenate([start[:, : max(1, 3 * size // 4)], task.random[:, : max(2, size // 4)]], axis=1)
    factor = _factorised(task, centre, start[:, :1])
    space, ritz = _least_block(task, factor, centre, start, size)
    low = _guard(space, ritz, centre)
    for _ in range(REPEATS):
        # of a point alone it is enough to know that nothing is below the least; one vector that has converged proves
        # nothing, being perhaps another eigenvector that a neighbour handed on
        if low >= (SURE * ritz[-1 - size // 4] if len(z) > 1 else ritz[0]):
            break
        again = np.concatenate([space.w, task.random[:, : max(2, size // 4)]], axis=1)
        space, ritz = _least_block(task, factor, centre, again, size)
        low = _guard(space, ritz, centre)
    block = space.w
    # no other singular value at the centre comes below this by moving to the point: they change by the distance at most
    others = np.sqrt(max(low, 0.0)) - np.abs(z - centre)
    before, final = np.full(len(z), np.inf), np.zeros(len(z), bool)
    x = np.zeros((task.pencil.size, len(z)), complex)
    for round_ in range(ROUNDS + 1):
        ritz, y = least(space.small, z)
        x = space.w @ y
        residual = _residual(space, z, ritz[:, 0], x, y)
        allowed = task.error * (2 * np.sqrt(np.maximum(ritz[:, 0], 0.0)) + task.error)
        converged = _error(ritz, np.linalg.norm(residual, axis=0)) <= allowed
        converged |= before - ritz[:, 0] <= allowed / SETTLED
        safe = (np.sqrt(np.maximum(ritz[:, 0], 0.0)) <= others) | (np.abs(z - centre) == 0)
        going, final = safe & ~converged, safe & converged
        if not going.any() or round_ == ROUNDS:
            break
        before = ritz[:, 0]
        correction, sizes, _ = np.linalg.svd(_solve(factor, residual[:, going]), full_matrices=False)
        kept = correction[:, : min(BLOCK, int(np.sum(sizes > 1e-3 * sizes[0])))]
        space = extended(task.pencil, space, kept)
    return x, final, block


def _least_block(
    task: Task, factor: np.ndarray, centre: complex, start: np.ndarray, size: int
) -> tuple[Restricted, np.ndarray]:
    """Vectors of the least singular values at the centre, by two steps of block Krylov, with their squares."""
    first = np.linalg.qr(_solve(factor, start))[0]
    second = _solve(factor, first)
    both = np.linalg.qr(np.concatenate([first, second], axis=1))[0]
    space = restricted(task.pencil, both)
    a, square = space.small
    tilted = np.conj(centre) * a
    values, vectors = np.linalg.eigh(square - tilted - tilted.conj().T + abs(centre) ** 2 * np.eye(len(a)))
    turn = vectors[:, :size]
    images = (space.images[0] @ turn, space.images[1] @ turn, space.images[2] @ turn)
    small = (turn.conj().T @ a @ turn, turn.conj().T @ square @ turn)
    return Restricted(space.w @ turn, images, small), values[:size]


def _guard(space: Restricted, ritz: np.ndarray, centre: complex) -> float:
    # below it are no squared singular values at the centre but those of the block: the Ritz value of its last vector
    # but a quarter, less the residuals up to there, since Ritz values are too large by so much at most
    count = len(ritz) - len(ritz) // 4
    same = np.full(count, centre)
    part = _residual(space, same, ritz[:count], space.w[:, :count], np.eye(len(ritz))[:, :count])
    return float(ritz[count - 1] - np.linalg.norm(part, axis=0).max())


def _residual(space: Restricted, z: np.ndarray, ritz: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    image, adjoint, square = (part @ y for part in space.images)
    return square - z.conj()[None, :] * image - z[None, :] * adjoint + (np.square(np.abs(z)) - ritz)[None, :] * x


def _error(ritz: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Error of the least Ritz value: its residual at most, or that squared over the gap to the next."""
    gap = ritz[:, 1] - ritz[:, 0]
    return np.minimum(residual, np.square(residual) / np.maximum(gap, np.finfo(float).tiny))


def _factorised(task: Task, centre: complex, guess: np.ndarray) -> np.ndarray:
    """The squared pencil less as much of its least eigenvalue, of which a guess tells, as leaves it positive."""
    a, square = task.single
    tilted = np.complex64(np.conj(centre)) * a
    matrix = square - tilted - tilted.conj().T
    size = task.scale**2 + abs(centre) ** 2
    above = float(norms(task.pencil, np.array([centre]), guess)[0]) ** 2
    shifts = [*(-above * np.array(SHIFTS)), *(SINGLE * size * 10.0 ** np.arange(12))]
    for shift in shifts:
        shifted = matrix.copy(order="F")
        shifted[np.diag_indices_from(shifted)] += np.float32(abs(centre) ** 2 + shift)
        factor, failed = _potrf(shifted, lower=1, overwrite_a=1)
        if not failed:
            return factor
    raise SeparatrixError("The images of the dictionary are too large to work with; rescale the data.")


def _solve(factor: np.ndarray, right: np.ndarray) -> np.ndarray:
    # single precision cannot hold residuals that are small; only their direction matters
    sizes = np.linalg.norm(right, axis=0)
    scaled = np.asfortranarray(right / np.where(sizes > 0, sizes, 1.0)[None, :], np.complex64)
    return _potrs(factor, scaled, lower=1)[0].astype(complex)


def _bettered(task: Task, z: np.ndarray, values: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points at which a function found elsewhere has a smaller residual than their own, and which function."""
    image = np.einsum("kn,kn->n", vectors.conj(), task.pencil.a @ vectors)
    square = np.real(np.einsum("kn,kn->n", vectors.conj(), task.pencil.square @ vectors))
    planes = np.stack([-2 * np.real(image), -2 * np.imag(image), square])
    best = np.empty(len(z), int)
    for part in np.array_split(np.arange(len(z)), max(1, len(z) // 500)):
        best[part] = np.argmin(
            np.stack([np.real(z[part]), np.imag(z[part]), np.ones(len(part))], axis=1) @ planes, axis=1
        )
    squared = planes[0, best] * np.real(z) + planes[1, best] * np.imag(z) + planes[2, best] + np.square(np.abs(z))
    bettered = np.flatnonzero(np.sqrt(np.maximum(squared, 0.0)) < values - 2 * task.error)
    return bettered, best[bettered]
