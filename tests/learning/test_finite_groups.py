"""Cayley tables against permutation matrices and counts of a group's structure; broken tables name their axiom."""

import jax
import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.learning import tasks

GROUPS = {
    "trivial": tasks.cyclic(1),
    "Z7": tasks.cyclic(7),
    "Z2 x S3": tasks.direct_product(tasks.cyclic(2), tasks.symmetric(3)),
    "S4": tasks.symmetric(4),
    "D5": tasks.dihedral(5),
}


def conjugacy_classes(table):
    inverse = np.argmin(table, axis=1)  # the identity is element 0
    every = np.arange(len(table))
    return len({frozenset(table[table[every, a], inverse]) for a in every})


@pytest.mark.parametrize("table", GROUPS.values(), ids=GROUPS)
def test_tables_are_those_of_groups(table):
    np.testing.assert_array_equal(tasks.check_group(table), table)
    np.testing.assert_array_equal(np.sort(table, axis=0), np.broadcast_to(np.arange(len(table))[:, None], table.shape))


def test_the_groups_are_the_right_ones():
    """The number of conjugacy classes tells these groups of equal order apart."""
    assert conjugacy_classes(GROUPS["Z7"]) == 7
    assert conjugacy_classes(GROUPS["S4"]) == 5
    assert conjugacy_classes(GROUPS["D5"]) == 4
    assert conjugacy_classes(GROUPS["Z2 x S3"]) == 2 * 3 == conjugacy_classes(tasks.dihedral(6))
    assert conjugacy_classes(tasks.cyclic(12)) == 12


def test_permutations_multiply_as_matrices():
    import itertools

    matrices = np.array([np.eye(3)[:, list(p)] for p in itertools.permutations(range(3))])
    table = tasks.symmetric(3)
    products = np.einsum("aij,bjk->abik", matrices, matrices)
    np.testing.assert_array_equal(products, matrices[table])
    assert not np.array_equal(products, matrices[table.T]), "the other order of composition is another table"


def test_rotations_and_reflections_multiply_as_matrices():
    n = 5
    angle = 2 * np.pi * np.arange(n) / n
    turns = np.array([[[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]] for a in angle])
    matrices = np.concatenate([turns, turns @ np.diag([1.0, -1.0])])
    products = np.einsum("aij,bjk->abik", matrices, matrices)
    np.testing.assert_allclose(products, matrices[tasks.dihedral(n)], atol=1e-12)


def replaced(table, *changes):
    table = table.copy()
    for a, b, value in changes:
        table[a, b] = value
    return table


# of order 5, with an identity and inverses, each row and column a permutation, yet no group
LOOP = np.array([[0, 1, 2, 3, 4], [1, 0, 3, 4, 2], [2, 4, 0, 1, 3], [3, 2, 4, 0, 1], [4, 3, 1, 2, 0]])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.zeros((2, 3), int), r"square array of integers.*\(2, 3\)"),
        (np.zeros((2, 2)), "square array of integers.*float64"),
        (replaced(tasks.cyclic(3), (1, 2, 5)), r"not closed: 1 \* 2 = 5 is not an element from 0 to 2"),
        ((tasks.cyclic(3) + 1) % 3, None),  # relabelled: its identity is 2
        (tasks.cyclic(3)[::-1], r"identity: the closest candidate"),
        (np.minimum.outer(np.arange(3), np.arange(3)), r"inverses: 0 has none \(the identity is 2\)"),
        (LOOP, r"associative: \(1 \* 1\) \* 2 = 2 but 1 \* \(1 \* 2\) = 4"),
    ],
)
def test_what_is_no_group_is_told_by_its_axiom(table, message):
    if message is None:
        tasks.check_group(table)
        return
    with pytest.raises(SeparatrixError, match=message) as caught:
        tasks.check_group(table)
    assert "\n" not in str(caught.value)


def test_nested_lists_are_tables_too():
    assert tasks.check_group([[0, 1], [1, 0]]).shape == (2, 2)


def test_group_task_is_the_table():
    task = tasks.group_one_hot(jax.random.key(0), tasks.symmetric(3), 0.25)
    assert task.test is not None and task.x.shape == (27, 12) and task.test[0].shape == (9, 12)
    x, y = (np.concatenate(part) for part in zip(task.data, task.test, strict=True))
    a, b, c = np.argmax(x[:, :6], 1), np.argmax(x[:, 6:], 1), np.argmax(y, 1)
    np.testing.assert_array_equal(tasks.symmetric(3)[a, b], c)
    assert len(set(zip(a, b, strict=True))) == 36


def test_the_cyclic_groups_task_is_modular_addition():
    ours = tasks.group_one_hot(jax.random.key(0), tasks.cyclic(5))
    theirs = tasks.modular_one_hot(jax.random.key(0), 5)
    np.testing.assert_array_equal(ours.x, theirs.x)
    np.testing.assert_array_equal(ours.y, theirs.y)


@pytest.mark.parametrize("make", [tasks.cyclic, tasks.dihedral, tasks.symmetric])
def test_orders_out_of_range_are_refused(make):
    with pytest.raises(SeparatrixError, match="must be an int in the range"):
        make(0)
