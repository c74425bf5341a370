"""Papers made executable: one study a paper, each with claims, controls and figures."""

from separatrix.studies.claim import Claim, Control, Expectation, at_least, at_most, between, near
from separatrix.studies.study import Figure, Paper, Study, StudyConfig, setting
from separatrix.studies.verdict import Estimate, Verdict, decide, estimate, judge

__all__ = [
    "Claim",
    "Control",
    "Estimate",
    "Expectation",
    "Figure",
    "Paper",
    "Study",
    "StudyConfig",
    "Verdict",
    "at_least",
    "at_most",
    "between",
    "decide",
    "estimate",
    "judge",
    "near",
    "setting",
]
