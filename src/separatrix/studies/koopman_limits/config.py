"""Every number of the study."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from separatrix.studies import StudyConfig, setting


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Maps of the interval, circle, torus and disk, a shift, and two flows."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {
            "seeds": 2,
            "orders": (8, 16),
            "krylov": (6, 10),
            "disk_points": 600,
            "cat_orders": (2, 3),
            "grid_points": 15,
            "limit_orders": (5, 10),
            "oscillators": 100,
            "oscillator_steps": 12,
            "centres": 40,
            "lorenz_steps": 1000,
            "shown_points": 24,
        },
        "full": {
            "seeds": 10,
            "orders": (8, 16, 32, 64, 128),
            "cat_orders": (2, 4, 6, 8),
            "grid_points": 61,
            "limit_orders": (5, 10, 20, 30),
            "oscillators": 1000,
            "oscillator_steps": 50,
            "lorenz_steps": 20_000,
            "shown_points": 100,
        },
    }

    seeds: int = 5
    orders: tuple[int, ...] = setting((8, 16, 32, 64), "largest frequency n of the doubling map's dictionary")
    points: int = setting(50, "random points at which its least residual is compared with theory")
    legendre: int = setting(40, "Legendre functions of the Gauss map")
    nodes: int = setting(100, "its nodes of Gauss-Legendre quadrature")
    krylov: tuple[int, ...] = setting((6, 10, 20), "functions of the rotation's Krylov dictionaries")
    circle_nodes: int = setting(4096, "equidistant snapshots of the rotation")
    shift: int = setting(1501, "functions to which the bilateral shift is truncated")
    bandwidths: tuple[float, ...] = setting((0.2, 0.1, 0.05), "bandwidths of the smoothing kernels", "rad")
    angles: tuple[float, ...] = setting((0.3, 1.1, 2.5), "angles at which the density is compared", "rad")
    disk_points: int = setting(2000, "snapshots in the disk")
    bumps: int = setting(40, "bumps of the rotation whose eigenvalues are drawn")
    cat_orders: tuple[int, ...] = setting((2, 3, 4, 6), "largest frequency of the cat map's dictionaries")
    grid_points: int = setting(31, "points a side of the square grid on which certificates are checked")
    limit_orders: tuple[int, ...] = setting((5, 10, 20), "n of the one-limit algorithm: frequency, and 1 / spacing")
    ratios: tuple[int, ...] = setting((1, 2, 4, 8), "snapshots per function")
    oscillators: int = setting(400, "initial states of the Duffing oscillator")
    oscillator_steps: int = setting(25, "steps from each", "steps of 0.25")
    centres: int = setting(100, "radial functions of the flows")
    lorenz_steps: int = setting(4000, "steps along the Lorenz attractor", "steps of 0.1")
    tolerance: float = setting(0.1, "largest residual of a certified eigenvalue")
    shown_points: int = setting(48, "points a side of the pseudospectra that are drawn")
