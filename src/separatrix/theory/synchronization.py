r"""Noise floors of coupled copies of a gradient flow.

With :math:`dX = -\nabla V(X) dt - \kappa L X dt + \sigma dB` and a quadratic loss of Hessian eigenvalues :math:`h_j`,
the Laplacian's eigenvectors and the Hessian's decouple all into Ornstein-Uhlenbeck processes of rates :math:`r_{jk} =
h_j + \kappa\lambda_k` and stationary variance :math:`\sigma^2/2r_{jk}`. The eigenvalue :math:`\lambda_1 = 0` belongs
to the mean of the copies, whose noise is smaller by their number n; the others make the distance between copies.

Source: Bouvrie and Slotine, arXiv:1010.4517; the constants are those of the Ornstein-Uhlenbeck process.
"""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from separatrix.errors import bad_parameter


def stationary_variance(rate: ArrayLike, noise: ArrayLike, step: float = 0.0) -> Float[Array, "..."]:
    """Stationary variance of dx = -rate x dt + noise dB, exactly also for Euler-Maruyama steps.

    Args:
        rate: of relaxation, positive, any shape.
        noise: amplitude, broadcast with the rate.
        step: of Euler-Maruyama, 0 for continuous time; below 2 / rate.

    Returns:
        noise^2 / (2 rate - rate^2 step).

    >>> float(stationary_variance(2.0, 1.0)), round(float(stationary_variance(2.0, 1.0, 0.1)), 4)
    (0.25, 0.2778)
    """
    r = jnp.asarray(rate)
    return jnp.asarray(noise) ** 2 / (2 * r - r**2 * step)


def expected_synchronisation_error(
    curvatures: Float[ArrayLike, " d"],
    spectrum: Float[ArrayLike, " n"],
    strength: ArrayLike,
    noise: ArrayLike,
    step: float = 0.0,
) -> Float[Array, ""]:
    """Stationary summed squared distance of the copies from their mean, on a quadratic loss.

    Args:
        curvatures: eigenvalues h of the loss's Hessian, (d,).
        spectrum: eigenvalues of the graph's Laplacian, ascending, the first of which is the zero of the mean, (n,).
        strength: kappa, of the coupling.
        noise: sigma, per square root of time and coordinate.
        step: of Euler-Maruyama, 0 for continuous time.

    Returns:
        sigma^2 / 2 times the sum over j and k >= 2 of 1 / (h_j + kappa lambda_k).

    >>> complete = jnp.array([0.0] + [10.0] * 9)
    >>> round(float(expected_synchronisation_error(jnp.ones(4), complete, 1.0, 0.5)), 4)
    0.4091
    """
    rates = jnp.asarray(curvatures)[:, None] + jnp.asarray(strength) * jnp.asarray(spectrum)[None, 1:]
    return stationary_variance(rates, noise, step).sum()


def synchronisation_bound(
    curvature: ArrayLike, connectivity: ArrayLike, strength: ArrayLike, noise: ArrayLike, copies: int, dimension: int
) -> Float[Array, "..."]:
    """Upper bound of the same for any loss at least so curved everywhere; tight for the complete graph.

    Args:
        curvature: mu, least curvature of the loss; may be negative where the coupling outweighs it.
        connectivity: lambda_2, second eigenvalue of the Laplacian.
        strength: kappa.
        noise: sigma.
        copies: n.
        dimension: d, of a copy's state.

    Returns:
        (n - 1) d sigma^2 / 2 (mu + kappa lambda_2); infinite where that rate is not positive.
    """
    rate = jnp.asarray(curvature) + jnp.asarray(strength) * jnp.asarray(connectivity)
    bound = (copies - 1) * dimension * jnp.asarray(noise) ** 2 / (2 * rate)
    return jnp.where(rate > 0, bound, jnp.inf)


def synchronisation_radius(bound: ArrayLike, copies: int) -> Float[Array, "..."]:
    """Root mean squared distance of a single copy from the mean of all.

    Args:
        bound: of the synchronisation error, or its value.
        copies: n.

    Returns:
        sqrt(S / n), in the state's unit.
    """
    return jnp.sqrt(jnp.asarray(bound) / copies)


def expected_error_of_centre(
    curvatures: Float[ArrayLike, " d"], noise: ArrayLike, copies: ArrayLike, step: float = 0.0
) -> Float[Array, ""]:
    """Stationary squared distance of the copies' mean from the minimum of a quadratic loss.

    Args:
        curvatures: eigenvalues of the Hessian, (d,).
        noise: sigma.
        copies: n.
        step: of Euler-Maruyama, 0 for continuous time.

    Returns:
        sigma^2 / 2n times the sum of 1 / h_j; no coupling and no graph enters.
    """
    return stationary_variance(jnp.asarray(curvatures), noise, step).sum() / jnp.asarray(copies)


def bias_of_centre(
    curvature: ArrayLike,
    slant: ArrayLike,
    spectrum: Float[ArrayLike, " n"],
    strength: ArrayLike,
    noise: ArrayLike,
    step: float = 0.0,
) -> Float[Array, "..."]:
    """Mean distance of the copies' mean from the minimum of a one-dimensional loss that is not symmetric about it.

    To lowest order in the noise: the mean of V'(x_i) vanishes, hence h E[x] + g E[x_i^2] / 2 = 0, and a copy's mean
    square is that of the mean of all plus its share of the synchronisation error.

    Args:
        curvature: h = V'' at the minimum.
        slant: g = V''' there.
        spectrum: eigenvalues of the Laplacian, ascending, (n,).
        strength: kappa.
        noise: sigma.
        step: of Euler-Maruyama, 0 for continuous time.

    Returns:
        -(g / 2h) (1/n) sigma^2 / 2 times the sum over all k of 1 / (h + kappa lambda_k).

    >>> complete = jnp.array([0.0] + [10.0] * 9)
    >>> [round(float(bias_of_centre(1.0, 1.0, complete, kappa, 0.5)), 4) for kappa in (0.0, 0.5, 5.0)]
    [-0.0625, -0.0156, -0.0074]
    """
    values = jnp.asarray(spectrum)
    rates = jnp.asarray(curvature) + jnp.asarray(strength) * values
    spread = stationary_variance(rates, noise, step).mean()
    return -jnp.asarray(slant) / (2 * jnp.asarray(curvature)) * spread


def laplacian_spectrum(graph: str, n: int) -> Float[Array, " n"]:
    """Eigenvalues of the Laplacian of the usual graphs with weights 1.

    Args:
        graph: "complete", "ring", "path" or "star".
        n: nodes.

    Returns:
        All n of them, ascending.

    >>> laplacian_spectrum("star", 4).tolist()
    [0.0, 1.0, 1.0, 4.0]
    """
    k = jnp.arange(n)
    closed = {
        "complete": jnp.where(k == 0, 0.0, float(n)),
        "ring": 2 - 2 * jnp.cos(2 * jnp.pi * k / n),
        "path": 2 - 2 * jnp.cos(jnp.pi * k / n),
        "star": jnp.where(k == 0, 0.0, jnp.where(k == n - 1, float(n), 1.0)),
    }
    return jnp.sort(closed[_known(graph, list(closed))])


def _known(graph: str, names: list[str]) -> str:
    if graph not in names:
        raise bad_parameter("graph", "laplacian_spectrum", f"one of {names}", graph)
    return graph
