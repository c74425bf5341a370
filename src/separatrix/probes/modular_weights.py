"""Weights with an axis that counts the integers modulo p: which frequencies they carry, and which will win."""

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Array, Float, Int

from separatrix.observables import (
    dominant_frequency,
    dominant_share,
    dominant_share_p_value,
    fourier_harmonics,
    fourier_power,
    misalignment,
)
from separatrix.theory import blow_up_time

UNLIKELY = 1e-3
"""Chance with Gaussian weights below which a frequency counts as carried."""
FEWEST_NUMBERS = 5


@dataclass(frozen=True)
class NumberWeights:
    """One array of weights, seen as vectors over the integers modulo p, one a neuron or embedding dimension.

    Args:
        name: of the array.
        vectors: shape (neurons, parts, p); two parts where the array takes two numbers side by side.
        axis: which axis of the array counts the numbers.
    """

    name: str
    vectors: Float[np.ndarray, "neurons parts p"]
    axis: int


@dataclass(frozen=True)
class Carried:
    """What each of the vectors carries.

    Args:
        frequency: the dominant one, counted from 1.
        share: of the energy that it has.
        chance: that Gaussian weights have some frequency of such a share.
    """

    frequency: Int[np.ndarray, " neurons"]
    share: Float[np.ndarray, " neurons"]
    chance: Float[np.ndarray, " neurons"]

    @property
    def certain(self) -> np.ndarray:
        """Which of them carry a frequency, beyond what noise would."""
        return self.chance < UNLIKELY


@dataclass(frozen=True)
class Forecast:
    """Which frequency each neuron should keep.

    Args:
        winner: that of the smallest blow-up time, counted from 1.
        lead: the second smallest blow-up time over the smallest.
    """

    winner: Int[np.ndarray, " neurons"]
    lead: Float[np.ndarray, " neurons"]


def number_weights(weights: dict[str, np.ndarray], p: int) -> list[NumberWeights]:
    """The arrays that have one axis of p, p + 1 (a further token, left out) or 2 p (two numbers side by side).

    Args:
        weights: arrays by name, those of two axes count.
        p: the modulus.

    Returns:
        Them, in the order of their names; those for which both axes would do are left out.
    """
    found = []
    for name, array in weights.items():
        fitting = [axis for axis in range(array.ndim) if array.shape[axis] in (p, p + 1, 2 * p)]
        if array.ndim != 2 or len(fitting) != 1:
            continue
        rows = np.moveaxis(np.asarray(array, float), fitting[0], 1)
        parts = rows.reshape(len(rows), 2, p) if rows.shape[1] == 2 * p else rows[:, None, :p]
        found.append(NumberWeights(name, parts, fitting[0]))
    return found


def carried(vectors: Float[np.ndarray, "neurons parts p"]) -> Carried:
    """The dominant frequency of each vector, held against Gaussian weights.

    Args:
        vectors: energies are added over the parts.

    Returns:
        Frequency, share and chance.
    """
    with jax.enable_x64(True):
        return Carried(*(np.asarray(value) for value in _dominant(vectors)))


@jax.jit
def _dominant(vectors: Array) -> tuple[Array, Array, Array]:
    power = fourier_power(vectors).sum(axis=1)
    share = dominant_share(power)
    return dominant_frequency(power), share, dominant_share_p_value(share, vectors.shape[-1], vectors.shape[1])


def forecast(incoming: Float[np.ndarray, "neurons p"], outgoing: Float[np.ndarray, "neurons p"]) -> Forecast:
    """The frequency that blows up first in each neuron of a two-layer network (He et al. 2026).

    Args:
        incoming: weights from a number, the same for both numbers.
        outgoing: weights to the answers.

    Returns:
        Winners and leads.
    """
    with jax.enable_x64(True):
        times = np.asarray(_blow_up_times(incoming, outgoing))
    ordered = np.sort(times, axis=-1)
    return Forecast(np.argmin(times, axis=-1) + 1, ordered[:, 1] / ordered[:, 0])


@jax.jit
def _blow_up_times(incoming: Array, outgoing: Array) -> Array:
    first, second = fourier_harmonics(incoming), fourier_harmonics(outgoing)
    turned = misalignment(first.phase, second.phase)
    return blow_up_time(first.magnitude, second.magnitude, turned, incoming.shape[-1])


def two_layers(found: list[NumberWeights]) -> tuple[NumberWeights, NumberWeights] | None:
    """The input and output weights of a two-layer network with one shared embedding, laid out as PyTorch does.

    Args:
        found: of ``number_weights``.

    Returns:
        The array of shape (neurons, p) and that of shape (p, neurons); None unless there are just these two.
    """
    if len(found) != 2 or {one.axis for one in found} != {0, 1}:
        return None
    incoming, outgoing = sorted(found, key=lambda one: -one.axis)
    same = incoming.vectors.shape == outgoing.vectors.shape and incoming.vectors.shape[1] == 1
    return (incoming, outgoing) if same else None


def plausible_modulus(weights: dict[str, np.ndarray]) -> int | None:
    """The modulus that weights betray: an axis length for which most vectors carry a frequency that noise would not.

    Args:
        weights: arrays by name.

    Returns:
        The modulus; None where none or several are plausible.
    """
    lengths = {size for array in weights.values() if array.ndim == 2 for size in array.shape}
    plausible = [p for p in sorted(lengths) if p >= FEWEST_NUMBERS and _most_carry(weights, p)]
    return plausible[0] if len(plausible) == 1 else None


def _most_carry(weights: dict[str, np.ndarray], p: int) -> bool:
    exact = [one for one in number_weights(weights, p) if weights[one.name].shape[one.axis] == p]
    return bool(exact) and all(np.mean(carried(one.vectors).certain) > 0.5 for one in exact)
