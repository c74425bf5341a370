"""Saddle-to-saddle dynamics explains a simplicity bias across architectures (Zhang, Saxe & Latham 2025)."""

from separatrix.studies import Paper, Study
from separatrix.studies.saddle_to_saddle.claims import CLAIMS
from separatrix.studies.saddle_to_saddle.config import Config
from separatrix.studies.saddle_to_saddle.digits import digits
from separatrix.studies.saddle_to_saddle.figures import FIGURES
from separatrix.studies.saddle_to_saddle.linear import linear
from separatrix.studies.saddle_to_saddle.sampled import rectified, smooth
from separatrix.studies.saddle_to_saddle.symmetries import embeddings, invariance
from separatrix.studies.saddle_to_saddle.units import attention, quadratic

STUDY = Study(
    slug="saddle-to-saddle",
    paper=Paper(
        "2512.20607",
        "Saddle-to-Saddle Dynamics Explains A Simplicity Bias Across Neural Network Architectures",
        ("Yedi Zhang", "Andrew Saxe", "Peter E. Latham"),
        "2025-12",
    ),
    world="dynamics of learning",
    question="Why does the loss of a small network fall in stairs, how high are they, and when does each come?",
    parts=(
        "separatrix.theory.saddle_to_saddle",
        "separatrix.theory.embedded_saddles",
        "separatrix.learning.population",
    ),
    config=Config,
    experiments={
        "linear": linear,
        "attention": attention,
        "quadratic": quadratic,
        "rectified": rectified,
        "smooth": smooth,
        "digits": digits,
        "embeddings": embeddings,
        "invariance": invariance,
    },
    claims=CLAIMS,
    figures=FIGURES,
)

__all__ = ["STUDY"]
