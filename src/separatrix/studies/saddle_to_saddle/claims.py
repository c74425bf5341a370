"""What the paper says and how it is measured."""

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between, near
from separatrix.studies.saddle_to_saddle.config import Config
from separatrix.studies.saddle_to_saddle.measures import (
    dwell,
    flattest_levels,
    height_after,
    speeding_up,
    transition_times,
)
from separatrix.studies.saddle_to_saddle.sampled import CONV_STRENGTHS
from separatrix.theory import saddle_to_saddle as theory

Levels = tuple[float, ...]
NOW = Config()
PIXEL_STAGES = 6


def _floats(values: Any) -> Levels:
    return tuple(float(value) for value in values)


STRENGTHS = np.asarray(NOW.strengths)
LEVELS: dict[str, Levels] = {
    "linear": _floats(theory.linear_plateaus(jnp.asarray(NOW.strengths))),
    "quadratic": _floats(theory.quadratic_plateaus(jnp.asarray(NOW.eigenvalues[:2]))),
    "attention": _floats(theory.attention_plateaus(jnp.asarray(NOW.variances), NOW.context)),
    "equal attention": _floats(theory.attention_plateaus(jnp.asarray([0.7, 0.7, 0.7]), NOW.context)),
    "relu": _floats(theory.relu_rays(jnp.asarray(NOW.labels))[1]),
    "conv": _floats(theory.linear_plateaus(jnp.asarray(CONV_STRENGTHS)) / 8),
}
"""Heights of the plateaus in theory; the convolutions average over eight images."""


def _log(values: xr.DataArray) -> xr.DataArray:
    return xr.apply_ufunc(np.log, values)


def case(results: xr.DataTree, experiment: str, name: str, variable: str = "loss") -> xr.DataArray:
    """One kind of run: dims seed, time and the variable's own."""
    return results[experiment].to_dataset()[variable].sel(case=name, drop=True)


def times(results: xr.DataTree, experiment: str, name: str, levels: Levels) -> xr.DataArray:
    """Times of the transitions of one kind of run."""
    return transition_times(case(results, experiment, name), levels)


def _height_error(experiment: str, name: str, levels: Levels) -> Callable[[xr.DataTree], xr.DataArray]:
    """Largest distance of a measured plateau from theory, in units of the first loss."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = flattest_levels(case(results, experiment, name), levels)
        wanted = xr.DataArray(list(levels[:-1]), dims="plateau")
        return (abs(found - wanted) / levels[0]).max("plateau", skipna=False)

    return measure


def _on_heights(experiment: str, name: str, levels: Levels, guessed: Levels) -> Callable[[xr.DataTree], xr.DataArray]:
    """1 for seeds with every plateau within 2 % of the first loss of the guessed heights, else 0."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = flattest_levels(case(results, experiment, name), levels)
        error = abs(found - xr.DataArray(list(guessed), dims="plateau")).max("plateau", skipna=False)
        return (error < 0.02 * levels[0]).astype(float)

    return measure


def _height_claim(net: str, experiment: str, name: str, levels: Levels) -> Claim:
    return Claim(
        f"01-plateau-heights-{net.replace(' ', '-').lower()}",
        f"{net}: every plateau lies where theory puts it, within 2 % of the first loss (share of seeds)",
        _on_heights(experiment, name, levels, levels[:-1]),
        at_least(0.5),
        "theorem 1 and section 4",
        kind="proportion",
        control=Control(_EQUAL_STEPS, _on_heights(experiment, name, levels, _naive(levels))),
    )


_EQUAL_STEPS = "equally high steps, as if the spectrum did not matter"


def _naive(levels: Levels) -> Levels:
    """Equal steps down: what one guesses without the spectrum."""
    return _floats(np.linspace(levels[0], levels[-1], len(levels))[:-1])


def _digits_on_heights(results: xr.DataTree, naive: bool) -> xr.DataArray:
    levels = pixel_levels(results)
    guessed = _naive(levels) if naive else levels[:-1]
    return _on_heights("digits", "small start", levels, guessed)(results)


def pixel_levels(results: xr.DataTree) -> Levels:
    """Heights of the first plateaus of the autoencoder of digits."""
    spectrum = jnp.asarray(results["digits"].to_dataset()["spectrum"].to_numpy())
    return _floats(theory.autoencoder_plateaus(spectrum)[: PIXEL_STAGES + 1])


def _ends_at(results: xr.DataTree, level: float) -> xr.DataArray:
    """1 for seeds whose run ends within 0.001 of a level, as its own last event says; else 0."""
    converged = case(results, "attention", "scale 0.01", "stop_reason") == "converged"
    last = case(results, "attention", "scale 0.01").isel(time=-1, drop=True)
    return (converged & (abs(last - level) < 1e-3)).astype(float)


HEIGHTS = (
    _height_claim("Linear", "linear", "scale 0.001", LEVELS["linear"]),
    _height_claim("Attention", "attention", "scale 0.005", LEVELS["attention"]),
    _height_claim("ReLU", "rectified", "relu scale 1e-05", LEVELS["relu"]),
    _height_claim("ReLU conv", "rectified", "relu conv", LEVELS["conv"]),
    _height_claim("Linear conv", "rectified", "linear conv", LEVELS["conv"]),
    Claim(
        "01-plateau-heights-quadratic",
        "Quadratic: the second plateau lies at 4/3, because the trace couples the two units (share of seeds)",
        _on_heights("quadratic", "scale 0.003", LEVELS["quadratic"], LEVELS["quadratic"][:-1]),
        at_least(0.5),
        "section 4; height derived",
        kind="proportion",
        control=Control(
            "heights that add up mode by mode: 2, 1, 0",
            _on_heights("quadratic", "scale 0.003", LEVELS["quadratic"], (2.0, 1.0)),
        ),
    ),
    Claim(
        "01-plateau-heights-digits",
        "Linear autoencoder on digits: the first six plateaus lie at the tails of the data's spectrum (share of seeds)",
        lambda r: _digits_on_heights(r, naive=False),
        at_least(0.5),
        "section 4, on real data",
        kind="proportion",
        control=Control(_EQUAL_STEPS, lambda r: _digits_on_heights(r, naive=True)),
    ),
    Claim(
        "01-final-loss-attention",
        "Attention ends at 0.1190, the doubt that 31 examples leave, within 0.001 (share of seeds)",
        lambda r: _ends_at(r, LEVELS["attention"][-1]),
        at_least(0.6),
        "section 4; height derived",
        kind="proportion",
        control=Control("an end at zero", lambda r: _ends_at(r, 0.0)),
    ),
)


def _log_slope(
    results: xr.DataTree, experiment: str, names: tuple[str, str], decades: float, levels: Levels
) -> xr.DataArray:
    """Delay of each transition per factor e of the initial scale."""
    early, late = (times(results, experiment, name, levels) for name in names)
    return (late - early) / (decades * np.log(10))


def _linear_slopes(results: xr.DataTree) -> xr.DataArray:
    slope = _log_slope(results, "linear", ("scale 0.001", "scale 1e-05"), 2, LEVELS["linear"])
    return (slope * xr.DataArray(STRENGTHS, dims="transition")).mean("transition")


def _relu_slopes(results: xr.DataTree) -> xr.DataArray:
    slope = _log_slope(results, "rectified", ("relu scale 1e-05", "relu scale 1e-06"), 1, LEVELS["relu"])
    rates = np.asarray(theory.relu_rays(jnp.asarray(NOW.labels))[0])
    return (slope * xr.DataArray(rates, dims="transition")).mean("transition")


def _exponent(
    results: xr.DataTree, experiment: str, pair: tuple[str, float, str, float], levels: Levels
) -> xr.DataArray:
    """Power of 1/scale by which the first transition is delayed."""
    name, scale, other, smaller = pair
    early = times(results, experiment, name, levels).isel(transition=0, drop=True)
    late = times(results, experiment, other, levels).isel(transition=0, drop=True)
    return _log(late / early) / np.log(scale / smaller)


def _linear_exponent(results: xr.DataTree) -> xr.DataArray:
    return _exponent(results, "linear", ("scale 0.01", 1e-2, "scale 0.001", 1e-3), LEVELS["linear"])


def _quadratic_log_slope(results: xr.DataTree) -> xr.DataArray:
    slope = _log_slope(results, "quadratic", ("scale 0.01", "scale 0.003"), np.log10(10 / 3), LEVELS["quadratic"])
    return slope.isel(transition=0, drop=True)


def _smooth_exponent(problem: str, scale: float, smaller: float) -> Callable[[xr.DataTree], xr.DataArray]:
    def measure(results: xr.DataTree) -> xr.DataArray:
        names = [f"{problem} scale {size:g}" for size in (scale, smaller)]
        first = float(case(results, "smooth", names[0]).isel(time=0).mean())
        return _exponent(results, "smooth", (names[0], scale, names[1], smaller), (first, 0.5 * first))

    return measure


_SOFT = _smooth_exponent("x tanh x", *NOW.soft_scales)
_CUBIC = _smooth_exponent("cubic", *NOW.cubic_scales)


def _alignment(results: xr.DataTree) -> xr.DataArray:
    """Slope of log|across| against log scale, at the moment when |along| reaches 1/2."""
    scales = (1e-2, 1e-3, 1e-4)
    return _power([_across_when_aligned(results, f"scale {scale:g}") for scale in scales], scales)


def _no_alignment(results: xr.DataTree) -> xr.DataArray:
    """The same slope at the start."""
    scales = (1e-2, 1e-3, 1e-4)
    left = [case(results, "linear", f"scale {scale:g}", "across").isel(time=0, drop=True) for scale in scales]
    return _power(left, scales)


def _power(values: Sequence[xr.DataArray], scales: Sequence[float]) -> xr.DataArray:
    logs = _log(xr.concat(values, "scale").assign_coords(scale=np.log(scales)))
    return logs.polyfit("scale", 1)["polyfit_coefficients"].sel(degree=1, drop=True)


def _across_when_aligned(results: xr.DataTree, name: str) -> xr.DataArray:
    along, across = (case(results, "linear", name, variable) for variable in ("along", "across"))

    def at_half(x: np.ndarray, y: np.ndarray) -> float:
        after = int(np.argmax(x >= 0.5))
        return float(np.exp(np.interp(0.5, x[after - 1 : after + 1], np.log(y[after - 1 : after + 1]))))

    return xr.apply_ufunc(at_half, along, across, input_core_dims=[["time"], ["time"]], vectorize=True)


_LOG = "the law of the other kind of network: time proportional to 1/scale"
LAWS = (
    Claim(
        "02-log-law-linear",
        "Linear: transition k is delayed by 1/s_k for each factor e in the initial scale",
        _linear_slopes,
        near(1.0, relative=0.03),
        "section 4.1",
        control=Control(
            "the same number for the quadratic network, whose delay grows as 1/scale", _quadratic_log_slope
        ),
    ),
    Claim(
        "02-log-law-relu",
        "ReLU: each ray is delayed by p / |y of its sign| for each factor e in the initial scale",
        _relu_slopes,
        near(1.0, relative=0.03),
        "section 4.2",
        control=Control("the same number for the quadratic network", _quadratic_log_slope),
    ),
    *(
        Claim(
            f"02-inverse-law-{experiment}",
            f"{experiment.capitalize()}: the first plateau lasts as the inverse of the initial scale",
            lambda r, e=experiment, p=pair: _exponent(r, e, p, LEVELS[e]),
            near(float(theory.delay_exponent(2)), absolute=0.03),
            "section 5 and equation 14",
            control=Control("the linear network's exponent over one decade", _linear_exponent),
        )
        for experiment, pair in (
            ("quadratic", ("scale 0.01", 1e-2, "scale 0.003", 3e-3)),
            ("attention", ("scale 0.01", 1e-2, "scale 0.005", 5e-3)),
        )
    ),
    Claim(
        "02-inverse-law-x-tanh-x",
        "x tanh x is quadratic near zero and follows the same law, time as 1/scale",
        _SOFT,
        between(0.9, 1.1),
        "section 5",
        control=Control("the cubic network's exponent", _CUBIC),
    ),
    Claim(
        "02-inverse-square-law-cubic",
        "Cubic: the first plateau lasts as the inverse square of the initial scale",
        _CUBIC,
        between(1.9, 2.1),
        "section 5; from covariance in scale",
        control=Control("the exponent of x tanh x", _SOFT),
    ),
    Claim(
        "02-alignment-exponent",
        "Linear: when the first mode is of order one the rest has shrunk as scale^(1 - s_2/s_1)",
        _alignment,
        near(float(theory.alignment_exponent(jnp.asarray(NOW.strengths))), absolute=0.06),
        "theorem 4",
        control=Control("the rest at the start, before alignment, in proportion to the scale", _no_alignment),
    ),
)


def time_ratios(results: xr.DataTree, name: str = "scale 0.001", both: bool = False) -> xr.DataArray:
    """Times of the linear network's transitions over those predicted from its initial weights."""
    initial = case(results, "linear", name, "initial_strength").isel(time=0)
    if both:
        initial = 2 * initial
    predicted = xr.apply_ufunc(
        lambda u0: np.asarray(theory.linear_transition_times(jnp.asarray(STRENGTHS), jnp.asarray(u0))),
        initial,
        input_core_dims=[["initial_strength_0"]],
        output_core_dims=[["transition"]],
        vectorize=True,
    )
    return times(results, "linear", name, LEVELS["linear"]) / predicted


EXACT = (
    Claim(
        "03-exact-time-first",
        "Linear: the first transition comes at (1/2s) ln(0.414 s/u0), u0 read from the initial weights",
        lambda r: time_ratios(r).isel(transition=0, drop=True),
        near(1.0, relative=0.03),
        "section 4.1; formula derived",
        control=Control(
            "u0 with the decaying half of the weights counted in as well",
            lambda r: time_ratios(r, both=True).isel(transition=0, drop=True),
        ),
    ),
    Claim(
        "03-exact-time-later",
        "Linear: competition makes later transitions late by at most a tenth",
        lambda r: time_ratios(r).isel(transition=slice(1, None)).max("transition"),
        between(1.0, 1.1),
        "section 4.1; formula derived",
        control=Control(
            "all modes predicted with the first one's strength",
            lambda r: (times(r, "linear", "scale 0.001", LEVELS["linear"]) / time_first(r)).max("transition"),
        ),
    ),
)


def time_first(results: xr.DataTree) -> xr.DataArray:
    """The first transition's predicted time."""
    actual = times(results, "linear", "scale 0.001", LEVELS["linear"])
    return (actual / time_ratios(results)).isel(transition=0, drop=True)


def _width_slope(results: xr.DataTree, prefix: str) -> xr.DataArray:
    widths = NOW.linear_widths
    ends = [times(results, "linear", f"{prefix}width {w}", LEVELS["linear"]) for w in (widths[0], widths[-1])]
    slope = (ends[0] - ends[1]) / np.log(widths[-1] / widths[0])
    return (2 * slope * xr.DataArray(STRENGTHS, dims="transition")).mean("transition")


def _last_ratio(results: xr.DataTree, experiment: str, widths: tuple[int, int]) -> xr.DataArray:
    """Logarithm of the factor by which the last transition comes earlier in the wider network.

    A narrow run that is not over at the last time counts as over then, which understates the factor.

    Args:
        results: of the study.
        experiment: which.
        widths: the narrow and the wide one.

    Returns:
        One number a seed.
    """
    narrow, wide = (times(results, experiment, f"width {width}", LEVELS[experiment]) for width in widths)
    narrow = narrow.fillna(float(results[experiment].to_dataset()["time"].max()))
    return _log(narrow / wide).isel(transition=-1, drop=True)


def _linear_last_ratio(results: xr.DataTree) -> xr.DataArray:
    narrow, wide = (times(results, "linear", f"balanced width {w}", LEVELS["linear"]) for w in (10, 40))
    return _log(narrow / wide).isel(transition=-1, drop=True)


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
        lambda r: _last_ratio(r, "quadratic", (4, 100)),
        at_least(0.5),
        "figure 2A",
        control=_BALANCED,
    ),
    Claim(
        "04-width-attention",
        "Attention: 20 heads finish before 3 do (log of the ratio of times)",
        lambda r: _last_ratio(r, "attention", (3, 20)),
        at_least(0.2),
        "figure 2A",
        control=_BALANCED,
    ),
    Claim(
        "04-width-attention-factor",
        "Attention: by a factor of three or more (log of the ratio of times)",
        lambda r: _last_ratio(r, "attention", (3, 20)),
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
    return _log(found.isel(transition=-1, drop=True) - found.isel(transition=0, drop=True))


def _stages_left(results: xr.DataTree, name: str) -> xr.DataArray:
    found = times(results, "attention", name, LEVELS["equal attention"])
    return _log(found.isel(transition=-1, drop=True) / found.isel(transition=0, drop=True))


def _equal_shorter(results: xr.DataTree, width: int) -> xr.DataArray:
    unequal = _later_plateaus(results, f"width {width}", LEVELS["attention"])
    return unequal - _later_plateaus(results, f"equal variances, width {width}", LEVELS["equal attention"])


def _equal_first(results: xr.DataTree) -> xr.DataArray:
    unequal = times(results, "attention", "width 20", LEVELS["attention"]).isel(transition=0, drop=True)
    equal = times(results, "attention", "equal variances, width 20", LEVELS["equal attention"])
    return _log(unequal / equal.isel(transition=0, drop=True))


def _linear_equal_ratio(results: xr.DataTree) -> xr.DataArray:
    found = transition_times(case(results, "linear", "equal strengths"), (1.5, 1.0, 0.5, 0.0))
    return _log(found.isel(transition=-1, drop=True) / found.isel(transition=0, drop=True))


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


def _departure(results: xr.DataTree, factor: float, maps: Sequence[str]) -> xr.DataArray:
    return (
        results["invariance"]
        .to_dataset()["departure"]
        .sel(factor=factor, unit_map=list(maps))
        .drop_vars("factor")
        .max("unit_map")
    )


def _broken(results: xr.DataTree, maps: Sequence[str]) -> xr.DataArray:
    return (
        results["invariance"]
        .to_dataset()["departure"]
        .sel(factor=2.0, unit_map=list(maps))
        .drop_vars("factor")
        .min("unit_map")
    )


ALL_MAPS = ("linear", "relu", "tanh", "quadratic")
KEPT = (
    *(
        Claim(
            f"08-conservation-{experiment}",
            f"{experiment.capitalize()}: {law} is conserved (largest drift)",
            lambda r, e=experiment, n=name: case(r, e, n, "drift").max("time"),
            at_most(1e-7),
            "derived",
            control=Control(wrong, lambda r, e=experiment, n=name: case(r, e, n, "naive_drift").max("time")),
        )
        for experiment, name, law, wrong in (
            ("linear", "scale 0.001", "U U' - V V'", "U U' + V V'"),
            ("quadratic", "scale 0.01", "2 v^2 - |u|^2 of every unit", "v^2 - |u|^2"),
        )
    ),
    Claim(
        "08-equal-units-stay-equal",
        "Any unit map: two equal units stay equal (largest difference)",
        lambda r: _departure(r, 1.0, ALL_MAPS),
        at_most(1e-8),
        "theorem 3 (i)",
        control=Control("units in the ratio two, tanh and quadratic", lambda r: _broken(r, ("tanh", "quadratic"))),
    ),
    Claim(
        "08-proportional-units-stay-proportional",
        "Linear and ReLU: two units in the ratio two stay so (largest difference)",
        lambda r: _departure(r, 2.0, ("linear", "relu")),
        at_most(1e-8),
        "theorem 3 (iii)",
        control=Control("tanh and quadratic, which must break it", lambda r: _broken(r, ("tanh", "quadratic"))),
    ),
)


def _gradient(results: xr.DataTree, pairs: Sequence[tuple[str, str]], variable: str = "gradient") -> xr.DataArray:
    found = results["embeddings"].to_dataset()[variable]
    chosen = [found.sel(construction=construction, unit_map=name, drop=True) for construction, name in pairs]
    return xr.concat(chosen, "pair", coords="minimal").max("pair")


ALLOWED = (
    *(("i", name) for name in ALL_MAPS),
    *(("ii", name) for name in ALL_MAPS),
    ("iii", "linear"),
    ("iii", "relu"),
    ("iv", "linear"),
)


def _relu_rays_seen(results: xr.DataTree, when: float) -> xr.DataArray:
    found = times(results, "rectified", "relu scale 1e-06", LEVELS["relu"])
    first, last = (found.isel(transition=k, drop=True) for k in (0, 1))
    moment = first + (last - first) * when
    return case(results, "rectified", "relu scale 1e-06", "rays").sel(time=moment, method="nearest").drop_vars("time")


EMBEDDED = (
    Claim(
        "09-embedded-fixed-points-at-rest",
        "All four constructions, where the unit map allows them, leave a wide network at rest (largest gradient)",
        lambda r: _gradient(r, ALLOWED),
        at_most(1e-6),
        "theorem 1",
        control=Control("a scaled copy of a tanh unit", lambda r: _gradient(r, [("iii", "tanh")])),
    ),
    Claim(
        "09-embedded-fixed-points-same-map",
        "and compute the same outputs as the narrow one (largest change)",
        lambda r: _gradient(r, ALLOWED, "change"),
        at_most(1e-9),
        "theorem 1",
        control=Control(
            "a combination of ReLU units with a negative sign", lambda r: _gradient(r, [("iv", "relu")], "change")
        ),
    ),
    Claim(
        "09-scaled-copy-breaks-tanh",
        "Construction (iii) fails for tanh (largest gradient)",
        lambda r: _gradient(r, [("iii", "tanh")]),
        at_least(1e-3),
        "theorem 1",
        control=Control("the same for ReLU", lambda r: _gradient(r, [("iii", "relu")])),
    ),
    Claim(
        "09-one-ray-then-two",
        "ReLU: on the first plateau all active units share one direction, after it there are two (seeds where so)",
        lambda r: ((_relu_rays_seen(r, 0.5) == 1) & (_relu_rays_seen(r, 1.5) == 2)).astype(float),
        at_least(0.65),
        "section 4.2",
        kind="proportion",
        control=Control(
            "two directions on the first plateau already", lambda r: (_relu_rays_seen(r, 0.5) == 2).astype(float)
        ),
    ),
)


def tanh_height(results: xr.DataTree) -> tuple[xr.DataArray, float, float]:
    """Height of the plateau after the wide tanh network's first drop, its first loss, and the best single unit's."""
    best = float(case(results, "smooth", "tanh width 1").isel(time=-1).min())
    loss = case(results, "smooth", "tanh")
    first = float(loss.isel(time=0).mean())
    return height_after(loss, (first + best) / 2), first, best


def _tanh_height_error(results: xr.DataTree) -> xr.DataArray:
    height, first, best = tanh_height(results)
    return abs(height - best) / first


def _no_stages(net: str, experiment: str, large: str, small: str, levels: Levels) -> Claim:
    end, floor = 0.01 * levels[0], levels[-1]
    return Claim(
        f"10-large-start-no-stages-{net}",
        f"{net.capitalize()}: weights of order one give a descent without stages (log of speeding up)",
        lambda r: speeding_up(case(r, experiment, large), end, floor),
        at_most(float(np.log(2))),
        "figure 2D",
        control=Control("the small start", lambda r: speeding_up(case(r, experiment, small), end, floor)),
    )


BASELINES = (
    _no_stages("linear", "linear", "large start", "scale 0.001", LEVELS["linear"]),
    _no_stages("quadratic", "quadratic", "large start", "scale 0.01", LEVELS["quadratic"]),
    _no_stages("attention", "attention", "large start", "scale 0.01", LEVELS["attention"]),
    _no_stages("tanh", "smooth", "tanh large start", "tanh", (0.6, 0.0)),
    Claim(
        "10-tanh-misses-the-narrow-optimum",
        "tanh: after the first drop it waits away from the best single unit (distance over the first loss)",
        _tanh_height_error,
        at_least(0.02),
        "section 5",
        control=Control("ReLU, which waits there", _height_error("rectified", "relu scale 1e-05", LEVELS["relu"])),
    ),
)

CLAIMS = (*HEIGHTS, *LAWS, *EXACT, *WIDTHS, *EQUAL, *SPARSE, *AWAY, *KEPT, *EMBEDDED, *BASELINES)
