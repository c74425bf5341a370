"""Claims on width, equal strengths, sparsity, and starts away from the saddles."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, near
from separatrix.studies.saddle_to_saddle.height_claims import LEVELS, NOW, STRENGTHS, Levels, case, log_of, times
from separatrix.studies.saddle_to_saddle.measures import (
    dwell,
    flattest_levels,
    speeding_up,
    transition_times,
)


def _width_slope(results: xr.DataTree, prefix: str) -> xr.DataArray:
    widths = NOW.linear_widths
    ends = [times(results, "linear", f"{prefix}width {w}", LEVELS["linear"]) for w in (widths[0], widths[-1])]
    slope = (ends[0] - ends[1]) / np.log(widths[-1] / widths[0])
    return (2 * slope * xr.DataArray(STRENGTHS, dims="transition")).mean("transition")


def _last_ratio(results: xr.DataTree, experiment: str, kind: str, widths: tuple[int, int]) -> xr.DataArray:
    """Logarithm of the factor by which the last transition comes earlier in the wider network.

    A narrow run that is not over at the last time counts as over then, which understates the factor.

    Args:
        results: of the study.
        experiment: which.
        kind: of network, whose levels of the loss count.
        widths: the narrow and the wide one.

    Returns:
        One number a seed.
    """
    narrow, wide = (times(results, experiment, f"width {width}", LEVELS[kind]) for width in widths)
    narrow = narrow.fillna(float(results[experiment].to_dataset()["time"].max()))
    return log_of(narrow / wide).isel(transition=-1, drop=True)


def _linear_last_ratio(results: xr.DataTree) -> xr.DataArray:
    narrow, wide = (times(results, "linear", f"balanced width {w}", LEVELS["linear"]) for w in (10, 40))
    return log_of(narrow / wide).isel(transition=-1, drop=True)


_BALANCED = Control("the linear network with the scale kept as 1/sqrt(width)", _linear_last_ratio)
WIDTHS = (
    Claim(
        "04-width-linear",
        "Linear: width speeds transition k only by ln(width) / 2 s_k",
        lambda r: _width_slope(r, ""),
        near(1.0, relative=0.25),
        "section 6; formula derived",
        control=Control("the scale kept as 1/sqrt(width)", lambda r: _width_slope(r, "balanced ")),
    ),
    Claim(
        "04-width-quadratic",
        "Quadratic: 100 units finish well before 4 do (log of the ratio of times)",
        lambda r: _last_ratio(r, "quadratic", "quadratic", (4, 100)),
        at_least(0.5),
        "figure 2A",
        control=_BALANCED,
    ),
    Claim(
        "04-width-attention",
        "Attention: 20 heads finish before 3 do (log of the ratio of times)",
        lambda r: _last_ratio(r, "attention_widths", "attention", (3, 20)),
        at_least(0.2),
        "figure 2A",
        control=_BALANCED,
    ),
    Claim(
        "04-width-attention-factor",
        "Attention: by a factor of three or more (log of the ratio of times)",
        lambda r: _last_ratio(r, "attention_widths", "attention", (3, 20)),
        at_least(float(np.log(3))),
        "figure 2A; number from a small sample",
        control=_BALANCED,
    ),
)


def _intermediate(results: xr.DataTree, name: str, levels: Sequence[float]) -> xr.DataArray:
    """Time near the intermediate plateaus as a share of that near the first."""
    loss = case(results, "linear", name)
    spent = [dwell(loss, level, 0.02 * levels[0]) for level in levels[:-1]]
    return xr.concat(spent[1:], "plateau", coords="minimal").sum("plateau") / spent[0]


def _later_plateaus(results: xr.DataTree, name: str, levels: Levels) -> xr.DataArray:
    """Log of the time from the first to the last transition."""
    found = times(results, "attention", name, levels)
    return log_of(found.isel(transition=-1, drop=True) - found.isel(transition=0, drop=True))


def _stages_left(results: xr.DataTree, name: str) -> xr.DataArray:
    found = times(results, "attention", name, LEVELS["equal attention"])
    return log_of(found.isel(transition=-1, drop=True) / found.isel(transition=0, drop=True))


def _equal_shorter(results: xr.DataTree, width: int) -> xr.DataArray:
    unequal = _later_plateaus(results, f"width {width}", LEVELS["attention"])
    return unequal - _later_plateaus(results, f"equal variances, width {width}", LEVELS["equal attention"])


def _equal_first(results: xr.DataTree) -> xr.DataArray:
    unequal = times(results, "attention", "width 20", LEVELS["attention"]).isel(transition=0, drop=True)
    equal = times(results, "attention", "equal variances, width 20", LEVELS["equal attention"])
    return log_of(unequal / equal.isel(transition=0, drop=True))


def _linear_equal_ratio(results: xr.DataTree) -> xr.DataArray:
    found = transition_times(case(results, "linear", "equal strengths"), (1.5, 1.0, 0.5, 0.0))
    return log_of(found.isel(transition=-1, drop=True) / found.isel(transition=0, drop=True))


EQUAL = (
    Claim(
        "05-equal-strengths-linear",
        "Linear: with equal singular values there is no intermediate plateau, one drop goes to zero",
        lambda r: _intermediate(r, "equal strengths", (1.5, 1.0, 0.5, 0.0)),
        at_most(0.1),
        "figure 2B",
        control=Control("singular values 2, 1, 0.5", lambda r: _intermediate(r, "scale 0.001", LEVELS["linear"])),
    ),
    Claim(
        "05-equal-variances-attention-shorter",
        "Attention, 20 heads: with equal variances the later plateaus are shorter (log of the ratio of their length)",
        lambda r: _equal_shorter(r, 20),
        at_least(0.5),
        "figure 2B",
        control=Control("the first plateau, which is not shorter", _equal_first),
    ),
    Claim(
        "05-equal-variances-attention-still-staged",
        "Attention, 3 heads: but they are there, since the race is between units (log of last over first time)",
        lambda r: _stages_left(r, "equal variances, width 3"),
        at_least(float(np.log(1.5))),
        "figure 2B",
        control=Control("the linear network with equal singular values", _linear_equal_ratio),
    ),
)


def at_first_plateau(results: xr.DataTree, experiment: str, name: str, levels: Levels, variable: str) -> xr.DataArray:
    """A variable midway between the first and second transitions."""
    middle = times(results, experiment, name, levels).isel(transition=slice(0, 2)).mean("transition")
    return case(results, experiment, name, variable).sel(time=middle, method="nearest").drop_vars("time")


def _rank(results: xr.DataTree, experiment: str, name: str) -> xr.DataArray:
    maps = at_first_plateau(results, experiment, name, LEVELS["linear"], "map")
    values = np.linalg.svd(maps.to_numpy(), compute_uv=False)
    return xr.DataArray(values[:, 1] / values[:, 0], dims="seed")


def _largest(results: xr.DataTree, experiment: str, name: str) -> xr.DataArray:
    return at_first_plateau(results, experiment, name, LEVELS[experiment], "largest_share")


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
        "Linear: yet all units take part (share of the largest)",
        lambda r: _largest(r, "linear", "low-rank"),
        at_most(0.2),
        "figure 3",
        control=Control("the quadratic network", lambda r: _largest(r, "quadratic", "scale 0.01")),
    ),
    Claim(
        "06-sparse-quadratic",
        "Quadratic: at the first plateau one unit holds nine tenths of the weight",
        lambda r: _largest(r, "quadratic", "scale 0.01"),
        at_least(0.9),
        "figure 3",
        control=Control("the linear network", lambda r: _largest(r, "linear", "low-rank")),
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
    last = transition_times(loss, LEVELS["linear"]).isel(transition=-1, drop=True)
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
        control=Control("a small start", lambda r: _time_at_start(r, "scale 0.001")),
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
        control=Control("a small start", lambda r: _fastest_mode_left(r, "scale 0.001")),
    ),
)


def _later_height_error(results: xr.DataTree, name: str) -> xr.DataArray:
    found = flattest_levels(case(results, "linear", name), LEVELS["linear"]).isel(plateau=2, drop=True)
    return abs(found - LEVELS["linear"][2]) / LEVELS["linear"][0]
