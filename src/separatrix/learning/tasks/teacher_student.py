"""Targets that a network, the teacher, gives to random inputs."""

from collections.abc import Callable

import jax
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from separatrix.learning.tasks.task import Task

InputLaw = Callable[..., Shaped[Array, "n ..."]]
"""``inputs(key, n) -> array of n inputs``."""


def teacher_student(
    key: PRNGKeyArray,
    teacher: Callable,
    inputs: InputLaw,
    examples: int,
    *,
    noise: float | Float[Array, ""] = 0.0,
    test_examples: int = 0,
) -> Task:
    """A student's task: random inputs with the outputs of a teacher, which may be noisy on the training part.

    Args:
        key: draws inputs and noise.
        teacher: any callable from one input to one output of shape (c,).
        inputs: ``inputs(key, n)`` draws n inputs, for example ``lambda key, n: jax.random.normal(key, (n, 10))``.
        examples: number of training examples.
        noise: standard deviation of Gaussian noise on the training targets, in units of y.
        test_examples: number of held-out examples, without noise; none when 0.

    Returns:
        The task.
    """
    drawn, disturbed, held = jax.random.split(key, 3)
    x = inputs(drawn, examples)
    y = jax.vmap(teacher)(x)
    y = y + noise * jax.random.normal(disturbed, y.shape, y.dtype)
    if not test_examples:
        return Task(x, y, "teacher-student")
    x_test = inputs(held, test_examples)
    return Task(x, y, "teacher-student", x_test=x_test, y_test=jax.vmap(teacher)(x_test))
