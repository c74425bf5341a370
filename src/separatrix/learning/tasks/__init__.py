"""Tasks to learn: synthetic ones with known structure, and real digits that come inside packages."""

from separatrix.learning.tasks.finite_groups import (
    check_group,
    cyclic,
    dihedral,
    direct_product,
    group_one_hot,
    symmetric,
)
from separatrix.learning.tasks.images import digits, mnist_5k
from separatrix.learning.tasks.in_context_regression import in_context_regression
from separatrix.learning.tasks.modular_arithmetic import modular_one_hot, modular_tokens
from separatrix.learning.tasks.semantic_hierarchy import hierarchy_covariance, semantic_hierarchy
from separatrix.learning.tasks.task import Task, split
from separatrix.learning.tasks.teacher_student import teacher_student

__all__ = [
    "Task",
    "check_group",
    "cyclic",
    "digits",
    "dihedral",
    "direct_product",
    "group_one_hot",
    "hierarchy_covariance",
    "in_context_regression",
    "mnist_5k",
    "modular_one_hot",
    "modular_tokens",
    "semantic_hierarchy",
    "split",
    "symmetric",
    "teacher_student",
]
