"""Geometry of a representation of some conditions: parallel codes, generalisation across conditions, dichotomies."""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int

from separatrix.errors import bad_parameter

_MOST_PAIRED = 6
_MOST_CONDITIONS = 12


def class_means(features: Float[ArrayLike, "n h"], members: Float[ArrayLike, "n p"]) -> Float[Array, "p h"]:
    """The mean representation of every class or condition.

    Args:
        features: one row an example, shape (n, h).
        members: 1 where the example is of the class and 0 elsewhere, shape (n, p); every class has an example.

    Returns:
        Shape (p, h).
    """
    features, members = jnp.asarray(features), jnp.asarray(members)
    return members.T @ features / jnp.sum(members, axis=0)[:, None]


def dimensionality(features: Float[ArrayLike, "n h"]) -> Float[Array, ""]:
    """Participation ratio of the variances along principal axes: (tr C)^2 / tr C^2.

    Args:
        features: shape (n, h).

    Returns:
        Between 1 and the smaller of h and n - 1; 0 when all rows agree.

    >>> import jax.numpy as jnp
    >>> round(float(dimensionality(jnp.eye(4))), 6)
    3.0
    """
    features = jnp.asarray(features)
    centred = features - jnp.mean(features, axis=0)[None, :]
    smaller = centred @ centred.T if features.shape[0] < features.shape[1] else centred.T @ centred
    squares = jnp.sum(smaller**2)
    return jnp.trace(smaller) ** 2 / jnp.where(squares > 0, squares, 1.0)


def parallelism_score(positive: Float[ArrayLike, "p h"], negative: Float[ArrayLike, "p h"]) -> Float[Array, ""]:
    """How parallel the vectors are that lead from one side of a dichotomy to the other, in the best pairing.

    Args:
        positive: mean representations of the conditions on one side, shape (p, h).
        negative: of those on the other side, shape (p, h), with 2 <= p <= 6.

    Returns:
        The mean cosine between coding vectors ``positive[i] - negative[pairing(i)]``, largest over all pairings; 1
        when one direction codes for the dichotomy in every context.

    Raises:
        SeparatrixError: for fewer or more conditions, or sides that differ in number.

    Source: Bernardi et al. (2020); Alleman, Lindsey and Fusi (arXiv:2401.13558).

    >>> import jax.numpy as jnp
    >>> square = jnp.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    >>> round(float(parallelism_score(square[:2], square[2:])), 6)
    1.0
    """
    positive, negative = jnp.asarray(positive), jnp.asarray(negative)
    p = positive.shape[0]
    shapes = (positive.shape, negative.shape)
    fit = 2 <= p <= _MOST_PAIRED and shapes[0] == shapes[1]
    _require(fit, "positive, negative", "parallelism_score", "two arrays of one shape, of 2 to 6 rows", shapes)
    pairings = np.array(list(itertools.permutations(range(p))))
    codes = positive[None, :, :] - negative[pairings]
    sizes = jnp.linalg.norm(codes, axis=-1, keepdims=True)
    directions = codes / jnp.where(sizes > 0, sizes, 1.0)
    cosines = jnp.einsum("aih,ajh->aij", directions, directions)
    return jnp.max(jnp.sum(cosines * (1 - jnp.eye(p, dtype=cosines.dtype))[None], axis=(1, 2))) / (p * (p - 1))


def balanced_dichotomies(conditions: int) -> Int[np.ndarray, "dichotomies p"]:
    """All ways to split conditions in two halves, the first condition on the positive side.

    Args:
        conditions: an even number p, at most 12.

    Returns:
        Entries -1 and 1, one row a dichotomy, shape (p! / (2 (p/2)!^2), p).

    Raises:
        SeparatrixError: for an odd number, or more than 12.

    >>> balanced_dichotomies(4).tolist()
    [[1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]
    """
    few = conditions % 2 == 0 and 2 <= conditions <= _MOST_CONDITIONS
    _require(few, "conditions", "balanced_dichotomies", "an even number from 2 to 12", conditions)
    rows = []
    for others in itertools.combinations(range(1, conditions), conditions // 2 - 1):
        row = np.full(conditions, -1)
        row[[0, *others]] = 1
        rows.append(row)
    assert len(rows) == math.comb(conditions, conditions // 2) // 2
    return np.stack(rows)


def decoding_accuracy(
    features: Float[ArrayLike, "n h"],
    labels: Float[ArrayLike, "n k"],
    test_features: Float[ArrayLike, "m h"],
    test_labels: Float[ArrayLike, "m k"],
    decay: float = 1e-3,
    weights: Float[ArrayLike, " n"] | None = None,
) -> Float[Array, " k"]:
    """How well linear decoders, fitted by regularised least squares in closed form, tell labels of fresh examples.

    Args:
        features: to fit on, shape (n, h).
        labels: -1 or 1, one column a decoder, shape (n, k).
        test_features: to judge on, shape (m, h).
        test_labels: shape (m, k).
        decay: of the decoders, as a share of the mean variance of a feature.
        weights: of the examples in the fit, shape (n,); equal when left out.

    Returns:
        The share of fresh examples whose sign is right, for each decoder.
    """
    x, fresh = jnp.asarray(features), jnp.asarray(test_features)
    shares = jnp.ones(x.shape[0], x.dtype) if weights is None else jnp.asarray(weights, x.dtype)
    slopes, offsets = _decoders(x, jnp.asarray(labels), shares, decay)
    right = (fresh @ slopes + offsets[None, :] > 0) == (jnp.asarray(test_labels) > 0)
    return jnp.mean(right, axis=0, dtype=x.dtype)


def _decoders(x: Array, y: Array, weights: Array, decay: float) -> tuple[Array, Array]:
    shares = weights / jnp.sum(weights)
    centre, middle = shares @ x, shares @ y
    rows, values = x - centre[None, :], y - middle[None, :]
    covariance = rows.T @ (shares[:, None] * rows)
    size = jnp.trace(covariance) / x.shape[1]
    ridge = (decay * size + jnp.finfo(x.dtype).tiny) * jnp.eye(x.shape[1], dtype=x.dtype)
    slopes = _solve_positive(covariance + ridge, rows.T @ (shares[:, None] * values))
    return slopes, middle - centre @ slopes


def _solve_positive(matrix: Array, right: Array) -> Array:
    # Gauss and Jordan's elimination, which needs no pivots for a positive definite matrix. It is written out because
    # LAPACK's solvers, called for batches by several observables of one program, can wait for each other without end
    # on a machine of few cores.
    size = matrix.shape[0]

    def eliminate(index: Array, rows: Array) -> Array:
        pivot = rows[index] / rows[index, index]
        cleared = rows - rows[:, index][:, None] * pivot[None, :]
        return cleared.at[index].set(pivot)

    return jax.lax.fori_loop(0, size, eliminate, jnp.concatenate([matrix, right], axis=1))[:, size:]


def cross_condition_generalisation(
    features: Float[ArrayLike, "n h"],
    condition: Int[ArrayLike, " n"],
    dichotomy: Float[ArrayLike, " p"],
    decay: float = 1e-3,
) -> Float[Array, ""]:
    """Cross-condition generalisation performance, CCGP: a decoder's accuracy on conditions that it was not fitted to.

    Each time one condition of either side is held out and judged on; the mean over all such pairs is returned.

    Args:
        features: one row an example, shape (n, h).
        condition: of each example, shape (n,).
        dichotomy: -1 or 1 for each condition, half of each, shape (p,) with p = 4 or more.
        decay: as in ``decoding_accuracy``.

    Returns:
        An accuracy; a half is chance.

    Raises:
        SeparatrixError: for fewer than four conditions, or an odd number.

    Source: Bernardi et al. (2020); Alleman, Lindsey and Fusi (arXiv:2401.13558).
    """
    x, condition, sides = jnp.asarray(features), jnp.asarray(condition), jnp.asarray(dichotomy)
    p, owner = sides.shape[0], "cross_condition_generalisation"
    _require(p >= 4 and p % 2 == 0, "dichotomy", owner, "an even number of signs, four or more", p)
    labels = jnp.sign(sides).astype(x.dtype)[condition]
    order = jnp.argsort(-sides)
    pairs = jnp.stack([jnp.repeat(order[: p // 2], p // 2), jnp.tile(order[p // 2 :], p // 2)], axis=1)

    def one(held: Array) -> Array:
        out = (condition == held[0]) | (condition == held[1])
        slopes, offset = _decoders(x, labels[:, None], 1 - out.astype(x.dtype), decay)
        right = ((x @ slopes)[:, 0] + offset[0] > 0) == (labels > 0)
        return jnp.sum(jnp.where(out, right, False)) / jnp.sum(out)

    return jnp.mean(jax.vmap(one)(pairs))


def _require(met: bool, name: str, owner: str, expected: str, given: object) -> None:
    if not met:
        raise bad_parameter(name, owner, expected, given)
