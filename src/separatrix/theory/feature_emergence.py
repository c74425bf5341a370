"""Which features can emerge when a group's multiplication is learned, from how many pairs, and with how many units."""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

CRITICAL = 2.7482
"""Pairs over m ln m from which features generalise, as in the code of the paper."""


def largest_energy(elements: int, dimension: ArrayLike) -> Float[Array, "..."]:
    """The energy of a unit that carries one irrep, at the maximum over the unit sphere: m / (2 d).

    For quadratic units and all pairs E = 2 |u * v - mean|^2; by Plancherel's theorem it is largest where both halves
    have equal length and all energy in one coefficient matrix, of rank one (as far as a real function allows), of one
    irrep. Half as large for u = v in a pair of frequencies as for a sign character.

    Args:
        elements: m, of the group.
        dimension: real dimension d of the irrep.

    Returns:
        E.

    Source: Tian (arXiv:2509.21519), stage II, in the normalisation of ``feature_energy``.

    >>> float(largest_energy(23, 2))
    5.75
    """
    return jnp.asarray(elements / (2 * jnp.asarray(dimension)))


def token_energy(elements: int, share: ArrayLike) -> Float[Array, "..."]:
    """The energy of a unit that looks at a single element: m share (1 - share) / 2, for random pairs and large m.

    Such a unit only knows which answers are missing from the pairs of that element, which does not generalise. It has
    more energy than a frequency's, share^2 m / 4, while share < 2/3, whatever m.

    Args:
        elements: m, of the group.
        share: of the pairs that is trained on.

    Returns:
        E, with quadratic units.
    """
    share = jnp.asarray(share)
    return elements * share * (1 - share) / 2


def frequency_energy(elements: int, share: ArrayLike, dimension: int = 2) -> Float[Array, "..."]:
    """The energy of a unit that carries one irrep when a random share of the pairs is trained on: share^2 m / (2 d).

    Args:
        elements: m, of the group.
        share: of the pairs that is trained on.
        dimension: real dimension of the irrep.

    Returns:
        E, to leading order in the number of pairs.
    """
    return jnp.asarray(share) ** 2 * largest_energy(elements, dimension)


def critical_pairs(elements: ArrayLike, dimension: int = 2) -> Float[Array, "..."]:
    """Pairs from which features generalise, 2.7482 m ln m times half the largest real dimension.

    Args:
        elements: m, of the group; 2 or more.
        dimension: largest real dimension of the group's irreps.

    Returns:
        The number of pairs, out of m^2.

    >>> round(float(critical_pairs(23)) / 23**2, 4)
    0.3747
    """
    elements = jnp.asarray(elements)
    return CRITICAL * elements * jnp.log(elements) * dimension / 2


def units_to_generalise(elements: int) -> int:
    """About how many units suffice for all answers by features: 2 m, a few phases an irrep (sum of d^2 is m).

    Args:
        elements: m, of the group.

    Returns:
        Units; memorising takes about m^2 instead.
    """
    return 2 * elements
