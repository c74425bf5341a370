"""Rules: what turns a loss into a system that evolves."""

from separatrix.learning.rules.descent import descent
from separatrix.learning.rules.gradient_flow import gradient_flow
from separatrix.learning.rules.langevin import (
    Energy,
    GaussianPrior,
    langevin,
    mean_predictive,
    posterior_energy,
    stochastic_langevin,
)
from separatrix.learning.rules.learner import Learner, Rule
from separatrix.learning.rules.minibatch import minibatch_with_replacement, minibatch_without_replacement
from separatrix.learning.rules.muon import muon, split_rule

__all__ = [
    "Energy",
    "GaussianPrior",
    "Learner",
    "Rule",
    "descent",
    "gradient_flow",
    "langevin",
    "mean_predictive",
    "minibatch_with_replacement",
    "minibatch_without_replacement",
    "muon",
    "posterior_energy",
    "split_rule",
    "stochastic_langevin",
]
