"""Claims about Boolean functions under the weights that a small network gives them."""

import numpy as np
import xarray as xr
from scipy import stats

from separatrix.studies import Claim, Control, at_least, at_most, between, near
from separatrix.studies.universality_lens.boolean import PRIORS
from separatrix.studies.universality_lens.exact_claims import node

PARAMETERS, FUNCTIONS = PRIORS
MONTE_CARLO = 0.06
"""Error in nats of a mean over 400 data sets, allowed where a simulation is held against a bound."""


def _final(results: xr.DataTree, prior: str) -> xr.DataArray:
    """Regret summed over the most examples, (seed, function)."""
    return node(results, "functions")["regret"].sel(prior=prior, drop=True).isel(n=-1, drop=True)


def _cost(results: xr.DataTree) -> xr.DataArray:
    return -node(results, "functions")["log_weight"]


def _correlation(results: xr.DataTree, prior: str) -> xr.DataArray:
    return xr.corr(_final(results, prior), _cost(results), dim="function")


def _slope(results: xr.DataTree, prior: str) -> xr.DataArray:
    cost = _cost(results)
    return xr.cov(_final(results, prior), cost, dim="function") / cost.var("function", ddof=1)


def _excess(results: xr.DataTree, bound: str, prior: str) -> xr.DataArray:
    """By how much the mixture's regret exceeds a bound, at worst over functions and numbers of examples."""
    found = node(results, "functions")
    above = found["regret"].sel(prior=PARAMETERS, drop=True) - found[bound].sel(prior=prior, drop=True)
    return above.max(("function", "n"), skipna=False)


def _order(results: xr.DataTree, prior: str) -> xr.DataArray:
    """Spearman's correlation of the examples needed with -log weight, a seed."""
    found = node(results, "shown")
    needed = found["needed"].sel(prior=prior, drop=True)
    cost = -found["log_weight"].to_numpy()
    values = [
        stats.spearmanr(row, cost)[0] if np.isfinite(row).all() and np.ptp(row) > 0 else np.nan
        for row in needed.transpose("seed", "function").to_numpy()
    ]
    return xr.DataArray(values, dims="seed")


def _needed(results: xr.DataTree, place: int) -> xr.DataArray:
    return node(results, "shown")["needed"].sel(prior=PARAMETERS, drop=True).isel(function=place, drop=True)


def _saved(results: xr.DataTree, place: int) -> xr.DataArray:
    """Regret under equal weights for all functions less that under the parameters' weights, for one function."""
    return (_final(results, FUNCTIONS) - _final(results, PARAMETERS)).isel(function=place, drop=True)


def _weight(results: xr.DataTree, place: int) -> float:
    return float(np.exp(node(results, "weights")["log_weight"].isel(function=place)))


def _decades(results: xr.DataTree) -> float:
    found = node(results, "weights")["log_weight"]
    return float((found.max(skipna=False) - found.min(skipna=False)) / np.log(10))


K = 230
LARGEST, SMALLEST = 0.3100, 1.129e-5

CLAIMS = (
    Claim(
        "03-reachable-functions",
        "Two hidden units with weights in {-1, 0, 1} reach 230 of the 256 functions of three bits",
        lambda r: float(node(r, "weights")["reachable"]),
        between(K, K),
        "weight of a hypothesis; every parameter counted",
        kind="deterministic",
        control=Control("one hidden unit", lambda r: float(node(r, "weights")["reachable_by_one_unit"])),
    ),
    Claim(
        "03-largest-weight",
        "The largest weight of a function",
        lambda r: _weight(r, 0),
        near(LARGEST, absolute=5e-5),
        "weight of a hypothesis",
        kind="deterministic",
        control=Control("hidden units in {0, 1}", lambda r: float(node(r, "weights")["largest_zero_one"])),
    ),
    Claim(
        "03-smallest-weight",
        "The smallest weight of a function that is reached",
        lambda r: _weight(r, -1),
        near(SMALLEST, absolute=5e-9),
        "weight of a hypothesis",
        kind="deterministic",
        control=Control("equal weights", lambda r: 1 / float(node(r, "weights")["reachable"])),
    ),
    Claim(
        "03-weights-span-decades",
        "Weights of the functions of one small network span more than four decades",
        _decades,
        at_least(4.0),
        "weight of a hypothesis",
        kind="deterministic",
        control=Control("one weight for all functions", lambda r: 0.0 * _decades(r)),
    ),
    Claim(
        "04-regret-follows-the-weight",
        "After 150 examples the regret is -log of the weight (correlation over all functions)",
        lambda r: _correlation(r, PARAMETERS),
        at_least(0.995),
        "main bound at radius zero",
        control=Control("a prior uniform over functions", lambda r: _correlation(r, FUNCTIONS)),
    ),
    Claim(
        "04-slope-one",
        "with slope one",
        lambda r: _slope(r, PARAMETERS),
        near(1.0, absolute=0.05),
        "main bound at radius zero",
        control=Control("a prior uniform over functions", lambda r: _slope(r, FUNCTIONS)),
    ),
    Claim(
        "04-bound-holds",
        "For every function and number of examples n R <= n eps - log W(eps) (largest excess in nats)",
        lambda r: _excess(r, "bound", PARAMETERS),
        at_most(MONTE_CARLO),
        "main bound",
        control=Control("weights by counting functions, not parameters", lambda r: _excess(r, "bound", FUNCTIONS)),
        unit="nats",
    ),
    Claim(
        "04-sharper-bound-holds",
        "and even n R <= -log of the mean of exp(-n D) over the prior (largest excess in nats)",
        lambda r: _excess(r, "gibbs_bound", PARAMETERS),
        at_most(MONTE_CARLO),
        "proof of the main bound, before the ball is chosen",
        control=Control(
            "weights by counting functions, not parameters", lambda r: _excess(r, "gibbs_bound", FUNCTIONS)
        ),
        unit="nats",
    ),
    Claim(
        "05-light-functions-need-more",
        "Examples until the next prediction costs 0.02 nats grow with -log weight (rank correlation of six)",
        lambda r: _order(r, PARAMETERS),
        at_least(0.9),
        "sample need",
        control=Control("a prior uniform over functions", lambda r: _order(r, FUNCTIONS)),
    ),
    Claim(
        "05-examples-for-the-heaviest",
        "The heaviest function needs about 13 examples",
        lambda r: _needed(r, 0),
        between(10, 18),
        "sample need",
        control=Control("the lightest", lambda r: _needed(r, -1)),
        unit="examples",
    ),
    Claim(
        "05-examples-for-the-lightest",
        "and the lightest about 74",
        lambda r: _needed(r, -1),
        between(66, 84),
        "sample need",
        control=Control("the heaviest", lambda r: _needed(r, 0)),
        unit="examples",
    ),
    Claim(
        "06-equal-weights-cost-log-230",
        "A prior uniform over functions costs log 230 for every one (largest deviation in nats)",
        lambda r: abs(_final(r, FUNCTIONS) - np.log(K)).max("function", skipna=False),
        at_most(0.25),
        "no free lunch",
        control=Control(
            "the parameters' prior", lambda r: abs(_final(r, PARAMETERS) - np.log(K)).max("function", skipna=False)
        ),
        unit="nats",
    ),
    Claim(
        "06-worse-on-the-simplest",
        "which is log(230 w) more than the parameters' prior costs on the heaviest function",
        lambda r: _saved(r, 0),
        near(float(np.log(K * LARGEST)), absolute=0.3),
        "no free lunch",
        control=Control("the lightest function", lambda r: _saved(r, -1)),
        unit="nats",
    ),
    Claim(
        "06-better-on-the-lightest",
        "and as much less on the lightest",
        lambda r: _saved(r, -1),
        near(float(np.log(K * SMALLEST)), absolute=0.3),
        "no free lunch",
        control=Control("the heaviest function", lambda r: _saved(r, 0)),
        unit="nats",
    ),
)
