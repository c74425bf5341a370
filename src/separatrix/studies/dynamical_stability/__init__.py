"""Wu & Su 2023: how large a trace of the Hessian SGD tolerates, and what norm of the network that bounds."""

from separatrix.studies import Paper, Study
from separatrix.studies.dynamical_stability import diagonal, linearised, norms, relu
from separatrix.studies.dynamical_stability.config import Config
from separatrix.studies.dynamical_stability.figures import FIGURES
from separatrix.studies.dynamical_stability.linear_claims import LINEAR_CLAIMS
from separatrix.studies.dynamical_stability.network_claims import NETWORK_CLAIMS

EXPERIMENTS = (
    linearised.critical_rates,
    linearised.worked_example,
    linearised.growth,
    linearised.noise_floor,
    norms.norm_equivalences,
    diagonal.diagonal_sgd,
    diagonal.diagonal_descent,
    diagonal.balance_sgd,
    diagonal.balance_descent,
    diagonal.escape_sgd,
    diagonal.escape_descent,
    relu.relu_sgd,
    relu.relu_descent,
    relu.digits_sgd,
    relu.digits_descent,
)

STUDY = Study(
    slug="dynamical-stability",
    paper=Paper(
        "2305.17490",
        "The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent",
        ("Lei Wu", "Weijie J. Su"),
        "2023-05",
    ),
    world="dynamics of learning",
    question="Which minima can SGD stay at, and why do large learning rates generalise?",
    parts=(
        "separatrix.analysis.sgd_stability",
        "separatrix.theory.stability_norms",
        "separatrix.learning.networks.DiagonalLinear",
        "separatrix.observables.balance_ratio",
        "separatrix.observables.path_norm",
    ),
    config=Config,
    experiments={experiment.__name__: experiment for experiment in EXPERIMENTS},
    claims=tuple(sorted((*LINEAR_CLAIMS, *NETWORK_CLAIMS), key=lambda claim: claim.id[:2])),
    figures=FIGURES,
    float64=True,
)

__all__ = ["STUDY"]
