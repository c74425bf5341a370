"""Structured networks that realise states of dynamical systems (Aluvihare, Lingsch, Li & Perera 2025)."""

from separatrix.studies import Paper, Study
from separatrix.studies.structured_network.claims import CLAIMS
from separatrix.studies.structured_network.config import Config
from separatrix.studies.structured_network.exact import counts, estimates, exact
from separatrix.studies.structured_network.figures import FIGURES
from separatrix.studies.structured_network.horizon import partings
from separatrix.studies.structured_network.lorenz import equations, forecasts
from separatrix.studies.structured_network.prey import prey

STUDY = Study(
    slug="structured-network",
    paper=Paper(
        "2503.23697",
        "A Low-complexity Structured Neural Network to Realize States of Dynamical Systems",
        ("Hansaka Aluvihare", "Levi Lingsch", "Xianqi Li", "Sirani M. Perera"),
        "2025-03",
    ),
    world="learning of dynamics",
    question="How far does a network of products of sparse factors go in forecasting, for how few parameters?",
    parts=(
        "separatrix.models.structured",
        "separatrix.models.delay_windows",
        "separatrix.models.sparse_regression",
        "separatrix.models.environments",
        "separatrix.theory.hankel_operator",
        "separatrix.dynamics.known_systems",
    ),
    config=Config,
    experiments={
        "exact": exact,
        "counts": counts,
        "estimates": estimates,
        "forecasts": forecasts,
        "prey": prey,
        "equations": equations,
        "partings": partings,
    },
    claims=CLAIMS,
    figures=FIGURES,
)

__all__ = ["STUDY"]
