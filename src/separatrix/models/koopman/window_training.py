"""Windows of series at equal steps, and the information loss over batches of them."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from separatrix.errors import SeparatrixError
from separatrix.models.koopman.autoencoder import Autoencoder
from separatrix.models.koopman.information import Pressures, information_loss
from separatrix.models.trajectories import Trajectories

WHOLE_SERIES = 5
"""Series from which whole ones are kept back from training."""


class Windows(eqx.Module):
    """All windows of some series, kept as their states and the rows where a window begins.

    Attributes:
        states: of all series one after another, (rows, D).
        starts: rows at which a window lies inside one series, (windows,).
        length: states of a window.
    """

    states: Float[Array, "rows D"]
    starts: Int[Array, " windows"]
    length: int = eqx.field(static=True)

    def __getitem__(self, chosen: Int[Array, " batch"]) -> Float[Array, "batch length D"]:
        """The windows of given numbers.

        Args:
            chosen: numbers of windows, (batch,).

        Returns:
            Their states, (batch, length, D).
        """
        return self.states[self.starts[chosen][:, None] + jnp.arange(self.length)[None, :]]

    def every(self, most: int | None = None) -> Float[Array, "batch length D"]:
        """All windows, or some spread evenly over them.

        Args:
            most: how many at most.

        Returns:
            Their states, (batch, length, D).
        """
        count = self.starts.shape[0]
        return self[jnp.asarray(np.linspace(0, count - 1, min(most or count, count)).astype(int))]


def windows(series: tuple[np.ndarray, ...], length: int) -> Windows:
    """Every stretch of some length of every series, overlapping.

    Args:
        series: arrays (times, D).
        length: states of a window.

    Returns:
        The windows, in single precision.

    Raises:
        SeparatrixError: no series is long enough.
    """
    starts, row = [], 0
    for states in series:
        starts.append(row + np.arange(max(0, len(states) - length + 1)))
        row += len(states)
    found = np.concatenate(starts)
    if not found.size:
        longest = max(len(states) for states in series)
        raise SeparatrixError(
            f"A window of {length} states does not fit into any series; the longest has {longest}. Shorten it."
        )
    return Windows(jnp.asarray(np.concatenate(series), jnp.float32), jnp.asarray(found), length)


class WindowLoss(eqx.Module):
    """The information loss over windows drawn with replacement; its fields are compared, so that it compiles once.

    Attributes:
        pressures: weights of the terms.
        batch: windows a step.
        neighbours: positives on either side of an anchor.
        temperature: of the cosines.
    """

    pressures: Pressures
    batch: int = eqx.field(static=True)
    neighbours: int = eqx.field(static=True)
    temperature: float = eqx.field(static=True)

    def __call__(self, model: Autoencoder, data: Windows, key: PRNGKeyArray) -> Float[Array, ""]:
        """The loss of a random batch.

        Args:
            model: the autoencoder.
            data: the windows to draw from.
            key: decides which.

        Returns:
            The loss.
        """
        return self.over(model, data[jax.random.randint(key, (self.batch,), 0, data.starts.shape[0])])

    def over(self, model: Autoencoder, batch: Float[Array, "batch length D"]) -> Float[Array, ""]:
        """The loss of given windows.

        Args:
            model: the autoencoder.
            batch: windows, (batch, length, D).

        Returns:
            The loss.
        """
        settings = {"neighbours": self.neighbours, "temperature": self.temperature}
        return information_loss(model, batch, self.pressures, **settings)


@functools.cache
def adam(rate: float) -> optax.GradientTransformation:
    """Adam, the same object for the same rate, so that training with it compiles once.

    Args:
        rate: learning rate.

    Returns:
        The optimiser.
    """
    return optax.adam(rate)


def hold_back(series: Trajectories, share: float) -> tuple[Trajectories, Trajectories]:
    """Part series into what is trained on and what is kept back: whole series of five or more, else the end of each.

    Args:
        series: all of them.
        share: to keep back, in (0, 1).

    Returns:
        The two parts.
    """
    count = len(series.states)
    if count < WHOLE_SERIES:
        return series.between(0, 1 - share), series.between(1 - share, 1)
    back = min(count - 1, max(1, round(share * count)))
    return series.select(range(count - back)), series.select(range(count - back, count))
