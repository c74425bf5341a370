"""A coin of unknown bias under a uniform prior: Laplace's rule of succession, its exact regret and its bound."""

import numpy as np
from jaxtyping import Float
from scipy.special import gammaln, kl_div, xlogy

_HALVINGS = 60
_RADII = 1201


def _divergence(truth: float, model: np.ndarray) -> np.ndarray:
    return kl_div(truth, model) + kl_div(1 - truth, 1 - model)


def binomial_chances(theta: float, n: int) -> tuple[Float[np.ndarray, " counts"], Float[np.ndarray, " counts"]]:
    """The numbers of ones among n symbols and their chances.

    Args:
        theta: chance of a one.
        n: number of symbols.

    Returns:
        0, ..., n and the binomial chances, shape (n + 1,) each.
    """
    ones = np.arange(n + 1.0)
    choices = gammaln(n + 1.0) - gammaln(ones + 1) - gammaln(n - ones + 1)
    return ones, np.exp(choices + xlogy(ones, theta) + xlogy(n - ones, 1 - theta))


def bernoulli_regret(theta: float, n: int) -> float:
    """The exact regret of the uniform mixture over coins, as a sum over the number of ones.

    Args:
        theta: chance of a one.
        n: number of symbols.

    Returns:
        D(P^n || Q) / n in nats a symbol.

    Source: Xie and Barron, IEEE Trans. Inf. Theory 43, 646 (1997), for the setting.

    >>> round(bernoulli_regret(0.5, 10), 4)
    0.0522
    """
    ones, chance = binomial_chances(theta, n)
    log_truth = xlogy(ones, theta) + xlogy(n - ones, 1 - theta)
    log_mixture = gammaln(ones + 1) + gammaln(n - ones + 1) - gammaln(n + 2.0)
    return float(np.sum(chance * (log_truth - log_mixture)) / n)


def bernoulli_batch_regret(theta: float, n: int, pseudo: float = 1.0) -> float:
    """The regret of predicting one more symbol after n, by adding a pseudo-count to ones and zeros.

    Summed over 0, ..., n - 1 symbols seen it is the regret of the whole sequence, for Laplace's pseudo-count of one.

    Args:
        theta: chance of a one.
        n: number of symbols seen.
        pseudo: count added to each; 1/2 is the rule of Krichevsky and Trofimov.

    Returns:
        E D(P || Q(. | past)) in nats.

    >>> chain = sum(bernoulli_batch_regret(0.3, t) for t in range(20))
    >>> round(chain / 20 / bernoulli_regret(0.3, 20), 12)
    1.0
    """
    ones, chance = binomial_chances(theta, n)
    return float(np.sum(chance * _divergence(theta, (ones + pseudo) / (n + 2 * pseudo))))


def bernoulli_regret_expansion(theta: float, n: Float[np.ndarray, "*s"] | float) -> Float[np.ndarray, "*s"] | float:
    """The regret for many symbols: (log n + log(1 / (2 pi e theta (1 - theta)))) / (2 n).

    Args:
        theta: chance of a one.
        n: number of symbols, shape (*s).

    Returns:
        Nats a symbol, up to terms of order 1/n^2.

    Source: Clarke and Barron, IEEE Trans. Inf. Theory 36, 453 (1990), theorem for one parameter.
    """
    return (np.log(n) - np.log(2 * np.pi * np.e) - np.log(theta * (1 - theta))) / (2 * n)


def bernoulli_weight(theta: float, radius: Float[np.ndarray, " r"]) -> Float[np.ndarray, " r"]:
    """The share of all coins within a divergence D(theta || .) of the true one: the length of an interval.

    Args:
        theta: chance of a one of the true coin, strictly between 0 and 1.
        radius: nats a symbol, shape (r,).

    Returns:
        W, shape (r,), by bisection.
    """

    def edge(limit: float) -> np.ndarray:
        inside, outside = np.full_like(radius, theta), np.full_like(radius, limit)
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2
            close = _divergence(theta, middle) <= radius
            inside, outside = np.where(close, middle, inside), np.where(close, outside, middle)
        return inside

    return edge(1.0) - edge(0.0)


def bernoulli_bound(theta: float, n: int) -> tuple[float, float]:
    """The bound min over epsilon of epsilon + log(1/W(epsilon))/n for a coin under the uniform prior.

    Args:
        theta: chance of a one.
        n: number of symbols.

    Returns:
        The bound in nats a symbol, and the best epsilon, close to 1/(2n).

    >>> round(bernoulli_bound(0.5, 100)[0], 4)
    0.0281
    """
    radius = np.geomspace(0.02, 50.0, _RADII) / n
    every = radius - np.log(bernoulli_weight(theta, radius)) / n
    return float(every.min()), float(radius[np.argmin(every)])
