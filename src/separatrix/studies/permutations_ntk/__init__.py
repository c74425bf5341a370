"""Exact learning of permutations with wide networks and ensembles (Giapitzakis, Back de Luca & Fountoulakis 2025)."""

from separatrix.studies import Paper, Study
from separatrix.studies.permutations_ntk.claims import CLAIMS
from separatrix.studies.permutations_ntk.closed_forms import law, signs, sizes
from separatrix.studies.permutations_ntk.config import Config
from separatrix.studies.permutations_ntk.figures import FIGURES
from separatrix.studies.permutations_ntk.finite import bits, kernels, supports, wide, widths
from separatrix.studies.permutations_ntk.sampling import all_inputs, sampled, stopping

STUDY = Study(
    slug="permutations-ntk",
    paper=Paper(
        "2502.16763",
        "Exact Learning of Permutations for Nonzero Binary Inputs with Logarithmic Training Size and Quadratic "
        "Ensemble Complexity",
        ("George Giapitzakis", "Artur Back de Luca", "Kimon Fountoulakis"),
        "2025-02",
    ),
    world="dynamics of learning",
    question="How many trained networks must be averaged before their average is right?",
    parts=(
        "separatrix.theory.infinite_width",
        "separatrix.theory.ensemble_size",
        "separatrix.theory.permutations",
    ),
    config=Config,
    experiments={
        "law": law,
        "signs": signs,
        "sizes": sizes,
        "sampled": sampled,
        "all_inputs": all_inputs,
        "stopping": stopping,
        "bits": bits,
        "wide": wide,
        "supports": supports,
        "kernels": kernels,
        "widths": widths,
    },
    claims=CLAIMS,
    figures=FIGURES,
)

__all__ = ["STUDY"]
