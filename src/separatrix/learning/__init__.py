"""The dynamics of learning: tasks, networks, losses, and the rules that make systems of them."""

from separatrix.learning import losses, networks, population, rules, tasks
from separatrix.learning.centred import Centred, CentredLoss, centred
from separatrix.learning.losses import (
    accuracy,
    bernoulli_cross_entropy,
    cross_entropy,
    half_mean_squared,
    half_summed_squared,
    on,
)
from separatrix.learning.population import AttentionPopulation, LinearPopulation, QuadraticPopulation
from separatrix.learning.rules import (
    Learner,
    Rule,
    descent,
    gradient_flow,
    langevin,
    minibatch_with_replacement,
    minibatch_without_replacement,
)
from separatrix.learning.tasks import Task

__all__ = [
    "AttentionPopulation",
    "Centred",
    "CentredLoss",
    "Learner",
    "LinearPopulation",
    "QuadraticPopulation",
    "Rule",
    "Task",
    "accuracy",
    "bernoulli_cross_entropy",
    "centred",
    "cross_entropy",
    "descent",
    "gradient_flow",
    "half_mean_squared",
    "half_summed_squared",
    "langevin",
    "losses",
    "minibatch_with_replacement",
    "minibatch_without_replacement",
    "networks",
    "on",
    "population",
    "rules",
    "tasks",
]
