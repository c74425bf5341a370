"""Claims 7 and 8: a penalty on the norm that removes the bump, label noise, and real images."""

from collections.abc import Callable

import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, near, rival
from separatrix.studies.double_descent.measures import bump, simulated
from separatrix.studies.double_descent.regularised import NEVER
from separatrix.studies.double_descent.theory_claims import MIDDLE

Measure = Callable[[xr.DataTree], xr.DataArray | float]

NOISE = 0.5
PLATEAU = 300.0
"""A step on the plateau of kappa = 100 000."""
BUMP = 0.05
"""Share of the lowest error before it that counts as a rise that comes down again."""


def _regular(results: xr.DataTree, variant: str) -> xr.DataArray:
    run = results["regularised"].to_dataset().error.sel(variant=variant, drop=True)
    return run.isel(condition=0, drop=True)


def _shrunk(variant: str) -> Measure:
    return lambda results: 1 - bump(_regular(results, variant)) / bump(_regular(results, "plain"))


def _apart(variant: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        one, other = (_regular(results, name).isel(time=-1, drop=True) for name in (variant, "plain"))
        return abs(one - other)

    return measure


def _end(noise: float) -> Measure:
    return lambda results: simulated(results, "descent", MIDDLE, noise).isel(time=-1, drop=True)


def _noise_on_hump(when: float) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        noisy, clean = (simulated(results, "descent", NEVER, n).sel(time=when, method="nearest") for n in (NOISE, 0.0))
        return (noisy - clean).drop_vars("time")

    return measure


def _balance(results: xr.DataTree) -> xr.DataArray:
    """The variance of noise at which the end of training is as high as the plateau, for each data set."""
    run = results["descent"].to_dataset().descent
    plateau = run.sel(condition=NEVER, drop=True).sel(time=PLATEAU, method="nearest", drop=True)
    end = run.sel(condition=1.0, drop=True).isel(time=-1, drop=True)
    parts = [{"part": name, "other": name} for name in ("signal", "noise")]
    gain = (plateau - end).sel(parts[0], drop=True).drop_vars(["part", "other"], errors="ignore")
    cost = (end - plateau).sel(parts[1], drop=True).drop_vars(["part", "other"], errors="ignore")
    return gain / cost.mean("seed", skipna=False)


def _relative_bump(experiment: str, **where: int) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        error = results[experiment].to_dataset().test_error.isel(where, drop=True)
        error = error.sel(time=slice(1, None))
        return bump(error) / error.min("time", skipna=False)

    return measure


REGULARISED = (
    Claim(
        "07-penalty-removes-bump",
        "A penalty on the norm that fades removes at least 70 % of the bump",
        _shrunk("fading"),
        at_least(0.7),
        "figure 6",
        control=Control("a tenth of the penalty", _shrunk("weak")),
    ),
    Claim(
        "07-penalty-costs-nothing-late",
        "and costs nothing in the end",
        _apart("fading"),
        at_most(0.01),
        "figure 6",
        control=Control("a penalty that does not fade", _apart("constant")),
    ),
)

NOISY = (
    Claim(
        "08-noise-at-the-end",
        "Label noise of 0.5 leaves an error of half the noise's variance times d/(n - d)",
        _end(NOISE),
        near(0.25, relative=0.1),
        "limit of eqs 9 and 10",
        control=Control("d/n, as if the spectrum were flat", rival(_end(NOISE), claimed=0.25, instead=NOISE**2 / 3)),
    ),
    Claim(
        "08-noise-raises-hump",
        "and raises the hump by half the variance times p/(n - p)",
        _noise_on_hump(PLATEAU),
        near(NOISE**2 / 2 * 60 / 90, relative=0.1),
        "derived",
        control=Control("at the second step", _noise_on_hump(2.0)),
    ),
    Claim(
        "08-noise-that-forbids-descent",
        "Training ends below the plateau if the variance of the noise is under n/d - 1, whatever p is",
        _balance,
        near(0.5, relative=0.1),
        "derived",
        control=Control("the power of the slow features", rival(_balance, claimed=0.5, instead=0.4)),
    ),
    Claim(
        "08-images-come-down-again",
        "Digits of which the lower half is dimmed: a linear model's test error rises and comes down by 5 %",
        _relative_bump("images", condition=1),
        at_least(BUMP),
        "idea of section 1, on real images",
        control=Control("nothing dimmed", _relative_bump("images", condition=0)),
    ),
    Claim(
        "08-network-comes-down-again",
        "A network on digits with 15 % wrong labels: its test error rises and comes down by 5 %",
        _relative_bump("networks", noise=1),
        at_least(BUMP),
        "figure 5, on a small network",
        control=Control("right labels", _relative_bump("networks", noise=0)),
    ),
)
