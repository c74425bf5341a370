"""Arithmetic modulo a number: the task on which generalisation comes long after memorisation."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PRNGKeyArray

from separatrix.errors import bad_parameter
from separatrix.learning.tasks.task import Task, split

Operation = Callable[..., Int[Array, " pairs"]]
"""``operation(a, b) -> integers``, before the modulus is taken."""


def modular_one_hot(
    key: PRNGKeyArray,
    modulus: int,
    operation: Operation = jnp.add,
    test_fraction: float = 0.5,
    *,
    shared: bool = False,
) -> Task:
    """All pairs (a, b), each a concatenation of two one-hot vectors; the target is one-hot of operation(a, b) mod p.

    With ``shared`` the two vectors are added instead, so that one embedding serves both numbers and the input does not
    tell (a, b) from (b, a) (He et al. 2026): for operations that do not either.

    Args:
        key: draws the held-out pairs.
        modulus: p, at least 2.
        operation: of the two integer arrays, for example ``jnp.add`` or ``jnp.multiply``.
        test_fraction: share of the p^2 pairs that is held out; all are trained on when 0.
        shared: whether the two one-hot vectors are added.

    Returns:
        The task: x of shape (n, 2 p), or (n, p) when shared, y of shape (n, p).
    """
    a, b, c = _table(modulus, operation, "modular_one_hot")
    hot = jax.nn.one_hot(a, modulus), jax.nn.one_hot(b, modulus)
    x = hot[0] + hot[1] if shared else jnp.concatenate(hot, axis=1)
    return _held_out(key, Task(x, jax.nn.one_hot(c, modulus), "modular-arithmetic"), test_fraction)


def modular_tokens(key: PRNGKeyArray, modulus: int, operation: Operation = jnp.add, test_fraction: float = 0.5) -> Task:
    """All pairs as token sequences a, b, "=", where "=" is the token p; the target is the label operation(a, b) mod p.

    Args:
        key: draws the held-out pairs.
        modulus: p, at least 2; the vocabulary has p + 1 tokens.
        operation: of the two integer arrays.
        test_fraction: share of the p^2 pairs that is held out; all are trained on when 0.

    Returns:
        The task: x of integers (n, 3), y of integers (n,).
    """
    a, b, c = _table(modulus, operation, "modular_tokens")
    x = jnp.stack([a, b, jnp.full_like(a, modulus)], axis=1)
    return _held_out(key, Task(x, c, "modular-arithmetic"), test_fraction)


def _table(modulus: int, operation: Operation, owner: str) -> tuple[Int[Array, " pairs"], ...]:
    if modulus < 2:
        raise bad_parameter("modulus", owner, "an int in the range [2, inf)", modulus)
    pair = jnp.arange(modulus**2)
    a, b = pair // modulus, pair % modulus
    return a, b, operation(a, b) % modulus


def _held_out(key: PRNGKeyArray, task: Task, test_fraction: float) -> Task:
    return split(key, task, test_fraction) if test_fraction else task
