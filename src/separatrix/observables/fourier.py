"""Fourier analysis on the integers modulo p: which frequencies a vector, a neuron or an embedding carries.

Frequencies are counted k = 1 ... floor(p / 2); the mean is left out. With w_k = 2 pi k / p a vector is

    v[j] = mean + sum_k A_k cos(w_k j + phase_k).
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax.scipy.special import betainc
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int

from separatrix.errors import SeparatrixError


class Harmonics(NamedTuple):
    """The parts of a vector by frequency, along the last axis (frequency k at position k - 1).

    Attributes:
        magnitude: A_k, in the vector's unit.
        phase: of A_k cos(w_k j + phase_k), in radians, in (-pi, pi].
    """

    magnitude: Float[Array, "... frequencies"]
    phase: Float[Array, "... frequencies"]


def fourier_basis(p: int) -> Float[Array, "p p"]:
    """The orthonormal real Fourier basis on Z_p, one row a function.

    Rows: 1 / sqrt p, then sqrt(2 / p) cos(w_k j) and sqrt(2 / p) sin(w_k j) for k = 1, 2, ...; for even p at last
    (-1)^j / sqrt p.

    Args:
        p: the modulus, at least 1.

    Returns:
        The matrix B with B B^T = 1; coefficients of v are B v.

    >>> fourier_basis(5).shape
    (5, 5)
    """
    j = jnp.arange(p)
    k = jnp.arange(1, (p - 1) // 2 + 1)
    angle = 2 * jnp.pi * (k[:, None] * j[None, :] % p) / p
    waves = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1).reshape(2 * len(k), p)
    rows = [jnp.full((1, p), p**-0.5), (2 / p) ** 0.5 * waves]
    if p % 2 == 0:
        rows.append((1.0 - 2.0 * (j % 2))[None, :] * p**-0.5)
    return jnp.concatenate(rows)


def fourier_power(vectors: Float[ArrayLike, "..."], axis: int = -1) -> Float[Array, "... frequencies"]:
    """The energy at each frequency: the squared coefficients in the orthonormal basis, cosine and sine together.

    Args:
        vectors: any array with an axis of length p, for example an embedding of shape (p, d).
        axis: which axis that is.

    Returns:
        Energies, the frequency as last axis; they add up to |v - mean|^2.

    Raises:
        SeparatrixError: when the axis is shorter than two.

    >>> import jax.numpy as jnp
    >>> float(fourier_power(jnp.array([1.0, -1.0, 1.0, -1.0]))[1])
    4.0
    """
    waves = _transform(vectors, axis)
    return jnp.abs(waves) ** 2 * _multiplicity(jnp.shape(vectors)[axis], waves)


def fourier_harmonics(vectors: Float[ArrayLike, "..."], axis: int = -1) -> Harmonics:
    """Magnitude and phase at each frequency, as in A_k cos(w_k j + phase_k).

    Args:
        vectors: any array with an axis of length p, shape (..., p).
        axis: which axis that is.

    Returns:
        Magnitudes and phases, the frequency as last axis.

    Raises:
        SeparatrixError: when the axis is shorter than two.
    """
    p = jnp.shape(vectors)[axis]
    waves = _transform(vectors, axis)
    return Harmonics(jnp.abs(waves) * _multiplicity(p, waves) / p**0.5, jnp.angle(waves))


def _transform(vectors: ArrayLike, axis: int) -> Array:
    """The unitary transform at k >= 1, sum_j v_j exp(-i w_k j) / sqrt p: its angle is the phase."""
    moved = jnp.moveaxis(jnp.asarray(vectors), axis, -1)
    if moved.shape[-1] < 2:
        raise SeparatrixError(f"A Fourier analysis needs an axis of length 2 or more. Got shape {jnp.shape(vectors)}.")
    return jnp.fft.rfft(moved, norm="ortho")[..., 1:]


def _multiplicity(p: int, waves: Array) -> Array:
    """How many of the p complex waves share a frequency, along the last axis: two, but one at k = p / 2."""
    k = jnp.arange(1, p // 2 + 1)
    return jnp.expand_dims(jnp.where(2 * k == p, 1.0, 2.0).astype(waves.real.dtype), range(waves.ndim - 1))


def wrapped(angle: Float[ArrayLike, "..."]) -> Float[Array, "..."]:
    """An angle brought to (-pi, pi].

    Args:
        angle: in radians, of any shape.

    Returns:
        The same direction.
    """
    return jnp.pi - jnp.mod(jnp.pi - jnp.asarray(angle), 2 * jnp.pi)


def misalignment(input_phase: Float[ArrayLike, "..."], output_phase: Float[ArrayLike, "..."]) -> Float[Array, "..."]:
    """D = 2 phi - psi, wrapped: zero where a neuron's output wave answers its input wave (He et al. 2026).

    Args:
        input_phase: phi, of the wave in the weights from the numbers to be added, in radians, of any shape.
        output_phase: psi, of the wave of the same frequency in the weights to the sum.

    Returns:
        D in (-pi, pi].
    """
    return wrapped(2 * jnp.asarray(input_phase) - jnp.asarray(output_phase))


def dominant_frequency(power: Float[ArrayLike, "... frequencies"]) -> Int[Array, "..."]:
    """The frequency with the most energy.

    Args:
        power: of ``fourier_power``, or magnitudes, shape (..., frequencies).

    Returns:
        k, counted from 1.
    """
    return jnp.argmax(jnp.asarray(power), axis=-1) + 1


def dominant_share(power: Float[ArrayLike, "... frequencies"]) -> Float[Array, "..."]:
    """The share of the energy that the dominant frequency has.

    Args:
        power: of ``fourier_power``, shape (..., frequencies).

    Returns:
        A number between 1 / frequencies and 1; NaN where there is no energy.
    """
    power = jnp.asarray(power)
    return jnp.max(power, axis=-1) / jnp.sum(power, axis=-1)


def inverse_participation_ratio(power: Float[ArrayLike, "... frequencies"]) -> Float[Array, "..."]:
    """How few frequencies carry the energy: sum P^2 / (sum P)^2, one for a single frequency.

    Args:
        power: of ``fourier_power``, shape (..., frequencies).

    Returns:
        A number between 1 / frequencies and 1, in the mean 2 / (frequencies + 1) for Gaussian noise of odd length; NaN
        where there is no energy.
    """
    power = jnp.asarray(power)
    return jnp.sum(power**2, axis=-1) / jnp.sum(power, axis=-1) ** 2


def dominant_share_p_value(share: Float[ArrayLike, "..."], p: int, vectors: int = 1) -> Float[Array, "..."]:
    """The chance that some frequency of Gaussian noise has at least that share of the energy (Fisher's g test).

    The share of one frequency is Beta distributed; the chance for any is bounded by the sum over frequencies, which is
    exact for shares of one half or more and close to it for small chances.

    Args:
        share: of ``dominant_share``.
        p: length of the vectors.
        vectors: how many independent vectors the energies were added over, for example the columns of an embedding.

    Returns:
        The chance, at most 1.
    """
    share = jnp.clip(jnp.asarray(share), 0.0, 1.0)
    pairs, total = (p - 1) // 2, vectors * (p - 1)
    chance = pairs * _beta_tail(share, vectors * 1.0, (total - 2 * vectors) / 2)
    if p % 2 == 0:
        chance = chance + _beta_tail(share, vectors / 2, (total - vectors) / 2)
    return jnp.minimum(chance, 1.0)


def _beta_tail(share: Array, a: float, b: float) -> Array:
    if b <= 0:  # one frequency alone always has all of the energy
        return jnp.ones_like(share)
    return (1 - share) ** b if a == 1 else betainc(b, a, 1 - share)
