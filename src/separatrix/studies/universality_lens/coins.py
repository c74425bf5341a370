"""A coin of unknown bias: exact regret, its bound, its rate; a class that tells directions of divergence apart."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array
from scipy.special import logsumexp

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.studies.universality_lens.config import Config
from separatrix.theory import bernoulli_mixture as coin
from separatrix.theory.mixture_regret import bernoulli_divergence, regret_bound

CHAINED = 1000
"""The longest sequence whose regret is also summed symbol by symbol."""
FIXED_RADIUS = 0.1


def coins(config: Config) -> xr.Dataset:
    """Regret of Laplace's mixture, of its next prediction, its bound and its expansion, over biases and lengths."""
    columns = {
        "regret": coin.bernoulli_regret,
        "batch_regret": coin.bernoulli_batch_regret,
        "bound": lambda theta, n: coin.bernoulli_bound(theta, n)[0],
        "fixed_radius": lambda theta, n: (
            FIXED_RADIUS - np.log(coin.bernoulli_weight(theta, np.array([FIXED_RADIUS]))[0]) / n
        ),
        "expansion": coin.bernoulli_regret_expansion,
        "no_constant": lambda theta, n: np.log(n) / (2 * n),
    }
    dims, units = ("theta", "n"), {"units": "nats a symbol"}
    return xr.Dataset(
        {
            name: (dims, np.array([[column(theta, n) for n in config.lengths] for theta in config.coins]), units)
            for name, column in columns.items()
        },
        coords={"theta": list(config.coins), "n": ("n", list(config.lengths), {"units": "symbols"})},
    )


def chain(config: Config) -> xr.Dataset:
    """The regret of whole sequences against the sum of the regrets of each next prediction, two ways to count ahead."""
    lengths = [n for n in config.lengths if n <= CHAINED]
    places = np.array(lengths) - 1
    summed = {pseudo: np.array([_summed(c, max(lengths), pseudo)[places] for c in config.coins]) for pseudo in (1, 0.5)}
    exact = np.array([[coin.bernoulli_regret(theta, n) * n for n in lengths] for theta in config.coins])
    dims, units = ("theta", "n"), {"units": "nats"}
    return xr.Dataset(
        {
            "exact": (dims, exact, units),
            "summed": (dims, summed[1], units),
            "summed_half": (dims, summed[0.5], units),
        },
        coords={"theta": list(config.coins), "n": lengths},
    )


def _summed(theta: float, longest: int, pseudo: float) -> np.ndarray:
    return np.cumsum([coin.bernoulli_batch_regret(theta, t, pseudo) for t in range(longest)])


SURE = (1e-3, 0.2, 0.5)
LOG_PRIOR = (0.0, -27.6, -27.6)
"""Nearly all weight on a coin that hardly ever shows a one; the others' weight is a part in 10^12."""
SHORT = 12


def directions(config: Config) -> xr.Dataset:
    """Exact regret in a class of three coins against the bound, with balls by D(truth || .) and by D(. || truth)."""
    coins_, n = jnp.asarray(SURE), jnp.arange(1.0, SHORT + 1)
    log_prior = np.asarray(LOG_PRIOR) - logsumexp(LOG_PRIOR)
    bound = jax.jit(lambda p, q: regret_bound(bernoulli_divergence(p, q), jnp.asarray(log_prior), n)[0])
    ratio = np.empty((2, len(SURE) - 1, SHORT))
    for row, theta in enumerate(SURE[1:]):
        exact = np.array([_three_coins(theta, int(m), log_prior) for m in n])
        truth = jnp.full_like(coins_, theta)
        for way, pair in enumerate(((truth, coins_), (coins_, truth))):
            ratio[way, row] = exact / np.asarray(bound(*pair))
    return xr.Dataset(
        {"ratio": (("ball", "truth", "n"), ratio)},
        coords={"ball": ["from the truth", "to the truth"], "truth": list(SURE[1:]), "n": np.asarray(n)},
    )


def _three_coins(theta: float, n: int, log_prior: np.ndarray) -> float:
    ones, chance = coin.binomial_chances(theta, n)
    coins_ = np.asarray(SURE)
    each = ones[:, None] * np.log(coins_) + (n - ones)[:, None] * np.log1p(-coins_)
    log_truth = ones * np.log(theta) + (n - ones) * np.log1p(-theta)
    return float(np.sum(chance * (log_truth - logsumexp(log_prior + each, axis=1))) / n)


def plug_in(config: Config) -> xr.Dataset:
    """Share of sequences with a symbol to which a predictor gave no chance: plug-in, and Laplace's mixture."""
    length, many = config.plug_in_length, config.plug_in_sequences

    def build(key: Array, theta: Array) -> Setup:
        def step(t: Array, state: dict[str, Array], key: Array) -> dict[str, Array]:
            symbol = (jax.random.uniform(key, (many,)) < theta).astype(float)
            ones, seen = state["ones"], jnp.asarray(t, float)
            share = jnp.where(seen > 0, ones / jnp.maximum(seen, 1.0), 0.5)
            chances = {"plug_in": share, "mixture": (ones + 1) / (seen + 2)}
            excluded = {name: jnp.where(symbol > 0, one, 1 - one) <= 0 for name, one in chances.items()}
            return {"ones": ones + symbol} | {name: jnp.maximum(state[name], x) for name, x in excluded.items()}

        start = {name: jnp.zeros(many) for name in ("ones", "plug_in", "mixture")}
        observe = {name: lambda state, name=name: jnp.mean(state[name]) for name in ("plug_in", "mixture")}
        return Setup(Map(step), start, observe)

    found = ensemble(
        build, [0, length], seeds=config.seeds, grid={"theta": list(config.coins)}, key=jax.random.key(config.seed)
    )
    theta = np.asarray(config.coins)
    expected = xr.DataArray(1 - theta**length - (1 - theta) ** length, dims="theta")
    return found[["plug_in", "mixture"]].isel(time=-1, drop=True).assign(expected=expected)
