"""What every task is: inputs, targets, and perhaps a held-out part."""

import equinox as eqx
import jax
from jaxtyping import Array, PRNGKeyArray, Shaped

from separatrix.errors import SeparatrixError


class Task(eqx.Module):
    """Data to learn from, examples along the first axis.

    Attributes:
        x: inputs, shape (n, ...).
        y: targets, shape (n, ...).
        name: what the task is called.
        x_unit: unit of the inputs, "1" when they have none.
        y_unit: unit of the targets.
        x_test: held-out inputs, if any.
        y_test: held-out targets, if any.
    """

    x: Shaped[Array, "n ..."]
    y: Shaped[Array, "n ..."]
    name: str = eqx.field(static=True)
    x_unit: str = eqx.field(static=True, default="1")
    y_unit: str = eqx.field(static=True, default="1")
    x_test: Shaped[Array, "m ..."] | None = None
    y_test: Shaped[Array, "m ..."] | None = None

    @property
    def data(self) -> tuple[Shaped[Array, "n ..."], Shaped[Array, "n ..."]]:
        """The training pair ``(x, y)``, as losses take it."""
        return self.x, self.y

    @property
    def test(self) -> tuple[Shaped[Array, "m ..."], Shaped[Array, "m ..."]] | None:
        """The held-out pair, or None."""
        return None if self.x_test is None or self.y_test is None else (self.x_test, self.y_test)


def split(key: PRNGKeyArray, task: Task, test_fraction: float) -> Task:
    """Hold out a random part of a task's examples.

    Args:
        key: draws which.
        task: the task; what it held out before is dropped.
        test_fraction: share of the examples to hold out, rounded to a whole number of them.

    Returns:
        The task with its examples in random order, the last of them as the test part.

    Raises:
        SeparatrixError: when the fraction leaves no example on either side.
    """
    n = task.x.shape[0]
    held = round(n * test_fraction)
    if not 0 < held < n:
        raise SeparatrixError(
            f"test_fraction must leave examples on both sides of the split of {n}. Got {test_fraction}."
        )
    order = jax.random.permutation(key, n)
    train, test = order[: n - held], order[n - held :]
    return Task(
        task.x[train], task.y[train], task.name, task.x_unit, task.y_unit, x_test=task.x[test], y_test=task.y[test]
    )
