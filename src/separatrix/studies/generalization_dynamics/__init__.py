"""High-dimensional dynamics of generalization error in neural networks (Advani and Saxe 2017), made executable."""

from separatrix.studies import Paper, Study
from separatrix.studies.generalization_dynamics.claims import CLAIMS
from separatrix.studies.generalization_dynamics.closed_forms import closed_forms, theory
from separatrix.studies.generalization_dynamics.config import Config
from separatrix.studies.generalization_dynamics.descent import descent
from separatrix.studies.generalization_dynamics.digits import digits
from separatrix.studies.generalization_dynamics.features import features
from separatrix.studies.generalization_dynamics.figures import FIGURES
from separatrix.studies.generalization_dynamics.layers import layers
from separatrix.studies.generalization_dynamics.modes import critical, modes

__all__ = ["STUDY"]

STUDY = Study(
    slug="generalization-dynamics",
    paper=Paper(
        "1710.03667",
        "High-dimensional dynamics of generalization error in neural networks",
        ("Madhu S. Advani", "Andrew M. Saxe"),
        "2017-10",
    ),
    world="dynamics of learning",
    question="When does more training make the test error worse, by how much, and when should it stop?",
    parts=(
        "separatrix.theory.learning_curves",
        "separatrix.theory.test_error",
        "separatrix.theory.train_error",
        "separatrix.theory.marchenko_pastur",
        "separatrix.theory.data_spectrum",
        "separatrix.theory.optimal_stopping",
        "separatrix.theory.forecast_stopping",
    ),
    config=Config,
    experiments={
        "modes": modes,
        "critical": critical,
        "descent": descent,
        "closed_forms": closed_forms,
        "theory": theory,
        "features": features,
        "layers": layers,
        "digits": digits,
    },
    claims=CLAIMS,
    figures=FIGURES,
)
