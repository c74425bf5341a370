"""Alleman, Lindsey and Fusi 2024: whose geometry a hidden layer takes, by the task and by the activation."""

from separatrix.studies import Paper, Study
from separatrix.studies.representational_geometry.aligned import aligned
from separatrix.studies.representational_geometry.check_claims import CHECK_CLAIMS
from separatrix.studies.representational_geometry.config import Config
from separatrix.studies.representational_geometry.digits import digits
from separatrix.studies.representational_geometry.figures import FIGURES
from separatrix.studies.representational_geometry.gap_claims import GAP_CLAIMS
from separatrix.studies.representational_geometry.mechanism import attractors, gradients
from separatrix.studies.representational_geometry.square import phases, square
from separatrix.studies.representational_geometry.task_claims import TASK_CLAIMS
from separatrix.studies.representational_geometry.unstructured import unstructured

__all__ = ["STUDY"]

STUDY = Study(
    slug="representational-geometry",
    paper=Paper(
        "2401.13558",
        "Task structure and nonlinearity jointly determine learned representational geometry",
        ("Matteo Alleman", "Jack W. Lindsey", "Stefano Fusi"),
        "2024-01",
    ),
    world="dynamics of learning",
    question="Whose geometry does a hidden layer learn: the input's or the target's?",
    parts=(
        "separatrix.learning.tasks.Conditions",
        "separatrix.learning.networks.FixedReadout",
        "separatrix.learning.networks.Clipped",
        "separatrix.observables.parallelism_score",
        "separatrix.observables.decoding_accuracy",
        "separatrix.observables.cross_condition_generalisation",
        "separatrix.observables.intra_to_inter",
        "separatrix.theory.orthogonal_conditions",
        "separatrix.theory.attractor_map",
    ),
    config=Config,
    experiments={
        "unstructured": unstructured,
        "square": square,
        "phases": phases,
        "aligned": aligned,
        "digits": digits,
        "attractors": attractors,
        "gradients": gradients,
    },
    claims=tuple(sorted((*GAP_CLAIMS, *TASK_CLAIMS, *CHECK_CLAIMS), key=lambda claim: claim.id[:2])),
    figures=FIGURES,
)
