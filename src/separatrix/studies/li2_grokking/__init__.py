"""Provable scaling laws of feature emergence from learning dynamics of grokking (Tian 2025)."""

from separatrix.studies import Paper, Study
from separatrix.studies.li2_grokking.claims import CLAIMS
from separatrix.studies.li2_grokking.config import Config
from separatrix.studies.li2_grokking.figures import FIGURES
from separatrix.studies.li2_grokking.interaction import modulation, repulsion
from separatrix.studies.li2_grokking.landscape import maxima, sampled, slopes
from separatrix.studies.li2_grokking.lazy import lazy
from separatrix.studies.li2_grokking.training import diagram, grokking, rules, shape

STUDY = Study(
    slug="li2-grokking",
    paper=Paper(
        "2509.21519",
        "Provable Scaling Laws of Feature Emergence from Learning Dynamics of Grokking",
        ("Yuandong Tian",),
        "2025-09",
    ),
    world="dynamics of learning",
    question="Which features emerge when a network groks a group's products, from how many pairs, and why so late?",
    parts=(
        "separatrix.theory.feature_energy",
        "separatrix.theory.feature_emergence",
        "separatrix.theory.ridge_readout",
        "separatrix.observables.irreps",
        "separatrix.learning.rules.muon",
        "separatrix.learning.tasks.finite_groups",
    ),
    config=Config,
    experiments={
        "lazy": lazy,
        "slopes": slopes,
        "maxima": maxima,
        "sampled": sampled,
        "repulsion": repulsion,
        "modulation": modulation,
        "diagram": diagram,
        "grokking": grokking,
        "shape": shape,
        "rules": rules,
    },
    claims=CLAIMS,
    figures=FIGURES,
)

__all__ = ["STUDY"]
