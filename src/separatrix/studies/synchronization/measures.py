"""What is measured on the results, for the claims and their controls."""

import numpy as np
import xarray as xr

from separatrix.studies.claim import Measure

WITHIN = 0.05
"""The card's tolerance on noise floors."""


def node(results: xr.DataTree, experiment: str) -> xr.Dataset:
    """The results of one experiment."""
    return results[experiment].to_dataset()


def ratio(case: str, of: str = "exact") -> Measure:
    """Measured synchronisation error of a case over its prediction."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = node(results, "graphs").sel(case=case, drop=True)
        return found["spread"] / found[of]

    return measure


def one_mode_too_many(case: str) -> Measure:
    """The same with the prediction of n modes in place of n - 1."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = node(results, "graphs").sel(case=case, drop=True)
        copies = found.sizes["mode"]
        return found["spread"] / (found["exact"] * copies / (copies - 1))

    return measure


def under_bound(case: str, largest: bool = False) -> Measure:
    """The same over its bound, both in continuous time; the wrong bound takes the largest eigenvalue."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = node(results, "graphs").sel(case=case, drop=True)
        bound = found["bound"]
        if largest:
            second, last, kappa = found["spectrum"][1], found["spectrum"][-1], found["strength"]
            bound = bound * (1 + kappa * second) / (1 + kappa * last)
        return found["spread"] / found["slowing"] / bound

    return measure


def over_spread(case: str) -> Measure:
    """The bound over the measured error: 1 where it is tight."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = node(results, "graphs").sel(case=case, drop=True)
        return found["bound"] * found["slowing"] / found["spread"]

    return measure


def looseness(case: str) -> Measure:
    """The same over what theory says of the ring."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        ring = node(results, "graphs").sel(case="ring", drop=True)
        return over_spread(case)(results) / (ring["bound"] * ring["slowing"] / ring["exact"])

    return measure


def spread(case: str, other: str) -> Measure:
    """Error of one case less that of another, both in continuous time."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = node(results, "graphs")
        smooth = found["spread"] / found["slowing"]
        return smooth.sel(case=case, drop=True) - smooth.sel(case=other, drop=True)

    return measure


def single_gain(case: str) -> Measure:
    """A lone learner's error over that of one in a graph, over the prediction for all tied to all."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = node(results, "graphs")
        alone = found["single"].sel(case="alone", drop=True) / found["single"].sel(case=case, drop=True)
        complete = found.sel(case="complete", drop=True)
        copies = found.sizes["mode"]
        predicted = copies * complete["exact_centre"] / (complete["exact_centre"] + complete["exact"] / copies)
        return alone / predicted

    return measure


def of_case(name: str, case: str, over: str) -> Measure:
    """One error of a case over another."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = node(results, "graphs").sel(case=case, drop=True)
        return found[name] / found[over]

    return measure


def alone_over_all(case: str) -> Measure:
    """A learner's error over that of the common decision, over the number of learners."""
    return lambda r: of_case("single", case, "centre")(r) / node(r, "graphs").sizes["mode"]


def slope(name: str) -> Measure:
    """Slope of a variance against the number of learners, on logarithms."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = node(results, "redundancy")
        logs, sizes = np.log(found[name]), np.log(found["n"])
        centred = sizes - sizes.mean()
        return (logs * centred).sum("n") / (centred**2).sum()

    return measure


def matched(results: xr.DataTree, case: str) -> xr.DataArray:
    """S of a case over that of the complete graph, both in continuous time."""
    found = node(results, "graphs")
    smooth = found["spread"] / found["slowing"]
    return smooth.sel(case=case, drop=True) / smooth.sel(case="complete", drop=True)


def common(results: xr.DataTree, name: str) -> xr.DataArray:
    """A quantity of the run with as many learners as the graphs have."""
    copies = node(results, "graphs").sizes["mode"]
    return node(results, "redundancy")[name].sel(n=copies, method="nearest", drop=True)


def learned(experiment: str, over: str, **where: object) -> Measure:
    """Measured over predicted distance of one of the real learners."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = node(results, experiment)
        chosen = found.sel(where, drop=True) if "graph" in where else found.isel(where, drop=True)
        return chosen["spread"] / chosen[over]

    return measure


def uncoupled_prediction(results: xr.DataTree) -> xr.DataArray:
    """The coupled networks' distance over what is predicted without coupling."""
    found = node(results, "networks")
    return found["spread"].isel(kappa=1, drop=True) / found["expected"].isel(kappa=0, drop=True)


def bias(results: xr.DataTree, kappa: int) -> xr.DataArray:
    """Bias of the common decision at one coupling."""
    return node(results, "curved")["bias"].isel(kappa=kappa, drop=True)


def less_bias(results: xr.DataTree, kappa: int) -> xr.DataArray:
    """Its size over that of separate learners averaged."""
    return np.abs(bias(results, kappa)) / np.abs(bias(results, 0)).mean()


def bias_over(kappa: int, name: str) -> Measure:
    """Bias at one coupling over a prediction."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        predicted = node(results, "curved")[name]
        return bias(results, kappa) / (predicted.isel(kappa=kappa) if "kappa" in predicted.dims else predicted)

    return measure


def plain(results: xr.DataTree, kappa: int) -> xr.DataArray:
    """Variance of the common decision over sigma^2 / 2n."""
    found = node(results, "curved")
    return found["variance"].isel(kappa=kappa, drop=True) / found["plain_variance"]


def over_lone_mode(case: str) -> Measure:
    """S over the part that a single mode without coupling has of it."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = node(results, "graphs").sel(case=case, drop=True)
        return found["spread"] / (found.sizes["mode"] * found["exact_centre"])

    return measure


def apart(results: xr.DataTree, sign: float) -> xr.DataArray:
    """Share of runs in which copies parted for ever."""
    return node(results, "wrong_sign")["apart"].sel(sign=sign, drop=True)
