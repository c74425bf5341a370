"""Claims on the reduced equations: phases align, and the frequency that blows up first wins."""

from collections.abc import Callable

import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between
from separatrix.studies.modular_addition.wave_claims import node


def _aligned(wrong: bool) -> Callable[[xr.DataTree], xr.DataArray]:
    def measure(results: xr.DataTree) -> xr.DataArray:
        end = node(results, "alignment")["misaligned"].sel(wrong=wrong, drop=True).isel(time=-1, drop=True)
        return (end < 0.05).astype(float).where(end.notnull())

    return measure


def _drift(name: str) -> Callable[[xr.DataTree], xr.DataArray]:
    def measure(results: xr.DataTree) -> xr.DataArray:
        values = node(results, "alignment")[name].sel(wrong=False, drop=True)
        return abs(values - values.isel(time=0, drop=True)).max("time", skipna=False)

    return measure


def _rise(wrong: bool) -> Callable[[xr.DataTree], xr.DataArray]:
    def measure(results: xr.DataTree) -> xr.DataArray:
        values = node(results, "alignment")["misaligned"].sel(wrong=wrong, drop=True)
        return values.diff("time").max("time", skipna=False)

    return measure


def _grown(wrong: bool) -> Callable[[xr.DataTree], xr.DataArray]:
    def measure(results: xr.DataTree) -> xr.DataArray:
        return node(results, "alignment")["beta"].sel(wrong=wrong, drop=True).isel(time=-1, drop=True)

    return measure


ALIGNING = (
    Claim(
        "03-phases-align",
        "From random phases the output wave comes to answer the input wave (starts with |D| < 0.05 rad in the end)",
        _aligned(False),
        at_least(0.95),
        "phase alignment",
        kind="proportion",
        control=Control("phi' with a plus sign", _aligned(True)),
    ),
    Claim(
        "03-monotone",
        "|D| never rises (largest rise between two of fifty times)",
        _rise(False),
        at_most(0.0),
        "phase alignment",
        control=Control("phi' with a plus sign", _rise(True)),
        unit="rad",
    ),
    *(
        Claim(
            f"03-conserved-{name}",
            f"{law} is conserved (largest drift over its initial size)",
            _drift(variable),
            at_most(0.01),
            "derived",
            control=Control(wrong, _drift(f"wrong_{variable}")),
        )
        for name, variable, law, wrong in (
            ("c", "first", "alpha^2 - 2 beta^2", "alpha^2 - beta^2"),
            ("h", "second", "alpha^2 beta sin D", "alpha beta^2 sin D"),
        )
    ),
    Claim(
        "03-blow-up-time",
        "At the time of the elliptic integral the output wave has the size asked for, 0.5",
        _grown(False),
        between(0.4999, 0.5001),
        "derived",
        control=Control("phi' with a plus sign", _grown(True)),
    ),
)


def _right(rule: str, equal: bool) -> Callable[[xr.DataTree], xr.DataArray]:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = node(results, "lottery").sel(equal=equal)
        named = run["named"].sel(rule=rule)
        right = (named == run["winner"]).astype(float).where(run["winner"].notnull() & named.notnull())
        return right.drop_vars(["equal", "rule"])

    return measure


LOTTERY = (
    Claim(
        "04-first-to-blow-up-wins",
        "A neuron keeps the frequency of the smallest blow-up time (neurons of Gaussian weights)",
        _right("blow-up time", False),
        at_least(0.98),
        "lottery",
        kind="proportion",
        control=Control("the largest (alpha^2 beta)^(1/3) cos D", _right("product", False)),
    ),
    Claim(
        "04-least-misaligned-wins-among-equals",
        "Among waves of equal magnitude the least misaligned wins",
        _right("misalignment", True),
        at_least(0.98),
        "lottery",
        kind="proportion",
        control=Control("the same rule for Gaussian weights", _right("misalignment", False)),
    ),
    *(
        Claim(
            f"04-{rule.replace(' ', '-')}-is-not-enough",
            f"With Gaussian weights {what} names the winner of about {about:.0%} of the neurons",
            _right(rule, False),
            between(about - 0.1, about + 0.1),
            "lottery; a tenth either way",
            kind="proportion",
            control=Control("the smallest blow-up time", _right("blow-up time", False)),
        )
        for rule, what, about in (
            ("misalignment", "the smallest |D| alone", 0.20),
            ("magnitude", "the largest alpha alone", 0.48),
            ("product", "the largest (alpha^2 beta)^(1/3) cos D", 0.50),
        )
    ),
)
