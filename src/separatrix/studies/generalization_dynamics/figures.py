"""The figures of the study; the first shows that the same model with the same noise may or may not need to stop."""

from typing import Any

import numpy as np
import xarray as xr

from separatrix.studies.generalization_dynamics.error_claims import SNR, runs
from separatrix.studies.generalization_dynamics.measures import (
    at_time,
    error,
    exact,
    geometric_mean,
    lowest_time,
    overtraining,
)
from separatrix.studies.generalization_dynamics.modes import LATE
from separatrix.studies.generalization_dynamics.nonlinear_claims import errors
from separatrix.studies.generalization_dynamics.stopping_claims import RATIOS
from separatrix.studies.study import Figure
from separatrix.theory import learning_curves, marchenko_pastur, optimal_stopping, test_error

TIME = "time (learning rate × steps)"
RATIO = "examples / parameters"
COSTLY = 0.5
"""Share of the lowest error by which overtraining raises it on the boundary of the phase diagram."""


def _labelled(values: xr.DataArray) -> xr.DataArray:
    names = [f"P / N = {ratio:g}" for ratio in values.ratio.to_numpy()]
    return values.assign_coords(ratio=names)


def _curves(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = runs(results, (0.5, 1.0, 1.3, 4.0))
    later = slice(1, None)
    simulated = error(run, SNR).isel(time=later)
    return theory_and_simulation(
        _labelled(simulated).rename("error"),
        _labelled(exact(results, run, SNR).test_error.isel(time=later)).rename("error"),
        x="time",
        y="error",
        color="ratio",
        log_x=True,
        log_y=True,
        color_title="examples P, parameters N",
        x_domain=(0.05, 3000.0),
        x_title=TIME,
        y_title="test error / variance of the target's weights",
        theory_label="exact, at signal / noise = 5",
    )


def _phases(results: xr.DataTree) -> Any:
    from separatrix.figures import heatmap

    run = runs(results)
    snrs = np.geomspace(0.1, 100.0, 13)
    stops = _stops(run.ratio.to_numpy(), snrs)[0]
    costs = [
        (error(run, snr).sel(time=LATE, drop=True) / at_time(error(run, snr), stop)).mean("seed") - 1
        for snr, stop in zip(snrs, stops.transpose("snr", "ratio"), strict=True)
    ]
    found = 100 * xr.concat(costs, "snr").assign_coords(snr=snrs).clip(0.01, 10.0)
    fine = np.geomspace(float(run.ratio.min()), float(run.ratio.max()), 81)
    return heatmap(
        found.rename("overtraining"),
        x="ratio",
        y="snr",
        value="overtraining",
        boundary=_boundary(fine, snrs),
        boundary_label=f"theory: training to t = {LATE:g} costs {COSTLY:.0%}",
        log_x=True,
        log_y=True,
        log_value=True,
        value_domain=(1.0, 1000.0),
        x_title=RATIO,
        y_title="signal / noise",
        value_title="cost (%)",
    )


def _stops(ratios: np.ndarray, snrs: np.ndarray) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """Stopping time, error there, and error at the late time; dims (ratio, snr)."""
    law = marchenko_pastur(np.repeat(ratios[:, None], len(snrs), axis=1))
    noise = np.repeat(1 / snrs[None, :], len(ratios), axis=0)
    late = np.asarray(test_error(law, np.array([LATE]), 1.0, noise))[..., 0]
    arrays = [*(np.asarray(part) for part in optimal_stopping(law, 1.0, noise)), late]
    stop, lowest, late = (
        xr.DataArray(array, dims=("ratio", "snr"), coords={"ratio": ratios, "snr": snrs}) for array in arrays
    )
    return stop, lowest, late


def _boundary(ratios: np.ndarray, snrs: np.ndarray) -> xr.DataArray:
    """The signal-to-noise ratio below which not stopping costs the given share, where it lies within the plot."""
    fine = np.geomspace(snrs[0] / 2, 2 * snrs[-1], 40)
    _, lowest, late = _stops(ratios, fine)
    cost = np.log(np.maximum((late / lowest - 1).to_numpy(), 1e-9) / COSTLY)  # falls with the signal
    found = np.array([np.interp(0.0, -row, np.log(fine), left=np.nan, right=np.nan) for row in cost])
    kept = np.isfinite(found)
    return xr.DataArray(np.exp(found[kept]), dims="ratio", coords={"ratio": ratios[kept]}, name="snr")


def _peak(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = runs(results)
    simulated, _ = overtraining(results, run, SNR, LATE)
    fine = np.geomspace(float(run.ratio.min()), float(run.ratio.max()), 200)
    curves = learning_curves(np.array([LATE]), fine, SNR)
    theory = curves.test_error.isel(time=0, drop=True) - curves.stopped_error
    return theory_and_simulation(
        simulated.rename("cost"),
        theory.rename("cost"),
        x="ratio",
        y="cost",
        log_x=True,
        log_y=True,
        points=True,
        x_title=RATIO,
        y_title=f"test error at t = {LATE:g} less the lowest",
        theory_label="exact",
    )


def _stopping(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = runs(results, RATIOS)
    snrs = np.array([1.0, 3.0, 10.0, 30.0, 100.0])
    simulated = xr.concat([lowest_time(error(run, snr)) for snr in snrs], "snr").assign_coords(snr=snrs)
    fine = np.geomspace(1.0, 100.0, 60)
    theory = _stops(run.ratio.to_numpy(), fine)[0]
    return theory_and_simulation(
        _labelled(simulated).rename("when"),
        _labelled(theory).rename("when"),
        x="snr",
        y="when",
        color="ratio",
        log_x=True,
        log_y=True,
        points=True,
        x_title="signal / noise",
        y_title="time of the lowest test error",
        theory_label="exact",
    )


def _widths(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    found = xr.concat([errors(results, "features", "late"), errors(results, "features", "stopped")], "training")
    names = ["to the end", "stopped in time"]
    load = results["features"].to_dataset().width / results["features"].attrs["examples"]
    return theory_and_simulation(
        found.assign_coords(training=names, width=load.to_numpy()).rename("error"),
        x="width",
        y="error",
        color="training",
        log_x=True,
        log_y=True,
        points=True,
        x_title="hidden units / examples",
        y_title="test error / variance of the target",
    )


def _digits(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = results["digits"].to_dataset()

    def factor(name: str) -> xr.DataArray:
        return (run[name].isel(time=-1, drop=True) / run[name].min("time")).rename("factor")

    return theory_and_simulation(
        factor("test_error"),
        geometric_mean(factor("foretold"), "seed").rename("factor"),
        x="examples",
        y="factor",
        control=geometric_mean(factor("isotropic"), "seed").rename("factor"),
        log_x=True,
        log_y=True,
        points=True,
        x_title="images of digits trained on",
        y_title="error at the end of training / lowest error",
        theory_label="foretold from the training set",
        control_label="by a law that ignores the images' spectrum",
    )


FIGURES = (
    Figure("errors", "Training too long costs most at one example a parameter", _curves),
    Figure("phases", "Overtraining is a danger near one example a parameter", _phases),
    Figure("peak", "Overtraining peaks at as many examples as parameters", _peak),
    Figure("stopping", "At P = N alone the time to stop is in proportion to SNR", _stopping),
    Figure("widths", "Trained to the end, error peaks at units = examples", _widths),
    Figure("digits", "The training set foretells the cost of overtraining", _digits),
)
