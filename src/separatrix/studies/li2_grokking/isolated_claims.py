"""Claims on single units: what reaches them, what they climb, and where they end."""

from collections.abc import Callable

import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between, near
from separatrix.studies.li2_grokking.landscape import GROUPS
from separatrix.studies.li2_grokking.reading import Reading, ascent_half, law_ratio, node

TIGHT = 1e-3
"""Tolerance of energies; the card's."""
AT_REST = 1e-6


def _cosine(wide: bool, eta: float) -> Reading:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = node(results, "lazy").isel(width=int(wide))["cosine"]
        return run.sel(eta=eta, method="nearest").drop_vars(["eta", "width"])

    return measure


def _gained_by_width(eta: float) -> Reading:
    return lambda r: _cosine(True, eta)(r) - _cosine(False, eta)(r)


def _norm_at(end: int) -> Reading:
    """Norm of the signal at one end of the ridges over its largest."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        norm = node(results, "lazy").isel(width=1)["norm"]
        return (norm.isel(eta=end) / norm.max("eta", skipna=False)).drop_vars(["eta", "width"])

    return measure


def _median_norm(results: xr.DataTree) -> xr.DataArray:
    norm = node(results, "lazy").isel(width=1)["norm"]
    return (norm.sel(eta=1.0, method="nearest") / norm.max("eta", skipna=False)).drop_vars(["eta", "width"])


def _exactness(formula: str) -> Reading:
    return lambda r: node(r, "lazy")["error"].sel(formula=formula, drop=True).max("exact_eta", skipna=False)


def _slope_error(formula: str) -> Reading:
    return lambda r: node(r, "slopes")["error"].sel(formula=formula, drop=True)


STAGE_ONE = (
    Claim(
        "01-exact-signal",
        "The signal of a ridge readout is eta A^-1 Yt Yt^T Ft B, exactly (largest relative difference)",
        _exactness("exact"),
        at_most(1e-12),
        "stage I; identity",
        control=Control("without the factor B", _exactness("one-sided")),
    ),
    Claim(
        "02-independent-at-large-decay",
        "With much weight decay each unit gets the gradient of its own energy (mean cosine, eta = 1000, K = 512)",
        _cosine(False, 1000.0),
        at_least(0.999),
        "stage I; number of the card",
        control=Control("little weight decay, eta = 0.1", _cosine(False, 0.1)),
    ),
    Claim(
        "02-coupled-at-small-decay",
        "With little weight decay units are coupled (mean cosine, eta = 0.1, K = 512)",
        _cosine(False, 0.1),
        between(0.4, 0.6),
        "stage I; number of the card",
        control=Control("eight times as many units", _cosine(True, 0.1)),
    ),
    Claim(
        "02-width-helps-at-small-decay",
        "More units make each more independent (cosine for K = 4096 less that for K = 512, eta = 0.1)",
        _gained_by_width(0.1),
        at_least(0.1),
        "stage I; a third of the card's difference",
        control=Control("eta = 1000, where both are independent", _gained_by_width(1000.0)),
    ),
    Claim(
        "02-width-helps-at-large-decay",
        "and so they do at large weight decay (the same, eta = 10)",
        _gained_by_width(10.0),
        at_least(0.0),
        "stage I; stated for any decay",
        control=Control("eta = 1000, where the wider one lags as well", _gained_by_width(1000.0)),
    ),
    Claim(
        "02-width-helps-at-equal-decay-a-unit",
        "they do where weight decay grows with the number of units (K = 4096 at eta = 10 less K = 512 at eta = 1.25)",
        lambda r: _cosine(True, 10.0)(r) - _cosine(False, 1.25)(r),
        at_least(0.0),
        "stage I; Ft Ft^T grows with the number of units",
        control=Control("at equal eta = 10", _gained_by_width(10.0)),
    ),
    *(
        Claim(
            f"02-no-signal-{name}",
            f"The signal vanishes as eta {how}, with a maximum in between (norm over its largest, K = 4096)",
            _norm_at(end),
            at_most(0.01),
            "stage I; a hundredth, since the norm goes as eta or 1 / eta over two decades or more",
            control=Control("at eta = 1", _median_norm),
        )
        for name, how, end in (("without-decay", "goes to zero", 0), ("at-infinite-decay", "grows", -1))
    ),
    Claim(
        "03-gradient-of-energy",
        "A unit climbs E(w) = |Yt^T sigma(Xw)|^2 / 2: closed form against finite differences (relative error)",
        _slope_error("closed form"),
        at_most(1e-6),
        "stage II",
        control=Control("targets that were not centred", _slope_error("uncentred targets")),
    ),
)


def _ends(results: xr.DataTree, group: str, centred: bool = True) -> xr.Dataset:
    return node(results, "maxima").sel(group=group, centred=centred, drop=True)


def _off_prediction(group: str, centred: bool = True) -> Reading:
    """Largest relative distance of an end's energy to m / 2d of the irrep it carries."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        run = _ends(results, group, centred)
        return (abs(run["energy"] / run["predicted"] - 1)).max("start", skipna=False)

    return measure


def _impure(group: str, centred: bool = True) -> Callable[[xr.DataTree], float]:
    return lambda r: float((1 - _ends(r, group, centred)["share"]).max(skipna=False))


def _constant(centred: bool) -> Reading:
    def measure(results: xr.DataTree) -> xr.DataArray:
        found = node(results, "maxima")["constant"].sel(centred=centred, drop=True)
        return found.max(["start", "group"], skipna=False)

    return measure


def _reached_share(group: str, dimension: int) -> Reading:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = _ends(results, group)
        return (run["dimension"] == dimension).where(run["dimension"].notnull()).mean("start", skipna=False)

    return measure


def _restless(results: xr.DataTree) -> xr.DataArray:
    found = node(results, "maxima")["residual"].sel(centred=True, drop=True)
    return found.max(["start", "group"], skipna=False)


STAGE_TWO = (
    *(
        Claim(
            f"04-energy-{name.lower().replace(' ', '-')}",
            f"{name}: every ascent ends at E = M / 2d of one irrep (largest relative distance)",
            _off_prediction(name),
            at_most(TIGHT),
            "stage II; law derived, in this normalisation",
            control=Control("targets that were not centred", _off_prediction(name, centred=False)),
        )
        for name in GROUPS
    ),
    *(
        Claim(
            f"04-one-irrep-{name.lower().replace(' ', '-')}",
            f"{name}: every ascent ends in one irrep (largest share of energy elsewhere, all seeds)",
            _impure(name),
            at_most(TIGHT),
            "stage II",
            kind="deterministic",
            control=Control("targets that were not centred", _impure(name, centred=False)),
        )
        for name in ("Z11", "S3")
    ),
    Claim(
        "04-never-constant",
        "The constant feature never appears (largest share of energy in it, all groups)",
        _constant(True),
        at_most(TIGHT),
        "stage II: centred targets",
        control=Control("targets that were not centred", _constant(False)),
    ),
    Claim(
        "04-at-rest",
        "The ascents have come to rest (largest part of the gradient along the sphere, over the gradient)",
        _restless,
        at_most(AT_REST),
        "convergence of the ascent",
        control=Control("ascents on part of the pairs that were stopped early", lambda r: _stopped(r)),
    ),
    Claim(
        "04-sign-is-rarer",
        "S3: the sign character, of the higher energy, is reached from fewer starts than the 2-dimensional irrep "
        "(share of starts)",
        _reached_share("S3", 1),
        between(0.02, 0.5),
        "stage II; the card has 7 of 40",
        control=Control("share of the 2-dimensional irrep", _reached_share("S3", 2)),
    ),
)


def _stopped(results: xr.DataTree) -> xr.DataArray:
    return node(results, "sampled")["residual"].max(["kept", "modulus"], skipna=False)


def _features(which: int, kept: float) -> Reading:
    return lambda r: node(r, "sampled")["feature"].isel(modulus=which, drop=True).sel(kept=kept, drop=True)


def _energy_over(which: int, kept: float, theory: str) -> Reading:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = node(results, "sampled").isel(modulus=which, drop=True).sel(kept=kept, drop=True)
        return run["energy"] / run[theory]

    return measure


def _fall(results: xr.DataTree) -> xr.DataArray:
    return ascent_half(results, 1) / ascent_half(results, 0)


SAMPLED = (
    *(
        claim
        for which, name in enumerate(("small", "large"))
        for claim in (
            Claim(
                f"05-no-features-from-few-pairs-{name}",
                f"{name.capitalize()} M: from a quarter of the pairs no single unit finds a feature (share of starts)",
                _features(which, 0.25),
                at_most(0.05),
                "sample-size transition",
                control=Control("from 85 % of the pairs", _features(which, 0.85)),
            ),
            Claim(
                f"05-features-from-many-pairs-{name}",
                f"{name.capitalize()} M: from 85 % of the pairs nearly every one does (share of starts)",
                _features(which, 0.85),
                at_least(0.9),
                "sample-size transition",
                control=Control("from a quarter of the pairs", _features(which, 0.25)),
            ),
        )
    ),
    Claim(
        "05-memorising-pays-more",
        "Below the threshold units end at more energy than a frequency has (energy over it, large M, a quarter kept)",
        _energy_over(1, 0.25, "frequency"),
        at_least(2.0),
        "sample-size transition; the card has about eight at a fifth of the pairs",
        control=Control("the same at 85 % of the pairs", _energy_over(1, 0.85, "frequency")),
    ),
    Claim(
        "05-threshold-falls-as-log-m-over-m",
        "The share of pairs at which half of the units find features falls as ln M / M (ratio large over small M, less "
        "that of the law)",
        lambda r: _fall(r) - law_ratio(r, "sampled"),
        between(-0.15, 0.15),
        "sample-size transition, said of isolated units",
        control=Control("no fall at all", lambda r: xr.zeros_like(_fall(r)) + 1 - law_ratio(r, "sampled")),
    ),
    Claim(
        "05-threshold-is-two-thirds",
        "It does not depend on M: half of the units find features where a frequency has more energy than a single "
        "element, near a share of 2/3 (large M)",
        lambda r: ascent_half(r, 1),
        near(2 / 3, relative=0.1),
        "derived: M p^2 / 4 = M p (1 - p) / 2 at p = 2/3",
        control=Control("the paper's number of pairs", lambda r: ascent_half(r, 1) + 2 / 3 - _critical_share(r)),
    ),
)


def _critical_share(results: xr.DataTree) -> float:
    from separatrix.studies.li2_grokking.training import critical_fraction

    return critical_fraction(int(node(results, "sampled")["modulus"].isel(modulus=1)))
