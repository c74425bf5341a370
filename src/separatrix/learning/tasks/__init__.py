"""Tasks to learn: synthetic ones with known structure, and real digits that come inside packages."""

from separatrix.learning.tasks.conditions import (
    Conditions,
    aligned_conditions,
    condition_of,
    square_conditions,
    unstructured_conditions,
    walsh_vectors,
)
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
from separatrix.learning.tasks.single_index import half_square, single_index
from separatrix.learning.tasks.task import Task, split
from separatrix.learning.tasks.teacher_student import teacher_student

__all__ = [
    "Conditions",
    "Task",
    "aligned_conditions",
    "check_group",
    "condition_of",
    "cyclic",
    "digits",
    "dihedral",
    "direct_product",
    "group_one_hot",
    "half_square",
    "hierarchy_covariance",
    "in_context_regression",
    "mnist_5k",
    "modular_one_hot",
    "modular_tokens",
    "semantic_hierarchy",
    "single_index",
    "split",
    "square_conditions",
    "symmetric",
    "teacher_student",
    "unstructured_conditions",
    "walsh_vectors",
]
