"""Limits and powers of Koopman learning (Colbrook, Mezić and Stepanenko 2024), with ResDMD and mpEDMD."""

from collections.abc import Callable
from typing import Any

import xarray as xr
from threadpoolctl import threadpool_limits

from separatrix.studies import Paper, Study
from separatrix.studies.koopman_limits.claims import CLAIMS
from separatrix.studies.koopman_limits.config import Config
from separatrix.studies.koopman_limits.disk import impossibility
from separatrix.studies.koopman_limits.figures import FIGURES
from separatrix.studies.koopman_limits.flows import duffing, lorenz
from separatrix.studies.koopman_limits.interval_maps import doubling_map, few_snapshots, gauss_spectrum
from separatrix.studies.koopman_limits.isometries import bump_rotation, certificates, krylov_rotation, shift_measure


def _one_thread(experiment: Callable[[Any], xr.Dataset]) -> Callable[[Any], xr.Dataset]:
    """The matrices are small: threads that wait for one another cost far more than they bring."""

    def run(config: Any) -> xr.Dataset:
        with threadpool_limits(1):
            return experiment(config)

    return run


STUDY = Study(
    slug="koopman-limits",
    paper=Paper(
        "2407.06312",
        "Limits and Powers of Koopman Learning",
        ("Matthew J. Colbrook", "Igor Mezić", "Alexei Stepanenko"),
        "2024-07",
    ),
    world="learning of dynamics",
    question="When can the spectrum of a Koopman operator be learned from snapshots, and when can nobody?",
    parts=(
        "separatrix.models.koopman.galerkin",
        "separatrix.models.koopman.eigenpairs",
        "separatrix.models.koopman.pseudospectrum",
        "separatrix.models.koopman.exceeds",
        "separatrix.models.koopman.measure_preserving",
        "separatrix.models.koopman.smoothed_measure",
        "separatrix.models.koopman.verified_spectrum",
        "separatrix.theory.half_turn",
    ),
    config=Config,
    experiments={
        name: _one_thread(experiment)
        for name, experiment in {
            "doubling": doubling_map,
            "gauss": gauss_spectrum,
            "limits": few_snapshots,
            "rotation": krylov_rotation,
            "shift": shift_measure,
            "certificates": certificates,
            "bumps": bump_rotation,
            "disk": impossibility,
            "duffing": duffing,
            "lorenz": lorenz,
        }.items()
    },
    claims=CLAIMS,
    figures=FIGURES,
    float64=True,
)

__all__ = ["STUDY"]
