"""The dynamics of learning: tasks, networks, losses, and the rules that make systems of them."""

from separatrix.learning import losses, networks, rules, tasks
from separatrix.learning.losses import accuracy, cross_entropy, half_mean_squared, half_summed_squared, on
from separatrix.learning.rules import (
    Learner,
    Rule,
    descent,
    gradient_flow,
    minibatch_with_replacement,
    minibatch_without_replacement,
)
from separatrix.learning.tasks import Task

__all__ = [
    "Learner",
    "Rule",
    "Task",
    "accuracy",
    "cross_entropy",
    "descent",
    "gradient_flow",
    "half_mean_squared",
    "half_summed_squared",
    "losses",
    "minibatch_with_replacement",
    "minibatch_without_replacement",
    "networks",
    "on",
    "rules",
    "tasks",
]
