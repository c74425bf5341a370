"""Claims on what width does."""

import numpy as np
import xarray as xr
from scipy.special import digamma

from separatrix.studies import Claim, Control, at_least, near
from separatrix.studies.saddle_to_saddle.readings import fact, log_of, rates, series, times
from separatrix.theory.saddle_to_saddle import HALFWAY

FACTOR = 3.0
"""By which twenty heads finish before three; from the card."""
SLACK = 0.1
"""By which later transitions of the linear network may be late; from the card."""


def _ends(results: xr.DataTree, experiment: str, prefix: str = "") -> tuple[tuple[str, float], tuple[str, float]]:
    """Names and widths of the narrowest and the widest."""
    widths = series(results, experiment, "width", prefix)
    return widths[0], widths[-1]


def _width_slope(results: xr.DataTree, prefix: str) -> xr.DataArray:
    """Speed-up of transition k over that expected, [E ln u0(wide) - E ln u0(narrow)] / 2 s_k."""
    # u0 is a sum of as many squares as there are units: up to a constant E ln u0 is digamma(width / 2)
    (narrow, few), (wide, many) = _ends(results, "linear", prefix)
    sooner = times(results, "linear", narrow) - times(results, "linear", wide)
    expected = (digamma(many / 2) - digamma(few / 2)) / (2 * rates(results, "linear", narrow))
    return (sooner / expected).mean("transition")


def _last_ratio(results: xr.DataTree, experiment: str, prefix: str = "") -> xr.DataArray:
    """Logarithm of the factor by which the last transition comes earlier in the wider network."""
    # a narrow run that is not over at the last time counts as over then, which understates the factor
    (narrow, _), (wide, _) = _ends(results, experiment, prefix)
    late = times(results, experiment, narrow).fillna(float(results[experiment].to_dataset()["time"].max()))
    return log_of(late / times(results, experiment, wide)).isel(transition=-1, drop=True)


def _beyond_log_law(results: xr.DataTree, experiment: str, prefix: str = "") -> xr.DataArray:
    """The same, less what a linear network of that scale and those widths would gain from u0 = width scale^2 / 2."""
    strength = _weakest(results, experiment)
    (narrow, few), (_, many) = _ends(results, experiment, prefix)
    scale = float(results[experiment].to_dataset()["scale"].sel(case=narrow))
    waits = [np.log(HALFWAY * strength / (0.5 * width * scale**2)) for width in (few, many)]
    return _last_ratio(results, experiment, prefix) - float(np.log(waits[0] / waits[1]))


def _weakest(results: xr.DataTree, experiment: str) -> float:
    """The smallest strength that is learned, for which the log law makes most of width."""
    (narrow, _), _ = _ends(results, experiment)
    return float(fact(results, experiment, narrow, "rates" if experiment == "linear" else "strengths").min())


_BALANCED = "the linear network with the scale kept as 1/sqrt(width)"
WIDTHS = (
    Claim(
        "04-width-linear",
        "Linear: width speeds transition k only by ln(width) / 2 s_k (over that, exact for few units)",
        lambda r: _width_slope(r, ""),
        near(1.0, relative=SLACK),
        "section 6; formula derived",
        control=Control("the scale kept as 1/sqrt(width)", lambda r: _width_slope(r, "balanced ")),
    ),
    *(
        Claim(
            f"04-width-{experiment}",
            f"{experiment.capitalize()}: the widest finishes earlier than the logarithm of the width would make it "
            "(log of the ratio of times, less that of the log law)",
            lambda r, e=experiment: _beyond_log_law(r, e),
            at_least(0.0),
            "figure 2A",
            control=Control(_BALANCED, lambda r: _beyond_log_law(r, "linear", "balanced ")),
        )
        for experiment in ("quadratic", "attention")
    ),
    Claim(
        "04-width-attention-factor",
        "Attention: the widest finishes earlier by a factor of three or more (log of the ratio of times)",
        lambda r: _last_ratio(r, "attention"),
        at_least(float(np.log(FACTOR))),
        "figure 2A; number from a small sample",
        control=Control(_BALANCED, lambda r: _last_ratio(r, "linear", "balanced ")),
    ),
)
