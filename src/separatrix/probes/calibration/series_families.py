"""Series whose spectrum, kind and future are known: what the instruments for series are judged on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp
from scipy.signal import lfilter

from separatrix.models.trajectories import Trajectories, as_trajectories
from separatrix.probes.series import Series

BURN = 600


@dataclass(frozen=True)
class Case:
    """Series with their truth.

    Args:
        family: its name.
        data: what the instrument sees.
        future: how the (last) series goes on, without observation noise, (times, D).
        spectrum: eigenvalues per step of the Koopman operator that the observables can excite; None where not known,
            empty where there are none but those that fade at once.
        kind: "conservative", "dissipative", "driven", "steady" (which of the first two, one orbit cannot tell), or "".
    """

    family: str
    data: Trajectories
    future: np.ndarray
    spectrum: np.ndarray | None
    kind: str


def oscillators(rng: np.random.Generator) -> Case:
    """One or two damped linear oscillators kept up by noise, seen in sum or with their velocities."""
    length, count = int(rng.integers(400, 900)), int(rng.integers(1, 3))
    roots = rng.uniform(0.9, 0.99, count) * np.exp(1j * np.sort(rng.uniform(0.15, 1.2, count)))
    if count == 2 and abs(float(np.angle(roots[1]) - np.angle(roots[0]))) < 0.25:
        roots[1] *= np.exp(0.3j)
    parts = []
    for root in roots:
        pushes = rng.normal(size=(2, 2 * length + BURN)) * np.sqrt(1 - abs(root) ** 2)
        parts.append(lfilter([1.0], [1.0, -root], pushes[0] + 1j * pushes[1])[BURN:])
    paths = np.stack(parts, axis=1)
    seen = (
        np.real(paths).sum(axis=1, keepdims=True) if rng.random() < 0.5 else np.hstack([np.real(paths), np.imag(paths)])
    )
    return _cut(
        "oscillators", seen, length, rng.choice([0.0, 0.1]), rng, np.concatenate([roots, roots.conj()]), "driven"
    )


def damped(rng: np.random.Generator) -> Case:
    """Linear oscillators that come to rest: one series, or a dozen."""
    count = int(rng.integers(1, 3))
    rates = -rng.uniform(0.004, 0.02, count) + 1j * np.sort(rng.uniform(0.15, 1.0, count))
    if count == 2 and abs(float(rates[1].imag - rates[0].imag)) < 0.25:
        rates[1] += 0.3j
    several = rng.random() < 0.5
    length = 80 if several else 300
    starts = rng.normal(size=(12 if several else 1, count)) + 1j * rng.normal(size=(12 if several else 1, count))
    paths = np.exp(rates[None] * np.arange(2 * length)[:, None])[None] * starts[:, None]
    seen = paths.real.sum(axis=2, keepdims=True) if not several else np.concatenate([paths.real, paths.imag], axis=2)
    noisy = seen + 0.01 * seen[:, :length].std() * rng.normal(size=seen.shape)
    roots = np.exp(np.concatenate([rates, rates.conj()]))
    return Case("damped", as_trajectories(list(noisy[:, :length])), seen[-1, length:], roots, "dissipative")


def limit_cycles(rng: np.random.Generator) -> Case:
    """Van der Pol's oscillator on its cycle, or a dozen times on its way to it."""
    strength, step = rng.uniform(0.3, 2.0), 0.2

    def flow(_t: float, x: np.ndarray) -> list[float]:
        return [x[1], strength * (1 - x[0] ** 2) * x[1] - x[0]]

    if rng.random() < 0.5:
        path = solve(flow, rng.normal(size=2), step, 1000, 300)
        turns = np.flatnonzero((path[:-1, 0] < 0) & (path[1:, 0] >= 0))
        exact = turns + path[turns, 0] / (path[turns, 0] - path[turns + 1, 0])
        angle = 2 * np.pi / np.mean(np.diff(exact))
        roots = np.exp(1j * angle * np.arange(-9, 10))
        return _cut("limit cycles", path, 500, 0.02, rng, roots, "steady")
    angles, sizes = rng.uniform(0, 2 * np.pi, 12), rng.uniform(0.2, 1.0, 12) * rng.choice([1.0, 3.5], 12)
    paths = [
        solve(flow, size * np.array([np.cos(a), np.sin(a)]), step, 160, 0)
        for a, size in zip(angles, sizes, strict=True)
    ]
    data = as_trajectories([path[:80] + 0.02 * rng.normal(size=(80, 2)) for path in paths])
    return Case("limit cycles", data, paths[-1][80:], None, "dissipative")


def chaos(rng: np.random.Generator) -> Case:
    """Lorenz's or Rössler's attractor."""
    if rng.random() < 0.5:

        def flow(_t: float, x: np.ndarray) -> list[float]:
            return [10 * (x[1] - x[0]), x[0] * (28 - x[2]) - x[1], x[0] * x[1] - 8 / 3 * x[2]]

        path = solve(flow, np.array([1.0, 1.0, 20.0]) + rng.normal(size=3), 0.05, 1800, 200)
        return _cut("chaos", path, 1200, 0.0, rng, np.zeros(0), "dissipative")

    def spiral(_t: float, x: np.ndarray) -> list[float]:
        return [-x[1] - x[2], x[0] + 0.2 * x[1], 0.2 + x[2] * (x[0] - 5.7)]

    path = solve(spiral, np.array([1.0, 1.0, 0.0]) + 0.3 * rng.normal(size=3), 0.2, 1800, 300)
    return _cut("chaos", path, 1200, 0.0, rng, None, "dissipative")  # its phase is coherent for very long


def hamiltonian(rng: np.random.Generator) -> Case:
    """Coupled springs or a pendulum, on one orbit or on a dozen of different energies; or Hénon and Heiles' chaos."""
    pick = rng.integers(4)
    if pick == 0:
        stiff, soft = rng.uniform(0.3, 1.0), rng.uniform(0.05, 0.3)
        matrix = np.array([[stiff + soft, -soft], [-soft, 1.4 * stiff + soft]])

        def springs(_t: float, x: np.ndarray) -> np.ndarray:
            return np.concatenate([x[2:], -matrix @ x[:2]])

        roots = np.exp(0.4j * np.sqrt(np.linalg.eigvalsh(matrix)))
        path = solve(springs, rng.normal(size=4), 0.4, 1000, 0)
        return _cut("Hamiltonian", path, 500, 0.02, rng, np.concatenate([roots, roots.conj()]), "steady")
    if pick == 3:

        def heiles(_t: float, x: np.ndarray) -> list[float]:
            return [x[2], x[3], -x[0] - 2 * x[0] * x[1], -x[1] - x[0] ** 2 + x[1] ** 2]

        path = solve(heiles, np.array([0.0, rng.uniform(-0.1, 0.1), 0.52, rng.uniform(0.0, 0.1)]), 0.25, 1800, 0)
        return _cut("Hamiltonian", path, 1200, 0.0, rng, None, "conservative")

    def pendulum(_t: float, x: np.ndarray) -> list[float]:
        return [x[1], -np.sin(x[0])]

    if pick == 1:
        path = solve(pendulum, np.array([rng.uniform(0.5, 2.2), 0.0]), 0.25, 1000, 0)
        turns = np.flatnonzero((path[:-1, 0] < 0) & (path[1:, 0] >= 0))
        exact = turns + path[turns, 0] / (path[turns, 0] - path[turns + 1, 0])
        roots = np.exp(2j * np.pi / np.mean(np.diff(exact)) * np.arange(-9, 10))
        return _cut("Hamiltonian", path, 500, 0.02, rng, roots, "steady")
    paths = [solve(pendulum, np.array([size, 0.0]), 0.25, 160, 0) for size in rng.uniform(0.2, 2.2, 12)]
    data = as_trajectories([path[:80] + 0.02 * rng.normal(size=(80, 2)) for path in paths])
    return Case("Hamiltonian", data, paths[-1][80:], None, "conservative")


def noise(rng: np.random.Generator) -> Case:
    """Independent numbers, one or two at a time."""
    path = rng.normal(size=(1200, int(rng.integers(1, 3))))
    return _cut("noise", path, int(rng.integers(300, 700)), 0.0, rng, np.zeros(0), "")


def solve(
    flow: Callable[[float, np.ndarray], list[float] | np.ndarray], start: np.ndarray, step: float, count: int, burn: int
) -> np.ndarray:
    """States at equal steps of a smooth flow.

    Args:
        flow: velocity at a time and state.
        start: first state.
        step: between states.
        count: of states.
        burn: steps to leave out before the first.

    Returns:
        The states, (count, D).
    """
    times = step * np.arange(burn + count)
    return solve_ivp(flow, (0, times[-1]), start, t_eval=times, rtol=1e-9, atol=1e-9).y.T[burn:]


def _cut(
    family: str,
    path: np.ndarray,
    length: int,
    noise: float,
    rng: np.random.Generator,
    roots: np.ndarray | None,
    kind: str,
) -> Case:
    seen = path[:length] + noise * path[:length].std(axis=0) * rng.normal(size=path[:length].shape)
    return Case(family, as_trajectories(seen), path[length:], roots, kind)


FAMILIES: tuple[Callable[[np.random.Generator], Case], ...] = (
    oscillators,
    damped,
    limit_cycles,
    chaos,
    hamiltonian,
    noise,
)


def draw_cases(each: int, first_seed: int) -> list[Case]:
    """Cases of every family.

    Args:
        each: of a family.
        first_seed: of all.

    Returns:
        The cases.
    """
    return [
        family(np.random.default_rng([first_seed, place, number]))
        for place, family in enumerate(FAMILIES)
        for number in range(each)
    ]


def subject(case: Case) -> Series:
    """A case as instruments see it.

    Args:
        case: with its truth.

    Returns:
        The series.
    """
    return Series(Path(case.family), case.data)
