"""Claims on depth: finite learning times, rates, orthogonal starts, the edge of chaos."""

from typing import TypeAlias

import numpy as np
import xarray as xr

from separatrix.studies.claim import Claim, Control, Measure, at_least, at_most, between, near

Results: TypeAlias = xr.DataTree


def _node(results: Results, name: str) -> xr.Dataset:
    return results[name].to_dataset()


def _log10(values: xr.DataArray) -> xr.DataArray:
    return xr.apply_ufunc(np.log10, values)


def _slope(x: xr.DataArray | np.ndarray, y: xr.DataArray | np.ndarray) -> float:
    return float(np.polyfit(np.asarray(x), np.asarray(y), 1)[0])


def _times(results: Results) -> xr.Dataset:
    return _node(results, "learning_times")


def _time_error(theory: str) -> Measure:
    return lambda results: float(abs(_times(results)[theory] / _times(results).steps - 1).max())


def _growth(results: Results) -> float:
    """The slope of log time on log depth between the two deepest of at most 100 matrices."""
    steps = _times(results).steps
    deep = steps.isel(matrices=steps.matrices.to_numpy() <= 100).isel(matrices=slice(-2, None))
    return _slope(np.log(deep.matrices), np.log(deep))


def _gaussian_growth(results: Results) -> float:
    epochs = _epochs(results, "gaussian")
    deep = _log10(epochs.isel(layers=slice(-2, None))).mean("seed")
    return _slope(_log10(deep.layers), deep)


def _delay_of_depth(results: Results) -> float:
    run = _times(results)
    return float((run.infinite - run.steps.sel(matrices=2)) / run.expected_delay)


def _delay_without_depth(results: Results) -> float:
    run = _times(results)
    return float((run.steps.isel(matrices=1) - run.steps.sel(matrices=2)) / run.expected_delay)


def _slowest_at_fixed_rate(results: Results) -> float:
    steps = _times(results).steps
    return float((steps / steps.matrices).idxmax("matrices"))


def _slowest_at_scaled_rate(results: Results) -> float:
    return float(_times(results).steps.idxmax("matrices"))


def _rate_slope(rates: str) -> Measure:
    def measure(results: Results) -> float:
        run = _node(results, "best_rates")
        if run.at_edge > 0:  # the best rate may lie beyond the grid: nothing was measured
            return float("nan")
        return _slope(np.log(run.matrices), np.log(run[rates]))

    return measure


def _products(results: Results, gaussian: bool) -> xr.DataArray:
    return _node(results, "products").singular_value.sel(is_gaussian=gaussian, drop=True)


def _halvings(gaussian: bool) -> Measure:
    def measure(results: Results) -> xr.DataArray:
        deep = _products(results, gaussian).isel(layers=-1)
        return _log10(deep.median("index").drop_vars("layers")) / np.log10(2) / (float(deep.layers) - 1)

    return measure


def _isometry(gaussian: bool) -> Measure:
    return lambda results: abs(_products(results, gaussian) - 1).max(("index", "layers"))


def _epochs(results: Results, start: str) -> xr.DataArray:
    return _node(results, "trained").epochs.sel(start=start, drop=True)


def _lengthening(epochs: xr.DataArray) -> xr.DataArray:
    """Epochs of the deepest network over those of the shallowest."""
    return epochs.isel(layers=-1, drop=True) / epochs.isel(layers=0, drop=True)


def _smallest_growth(start: str) -> Measure:
    def measure(results: Results) -> xr.DataArray:
        epochs = _epochs(results, start)
        later = epochs.isel(layers=slice(1, None)).drop_vars("layers")
        return (later / epochs.isel(layers=slice(None, -1)).drop_vars("layers")).min("layers")

    return measure


def _edge(results: Results, name: str, gain: float, gaussian: bool = False) -> xr.DataArray:
    found = _node(results, "edge_of_chaos")[name].sel(is_gaussian=gaussian, drop=True).isel(layers=-1, drop=True)
    return found.sel(gain=gain, drop=True)


def _linear_rms_error(results: Results) -> xr.DataArray:
    run = _node(results, "edge_of_chaos").sel(is_gaussian=False, drop=True).isel(layers=-1)
    return abs(np.log(run.rms) - float(run.layers) * np.log(run.gain)).mean("gain").drop_vars("layers")


def _rms_error(gaussian: bool) -> Measure:
    def measure(results: Results) -> xr.DataArray:
        run = _node(results, "edge_of_chaos").isel(layers=-1, drop=True)
        found = run.rms.sel(is_gaussian=gaussian, drop=True)
        return abs(np.log(found / run.theory_rms)).mean("gain")

    return measure


CLAIMS = (
    Claim(
        "06-depth-times",
        "At the rate 1/L a mode takes I_L steps, whatever the depth: largest relative error.",
        _time_error("theory"),
        at_most(0.01),
        "eq. 15, figure 4",
        "deterministic",
        Control("the time of two matrices at every depth", _time_error("sigmoid")),
    ),
    Claim(
        "06-times-saturate",
        "Learning time saturates with depth: d log(time) / d log(depth) at about 100 matrices.",
        _growth,
        at_most(0.3),
        "figure 4",
        "deterministic",
        Control("Gaussian weights, trained on digits", _gaussian_growth),
    ),
    Claim(
        "06-finite-delay",
        "Infinite depth costs s/u0 more steps than one hidden layer, and no more: ratio.",
        _delay_of_depth,
        near(1.0, absolute=0.01),
        "eq. 18",
        "deterministic",
        Control("the delay of the next depth alone", _delay_without_depth),
    ),
    Claim(
        "06-slowest-depth-at-fixed-rate",
        "At one rate for all depths, about 12 matrices are the slowest to learn from 0.001.",
        _slowest_at_fixed_rate,
        near(12, absolute=1),
        "eq. 15",
        "deterministic",
        Control("at the depth-scaled rate", _slowest_at_scaled_rate),
        unit="matrices",
    ),
    Claim(
        "07-best-rate-inverse-to-depth",
        "The best learning rate falls as 1/depth: slope on log axes.",
        _rate_slope("best_rate"),
        near(-1.0, absolute=0.2),
        "figure 4, right",
        "deterministic",
        Control("the same formula at the strength where training begins", _rate_slope("bound_at_start")),
    ),
    Claim(
        "08-gaussian-products-shrink",
        "The median singular value of a product of Gaussian matrices halves with every two: log2 a matrix.",
        _halvings(True),
        near(-0.5, absolute=0.03),
        "figure 6",
        control=Control("orthogonal matrices", _halvings(False)),
    ),
    Claim(
        "08-orthogonal-products-do-not",
        "All singular values of a product of 99 orthogonal matrices are 1: largest deviation.",
        _isometry(False),
        at_most(1e-10),
        "figure 6",
        control=Control("Gaussian matrices", _isometry(True)),
    ),
    Claim(
        "08-orthogonal-times-flat",
        "From orthogonal weights, at the best rate, 60 layers take the epochs of 3: ratio.",
        lambda results: _lengthening(_epochs(results, "orthogonal")),
        near(1.0, absolute=0.2),
        "figure 6",
        control=Control("Gaussian weights", lambda results: _lengthening(_epochs(results, "gaussian"))),
    ),
    Claim(
        "08-orthogonal-times-flat-at-scaled-rate",
        "From orthogonal weights, at a quarter of the depth-scaled rate, 60 layers take the epochs of 3: ratio.",
        lambda results: _lengthening(_node(results, "trained").cautious_epochs),
        near(1.0, absolute=0.2),
        "figure 6",
        control=Control("Gaussian weights", lambda results: _lengthening(_epochs(results, "gaussian"))),
    ),
    Claim(
        "08-gaussian-times-grow",
        "From Gaussian weights every further step in depth costs more epochs, by a fifth at least: smallest ratio.",
        _smallest_growth("gaussian"),
        at_least(1.2),
        "figure 6",
        control=Control("orthogonal weights", _smallest_growth("orthogonal")),
    ),
    Claim(
        "09-gradients-at-the-edge",
        "At gain 1 half of the singular values of the Jacobian through 99 tanh layers still exceed 0.03.",
        lambda results: _edge(results, "median", 1.0),
        between(0.03, 0.12),
        "figure 7",
        control=Control("Gaussian weights of the same gain", lambda results: _edge(results, "median", 1.0, True)),
    ),
    Claim(
        "09-gradients-vanish-below",
        "At gain 0.9 the median is thousands of times smaller than at gain 1: log10 of the ratio.",
        lambda results: _log10(_edge(results, "median", 1.0) / _edge(results, "median", 0.9)),
        at_least(3.0),
        "figure 7",
        control=Control(
            "gain 0.95 in place of 0.9",
            lambda results: _log10(_edge(results, "median", 1.0) / _edge(results, "median", 0.95)),
        ),
    ),
    Claim(
        "09-slightly-above-is-best",
        "At gain 1.05 the median is no smaller than at gain 1: log10 of the ratio.",
        lambda results: _log10(_edge(results, "median", 1.05) / _edge(results, "median", 1.0)),
        at_least(0.0),
        "figure 7",
        control=Control(
            "gain 0.95 in place of 1.05",
            lambda results: _log10(_edge(results, "median", 0.95) / _edge(results, "median", 1.0)),
        ),
    ),
    Claim(
        "09-anisotropic-above",
        "At gain 1.1 gradients spread over ten orders of magnitude: log10 of largest over smallest singular value.",
        lambda results: _log10(_edge(results, "largest", 1.1) / _edge(results, "smallest", 1.1)),
        at_least(10.0),
        "figure 7",
        control=Control(
            "gain 1", lambda results: _log10(_edge(results, "largest", 1.0) / _edge(results, "smallest", 1.0))
        ),
    ),
    Claim(
        "09-activity-dies-below",
        "Below gain 1 activity dies: its mean square after 99 layers at 0.9.",
        lambda results: _edge(results, "activity", 0.9),
        at_most(1e-6),
        "section 3",
        control=Control("gain 1.1, where it lives on", lambda results: _edge(results, "activity", 1.1)),
    ),
    Claim(
        "09-mean-field-scale",
        "The root-mean-square singular value is the mean-field product of gains: mean |log| of the ratio over gains.",
        _rms_error(False),
        at_most(0.25),
        "section 3",
        control=Control("the gains alone, as if no unit saturated", _linear_rms_error),
    ),
)
