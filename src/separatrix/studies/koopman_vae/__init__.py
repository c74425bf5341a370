"""Generative modelling of regular and irregular time series by Koopman VAEs (Naiman et al. 2023)."""

from separatrix.studies import Paper, Study
from separatrix.studies.koopman_vae.claims import CLAIMS
from separatrix.studies.koopman_vae.config import Config
from separatrix.studies.koopman_vae.experiments import EXPERIMENTS
from separatrix.studies.koopman_vae.figures import FIGURES

STUDY = Study(
    slug="koopman-vae",
    paper=Paper(
        "2310.02619",
        "Generative Modeling of Regular and Irregular Time Series Data via Koopman VAEs",
        ("Ilan Naiman", "N. Benjamin Erichson", "Pu Ren", "Michael W. Mahoney", "Omri Azencot"),
        "2023-10",
    ),
    world="learning of dynamics",
    question="Does a generator whose latent dynamics are drawn towards a linear map make series like the real ones?",
    parts=(
        "separatrix.models.koopman_vae.estimator",
        "separatrix.models.koopman_vae.operator",
        "separatrix.models.koopman_vae.spectral_constraints",
        "separatrix.models.koopman_vae.scores",
    ),
    config=Config,
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    figures=FIGURES,
    float64=False,
)

__all__ = ["STUDY"]
