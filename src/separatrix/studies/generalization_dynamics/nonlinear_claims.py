"""Claims 8 and 9 on ReLU students: the error over width, with and without stopping, and a bound by norms."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between

Measure = Callable[[xr.DataTree], xr.DataArray | float]
When = Literal["late", "stopped"]


def errors(results: xr.DataTree, experiment: str, when: When) -> xr.DataArray:
    """Test error at the end of training, or the lowest on the way; dims (seed, width)."""
    curves = results[experiment].to_dataset().test_error
    return curves.isel(time=-1, drop=True) if when == "late" else curves.min("time", skipna=False)


def load(results: xr.DataTree, experiment: str) -> xr.DataArray:
    """Trained weights over examples, by width."""
    node = results[experiment]
    return node.to_dataset().width * node.attrs.get("weights_a_unit", 1) / node.attrs["examples"]


def _peak(experiment: str, when: When) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        found = errors(results, experiment, when)
        best = found.fillna(-np.inf).argmax("width")
        return load(results, experiment).isel(width=best).drop_vars("width").where(found.notnull().all("width"))

    return measure


def _near_one(results: xr.DataTree, experiment: str) -> int:
    return int(np.argmin(np.abs(load(results, experiment).to_numpy() - 1)))


def _largest_over_peak(experiment: str, when: When) -> Measure:
    """Error of the widest over that of the student with as many trained weights as examples."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = errors(results, experiment, when)
        middle = found.isel(width=_near_one(results, experiment), drop=True)
        return found.isel(width=-1, drop=True) / middle

    return measure


def _rise(experiment: str, when: When) -> Measure:
    """The largest step up from one width to the next, less twice its standard error."""

    def measure(results: xr.DataTree) -> float:
        steps = errors(results, experiment, when).diff("width")
        doubt = steps.std("seed", ddof=1, skipna=False) / steps.sizes["seed"] ** 0.5
        return float((steps.mean("seed", skipna=False) - 2 * doubt).max(skipna=False))

    return measure


def _bound(frozen: bool) -> Measure:
    # a bound that does not know of the frozen subspace must allow all weights to grow as those that move do: the norm
    # over the moving directions is scaled up by sqrt(width / rank)

    def measure(results: xr.DataTree) -> xr.DataArray:
        run = results["features"].to_dataset()
        norm = run.norm.isel(time=-1, drop=True)
        if not frozen:
            norm = norm * np.maximum(run.width / results["features"].attrs["examples"], 1.0) ** 0.5
        return norm.isel(width=-1, drop=True) / norm.isel(width=-2, drop=True)

    return measure


def _fall(results: xr.DataTree) -> xr.DataArray:
    late = errors(results, "features", "late")
    return late.isel(width=-1, drop=True) / late.isel(width=-2, drop=True)


def _peak_over_narrowest(results: xr.DataTree) -> xr.DataArray:
    late = errors(results, "layers", "late")
    return late.isel(width=_near_one(results, "layers"), drop=True) / late.isel(width=0, drop=True)


NONLINEAR = (
    Claim(
        "08-peak-at-as-many-features-as-examples",
        "A trained readout of random ReLU features has its largest long-time error near width = examples",
        _peak("features", "late"),
        between(0.7, 1.4),
        "nonlinear students",
        control=Control("where the error is largest when training is stopped in time", _peak("features", "stopped")),
    ),
    Claim(
        "08-large-is-better",
        "Without any regularisation the widest student errs less than half as much as the one at the peak",
        _largest_over_peak("features", "late"),
        at_most(0.5),
        "nonlinear students",
        control=Control("when training is stopped in time", _largest_over_peak("features", "stopped")),
    ),
    Claim(
        "08-stopped-error-never-rises",
        "Stopped in time, no wider student is worse than a narrower one beyond two standard errors",
        _rise("features", "stopped"),
        at_most(0.0),
        "nonlinear students",
        kind="deterministic",
        control=Control("without stopping", _rise("features", "late")),
    ),
    Claim(
        "08-all-layers-peak",
        "With all layers trained the long-time error is largest near as many weights as examples",
        _peak("layers", "late"),
        between(0.7, 1.4),
        "nonlinear students",
        control=Control("where the error is largest when training is stopped in time", _peak("layers", "stopped")),
    ),
    Claim(
        "08-all-layers-large-is-better",
        "With all layers trained the widest student errs less than the one with as many weights as examples",
        _largest_over_peak("layers", "late"),
        at_most(1.0),
        "nonlinear students",
        control=Control("the one with as many weights as examples beside the narrowest", _peak_over_narrowest),
    ),
)

BOUND = (
    Claim(
        "09-norm-bound-grows",
        "A bound by norms that does not know of the frozen subspace grows from one width to the next",
        _bound(False),
        at_least(1.0),
        "discussion of Rademacher complexity",
        control=Control("the norm of the weights that move", _bound(True)),
    ),
    Claim(
        "09-error-falls-meanwhile",
        "while the error falls",
        _fall,
        at_most(1.0),
        "discussion of Rademacher complexity",
        control=Control("the bound", _bound(False)),
    ),
)
