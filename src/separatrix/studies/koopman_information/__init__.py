"""Information shapes Koopman representation (Cheng, Yuan, Yang, Zhang, Cheng, He & Sun 2025)."""

from separatrix.studies import Paper, Study
from separatrix.studies.koopman_information.chains import ceiling, chain
from separatrix.studies.koopman_information.claims import CLAIMS
from separatrix.studies.koopman_information.config import Config
from separatrix.studies.koopman_information.figures import FIGURES
from separatrix.studies.koopman_information.laws import memory, operator, sharing
from separatrix.studies.koopman_information.lorenz import lorenz
from separatrix.studies.koopman_information.pendulum import pendulum

STUDY = Study(
    slug="koopman-information",
    paper=Paper(
        "2510.13025",
        "Information Shapes Koopman Representation",
        (
            "Xiaoyuan Cheng",
            "Wenxuan Yuan",
            "Yiming Yang",
            "Yuanzhao Zhang",
            "Sibo Cheng",
            "Yi He",
            "Zhuo Sun",
        ),
        "2025-10",
    ),
    world="learning of dynamics",
    question="What keeps the latent space of a learned linear model from collapsing onto a few modes?",
    parts=(
        "separatrix.models.koopman.information",
        "separatrix.models.koopman.batch_ridge",
        "separatrix.models.koopman.autoencoder_estimator",
        "separatrix.theory.temporal_information",
        "separatrix.theory.water_filling",
    ),
    config=Config,
    experiments={
        "memory": memory,
        "sharing": sharing,
        "chain": chain,
        "ceiling": ceiling,
        "operator": operator,
        "pendulum": pendulum,
        "lorenz": lorenz,
    },
    claims=CLAIMS,
    figures=FIGURES,
)

__all__ = ["STUDY"]
