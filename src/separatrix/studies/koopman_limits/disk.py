"""Two maps of the disk with the same data and different spectra, and every method's answer to both."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.models.koopman import (
    Galerkin,
    eigenpairs,
    galerkin,
    measure_preserving,
    pseudospectrum,
    worst_distance,
)
from separatrix.studies.koopman_limits.config import Config
from separatrix.studies.koopman_limits.dictionaries import waves
from separatrix.theory import Annulus, disk_spectrum, half_turn, widest_gap

ANGULAR, RADIAL, BINS = 1, 4, 64
HIDDEN = Annulus(0.5, 0.5 + 1e-7)
"""An annulus fixed before any random design is drawn: 2000 points miss it 9998 times in 10,000."""
METHODS = ("EDMD", "ResDMD", "mpEDMD")
DICTIONARY = Callable[[np.ndarray], np.ndarray]


def quasi_random(count: int) -> np.ndarray:
    """Radius and angle of a low-discrepancy design of the disk, (count, 2)."""
    index = np.arange(1, count + 1)
    golden, root = (np.sqrt(5) - 1) / 2, np.sqrt(2) - 1
    return np.stack([index * golden % 1, 2 * np.pi * (index * root % 1)], axis=1)


def smooth_functions(points: np.ndarray) -> np.ndarray:
    """Waves in the angle times Legendre polynomials in the radius."""
    radial = np.polynomial.legendre.legvander(2 * points[:, 0] - 1, RADIAL - 1)
    return (waves(points[:, 1], ANGULAR)[:, :, None] * radial[:, None, :]).reshape(len(points), -1)


def with_annulus(annulus: Annulus) -> DICTIONARY:
    """The same, and waves on each of some rings of the annulus: what one would take who knows where to look."""

    def evaluate(points: np.ndarray) -> np.ndarray:
        edges = np.linspace(annulus.inner, annulus.outer, BINS + 1)[None, :]
        radius = points[:, :1]
        ring = ((radius > edges[:, :-1]) & (radius <= edges[:, 1:])).astype(float)
        rings = (waves(points[:, 1], ANGULAR)[:, :, None] * ring[:, None, :]).reshape(len(points), -1)
        return np.concatenate([smooth_functions(points), rings], axis=1)

    return evaluate


def answers(design: np.ndarray, annulus: Annulus | None, dictionary: DICTIONARY, tolerance: float) -> list[np.ndarray]:
    """Each method's spectrum of one of the maps."""
    pair = _model(design, annulus, dictionary)
    pairs = eigenpairs(pair)
    return [pairs.eigenvalues, pairs.eigenvalues[pairs.residuals < tolerance], measure_preserving(pair).eigenvalues]


def _model(design: np.ndarray, annulus: Annulus | None, dictionary: DICTIONARY) -> Galerkin:
    return galerkin(dictionary(design), dictionary(half_turn(design, annulus)))


def _differing(one: np.ndarray, other: np.ndarray) -> int:
    """Numbers that are not the same to the bit."""
    if one.shape != other.shape:
        return max(one.size, other.size)
    return int(np.sum(one != other))


def impossibility(config: Config) -> xr.Dataset:
    """Methods on the map that turns and the one that twists too, where a design leaves the twist unseen.

    Args:
        config: the numbers.

    Returns:
        ``differing_data``: images that differ; ``differing`` (method): eigenvalues; ``differing_residuals``: least
        residuals along the circle; ``worst`` (method): the larger error of the two answers; ``apart``: distance of the
        two spectra, ``together`` that of one from itself. The same with names that begin with ``seen_`` for a design
        and a dictionary that know the annulus.
        ``success`` and ``seen_success`` (seed): share of the two maps that mpEDMD answers within half that distance,
        for random designs.
    """
    design = quasi_random(config.disk_points)
    annulus = widest_gap(design[:, 0])
    results = _compare(design, annulus, smooth_functions, "", config.tolerance)
    inside = quasi_random(4 * BINS * (2 * ANGULAR + 1))
    inside[:, 0] = annulus.inner + (annulus.outer - annulus.inner) * inside[:, 0]
    seen = np.concatenate([design, inside])
    results |= _compare(seen, annulus, with_annulus(annulus), "seen_", config.tolerance)
    draws = [np.random.default_rng([config.seed, seed]) for seed in range(config.seeds)]
    random = [np.stack([d.uniform(0, 1, len(design)), d.uniform(0, 2 * np.pi, len(design))], axis=1) for d in draws]
    results["success"] = ("seed", [_success(points, HIDDEN, smooth_functions) for points in random])
    wide = Annulus(0.05, 0.95)
    results["seen_success"] = ("seed", [_success(points, wide, with_annulus(wide)) for points in random])
    results["apart"] = worst_distance(disk_spectrum(None), disk_spectrum(annulus))
    results["together"] = worst_distance(disk_spectrum(None), disk_spectrum(None))
    return xr.Dataset(results, {"method": list(METHODS)})


def _compare(design: np.ndarray, annulus: Annulus, dictionary: DICTIONARY, prefix: str, tolerance: float) -> dict:
    cases = (None, annulus)
    found = [answers(design, case, dictionary, tolerance) for case in cases]
    models = [_model(design, case, dictionary) for case in cases]
    circle = np.exp(2j * np.pi * np.arange(16) / 16)
    scans = [pseudospectrum(model, circle) for model in models]
    errors = [
        [worst_distance(answer, disk_spectrum(case)) for answer in each]
        for each, case in zip(found, cases, strict=True)
    ]
    return {
        f"{prefix}differing_data": _differing(half_turn(design), half_turn(design, annulus)),
        f"{prefix}differing": ("method", [_differing(*two) for two in zip(*found, strict=True)]),
        f"{prefix}differing_residuals": _differing(*scans),
        f"{prefix}worst": ("method", np.max(errors, axis=0)),
    }


def _success(design: np.ndarray, annulus: Annulus, dictionary: DICTIONARY) -> float:
    right = []
    for case in (None, annulus):
        answer = measure_preserving(_model(design, case, dictionary)).eigenvalues
        right.append(worst_distance(answer, disk_spectrum(case)) < np.sqrt(2) / 2)
    return float(np.mean(right))
