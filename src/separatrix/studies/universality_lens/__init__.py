"""The universality lens: what a truth costs to learn is set by its weight, not by the size of the class."""

from separatrix.studies import Paper, Study
from separatrix.studies.universality_lens import (
    boolean,
    boolean_claims,
    coins,
    exact_claims,
    langevin_claims,
    logistic,
    real_data,
    redundant,
    singular,
)
from separatrix.studies.universality_lens.config import Config
from separatrix.studies.universality_lens.figures import FIGURES

EXPERIMENTS = (
    coins.coins,
    coins.chain,
    coins.directions,
    coins.plug_in,
    boolean.weights,
    boolean.functions,
    boolean.shown,
    redundant.redundant,
    singular.balls,
    singular.ladder,
    singular.tempered,
    logistic.logistic,
    real_data.real_data,
)
CLAIMS = (
    *exact_claims.COIN_CLAIMS,
    *exact_claims.LINEAR_CLAIMS,
    *boolean_claims.CLAIMS,
    *langevin_claims.CLAIMS,
)

STUDY = Study(
    slug="universality-lens",
    paper=Paper(
        "2506.07661",
        "The Universality Lens: Why Even Highly Over-Parametrized Models Learn Well",
        ("Meir Feder", "Ruediger Urbanke", "Yaniv Fogel"),
        "2025-06",
    ),
    world="dynamics of learning",
    question="Why does a model with far more parameters than examples generalise, and what does a truth cost to learn?",
    parts=(
        "separatrix.theory.mixture_regret",
        "separatrix.theory.bernoulli_mixture",
        "separatrix.theory.gaussian_mixture",
        "separatrix.theory.learning_coefficient",
        "separatrix.learning.rules.langevin",
        "separatrix.learning.networks.threshold",
    ),
    config=Config,
    experiments={experiment.__name__: experiment for experiment in EXPERIMENTS},
    claims=tuple(sorted(CLAIMS, key=lambda claim: claim.id[:2])),
    figures=FIGURES,
    float64=True,
)

__all__ = ["STUDY"]
