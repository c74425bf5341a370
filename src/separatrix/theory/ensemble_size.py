r"""How many independently trained networks must be averaged before the average decides rightly.

The average of N outputs with mean mu and variance S is Gaussian with variance S / N, so it falls on the right side of a
threshold at distance m with probability :math:`\Phi(m \sqrt{N / S})`; a union bound over many outputs needs
:math:`N \ge (2 S / m^2) \ln(\text{outputs} / \delta)` (Giapitzakis, Back de Luca and Fountoulakis 2025,
arXiv 2502.16763).
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.stats import norm
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Num, PRNGKeyArray

from separatrix.errors import bad_parameter
from separatrix.theory.infinite_width import OutputLaw

MOST_MODELS = 10**9
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(64)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def right_sign_probability(
    margins: Float[ArrayLike, "..."], variances: Num[ArrayLike, "..."], models: Num[ArrayLike, "..."]
) -> Float[Array, "..."]:
    """Probability that the average of N models has the right sign.

    Args:
        margins: signed distance of the mean from the threshold, positive on the right side.
        variances: of one model's output; where it is zero only the margin decides.
        models: N.

    Returns:
        Phi(m sqrt(N / S)), of the arguments' common shape.

    >>> float(right_sign_probability(0.0, 1.0, 10))
    0.5
    """
    margins, variances = jnp.asarray(margins), jnp.asarray(variances)
    moves = variances > 0
    ratio = margins * jnp.sqrt(jnp.asarray(models) / jnp.where(moves, variances, 1.0))
    return jnp.where(moves, norm.cdf(ratio), jnp.heaviside(margins, 0.5))


def all_right_probability(
    margins: Float[ArrayLike, " outputs"],
    variances: Num[ArrayLike, "..."],
    models: Num[ArrayLike, ""],
    counts: Num[ArrayLike, "..."] = 1,
) -> Float[Array, ""]:
    """Probability that all of many independent outputs have the right sign in the average of N models.

    Args:
        margins: one a kind of output, shape (outputs,).
        variances: of one model's output, one number or shape (outputs,).
        models: N.
        counts: how many outputs there are of each kind, one number or shape (outputs,).

    Returns:
        The product over outputs.
    """
    margins = jnp.asarray(margins)
    ratio = margins * jnp.sqrt(jnp.asarray(models) / jnp.broadcast_to(jnp.asarray(variances), margins.shape))
    return jnp.exp(jnp.sum(jnp.broadcast_to(jnp.asarray(counts), margins.shape) * norm.logcdf(ratio)))


def smallest_ensemble(probability: Callable[[int], float], target: float, most: int = MOST_MODELS) -> float:
    """The smallest N at which a probability that grows with N reaches a target; exact, by doubling and bisection.

    Args:
        probability: of success with N models; must not fall with N.
        target: to be reached.
        most: N at which the search is given up.

    Returns:
        N, infinite if ``most`` models do not suffice.

    >>> smallest_ensemble(lambda n: 1 - 0.5**n, 0.9)
    4.0
    """
    high = 1
    while probability(high) < target:
        if high >= most:
            return float("inf")
        high = min(2 * high, most)
    low = high // 2  # known to be too few
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if probability(middle) < target else (low, middle)
    return float(high)


def union_bound(
    margin: Num[ArrayLike, "..."],
    variance: Num[ArrayLike, "..."],
    outputs: Num[ArrayLike, "..."],
    failure: float = 0.1,
) -> Float[Array, "..."]:
    """Models that suffice for all of many outputs, independent or not: (2 S / m^2) ln(outputs / failure).

    Args:
        margin: the smallest distance m of a mean from the threshold.
        variance: the largest variance S of one model's output.
        outputs: how many must be right at once; k times 2^k for all k-bit inputs.
        failure: tolerated probability that any is wrong, in (0, 1).

    Returns:
        N, not rounded.

    Raises:
        SeparatrixError: if the probability is not between 0 and 1.
    """
    _check_failure(failure)
    signal = jnp.asarray(margin) ** 2
    return 2 * jnp.asarray(variance) / signal * jnp.log(jnp.asarray(outputs) / failure)


def _check_failure(failure: float) -> None:
    if not 0 < failure < 1:
        raise bad_parameter("failure", "union_bound", "a float in the range (0, 1)", failure)


def sample_average(
    law: OutputLaw, models: Num[ArrayLike, ""], key: PRNGKeyArray, draws: int = 1
) -> Float[Array, "draws m c"]:
    """Averages of N wide networks' outputs, jointly over inputs, without training any.

    Args:
        law: of one network.
        models: N.
        key: draws the ensembles.
        draws: how many ensembles.

    Returns:
        Averages, shape (draws, m, c).
    """
    noise = jax.random.normal(key, (draws, *law.mean.shape), law.mean.dtype)
    spread = jnp.einsum("mi,nic->nmc", _root(law.covariance), noise)
    return law.mean[None] + spread / jnp.sqrt(jnp.asarray(models))


def models_until_right(
    law: OutputLaw, targets: Float[ArrayLike, "m c"], key: PRNGKeyArray, draws: int = 1, outright: float = 1e-9
) -> Float[Array, "draws m"]:
    """For each draw of the ensemble's noise and each input, the N above which every sign is right.

    The average of N networks is mean + noise / sqrt(N) in law, so a sign is right for all N above
    (noise / margin)^2 where the noise points to the wrong side. The share of draws below N is the probability that N
    networks are right; the largest N of some inputs is what they need together, being asked of the same networks.

    Args:
        law: of one network.
        targets: positive where the output should be, shape (m, c).
        key: draws the noise.
        draws: how many.
        outright: means within this of the threshold count as on its side of zeros: training inputs, without noise.

    Returns:
        N, shape (draws, m); infinite if a mean has the wrong sign.
    """
    positive = jnp.asarray(targets) > 0
    noise = sample_average(law, 1.0, key, draws) - law.mean[None]
    margin = jnp.where(positive, law.mean, -law.mean)
    against = jnp.maximum(jnp.where(positive[None], -noise, noise), 0.0)
    exact = jnp.abs(law.mean) < outright
    needed = jnp.where(margin[None] > 0, (against / jnp.where(exact, 1.0, margin)[None]) ** 2, jnp.inf)
    return jnp.max(jnp.where((exact & ~positive)[None], 0.0, needed), axis=2)


def right_class_probability(
    mean: Float[ArrayLike, "m c"],
    variance: Float[ArrayLike, " m"],
    labels: Num[ArrayLike, " m"],
    models: Num[ArrayLike, ""],
) -> Float[Array, " m"]:
    """Probability that the largest output of the average of N models is the right one.

    Args:
        mean: of the c outputs, which are independent and have one variance, shape (m, c).
        variance: of one model's outputs at each input, shape (m,).
        labels: index of the right output, shape (m,).
        models: N.

    Returns:
        E_z prod_j Phi((mu_right - mu_j) sqrt(N / S) + z), z standard normal, by quadrature; shape (m,).
    """
    mean, labels = jnp.asarray(mean), jnp.asarray(labels)
    classes = jnp.arange(mean.shape[1])[None, :]
    ahead = jnp.take_along_axis(mean, labels[:, None], axis=1) - mean
    spread = jnp.sqrt(jnp.maximum(jnp.asarray(variance), 1e-30) / jnp.asarray(models))
    shifted = (ahead / spread[:, None])[:, :, None] + jnp.asarray(_NODES, mean.dtype)[None, None, :]
    others = jnp.where((classes == labels[:, None])[:, :, None], 1.0, norm.cdf(shifted))
    return jnp.prod(others, axis=1) @ jnp.asarray(_WEIGHTS, mean.dtype)


def _root(covariance: Float[Array, "m m"]) -> Float[Array, "m m"]:
    """A square root; rounding may have made the smallest eigenvalues of a singular covariance negative."""
    values, vectors = jnp.linalg.eigh(covariance)
    return vectors * jnp.sqrt(jnp.maximum(values, 0.0))[None, :]
