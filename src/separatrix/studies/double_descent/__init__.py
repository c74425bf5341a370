"""Multi-scale feature learning dynamics: insights for double descent (Pezeshki et al. 2021), made executable."""

from separatrix.studies import Paper, Study
from separatrix.studies.double_descent.claims import CLAIMS
from separatrix.studies.double_descent.config import Config
from separatrix.studies.double_descent.digits import images_by_halves, networks
from separatrix.studies.double_descent.figures import FIGURES
from separatrix.studies.double_descent.linear import descent
from separatrix.studies.double_descent.regularised import regularised
from separatrix.studies.double_descent.steps import steps
from separatrix.studies.double_descent.theory_curves import theory_curves

__all__ = ["STUDY"]

STUDY = Study(
    slug="double-descent",
    paper=Paper(
        "2112.03215",
        "Multi-scale Feature Learning Dynamics: Insights for Double Descent",
        ("Mohammad Pezeshki", "Amartya Mitra", "Yoshua Bengio", "Guillaume Lajoie"),
        "2021-12",
    ),
    world="dynamics of learning",
    question="Why does a test error that has risen come down again, and when?",
    parts=(
        "separatrix.theory.descent_order_parameters",
        "separatrix.theory.ridge_order_parameters",
        "separatrix.theory.exact_order_parameters",
        "separatrix.theory.decoupled_order_parameters",
        "separatrix.theory.plateau_error",
        "separatrix.theory.bump_height",
        "separatrix.theory.foretell_descent",
    ),
    config=Config,
    experiments={
        "descent": descent,
        "theory": theory_curves,
        "regularised": regularised,
        "steps": steps,
        "images": images_by_halves,
        "networks": networks,
    },
    claims=CLAIMS,
    figures=FIGURES,
)
