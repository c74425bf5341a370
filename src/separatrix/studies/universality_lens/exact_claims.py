"""Claims about classes that can be summed exactly: coins, and linear models of low rank."""

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between, near, rival
from separatrix.studies.universality_lens import singular

EXACT = {
    (0.5, 10): (0.05219, 0.16755),
    (0.5, 100): (0.015868, 0.028050),
    (0.5, 1000): (0.0027291, 0.0039540),
    (0.5, 10_000): (0.00038795, 0.00051047),
    (0.1, 10): (0.11200, 0.21670),
    (0.1, 100): (0.021039, 0.033138),
    (0.1, 1000): (0.0032405, 0.0044645),
    (0.1, 10_000): (0.00043904, 0.00056152),
}
"""Regret and bound by an independent computation, to the digits given, by chance of a one and length."""


def node(results: xr.DataTree, name: str) -> xr.Dataset:
    """The results of one experiment."""
    return results[name].to_dataset()


def _ratio(results: xr.DataTree, against: str = "bound") -> xr.DataArray:
    found = node(results, "coins")
    return found["regret"] / found[against]


def _against_tables(results: xr.DataTree, name: str, column: int) -> float:
    found = node(results, "coins")[name]
    errors = [
        abs(float(found.sel(theta=theta, n=n)) / values[column] - 1)
        for (theta, n), values in EXACT.items()
        if theta in found["theta"] and n in found["n"]
    ]
    return float(np.max(errors))


def _expansion_error(results: xr.DataTree, name: str, n: int, *, longer: bool = False) -> float:
    found = node(results, "coins")
    found = found.sel(n=found["n"] >= n) if longer else found.sel(n=[n])
    return float(abs(found[name] / found["regret"] - 1).max(skipna=False))


def _chain_error(results: xr.DataTree, name: str) -> float:
    found = node(results, "chain")
    return float(abs(found["exact"] - found[name]).max(skipna=False))


COIN_CLAIMS = (
    Claim(
        "01-exact-regret",
        "The regret of a sequence is the sum of the regrets of each next prediction (largest difference in nats)",
        lambda r: _chain_error(r, "summed"),
        at_most(1e-6),
        "definitions of the online and batch learners; chain rule",
        kind="deterministic",
        control=Control("predictions that add 1/2 to each count", lambda r: _chain_error(r, "summed_half")),
    ),
    Claim(
        "01-regret-as-tabulated",
        "Exact regrets for chances 0.5 and 0.1 and 10 to 10 000 symbols (largest relative error to five digits)",
        lambda r: _against_tables(r, "regret", 0),
        at_most(1e-4),
        "main bound, exact case",
        kind="deterministic",
        control=Control("log n / (2n)", lambda r: _against_tables(r, "no_constant", 0)),
    ),
    Claim(
        "01-bound-as-tabulated",
        "The bound, at its best radius (largest relative error)",
        lambda r: _against_tables(r, "bound", 1),
        at_most(0.01),
        "main bound",
        kind="deterministic",
        control=Control("a fixed radius of 0.1", lambda r: _against_tables(r, "fixed_radius", 1)),
    ),
    Claim(
        "01-bound-holds",
        "The regret never exceeds the bound (largest ratio, over coins of tiny weight in a class with a confident one)",
        lambda r: _direction(r, "from the truth"),
        at_most(1.0 + 1e-9),
        "main bound: the ball is one of D(truth || model)",
        kind="deterministic",
        control=Control("balls of D(model || truth)", lambda r: _direction(r, "to the truth")),
    ),
    Claim(
        "01-bound-tight-to-a-constant",
        "Under the uniform prior the regret is 0.31 to 0.78 of the bound, whatever the length (smallest ratio)",
        lambda r: float(_ratio(r).min(skipna=False)),
        at_least(0.31),
        "main bound",
        kind="deterministic",
        control=Control("a fixed radius of 0.1", lambda r: float(_ratio(r, "fixed_radius").min(skipna=False))),
    ),
    Claim(
        "01-bound-never-exceeded",
        "and never above it (largest ratio)",
        lambda r: float(_ratio(r).max(skipna=False)),
        between(0.7, 1.0),
        "main bound",
        kind="deterministic",
        control=Control("log n / (2n) in its place", lambda r: float((1 / _ratio(r, "no_constant")).max())),
    ),
    Claim(
        "01-batch-below-online",
        "The next prediction costs no more than the average one (largest ratio)",
        lambda r: _batch_over_online(r),
        at_most(1.0),
        "batch learner",
        kind="deterministic",
        control=Control("the average prediction against the next one", lambda r: float((1 / _batch_ratio(r)).max())),
    ),
    Claim(
        "02-rate-at-100",
        "n R - log(n)/2 tends to log(1/(2 pi e theta (1 - theta)))/2 (relative error at 100 symbols)",
        lambda r: _expansion_error(r, "expansion", 100),
        at_most(0.01),
        "k_eff/(2n) log n, with its constant",
        kind="deterministic",
        control=Control("without the constant", lambda r: _expansion_error(r, "no_constant", 100)),
    ),
    Claim(
        "02-rate-from-1000",
        "and from 1000 symbols on (relative error)",
        lambda r: _expansion_error(r, "expansion", 1000, longer=True),
        at_most(6e-4),
        "k_eff/(2n) log n, with its constant",
        kind="deterministic",
        control=Control("without the constant", lambda r: _expansion_error(r, "no_constant", 1000, longer=True)),
    ),
    Claim(
        "06-plug-in-loses-infinitely",
        "Predicting with the share of ones so far loses infinitely much, in 1 - p^n - (1-p)^n of sequences (error)",
        lambda r: _ruin_error(r, "plug_in"),
        between(-0.02, 0.02),
        "mixing, not the most likely model",
        control=Control("the mixture, which never does", lambda r: _ruin_error(r, "mixture")),
    ),
)


def _direction(results: xr.DataTree, ball: str) -> float:
    return float(node(results, "directions")["ratio"].sel(ball=ball).max(skipna=False))


def _batch_ratio(results: xr.DataTree) -> xr.DataArray:
    found = node(results, "coins")
    return found["batch_regret"] / found["regret"]


def _batch_over_online(results: xr.DataTree) -> float:
    return float(_batch_ratio(results).max(skipna=False))


def _ruin_error(results: xr.DataTree, name: str) -> xr.DataArray:
    found = node(results, "plug_in")
    return (found[name] - found["expected"]).mean("theta", skipna=False)


def _spread(results: xr.DataTree, name: str) -> float:
    found = node(results, "redundant")[name]
    return float(found.max(skipna=False) - found.min(skipna=False))


def _slope(results: xr.DataTree) -> xr.DataArray:
    found = node(results, "redundant")["regret"]
    x = np.log(found["n"]) - np.log(found["n"]).mean()
    return (x * found).sum("n", skipna=False) / (x**2).sum()


def _counted(results: xr.DataTree, directions: float) -> xr.DataArray:
    found = node(results, "redundant")
    last = found["regret"].isel(n=-1, drop=True)
    return directions / 2 * float(np.log(found["n"].isel(n=-1))) / last


def _widest(results: xr.DataTree) -> float:
    return float(node(results, "redundant")["d"].max())


def _rank(results: xr.DataTree) -> float:
    return float(node(results, "redundant")["rank"])


def _exponent(results: xr.DataTree, model: str) -> float:
    """Slope of log W in log eps at the smallest radii, plus 1/log(1/eps): the multiplicity's part taken off."""
    found = node(results, "balls")["log_weight"].sel(model=model)
    radius = found["radius"].to_numpy()
    slope = np.polyfit(np.log(radius[:5]), found.to_numpy()[:5], 1)[0]
    return float(slope + 1 / np.log(1 / radius[:5]).mean())


LINEAR_CLAIMS = (
    Claim(
        "07-parameters-are-free",
        "A linear map of rank 3 costs the same regret with 10, 100 and 1000 parameters (largest difference in nats)",
        lambda r: _spread(r, "by_parameters"),
        at_most(1e-9),
        "effective dimension: flat directions add no regret",
        kind="deterministic",
        control=Control("rows of unit entries, not of unit length", lambda r: _spread(r, "unscaled")),
    ),
    Claim(
        "07-rank-sets-the-rate",
        "and its regret grows as (3/2) log n (slope in log n)",
        _slope,
        near(1.5, absolute=0.05),
        "k_eff/(2n) log n",
        control=Control("the ten parameters", rival(_slope, claimed=1.5, instead=5.0)),
    ),
    Claim(
        "07-counting-parameters-misses",
        "Counting parameters, (d/2) log n, overstates it by two orders and more at 1000 parameters (ratio)",
        lambda r: _counted(r, _widest(r)),
        at_least(100.0),
        "parameter counting",
        control=Control("counting directions, (3/2) log n", lambda r: _counted(r, _rank(r))),
    ),
    Claim(
        "07-effective-dimension",
        "The number of directions that the examples determine is the rank (largest n)",
        lambda r: node(r, "redundant")["effective"].isel(n=-1, drop=True),
        near(3.0, absolute=0.01),
        "k_eff as the rank of the Fisher matrix",
        control=Control("the number of parameters", lambda r: float(node(r, "redundant")["d"].min())),
    ),
    Claim(
        "07-singular-weight-is-larger",
        "At the singular point of y = a b x weight falls as eps^(1/2) log(1/eps), not as eps^(k/2) (exponent)",
        lambda r: _exponent(r, singular.MODELS[1]),
        near(0.5, relative=0.02),
        "singular points can have smaller exponents",
        kind="deterministic",
        control=Control("two regular parameters", lambda r: _exponent(r, singular.MODELS[0])),
    ),
)
