"""Papers made executable: one study a paper, each with claims, controls and figures."""

import importlib
from typing import TYPE_CHECKING, Any

from separatrix.studies.claim import Claim, Control, Expectation, at_least, at_most, between, near, rival
from separatrix.studies.registry import find_study, list_studies
from separatrix.studies.study import Figure, Paper, Study, StudyConfig, setting
from separatrix.studies.verdict import Estimate, Verdict, decide, estimate, judge

if TYPE_CHECKING:
    from separatrix.studies.runner import StudyResult, run_study

_LAZY = {"StudyResult": "runner", "run_study": "runner"}  # these bring jax and the store

__all__ = [
    "Claim",
    "Control",
    "Estimate",
    "Expectation",
    "Figure",
    "Paper",
    "Study",
    "StudyConfig",
    "StudyResult",
    "Verdict",
    "at_least",
    "at_most",
    "between",
    "decide",
    "estimate",
    "find_study",
    "judge",
    "list_studies",
    "near",
    "rival",
    "run_study",
    "setting",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'separatrix.studies' has no attribute {name!r}")
    return getattr(importlib.import_module(f"separatrix.studies.{_LAZY[name]}"), name)
