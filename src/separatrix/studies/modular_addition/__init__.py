"""On the mechanism and dynamics of modular addition: Fourier features, lottery, grokking (He et al. 2026)."""

from separatrix.studies import Paper, Study
from separatrix.studies.modular_addition.claims import CLAIMS
from separatrix.studies.modular_addition.config import Config
from separatrix.studies.modular_addition.figures import FIGURES
from separatrix.studies.modular_addition.networks import adam_lottery, all_pairs, grokking, sgd_lottery
from separatrix.studies.modular_addition.single_neuron import single_neuron, single_relu
from separatrix.studies.modular_addition.voting import indicator
from separatrix.studies.modular_addition.wave_runs import alignment, lottery

STUDY = Study(
    slug="modular-addition",
    paper=Paper(
        "2602.16849",
        "On the Mechanism and Dynamics of Modular Addition: Fourier Features, Lottery Ticket, and Grokking",
        ("Jianliang He", "Leda Wang", "Siyu Chen", "Zhuoran Yang"),
        "2026-02",
    ),
    world="dynamics of learning",
    question="How does a network learn to add modulo p, and which frequency will each of its neurons end up with?",
    parts=(
        "separatrix.theory.modular_addition",
        "separatrix.theory.flawed_indicator",
        "separatrix.observables.fourier",
        "separatrix.learning.tasks.finite_groups",
    ),
    config=Config,
    experiments={
        "single_neuron": single_neuron,
        "single_relu": single_relu,
        "alignment": alignment,
        "lottery": lottery,
        "sgd_lottery": sgd_lottery,
        "adam_lottery": adam_lottery,
        "indicator": indicator,
        "all_pairs": all_pairs,
        "grokking": grokking,
    },
    claims=CLAIMS,
    figures=FIGURES,
)

__all__ = ["STUDY"]
