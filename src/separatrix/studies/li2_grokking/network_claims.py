"""Claims on units together: repulsion, and grokking of whole networks."""

from collections.abc import Callable

import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between
from separatrix.studies.li2_grokking.reading import (
    Reading,
    accuracy,
    at_end,
    crossing,
    delay_ratio,
    half_fraction,
    law_ratio,
    node,
    reached,
)
from separatrix.theory.feature_emergence import CRITICAL

SLACK = 0.35
"""By which the threshold may be off the prediction; the card's."""


def _latest(case: str, pairs: str, level: float) -> Callable[[xr.DataTree], float]:
    """The latest of all seeds to reach a level; they are too alike for the epochs between two observations."""
    return lambda r: float(reached(accuracy(r, case, pairs), level).max(skipna=False))


def _accuracy_gain(more: str, less: str) -> Reading:
    return lambda r: at_end(r, more) - at_end(r, less)


def _over_prediction(which: int) -> Reading:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = node(results, "shape").isel(modulus=which, drop=True)
        return crossing(run["accuracy"].sel(pairs="held out", drop=True), "ratio")

    return measure


def _over_logarithm(which: int) -> Reading:
    return lambda r: CRITICAL * _over_prediction(which)(r)


def _network_fall(results: xr.DataTree) -> xr.DataArray:
    return half_fraction(results, 1) / half_fraction(results, 0)


GROKKING = (
    Claim(
        "06-memorised-at-once",
        "Training pairs are right long before the others (epoch of 99 % on a quarter of the pairs, latest seed)",
        _latest("quarter", "trained", 0.99),
        at_most(100),
        "full training; the card has 25",
        kind="deterministic",
        control=Control("epoch of 95 % on held-out pairs, half of them kept", _latest("half", "held out", 0.95)),
        unit="epochs",
    ),
    Claim(
        "06-no-generalisation-below",
        "From a quarter of the pairs nothing generalises (held-out accuracy)",
        lambda r: at_end(r, "quarter"),
        at_most(0.05),
        "full training",
        control=Control("from half of the pairs", lambda r: at_end(r, "half")),
    ),
    Claim(
        "06-generalisation-above",
        "From half of the pairs everything does (held-out accuracy)",
        lambda r: at_end(r, "half"),
        at_least(0.95),
        "full training",
        control=Control("from a quarter", lambda r: at_end(r, "quarter")),
    ),
    Claim(
        "06-critical-in-between",
        "At the predicted number of pairs some of it does (held-out accuracy)",
        lambda r: at_end(r, "critical"),
        between(0.05, 0.95),
        "full training; the card has 0.22 and 0.80",
        control=Control("from a quarter", lambda r: at_end(r, "quarter")),
    ),
    *(
        Claim(
            f"06-monotone-{name}",
            f"More pairs, more generalisation: {what} (gain of held-out accuracy)",
            _accuracy_gain(more, less),
            at_least(0.0),
            "full training",
            control=Control("the other way round", _accuracy_gain(less, more)),
        )
        for name, more, less, what in (
            ("below", "critical", "quarter", "the predicted number against a quarter"),
            ("above", "half", "critical", "half against the predicted number"),
        )
    ),
    Claim(
        "06-grokking-delay",
        "Generalisation is delayed ten times or more (epoch of 95 % held out over that of 99 % trained, half kept)",
        lambda r: delay_ratio(r, "half"),
        at_least(10.0),
        "full training",
        control=Control("three quarters kept", lambda r: delay_ratio(r, "three quarters")),
    ),
    Claim(
        "06-delay-falls",
        "and the less, the more pairs there are (delay at half over that at three quarters)",
        lambda r: delay_ratio(r, "half") / delay_ratio(r, "three quarters"),
        at_least(1.5),
        "full training; the card has four to five",
        control=Control("the inverse", lambda r: delay_ratio(r, "three quarters") / delay_ratio(r, "half")),
    ),
    *(
        Claim(
            f"06-threshold-{name}",
            f"{name.capitalize()} M: half of the others are right from 2.7482 ln M / M of the pairs (over that)",
            _over_prediction(which),
            between(1 - SLACK, 1 + SLACK),
            "full training; the card's tolerance",
            control=Control("over ln M / M, the constant left out", _over_logarithm(which)),
        )
        for which, name in enumerate(("small", "large"))
    ),
    Claim(
        "06-threshold-falls-as-log-m-over-m",
        "The share falls as ln M / M (ratio large over small M, less that of the law)",
        lambda r: _network_fall(r) - law_ratio(r, "shape"),
        between(-0.15, 0.15),
        "full training",
        control=Control("no fall at all", lambda r: xr.zeros_like(_network_fall(r)) + 1 - law_ratio(r, "shape")),
    ),
    Claim(
        "07-no-decay-no-grokking",
        "Without weight decay the pairs stay memorised (held-out accuracy)",
        lambda r: at_end(r, "no decay"),
        at_most(0.3),
        "weight decay",
        control=Control("with weight decay", lambda r: at_end(r, "half")),
    ),
    Claim(
        "07-no-decay-memorises",
        "though they are memorised (accuracy on the pairs trained on, without weight decay)",
        lambda r: at_end(r, "no decay", "trained"),
        at_least(0.99),
        "weight decay",
        control=Control("held-out accuracy", lambda r: at_end(r, "no decay")),
    ),
    Claim(
        "07-decay-sets-the-pace",
        "Five times the weight decay makes it twice as fast or faster (ratio of the epochs of 95 % held out)",
        lambda r: _epoch(r, "half") / _epoch(r, "strong decay"),
        at_least(2.0),
        "weight decay",
        control=Control("the inverse", lambda r: _epoch(r, "strong decay") / _epoch(r, "half")),
    ),
)


def _epoch(results: xr.DataTree, case: str) -> xr.DataArray:
    return reached(accuracy(results, case, "held out"), 0.95)


def _opposed(eta: float, matrix: str) -> Reading:
    return lambda r: node(r, "repulsion")["opposed"].sel(eta=eta, matrix=matrix, drop=True)


def _missing(targets: str) -> Reading:
    return lambda r: node(r, "modulation")["missing"].sel(targets=targets, drop=True)


TOGETHER = (
    *(
        Claim(
            f"08-repulsion-eta-{name}",
            f"Units of like features repel: their coupling has the opposite sign (share of pairs, eta = {eta:g})",
            _opposed(eta, "inverse"),
            at_least(0.95),
            "stage III; the card's share",
            control=Control("coupling by the Gram matrix instead of its inverse", _opposed(eta, "gram")),
        )
        for name, eta in (("one", 1.0), ("tenth", 0.1))
    ),
    Claim(
        "08-missing-features-next",
        "What units of five frequencies leave over leads to one of the others (share of starts)",
        _missing("residual"),
        at_least(0.95),
        "stage III, top-down modulation",
        control=Control("ascent on the targets themselves", _missing("all")),
    ),
)


def _best(rule: str, which: int) -> Reading:
    """Distinct frequencies at the setting that is best in the mean over seeds, of the wider (0) or narrower (1)."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = node(results, "rules")["distinct"].sel(rule=rule).isel(width=which).drop_vars(["rule", "width"])
        means = found.mean("seed", skipna=False)
        return found.isel(setting=int(means.fillna(-1).argmax("setting")), drop=True)

    return measure


def _more(which: int) -> Reading:
    return lambda r: _best("Muon", which)(r) - _best("Adam", which)(r)


def _same(which: int) -> Reading:
    return lambda r: _best("Adam", which)(r) - _best("Adam", which)(r)


MUON = tuple(
    Claim(
        f"09-muon-finds-more-{name}",
        f"With {what} as frequencies Muon finds more distinct ones than Adam (each at its best setting)",
        _more(which),
        at_least(0.1),
        "Muon; direction of the paper, at least a tenth of a frequency",
        control=Control("Adam against itself", _same(which)),
        unit="frequencies",
    )
    for which, name, what in ((0, "with-room", "twice as many units"), (1, "without-room", "about as many units"))
)
