"""Which irreducible representations of a finite group a function on it carries: the group's own Fourier analysis.

A real function on a group splits into orthogonal parts, one an irreducible real representation ("irrep"). For the
integers modulo p these are the frequencies; in general they are the joint eigenspaces of all class sums
f -> sum over c in C of f(c^-1 .), which commute with every translation.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import betainc
from jaxtyping import Array, ArrayLike, Float, Int

from separatrix.errors import SeparatrixError

SAME = 1e-6
"""Difference, relative to the spread, below which two eigenvalues of a class sum count as one."""


class Irreps(NamedTuple):
    """The real irreps of a group of m elements, the trivial one first, then by dimension.

    Attributes:
        basis: orthonormal functions on the group, one a row, shape (m, m).
        label: the irrep that each row belongs to.
        dimension: real dimension of each irrep: 2 for a pair of frequencies of a cyclic group.
        names: a name for each.
    """

    basis: Float[np.ndarray, "m m"]
    label: Int[np.ndarray, " m"]
    dimension: Int[np.ndarray, " irreps"]
    names: tuple[str, ...]

    @property
    def functions(self) -> Int[np.ndarray, " irreps"]:
        """How many independent functions each irrep has."""
        return np.bincount(self.label)


def real_irreps(table: Int[ArrayLike, "m m"]) -> Irreps:
    """The real irreps of a group, from its Cayley table.

    Args:
        table: entry (a, b) is the product a b; taken for a group's, as ``learning.tasks.check_group`` returns it.

    Returns:
        The irreps; the real dimension d of each is read off its size and Frobenius-Schur indicator: d^2 functions
        for the real type, d^2 / 2 for the complex and d^2 / 4 for the quaternionic.

    Raises:
        SeparatrixError: when the table does not split, for it is not that of a group.

    >>> triangle = [[(a // 3 + b // 3) % 2 * 3 + (a + (1 - 2 * (a // 3)) * b) % 3 for b in range(6)] for a in range(6)]
    >>> real_irreps(np.array(triangle)).dimension.tolist()
    [1, 1, 2]
    """
    product = np.asarray(table)
    m = len(product)
    if np.array_equal(product, (np.arange(m)[:, None] + np.arange(m)[None, :]) % m):
        return _frequencies(m)
    one = int(np.argmax((product == np.arange(m)[None, :]).all(axis=1)))
    values, vectors = np.linalg.eigh(_central(product, one))
    spread = max(float(np.ptp(values)), 1.0)
    label = np.concatenate([[0], np.cumsum(np.diff(values) > SAME * spread)])
    spaces = [vectors[:, label == k] for k in range(label[-1] + 1)]
    dimension = [_dimension(space @ space[one], product) for space in spaces]
    constant = [bool(np.allclose(space @ space.T, 1 / m)) for space in spaces]
    order = sorted(range(len(spaces)), key=lambda k: (not constant[k], dimension[k], k))
    if not constant[order[0]]:
        raise SeparatrixError("The table does not split into irreps: it is not that of a group.")
    sizes = [spaces[k].shape[1] for k in order]
    dims = np.array([dimension[k] for k in order])
    basis = np.concatenate([spaces[k].T for k in order])
    return Irreps(basis, np.repeat(np.arange(len(order)), sizes), dims, _names(dims))


def _frequencies(m: int) -> Irreps:
    k = np.concatenate([[0], np.repeat(np.arange(1, (m - 1) // 2 + 1), 2), [m // 2] * (m > 1 and m % 2 == 0)])
    dims = np.array([1] + [2] * ((m - 1) // 2) + [1] * (m > 1 and m % 2 == 0))
    angle = 2 * np.pi * (k[:, None] * np.arange(m)[None, :] % m) / m
    second = np.concatenate([[False], k[1:] == k[:-1]])  # of a pair of rows the sine
    waves = np.where(second[:, None], np.sin(angle), np.cos(angle))
    basis = waves / np.linalg.norm(waves, axis=1, keepdims=True)
    return Irreps(basis, k.astype(int), dims, ("constant", *(f"frequency {k}" for k in range(1, len(dims)))))


def _central(product: Int[np.ndarray, "m m"], one: int) -> Float[np.ndarray, "m m"]:
    """A symmetric combination of all class sums, whose eigenvalues on different irreps differ."""
    m = len(product)
    inverse = np.argmax(product == one, axis=1)
    conjugates = product[product, inverse[:, None]]  # (g, x) -> g x g^-1
    smallest = conjugates.min(axis=0)
    weight = np.random.default_rng(0).uniform(0.5, 1.5, m)[smallest]  # one number a class; fixed, and generic
    weight = weight + weight[inverse]
    return weight[product[:, inverse]].astype(float)  # entry (a, b): the weight of a b^-1


def _dimension(character: Float[np.ndarray, " m"], product: Int[np.ndarray, "m m"]) -> int:
    """From the projection of the unit mass at the identity, that is dimension times character over m."""
    size = len(product) * float(np.sum(character**2))
    indicator = float(np.sum(character[np.diag(product)]))
    factor = 1.0 if indicator > 0.5 else 2.0 if indicator > -0.5 else 4.0
    return round(float(np.sqrt(factor * size)))


def _names(dimension: Int[np.ndarray, " irreps"]) -> tuple[str, ...]:
    names, seen = ["constant"], {}
    for d in dimension[1:].tolist():
        seen[d] = seen.get(d, 0) + 1
        names.append(f"sign character {seen[d]}" if d == 1 else f"{d}-dimensional irrep {seen[d]}")
    return tuple(names)


def irrep_power(vectors: Float[ArrayLike, "... m"], irreps: Irreps) -> Float[Array, "... irreps"]:
    """The energy of functions on the group in each irrep.

    Args:
        vectors: any array whose last axis counts the group's elements.
        irreps: of the group.

    Returns:
        Energies, which add up to |v|^2; the first is that of the mean.

    >>> modulo_4 = (np.arange(4)[:, None] + np.arange(4)[None, :]) % 4
    >>> irrep_power(np.array([1.0, -1.0, 1.0, -1.0]), real_irreps(modulo_4)).round(6).tolist()
    [0.0, 0.0, 4.0]
    """
    vectors = jnp.asarray(vectors)
    parts = (vectors @ jnp.asarray(irreps.basis, vectors.dtype).T) ** 2
    belongs = irreps.label[:, None] == np.arange(len(irreps.dimension))[None, :]
    return parts @ jnp.asarray(belongs, vectors.dtype)


def irrep_chance(
    power: Float[ArrayLike, "... irreps"], irreps: Irreps, vectors: int = 1
) -> tuple[Int[Array, "..."], Float[Array, "..."], Float[Array, "..."]]:
    """The irrep that stands out most from Gaussian noise, the constant left out, and the chance that noise gives such.

    In noise the share of an irrep of n functions is Beta distributed with n / 2 and (m - 1 - n) / 2; the chance for
    any irrep is bounded by the smallest of these chances times the number of irreps.

    Args:
        power: of ``irrep_power``, shape (..., irreps).
        irreps: of the group.
        vectors: over how many independent vectors the energies were added.

    Returns:
        The irrep's position (1 or more), its share of the energy outside the constant, and the chance, at most 1.
    """
    power = jnp.asarray(power)[..., 1:]
    share = jnp.clip(power / jnp.sum(power, axis=-1, keepdims=True), 0.0, 1.0)
    sizes = vectors * irreps.functions[1:] / 2
    rest = np.maximum(np.sum(sizes) - sizes, 1e-9)
    near = jnp.expand_dims(jnp.asarray(sizes, share.dtype), range(share.ndim - 1))
    far = jnp.expand_dims(jnp.asarray(rest, share.dtype), range(share.ndim - 1))
    tails = betainc(*jnp.broadcast_arrays(far, near, 1 - share)) if len(sizes) > 1 else jnp.ones_like(share)
    # where chances are too small to tell apart, the larger density of energy decides
    best = jnp.argmax(jnp.where(tails <= jnp.min(tails, axis=-1, keepdims=True), share, -1.0), axis=-1)
    pick = best[..., None]
    chance = jnp.minimum(jnp.take_along_axis(tails, pick, axis=-1)[..., 0] * len(sizes), 1.0)
    return best + 1, jnp.take_along_axis(share, pick, axis=-1)[..., 0], chance
