"""Claims on equal strengths, sparsity, and starts away from the saddles."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most
from separatrix.studies.saddle_to_saddle.measures import dwell, flattest_levels, speeding_up
from separatrix.studies.saddle_to_saddle.readings import (
    at_first_plateau,
    case,
    fact,
    levels,
    log_of,
    middle,
    series,
    times,
)

ONE_DROP = 0.1
"""Of the first plateau's length. One logistic drop of the card's network spends 4.4 % of it near the heights between;
initial strengths that differ between the modes may make that twice as long."""
STAGED = 1.5
"""Factor between the last and the first time: half again as long as the first plateau."""
LARGEST_OF_MANY = 2.0
"""Times (ln H + 0.58) / H, the expected share of the largest of H units whose strengths are exponential."""


def _intermediate(results: xr.DataTree, name: str) -> xr.DataArray:
    """Time near the intermediate heights as a share of that near the first."""
    loss, heights = case(results, "linear", name), levels(results, "linear", name)
    spent = [dwell(loss, level, 0.02 * heights[0]) for level in heights[:-1]]
    return xr.concat(spent[1:], "plateau", coords="minimal").sum("plateau") / spent[0]


def _attention_names(results: xr.DataTree) -> tuple[str, str]:
    """The narrowest and the widest attention."""
    widths = series(results, "attention", "width")
    return widths[0][0], widths[-1][0]


def _ends_of(results: xr.DataTree, experiment: str, name: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Times of the first and last transitions."""
    found = times(results, experiment, name)
    return found.isel(transition=0, drop=True), found.isel(transition=-1, drop=True)


def _last_over_first(results: xr.DataTree, experiment: str, name: str) -> xr.DataArray:
    first, last = _ends_of(results, experiment, name)
    return log_of(last / first)


def _equal_shorter(results: xr.DataTree, part: Callable[[xr.DataArray, xr.DataArray], xr.DataArray]) -> xr.DataArray:
    """Log of how much shorter a part of the run is with equal variances, less that of mean over smallest variance."""
    # Alone, a head of variance l takes a time in proportion to 1 / l^2, so that equal variances bring the last head
    # forward by (mean / smallest)^2; at least half of that, on the logarithm, is asked.
    name = _attention_names(results)[-1]
    variances = fact(results, "attention", name, "strengths")
    unequal = part(*_ends_of(results, "attention", name))
    equal = part(*_ends_of(results, "attention", f"equal variances, {name}"))
    return log_of(unequal / equal) - float(np.log(variances.mean() / variances.min()))


EQUAL = (
    Claim(
        "05-equal-strengths-linear",
        "Linear: with equal singular values there is no intermediate plateau, one drop goes to zero",
        lambda r: _intermediate(r, "equal strengths"),
        at_most(ONE_DROP),
        "figure 2B",
        control=Control("unequal singular values", lambda r: _intermediate(r, "reference")),
    ),
    Claim(
        "05-equal-variances-attention-shorter",
        "Attention: with equal variances the later plateaus are shorter (log of the ratio of their length, less that "
        "of mean over smallest variance)",
        lambda r: _equal_shorter(r, lambda first, last: last - first),
        at_least(0.0),
        "figure 2B",
        control=Control(
            "the first plateau, which is not shorter", lambda r: _equal_shorter(r, lambda first, last: first)
        ),
    ),
    Claim(
        "05-equal-variances-attention-still-staged",
        "Attention, few heads: but they are there, since the race is between units (log of last over first time)",
        lambda r: _last_over_first(r, "attention", f"equal variances, {_attention_names(r)[0]}"),
        at_least(float(np.log(STAGED))),
        "figure 2B",
        control=Control(
            "the linear network with equal singular values",
            lambda r: _last_over_first(r, "linear", "equal strengths"),
        ),
    ),
)


def _rank(results: xr.DataTree, experiment: str, name: str) -> xr.DataArray:
    maps = at_first_plateau(results, experiment, name, "map")
    values = np.linalg.svd(maps.to_numpy(), compute_uv=False)
    return xr.DataArray(values[:, 1] / values[:, 0], dims="seed")


def _largest(results: xr.DataTree, experiment: str) -> xr.DataArray:
    name = "low-rank" if experiment == "linear" else middle(results, experiment)
    return at_first_plateau(results, experiment, name, "largest_share")


def _crowding(results: xr.DataTree, experiment: str) -> xr.DataArray:
    """Share of the largest unit over that expected of the linear network's units."""
    width = float(results["linear"].to_dataset()["width"].sel(case="low-rank"))
    return _largest(results, experiment) * width / float(np.log(width) + np.euler_gamma)


SPARSE = (
    Claim(
        "06-low-rank-linear",
        "Linear: at the first plateau the map has rank one (second over first singular value)",
        lambda r: _rank(r, "linear", "low-rank"),
        at_most(0.03),
        "figure 3",
        control=Control("the same network at its end", lambda r: _rank_at_end(r)),
    ),
    Claim(
        "06-not-sparse-linear",
        "Linear: yet all units take part (share of the largest over that expected of as many random units)",
        lambda r: _crowding(r, "linear"),
        at_most(LARGEST_OF_MANY),
        "figure 3",
        control=Control("the quadratic network", lambda r: _crowding(r, "quadratic")),
    ),
    Claim(
        "06-sparse-quadratic",
        "Quadratic: at the first plateau one unit holds nine tenths of the weight",
        lambda r: _largest(r, "quadratic"),
        at_least(0.9),
        "figure 3",
        control=Control("the linear network", lambda r: _largest(r, "linear")),
    ),
)


def _rank_at_end(results: xr.DataTree) -> xr.DataArray:
    values = np.linalg.svd(case(results, "linear", "low-rank", "map").isel(time=-1).to_numpy(), compute_uv=False)
    return xr.DataArray(values[:, 1] / values[:, 0], dims="seed")


def _time_at_start(results: xr.DataTree, name: str) -> xr.DataArray:
    """Time near the first loss, as a share of the time to the last transition."""
    loss = case(results, "linear", name)
    first = loss.isel(time=0)
    near_first = (abs(loss - first) < 0.02 * first).astype(int)
    leave = loss["time"].isel(time=near_first.argmin("time")).drop_vars("time")
    last = times(results, "linear", name, levels(results, "linear", "reference")).isel(transition=-1, drop=True)
    return leave / last


def _fastest_mode_left(results: xr.DataTree, name: str) -> xr.DataArray:
    return speeding_up(case(results, "linear", name), 0.01 * float(case(results, "linear", name).isel(time=0).mean()))


AWAY = (
    Claim(
        "07-large-rank-one-start-no-first-plateau",
        "Linear: a large start of rank one does not wait (time near the first loss over the time to the end)",
        lambda r: _time_at_start(r, "large rank-one start"),
        at_most(0.02),
        "figure 2C",
        control=Control("a small start", lambda r: _time_at_start(r, "reference")),
    ),
    Claim(
        "07-large-rank-one-start-then-stages",
        "Linear: it falls to the rank-one plateau and then takes the later stairs (distance from the rank-two height)",
        lambda r: _later_height_error(r, "large rank-one start"),
        at_most(0.02),
        "figure 2C",
        control=Control("a large start of full rank", lambda r: _later_height_error(r, "large start")),
    ),
    Claim(
        "07-low-error-start-one-drop",
        "Linear: a large start of full rank and low error never speeds up (log of rate over an earlier rate)",
        lambda r: _fastest_mode_left(r, "large start near the end"),
        at_most(0.1),
        "figure 2C",
        control=Control("a small start", lambda r: _fastest_mode_left(r, "reference")),
    ),
)


def _later_height_error(results: xr.DataTree, name: str) -> xr.DataArray:
    heights = levels(results, "linear", "reference")
    found = flattest_levels(case(results, "linear", name), heights).isel(plateau=2, drop=True)
    return abs(found - heights[2]) / heights[0]
