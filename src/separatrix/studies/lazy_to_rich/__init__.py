"""Grokking as the transition from lazy to rich training dynamics (Kumar, Bordelon, Gershman & Pehlevan 2023)."""

from separatrix.studies import Paper, Study
from separatrix.studies.lazy_to_rich.claims import CLAIMS
from separatrix.studies.lazy_to_rich.config import Config
from separatrix.studies.lazy_to_rich.experiments import closed, networks, phase, samples, widths
from separatrix.studies.lazy_to_rich.figures import FIGURES
from separatrix.studies.lazy_to_rich.high_dimension import mean_field

STUDY = Study(
    slug="lazy-to-rich",
    paper=Paper(
        "2310.06110",
        "Grokking as the Transition from Lazy to Rich Training Dynamics",
        ("Tanishq Kumar", "Blake Bordelon", "Samuel J. Gershman", "Cengiz Pehlevan"),
        "2023-10",
    ),
    world="dynamics of learning",
    question="Why does a network that has fitted its training data generalise only much later, without weight decay?",
    parts=(
        "separatrix.theory.committee",
        "separatrix.theory.committee_mean_field",
        "separatrix.theory.lazy",
        "separatrix.learning.centred",
    ),
    config=Config,
    experiments={
        "networks": networks,
        "closed": closed,
        "samples": samples,
        "widths": widths,
        "phase": phase,
        "mean_field": mean_field,
    },
    claims=CLAIMS,
    figures=FIGURES,
)

__all__ = ["STUDY"]
