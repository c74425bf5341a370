r"""Committee machines with linear-quadratic units, exactly: training closes on two moments of the weights.

For :math:`f(x) = \frac{\alpha}{N}\sum_i \phi(w_i\cdot x)` with :math:`\phi(h) = h + \frac{\epsilon}{2}h^2` (Kumar et
al. 2023) the output depends on the weights through their mean :math:`\bar w` and second moment :math:`M = \frac1N\sum_i
w_iw_i^\top` alone, and a step of gradient descent maps every unit's weights by one and the same affine map. So
:math:`(\bar w, M)` obeys a closed equation at every width; the width only enters by the moments that training starts
from, :math:`(0, I)` in the limit of infinite width.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

Number = Float[Array, ""] | float


class Moments(NamedTuple):
    """Mean and second moment over units of the incoming weights.

    Attributes:
        mean: shape (d,).
        second: shape (d, d).
    """

    mean: Float[Array, " d"]
    second: Float[Array, "d d"]

    @classmethod
    def of(cls, weights: Float[Array, "units d"]) -> "Moments":
        """The moments of a finite network.

        Args:
            weights: one row a unit, shape (units, d).

        Returns:
            Its moments.
        """
        return cls(jnp.mean(weights, axis=0), weights.T @ weights / weights.shape[0])

    @classmethod
    def infinite_width(cls, dimension: int) -> "Moments":
        """The moments of infinitely many units with standard normal weights.

        Args:
            dimension: d, number of inputs.

        Returns:
            Zero and the identity.
        """
        return cls(jnp.zeros(dimension), jnp.eye(dimension))


def committee_output(moments: Moments, x: Float[Array, "n d"], curvature: Number) -> Float[Array, " n"]:
    """Mean over units of phi(w . x).

    Args:
        moments: of the weights.
        x: inputs, shape (n, d).
        curvature: epsilon.

    Returns:
        The outputs for unit output scale, shape (n,).
    """
    return x @ moments.mean + 0.5 * curvature * jnp.sum((x @ moments.second) * x, axis=1)


def committee_kernel(
    moments: Moments, x: Float[Array, "n d"], other: Float[Array, "m d"], curvature: Number
) -> Float[Array, "n m"]:
    """The tangent kernel times N / alpha^2: mean over units of phi'(w . x) phi'(w . x'), times x . x'.

    Args:
        moments: of the weights.
        x: inputs, shape (n, d).
        other: inputs, shape (m, d).
        curvature: epsilon.

    Returns:
        The kernel, shape (n, m).
    """
    slopes = 1 + curvature * ((x @ moments.mean)[:, None] + (other @ moments.mean)[None, :])
    return (slopes + curvature**2 * (x @ moments.second @ other.T)) * (x @ other.T)


def moment_step(
    moments: Moments, forces: tuple[Float[Array, " d"], Float[Array, "d d"]], speed: Number, curvature: Number
) -> Moments:
    """One step of gradient descent with learning rate eta N / alpha^2 on the mean squared error.

    Args:
        moments: before.
        forces: mean over examples of r x and of r x x^T, r the residual; ``sample_forces`` or ``population_forces``.
        speed: 2 eta / alpha.
        curvature: epsilon.

    Returns:
        The moments after; every unit's w became w - speed (E r x + epsilon E[r x x^T] w).
    """
    turn = jnp.eye(moments.mean.shape[0]) - speed * curvature * forces[1]
    shift = -speed * forces[0]
    turned = turn @ moments.mean
    outer = jnp.outer(turned, shift)
    second = turn @ moments.second @ turn.T + outer + outer.T + jnp.outer(shift, shift)
    return Moments(turned + shift, second)


def sample_forces(
    residuals: Float[Array, " n"], x: Float[Array, "n d"]
) -> tuple[Float[Array, " d"], Float[Array, "d d"]]:
    """Mean over examples of r x and r x x^T.

    Args:
        residuals: r = f - y, shape (n,).
        x: inputs, shape (n, d).

    Returns:
        Shapes (d,) and (d, d).
    """
    weighted = x * residuals[:, None] / x.shape[0]
    return jnp.sum(weighted, axis=0), x.T @ weighted


class Difference(NamedTuple):
    """Network minus target as a polynomial, linear . x + 1/2 x^T quadratic x.

    Attributes:
        linear: shape (d,).
        quadratic: symmetric, shape (d, d).
    """

    linear: Float[Array, " d"]
    quadratic: Float[Array, "d d"]


def committee_error(
    moments: Moments, initial: Moments | None, target: Float[Array, " d"], scale: Number, curvature: Number
) -> Difference:
    """The network minus the target 1/2 (target . x)^2.

    Args:
        moments: of the weights.
        initial: at initialisation, for the centred network; None for the network as it is.
        target: beta, shape (d,).
        scale: alpha.
        curvature: epsilon.

    Returns:
        The difference, a polynomial of x.
    """
    start = Moments(jnp.zeros_like(moments.mean), jnp.zeros_like(moments.second)) if initial is None else initial
    moved = moments.second - start.second
    return Difference(scale * (moments.mean - start.mean), scale * curvature * moved - jnp.outer(target, target))


def lazy_error(
    coefficients: Float[Array, " n"],
    x: Float[Array, "n d"],
    initial: Moments,
    target: Float[Array, " d"],
    curvature: Number,
) -> Difference:
    """The linearised network sum_n a_n K(x, x_n) minus the target 1/2 (target . x)^2.

    Args:
        coefficients: a, of the kernel that ``committee_kernel`` gives, shape (n,).
        x: training inputs, shape (n, d).
        initial: moments of the weights at initialisation.
        target: beta, shape (d,).
        curvature: epsilon.

    Returns:
        The difference, a polynomial of x.
    """
    pulled = coefficients * (1 + curvature * (x @ initial.mean))
    slopes = curvature * initial.mean[None, :] + curvature**2 * (x @ initial.second)
    half = (coefficients[:, None] * x).T @ slopes
    return Difference(x.T @ pulled, half + half.T - jnp.outer(target, target))


class Power(NamedTuple):
    """Parts of the mean square of a polynomial over Gaussian inputs, which add up to it.

    Attributes:
        linear: of the linear part.
        misalignment: of the quadratic part along the target.
        variance: of the quadratic part in all other directions.
        trace: of the mean.
    """

    linear: Float[Array, ""]
    misalignment: Float[Array, ""]
    variance: Float[Array, ""]
    trace: Float[Array, ""]

    @property
    def total(self) -> Float[Array, ""]:
        """The mean square."""
        return self.linear + self.misalignment + self.variance + self.trace


def gaussian_power(difference: Difference, target: Float[Array, " d"]) -> Power:
    r"""E(v.x + x^T A x / 2)^2 = |v|^2/d + ||A||^2/(2 d^2) + (tr A)^2/(4 d^2) for x ~ N(0, I/d): the exact test loss.

    Args:
        difference: network minus target, v and A.
        target: beta, shape (d,): splits ||A||^2 into its square along beta and the rest.

    Returns:
        The parts.

    >>> beta = jnp.array([2.0, 0, 0, 0])
    >>> float(gaussian_power(Difference(0 * beta, -jnp.outer(beta, beta)), beta).total)  # E (z^2 / 2)^2
    0.75
    """
    v, a = difference
    d = v.shape[0]
    along = target @ a @ target / jnp.sum(target**2)
    rest = jnp.sum(a**2) - along**2
    return Power(jnp.sum(v**2) / d, along**2 / (2 * d**2), rest / (2 * d**2), jnp.trace(a) ** 2 / (4 * d**2))


def population_forces(difference: Difference) -> tuple[Float[Array, " d"], Float[Array, "d d"]]:
    """E[r x] and E[r x x^T] over all inputs x ~ N(0, I/d): training on infinitely many examples.

    Args:
        difference: network minus target.

    Returns:
        Shapes (d,) and (d, d).
    """
    v, a = difference
    d = v.shape[0]
    return v / d, (2 * a + jnp.trace(a) * jnp.eye(d)) / (2 * d**2)


def learned_displacement(
    dimension: Number, scale: Float[ArrayLike, "..."] | float, curvature: Float[ArrayLike, "..."] | float
) -> Float[Array, "..."]:
    r"""Squared movement of the weights, over their squared norm, of a wide network that learned the target's feature.

    A symmetric map of all weights that turns the second moment from the identity into
    :math:`I + \beta\beta^\top/\alpha\epsilon` stretches them along beta by :math:`(1 + d/\alpha\epsilon)^{1/2}`; their
    squared norm grows by 1 / (alpha epsilon).

    Args:
        dimension: d, the squared norm of beta.
        scale: alpha.
        curvature: epsilon.

    Returns:
        ((1 + d / (alpha epsilon))^{1/2} - 1)^2 / d.
    """
    return (jnp.sqrt(1 + dimension / (jnp.asarray(scale) * jnp.asarray(curvature))) - 1) ** 2 / dimension


def lazy_displacement(
    x: Float[Array, "n d"], targets: Float[Array, " n"], scale: Number, curvature: Number
) -> Float[Array, ""]:
    """Squared movement of the weights, over their squared norm, of an infinitely wide network that fits lazily.

    It is y^T K^{-1} y / (alpha^2 d) with the initial kernel: of all fits that keep the features, the nearest.

    Args:
        x: training inputs, shape (n, d).
        targets: shape (n,).
        scale: alpha.
        curvature: epsilon.

    Returns:
        The displacement; where it exceeds ``learned_displacement``, the target's feature is the shorter way.
    """
    kernel = committee_kernel(Moments.infinite_width(x.shape[1]), x, x, curvature)
    return targets @ jnp.linalg.solve(kernel, targets) / (jnp.asarray(scale) ** 2 * x.shape[1])
