"""Claims on when a plateau breaks: laws of the initial scale and exact times."""

from collections.abc import Callable, Sequence

import jax.numpy as jnp
import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, between, near
from separatrix.studies.saddle_to_saddle.height_claims import LEVELS, NOW, STRENGTHS, Levels, case, log_of, times
from separatrix.theory import saddle_to_saddle as theory


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
    return log_of(late / early) / np.log(scale / smaller)


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
    logs = log_of(xr.concat(values, "scale").assign_coords(scale=np.log(scales)))
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
