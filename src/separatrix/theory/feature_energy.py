"""The energy that an isolated hidden unit climbs while it learns to multiply in a group (Tian 2025, stage II).

A unit with input weights w = (u, v) fires sigma(u_g + v_h) at the pair (g, h), whose answer is the product g h. With
the centred targets Yt of the pairs that are trained on,

    E(w) = |Yt^T sigma(X w)|^2 / 2,        w' = grad E(w) = X^T [sigma'(X w) * (Yt Yt^T sigma(X w))].

No matrix of pairs by inputs is made: sums over pairs are gathered by answer.
"""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Bool, Float, Int

Activation = Callable[[Float[Array, "..."]], Float[Array, "..."]]


class FeatureEnergy(eqx.Module):
    """E(w) for the pairs of a group that are trained on, any activation.

    Attributes:
        second: the element h with g h = y, at (y, g).
        kept: 1 where the pair (g, h) with answer y is trained on, 0 otherwise, at (y, g).
        activation: sigma, elementwise.
        centred: whether the targets are centred over the pairs; without it constant features have the largest energy.
    """

    second: Int[Array, "m m"]
    kept: Float[Array, "m m"]
    activation: Activation = eqx.field(static=True)
    centred: bool = eqx.field(static=True, default=True)

    def __call__(self, w: Float[Array, " inputs"]) -> Float[Array, ""]:
        """The energy of a unit.

        Args:
            w: its input weights, those of the first element and then those of the second, shape (2 m,).

        Returns:
            E(w).
        """
        return 0.5 * jnp.sum(self.response(w) ** 2)

    def response(self, w: Float[Array, " inputs"]) -> Float[Array, " m"]:
        """Yt^T sigma(X w): how the unit's activity correlates with each answer.

        Args:
            w: input weights, shape (2 m,).

        Returns:
            One number an answer.
        """
        return self._centre(jnp.sum(self.kept * self.activation(self._drive(w)), axis=1))

    def gradient(self, w: Float[Array, " inputs"]) -> Float[Array, " inputs"]:
        """Grad E in closed form, X^T [sigma'(X w) * (Yt Yt^T sigma(X w))].

        Args:
            w: input weights, shape (2 m,).

        Returns:
            Shape (2 m,).
        """
        drive = self._drive(w)
        value, slope = jax.jvp(self.activation, (drive,), (jnp.ones_like(drive),))
        answer = jnp.sum(self.kept * value, axis=1)
        pull = self._centre_adjoint(self._centre(answer))
        each = self.kept * slope * pull[:, None]
        first = jnp.sum(each, axis=0)
        return jnp.concatenate([first, jnp.zeros_like(first).at[self.second].add(each)])

    def _drive(self, w: Array) -> Array:
        m = len(self.second)
        return w[:m][None, :] + w[m:][self.second]

    def _centre(self, answers: Array) -> Array:
        return answers - self._shares() * jnp.sum(answers) if self.centred else answers

    def _centre_adjoint(self, response: Array) -> Array:
        return response - jnp.sum(self._shares() * response) if self.centred else response

    def _shares(self) -> Array:
        counts = jnp.sum(self.kept, axis=1)
        return counts / jnp.sum(counts)


def square(z: Float[Array, "..."]) -> Float[Array, "..."]:
    """Z squared, the activation for which the energy's maxima are known."""
    return z * z


def feature_energy(
    table: Int[ArrayLike, "m m"],
    train: Bool[ArrayLike, "m m"] | Float[ArrayLike, "m m"] | None = None,
    activation: Activation = square,
    *,
    centred: bool = True,
) -> FeatureEnergy:
    """The energy of a hidden unit for a group and the pairs that are trained on.

    Args:
        table: the group's Cayley table; entry (g, h) is g h.
        train: which pairs (g, h) are trained on; all when left out. May be traced.
        activation: sigma, elementwise.
        centred: whether targets are centred, as the theory has it.

    Returns:
        The energy, a function of one unit's input weights.

    >>> import jax.numpy as jnp
    >>> sign = jnp.array([1.0, -1.0, 1.0, -1.0]) / 8**0.5
    >>> modulo_4 = (np.arange(4)[:, None] + np.arange(4)[None, :]) % 4
    >>> round(float(feature_energy(modulo_4)(jnp.concatenate([sign, sign]))), 6)
    2.0
    """
    product = np.asarray(table)
    m = len(product)
    second = np.argsort(product, axis=1).T  # row g of a table is a permutation: where in it does y stand?
    kept = jnp.asarray(np.ones((m, m)), float)
    if train is not None:
        kept = jnp.asarray(train).astype(float)[np.arange(m)[None, :], second]
    return FeatureEnergy(jnp.asarray(second), kept, activation, centred)


class TargetEnergy(eqx.Module):
    """E(w) = |R^T sigma(X w)|^2 / 2 for any targets R of all pairs, such as what other units have left over.

    Attributes:
        target: R, the pairs (g, h) along the first two axes.
        activation: sigma, elementwise.
    """

    target: Float[Array, "m m answers"]
    activation: Activation = eqx.field(static=True)

    def __call__(self, w: Float[Array, " inputs"]) -> Float[Array, ""]:
        """The energy of a unit.

        Args:
            w: input weights, shape (2 m,).

        Returns:
            E(w).
        """
        m = len(self.target)
        active = self.activation(w[:m][:, None] + w[m:][None, :])
        return 0.5 * jnp.sum(jnp.tensordot(active, self.target, 2) ** 2)


class Ascent(NamedTuple):
    """Where a unit ended.

    Attributes:
        weights: on the unit sphere, shape (..., inputs).
        energy: E there.
        residual: length of the gradient's part along the sphere over the gradient's, zero at a fixed point.
        steps: how many were taken.
    """

    weights: Float[Array, "... inputs"]
    energy: Float[Array, "..."]
    residual: Float[Array, "..."]
    steps: Int[Array, "..."]


def ascend(
    energy: Callable[[Array], Array],
    start: Float[Array, " inputs"],
    *,
    step: float = 1.0,
    tolerance: float = 1e-8,
    most: int = 3000,
) -> Ascent:
    """Climb an energy on the unit sphere, w <- (w + step grad E / |grad E|) normalised; map it over units and starts.

    For a quartic energy a step of one is the shifted power method: components that do not feed the maximum halve.

    Args:
        energy: of one unit's weights; any scale, for the gradient's length is divided out.
        start: its first weights, of any length but zero.
        step: length of the step along the gradient's direction.
        tolerance: residual at which to stop.
        most: steps at which to stop otherwise.

    Returns:
        The end; a residual above the tolerance tells that it is not yet at rest.
    """
    slope = energy.gradient if isinstance(energy, FeatureEnergy) else jax.grad(energy)

    def direction(w: Array) -> tuple[Array, Array]:
        ahead = slope(w)
        ahead = ahead / jnp.maximum(jnp.linalg.norm(ahead), jnp.finfo(w.dtype).tiny)
        return ahead, jnp.linalg.norm(ahead - jnp.dot(ahead, w) * w)

    def move(carry: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        w, ahead, _, steps = carry
        moved = w + step * ahead
        moved = moved / jnp.linalg.norm(moved)
        return (moved, *direction(moved), steps + 1)

    def moving(carry: tuple[Array, Array, Array, Array]) -> Array:
        return (carry[2] > tolerance) & (carry[3] < most)

    begin = start / jnp.linalg.norm(start)
    w, _, residual, steps = jax.lax.while_loop(moving, move, (begin, *direction(begin), jnp.asarray(0)))
    return Ascent(w, energy(w), residual, steps)
