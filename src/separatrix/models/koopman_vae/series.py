"""Series of equal length as a network reads them: scaled to [0, 1], what is missing marked."""

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from separatrix.errors import SeparatrixError
from separatrix.models.koopman_vae.irregular import control_path
from separatrix.models.koopman_vae.network import Batch
from separatrix.models.trajectories import Trajectories


def stacked(data: Any, fewest: int = 2) -> Float[np.ndarray, "series time channels"]:
    """Series of equal length as one array.

    Args:
        data: an array (series, time, channels) or (series, time), a list of series, or Trajectories; NaN is what was
            not observed.
        fewest: number of series that are needed.

    Returns:
        The array, float64.

    Raises:
        SeparatrixError: lengths differ, there are too few series or times, values are infinite or complex, or a
            channel of a series has no value at all.
    """
    listed = list(data.states) if isinstance(data, Trajectories) else data
    try:
        values = np.asarray(listed)
    except ValueError:
        lengths = sorted({len(series) for series in listed})
        raise SeparatrixError(
            f"A Koopman VAE needs series of equal length; these have from {lengths[0]} to {lengths[-1]} times. Cut "
            f"them to windows of one length, or end the shorter ones with NaN."
        ) from None
    if values.dtype.kind not in "fiub":
        raise SeparatrixError(f"The series must be real numbers; these are of type {values.dtype}.")
    values = values[..., None] if values.ndim == 2 else values
    if values.ndim != 3 or values.shape[0] < fewest or values.shape[1] < 3 or values.shape[2] < 1:
        raise SeparatrixError(
            f"The series must have the shape (series, time, channels), at least {fewest} of three times; got "
            f"{values.shape}."
        )
    if np.any(np.isinf(values)):
        raise SeparatrixError(f"{int(np.isinf(values).sum())} values are infinite. Write NaN for what is unknown.")
    values = values.astype(float)
    empty = np.argwhere(np.isnan(values).all(axis=1))
    if empty.size:
        raise SeparatrixError(
            f"Series {empty[0][0]} has no value in channel {empty[0][1]}. Leave such series or channels out."
        )
    return values


@dataclasses.dataclass(frozen=True)
class Scale:
    """The smallest and largest value of every channel, between which a network works.

    Args:
        low: (channels,).
        high: (channels,).
    """

    low: Float[np.ndarray, " channels"]
    high: Float[np.ndarray, " channels"]

    @classmethod
    def of(cls, series: Float[np.ndarray, "series time channels"]) -> "Scale":
        """Of a data set.

        Args:
            series: the data, NaN where missing.

        Returns:
            The scale.

        Raises:
            SeparatrixError: a channel is constant.
        """
        low, high = np.nanmin(series, axis=(0, 1)), np.nanmax(series, axis=(0, 1))
        still = np.flatnonzero(low == high)
        if still.size:
            raise SeparatrixError(f"Channel {still[0]} is constant throughout. Leave it out.")
        return cls(low, high)

    def into(self, series: Float[np.ndarray, "series time channels"]) -> Float[np.ndarray, "series time channels"]:
        """Into [0, 1].

        Args:
            series: in their own unit.

        Returns:
            Scaled.
        """
        return (series - self.low[None, None]) / (self.high - self.low)[None, None]

    def back(self, series: Float[np.ndarray, "series time channels"]) -> Float[np.ndarray, "series time channels"]:
        """Out of [0, 1].

        Args:
            series: scaled.

        Returns:
            In their own unit.
        """
        return self.low[None, None] + (self.high - self.low)[None, None] * series


def as_batch(
    series: Float[np.ndarray, "series time channels"],
    times: Float[np.ndarray, " time"],
    conditions: Float[np.ndarray, "series conditions"],
    *,
    irregular: bool,
) -> Batch:
    """What a network reads and is to give back.

    Args:
        series: scaled, NaN where missing.
        times: of the grid, ascending.
        conditions: of every series.
        irregular: whether for the encoder of irregular series.

    Returns:
        The batch.
    """
    data, known = jnp.asarray(series), jnp.asarray(conditions, jnp.asarray(series).dtype)
    read = control_path(data, jnp.asarray(times, data.dtype)) if irregular else data
    beside = jnp.broadcast_to(known[:, None, :], (*data.shape[:2], known.shape[1]))
    seen = ~jnp.isnan(data)
    return Batch(jnp.concatenate([read, beside], axis=2), jnp.where(seen, data, 0), seen.astype(data.dtype), known)
