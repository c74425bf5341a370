"""Which geometry a hidden layer with a fixed readout acquires: the labels' or, for units that saturate once, both.

For conditions with orthogonal means and a wide layer, the preactivation u of a unit at a condition's mean moves by
itself: with j the sign of the unit's readout and y = -1 or 1 the label, du/dt = j y kappa phi'(u), where kappa, common
to all, falls as the conditions are told apart. A tanh unit ends at j y whatever it was; a ReLU unit stays where it was
silent. All alignments follow from the distribution of u, which begins as a standard normal one.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int
from scipy.special import ndtri

from separatrix.dynamics import Map, evolve
from separatrix.errors import bad_parameter

_NODES = 400
_HERMITE = 21


class LayerAlignment(NamedTuple):
    """Centred kernel alignments of a layer, and what the network says.

    Attributes:
        target: with the labels.
        input: with the inputs.
        margin: the logit on the side of the label.
    """

    target: Float[Array, "..."]
    input: Float[Array, "..."]
    margin: Float[Array, "..."]


def expected_gradient(
    weights: Float[ArrayLike, "h d"],
    readout: Float[ArrayLike, " h"],
    means: Float[ArrayLike, "p d"],
    labels: Float[ArrayLike, " p"],
    activation: Callable,
) -> Float[Array, "h d"]:
    """Gradient of the mean cross-entropy on noiseless conditions: -mean_c (y_c - s(o_c)) J phi'(W mu_c) mu_c.

    Args:
        weights: W, shape (h, d).
        readout: J, shape (h,).
        means: of the conditions, shape (p, d).
        labels: 0 or 1, shape (p,).
        activation: phi, elementwise.

    Returns:
        Shape (h, d).

    Source: Alleman, Lindsey and Fusi (arXiv:2401.13558), weight dynamics with a fixed readout.
    """
    weights, readout, means = jnp.asarray(weights), jnp.asarray(readout), jnp.asarray(means)
    before = means @ weights.T
    after, slopes = jax.jvp(activation, (before,), (jnp.ones_like(before),))
    residual = jnp.asarray(labels) - jax.nn.sigmoid(after @ readout)
    return -(residual[:, None] * slopes * readout[None, :]).T @ means / means.shape[0]


def attractor_map(
    weights: Float[ArrayLike, "h d"],
    means: Float[ArrayLike, "p d"],
    labels: Float[ArrayLike, " p"],
    slope: Callable,
) -> Float[Array, "h d"]:
    """Where early learning pulls units of a positive readout: w -> sum_c (2 y_c - 1) phi'(w . mu_c) mu_c.

    Args:
        weights: one row a unit, shape (h, d).
        means: shape (p, d).
        labels: 0 or 1, shape (p,).
        slope: phi', elementwise; for ReLU 1 where its argument is positive, for tanh near the origin 1.

    Returns:
        Shape (h, d). For ReLU and orthogonal means the fixed points are the sums of means of any part of the positive
        class: three directions for two positive conditions, and silence. For tanh there is one.

    Source: Alleman, Lindsey and Fusi (arXiv:2401.13558), early phase.
    """
    weights, means = jnp.asarray(weights), jnp.asarray(means)
    signs = 2 * jnp.asarray(labels) - 1
    return (slope(weights @ means.T) * signs[None, :]) @ means


def count_attractors(fixed: Float[ArrayLike, "h d"], tolerance: float = 0.99) -> Float[Array, ""]:
    """How many directions there are among the rows of an array, zero rows left out.

    Args:
        fixed: one row a unit, shape (h, d).
        tolerance: rows whose cosine is larger are one direction.

    Returns:
        The number.
    """
    fixed = jnp.asarray(fixed)
    sizes = jnp.linalg.norm(fixed, axis=1)
    alive = sizes > 1e-6 * jnp.max(sizes)
    directions = fixed / jnp.where(alive, sizes, 1.0)[:, None]
    same = (directions @ directions.T > tolerance) & alive[None, :] & alive[:, None]
    first = jnp.argmax(same, axis=1) == jnp.arange(fixed.shape[0])
    return jnp.sum(first & alive).astype(fixed.dtype)


def layer_alignment(
    preactivations: Float[ArrayLike, "2 n"], activation: Callable, conditions: int, units: int
) -> LayerAlignment:
    """Alignments of a wide layer from the distribution of its preactivations at orthogonal conditions.

    Args:
        preactivations: equally likely values at conditions of the label that the unit's readout calls for (first row)
            and at the others (second row), shape (2, n).
        activation: phi, elementwise.
        conditions: p, of which half have either label.
        units: h, of readout +-1 / sqrt(h); only the margin depends on it.

    Returns:
        The alignments on the means of the conditions.
    """
    active = activation(jnp.asarray(preactivations))
    up, down = jnp.mean(active[0]), jnp.mean(active[1])
    own = jnp.mean(active**2)
    same, other = (up**2 + down**2) / 2, up * down
    half = conditions / 2
    between, within = own + (half - 1) * same - half * other, own - same
    size = jnp.sqrt(between**2 + (conditions - 2) * within**2)
    inputs = (between + (conditions - 2) * within) / (jnp.sqrt(conditions - 1.0) * size)
    return LayerAlignment(between / size, inputs, units**0.5 * (up - down) / 2)


def orthogonal_conditions(
    steps: Sequence[int] | Int[np.ndarray, " t"],
    activation: Callable,
    *,
    rate: float = 0.1,
    conditions: int = 4,
    dimension: int = 100,
    units: int = 128,
    noise: float = 0.0,
) -> LayerAlignment:
    """Alignments of a wide layer under descent, as it learns to tell orthogonal conditions apart.

    Noise of the inputs smooths the slopes, phi'(u) -> E phi'(u + noise xi); what else it does is left out, so that
    the theory is for noise well below 1.

    Args:
        steps: when, increasing, shape (t,).
        activation: phi, elementwise.
        rate: learning rate on the mean cross-entropy.
        conditions: p, an even number.
        dimension: d, the mean squared length of the means.
        units: h.
        noise: standard deviation of each coordinate of an input.

    Returns:
        Each of shape (t,).

    Raises:
        SeparatrixError: for an odd number of conditions.

    Source: derived here, in the setting of Alleman, Lindsey and Fusi (arXiv:2401.13558).
    """
    even = conditions > 0 and conditions % 2 == 0
    _require(even, "conditions", "orthogonal_conditions", "an even number, 2 or more", conditions)
    nodes, weights = np.polynomial.hermite_e.hermegauss(_HERMITE if noise else 1)
    shifts, shares = jnp.asarray(noise * nodes), jnp.asarray(weights / weights.sum())
    start = jnp.asarray(ndtri((np.arange(_NODES) + 0.5) / _NODES))
    signs = jnp.array([[1.0], [-1.0]])

    def slope(u: Array) -> Array:
        at = u[..., None] + shifts[None, None, :]
        return jax.jvp(activation, (at,), (jnp.ones_like(at),))[1] @ shares

    def step(t: Array, u: Array, key: Array) -> Array:
        margin = layer_alignment(u, activation, conditions, units).margin
        pace = rate * dimension / (conditions * units**0.5) * jax.nn.sigmoid(-margin)
        return u + signs * pace * slope(u)

    def observe(name: str) -> Callable[[Array], Array]:
        return lambda u: getattr(layer_alignment(u, activation, conditions, units), name)

    observed = {name: observe(name) for name in LayerAlignment._fields}
    run = evolve(Map(step), jnp.stack([start, start]), steps, observe=observed)
    return LayerAlignment(*(jnp.asarray(run[name].to_numpy()) for name in LayerAlignment._fields))


def one_sided_limit(conditions: int) -> tuple[float, float]:
    """Where the alignments of ReLU end for orthogonal conditions without noise: half of the units hear any condition.

    Args:
        conditions: p, of which half have either label.

    Returns:
        With the labels and with the inputs; for four conditions 3 / sqrt(11) and 5 / sqrt(33). Tanh ends at 1 and
        1 / sqrt(p - 1).

    >>> [round(value, 3) for value in one_sided_limit(4)]
    [0.905, 0.87]
    """
    half = conditions / 2
    size = ((half + 1) ** 2 + conditions - 2) ** 0.5
    return (half + 1) / size, (half + 1 + conditions - 2) / ((conditions - 1) ** 0.5 * size)


def _require(met: bool, name: str, owner: str, expected: str, given: object) -> None:
    if not met:
        raise bad_parameter(name, owner, expected, given)
