"""Modes that systems of known spectrum don't have: how many each library reports, counted by one rule."""

import dataclasses
import warnings
from collections.abc import Callable

import numpy as np

from benchmarks.row import Row, version
from separatrix.models.koopman import KernelEDMD, NystroemEDMD

SNAPSHOTS, RANK, CENTRES = 800, 25, 60
TOLERANCE, DISTANCE = 0.1, 0.15
"""Largest residual of a mode that we report; and the distance from the spectrum beyond which a mode is spurious. For a
measure-preserving map the residual bounds it, up to the quadrature error of so many random snapshots."""
WIDTH = 1 / 8
"""gamma of the kernels times the dimension, on scaled states, for all libraries: our default Gaussian."""
DEGREE = 3

Distance = Callable[[np.ndarray], np.ndarray]


@dataclasses.dataclass(frozen=True)
class System:
    """A map, states drawn from what it keeps, and how far numbers are from its spectrum on what a kernel spans."""

    name: str
    kernel: str
    states: np.ndarray
    images: np.ndarray
    distance: Distance


def circle(*angles: np.ndarray) -> np.ndarray:
    """Angles as points of the plane each, so that no library needs to know of periods."""
    return np.stack([part for angle in angles for part in (np.cos(angle), np.sin(angle))], axis=1)


def systems() -> list[System]:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 2 * np.pi, (2, SNAPSHOTS))

    def from_the_circle(values: np.ndarray) -> np.ndarray:
        return np.abs(np.abs(values) - 1)

    matrix = np.array([[0.9, 0.3], [-0.3, 0.8]])
    start = rng.standard_normal((SNAPSHOTS, 2))
    one, other = np.linalg.eigvals(matrix)
    products = np.array([one**j * other**k for j in range(DEGREE + 1) for k in range(DEGREE + 1 - j)])

    def from_the_products(values: np.ndarray) -> np.ndarray:
        return np.abs(values[:, None] - products[None, :]).min(axis=1)

    return [
        System("rotation of the circle", "gaussian", circle(x), circle(x + np.sqrt(2)), from_the_circle),
        System("doubling map", "gaussian", circle(x), circle(2 * x), from_the_circle),
        System("cat map", "gaussian", circle(x, y), circle(2 * x + y, x + y), from_the_circle),
        System("linear map seen through cubic monomials", "polynomial", start, start @ matrix.T, from_the_products),
    ]


def run() -> list[Row]:
    """Count on each system.

    Returns:
        One row a system.
    """
    warnings.simplefilter("ignore")
    return [_row(system) for system in systems()]


def _row(system: System) -> Row:
    counted = {name: _count(system, values) for name, values in reported(system).items()}
    mine = {name: count for name, count in counted.items() if name.startswith("ours")}
    return Row(
        f"spurious modes: {system.name}, {SNAPSHOTS} snapshots",
        f"{version('kooplearn')}, {version('pydmd')}",
        f"certified modes farther than {DISTANCE:g} from the spectrum",
        max(spurious for spurious, _ in mine.values()),
        at_most=0,
        ours=_told(mine),
        theirs=_told({name: count for name, count in counted.items() if name not in mine}),
        accuracy=f"the same {system.kernel} kernel for all, rank {RANK}; ours reports residuals up to {TOLERANCE:g}",
        note="they report all modes, without a residual",
    )


def _count(system: System, values: np.ndarray) -> tuple[int, int]:
    return int(np.sum(system.distance(values) > DISTANCE)), len(values)


def _told(counted: dict[str, tuple[int, int]]) -> str:
    return "; ".join(f"{name.removeprefix('ours ')} {bad} of {all_}" for name, (bad, all_) in counted.items())


def reported(system: System) -> dict[str, np.ndarray]:
    """The eigenvalues that each library gives its user as modes."""
    from kooplearn.kernel import KernelRidge
    from pydmd.edmd import EDMDOperator

    x, y = system.states, system.images
    mean, scale = x.mean(axis=0), x.std(axis=0)
    gamma = WIDTH / x.shape[1]
    common = {"length_scale": (2 * gamma) ** -0.5 if system.kernel == "gaussian" else gamma**-0.5, "degree": DEGREE}
    found = {}
    for ours in (
        KernelEDMD(system.kernel, rank=RANK, **common),
        NystroemEDMD(system.kernel, centres=CENTRES, **common),
    ):
        ours.set_params(tolerance=TOLERANCE, **common).fit(x, y)
        found[f"ours {type(ours).__name__}"] = ours.eigenvalues_[ours.verdicts_ == "certified"]
    # kooplearn takes a series: one in which pairs alternate with a lag of the number of pairs
    both = (np.concatenate([x, y]) - mean) / scale
    theirs = {"gaussian": "rbf", "polynomial": "poly"}[system.kernel]
    settings = {"lag_time": len(x), "kernel": theirs, "gamma": gamma, "eigen_solver": "dense", "random_state": 0}
    for reduced in (True, False):
        model = KernelRidge(RANK, reduced_rank=reduced, **settings).fit(both)
        found[f"kooplearn kernel {'RRR' if reduced else 'PCR'}"] = model.eig()
    operator = EDMDOperator(svd_rank=RANK, kernel_metric=theirs, kernel_params={"gamma": gamma})
    operator.compute_operator(((x - mean) / scale).T, ((y - mean) / scale).T)
    found["PyDMD EDMD"] = operator.eigenvalues
    return found
