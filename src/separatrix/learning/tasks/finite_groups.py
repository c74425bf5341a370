"""Multiplication in a finite group, given by its Cayley table, as a task; and the tables of some groups.

Elements are numbered 0 to n - 1; entry (a, b) of a table is the product a b.
"""

import itertools
import math
import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import ArrayLike, Int, PRNGKeyArray

from separatrix.errors import SeparatrixError, bad_parameter
from separatrix.learning.tasks.task import Task, split

Table = Int[np.ndarray, "n n"]
"""A Cayley table: entry (a, b) is the product of the elements a and b."""


def group_one_hot(key: PRNGKeyArray, table: Int[ArrayLike, "n n"] | Any, test_fraction: float = 0.5) -> Task:
    """All pairs (a, b) of elements, each a concatenation of two one-hot vectors; the target is one-hot of a b.

    For abelian groups with one shared embedding of both elements, add the two halves of an input.

    Args:
        key: draws the held-out pairs.
        table: the group's Cayley table, of n elements; ``cyclic(n)`` gives addition modulo n.
        test_fraction: share of the n^2 pairs that is held out; all are trained on, in the table's order, when 0.

    Returns:
        The task: x of shape (pairs, 2 n), y of shape (pairs, n).

    Raises:
        SeparatrixError: when the table is not that of a group, or the fraction leaves a side of the split empty.

    >>> import jax
    >>> group_one_hot(jax.random.key(0), symmetric(3), test_fraction=0).x.shape
    (36, 12)
    """
    checked = check_group(table)
    n = len(checked)
    a, b = np.divmod(np.arange(n**2), n)
    x = jnp.concatenate([jax.nn.one_hot(a, n), jax.nn.one_hot(b, n)], axis=1)
    task = Task(x, jax.nn.one_hot(checked.ravel(), n), "group-multiplication")
    return split(key, task, test_fraction) if test_fraction else task


def check_group(table: Int[ArrayLike, "n n"] | Any) -> Table:
    """A Cayley table that has been found to be that of a group.

    Args:
        table: integers, shape (n, n), n at least 1.

    Returns:
        The table as a NumPy array.

    Raises:
        SeparatrixError: naming the axiom that does not hold, and elements for which it does not.

    >>> check_group([[0, 1], [1, 0]]).shape
    (2, 2)
    """
    given = np.asarray(table)
    if given.ndim != 2 or given.shape[0] != given.shape[1] or not given.size or given.dtype.kind not in "iu":
        raise SeparatrixError(
            f"A Cayley table is a square array of integers, one row and one column an element. "
            f"Got shape {given.shape} of {given.dtype}."
        )
    _check_closed(given)
    _check_inverses(given, _identity(given))
    _check_associative(given)
    return given


def _check_closed(table: Table) -> None:
    n = len(table)
    outside = np.argwhere((table < 0) | (table >= n))
    if outside.size:
        a, b = outside[0]
        raise _no_group("closed", f"{a} * {b} = {table[a, b]} is not an element from 0 to {n - 1}")


def _identity(given: Table) -> int:
    """The element e with e a = a e = a for every a; where there is none, the error says how the closest one fails."""
    every = np.arange(len(given))
    from_left, from_right = given == every[None, :], (every[:, None] == given).T
    agreed = np.sum(from_left & from_right, axis=1)
    best = int(np.argmax(agreed))
    if agreed[best] < len(given):
        a = int(np.argmin(from_left[best] & from_right[best]))
        raise _no_group(
            "endowed with an identity",
            f"the closest candidate, {best}, has {best} * {a} = {given[best, a]} and {a} * {best} = {given[a, best]}",
        )
    return best


def _check_inverses(table: Table, one: int) -> None:
    inverse = (table == one) & (table == one).T
    missing = np.flatnonzero(~inverse.any(axis=1))
    if missing.size:
        raise _no_group("endowed with inverses", f"{missing[0]} has none (the identity is {one})")


def _check_associative(table: Table) -> None:
    """(a b) c = a (b c) for all a, b, c; one a at a time, so that memory stays that of the table."""
    for a, row in enumerate(table):
        differs = np.argwhere(table[row] != row[table])
        if differs.size:
            b, c = differs[0]
            left, right = table[row[b], c], row[table[b, c]]
            raise _no_group("associative", f"({a} * {b}) * {c} = {left} but {a} * ({b} * {c}) = {right}")


def _no_group(axiom: str, witness: str) -> SeparatrixError:
    return SeparatrixError(f"The table is not that of a group, for it is not {axiom}: {witness}.")


def cyclic(n: int) -> Table:
    """The cyclic group of order n: addition modulo n.

    Args:
        n: number of elements, at least 1.

    Returns:
        Its table, shape (n, n).

    >>> cyclic(3).tolist()
    [[0, 1, 2], [1, 2, 0], [2, 0, 1]]
    """
    _check_range(n, "cyclic")
    return (np.arange(n)[:, None] + np.arange(n)[None, :]) % n


def direct_product(first: Int[ArrayLike, "m m"] | Any, second: Int[ArrayLike, "n n"] | Any) -> Table:
    """The direct product of two groups; the pair (a, b) is numbered a n + b.

    Args:
        first: table of the first group, shape (m, m).
        second: table of the second group, shape (n, n).

    Returns:
        The table of the product, shape (m n, m n).

    Raises:
        SeparatrixError: when one of them is not the table of a group.

    >>> direct_product(cyclic(2), cyclic(3)).shape
    (6, 6)
    """
    m_table, n_table = check_group(first), check_group(second)
    n = len(n_table)
    whole = m_table[:, None, :, None] * n + n_table[None, :, None, :]
    return whole.reshape(len(m_table) * n, len(m_table) * n)


def symmetric(n: int) -> Table:
    """The group of all permutations of n things; a b is first b, then a. Numbered in lexicographic order.

    Args:
        n: number of things, from 1 to 7 (of 8 the table would have 1.6 billion entries).

    Returns:
        Its table, shape (n!, n!); element 0 is the identity.

    >>> symmetric(3).shape
    (6, 6)
    """
    _check_range(n, "symmetric", 7)
    every = np.array(list(itertools.permutations(range(n))))
    code = n ** np.arange(n - 1, -1, -1)  # lexicographic order is that of the digits in base n
    composed = every[:, every]  # (a, b, i) -> a(b(i))
    return np.searchsorted(every @ code, composed @ code)


def dihedral(n: int) -> Table:
    """The symmetries of a regular polygon of n corners: rotations r^k numbered k, reflections r^k s numbered n + k.

    Args:
        n: number of corners, at least 1; the group has 2 n elements and is not abelian from n = 3.

    Returns:
        Its table, shape (2 n, 2 n); element 0 is the identity.

    >>> dihedral(4).shape
    (8, 8)
    """
    _check_range(n, "dihedral")
    flip, turn = np.divmod(np.arange(2 * n), n)
    # s r^k = r^-k s, hence (r^j s^f)(r^k s^g) = r^(j + (-1)^f k) s^(f + g)
    turned = (turn[:, None] + (1 - 2 * flip)[:, None] * turn[None, :]) % n
    return ((flip[:, None] + flip[None, :]) % 2) * n + turned


def _check_range(n: int, owner: str, most: float = math.inf) -> None:
    if not 1 <= operator.index(n) <= most:
        expected = "[1, inf)" if math.isinf(most) else f"[1, {most}]"
        raise bad_parameter("n", owner, f"an int in the range {expected}", n)
