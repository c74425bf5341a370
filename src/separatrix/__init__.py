"""Separatrix: a laboratory for learning dynamics.

The names below are those that a newcomer meets first; each is imported from its room on first use, so that
``import separatrix`` stays as cheap as importing jax.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from separatrix.dynamics import Diffusion, Flow, Map, Observable, Setup, ensemble, evolve
    from separatrix.probes import Recorder, diagnose
    from separatrix.studies import find_study, list_studies, run_study

__version__ = "0.1.0"

_HOMES = {
    "Diffusion": "separatrix.dynamics",
    "Flow": "separatrix.dynamics",
    "Map": "separatrix.dynamics",
    "Observable": "separatrix.dynamics",
    "Setup": "separatrix.dynamics",
    "ensemble": "separatrix.dynamics",
    "evolve": "separatrix.dynamics",
    "Recorder": "separatrix.probes",
    "diagnose": "separatrix.probes",
    "find_study": "separatrix.studies",
    "list_studies": "separatrix.studies",
    "run_study": "separatrix.studies",
}

__all__ = [
    "Diffusion",
    "Flow",
    "Map",
    "Observable",
    "Recorder",
    "Setup",
    "__version__",
    "diagnose",
    "ensemble",
    "evolve",
    "find_study",
    "list_studies",
    "run_study",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'separatrix' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
