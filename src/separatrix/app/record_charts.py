"""Charts of a recorded run: its loss, and its sharpness against what the learning rate tolerates."""

from typing import Any

import numpy as np
import xarray as xr

from separatrix.figures import theory_and_simulation
from separatrix.probes.record import Record

_MOST_POINTS = 500


def record_charts(record: Record) -> tuple[tuple[str, Any], ...]:
    """The charts that a record has the numbers for, each with its title.

    Args:
        record: a run on disk.

    Returns:
        Pairs of title and chart; none for a bare folder of checkpoints.
    """
    charts = [_loss(record), _sharpness(record)]
    return tuple(chart for chart in charts if chart is not None)


def _loss(record: Record) -> tuple[str, Any] | None:
    losses = record.losses
    if losses.size < 2:
        return None
    every = max(1, losses.size // _MOST_POINTS)
    curve = xr.DataArray(losses, dims="step", coords={"step": np.arange(1, losses.size + 1)})
    curve = curve.coarsen(step=every, boundary="trim").mean()
    log = bool((curve > 0).all()) and float(curve.max()) > 20 * float(curve.min())
    fell = f"The loss went from {losses[0]:.3g} to {float(curve[-1]):.3g} in {losses.size} steps"
    return fell, theory_and_simulation(curve, x="step", y="loss", y_title="training loss", log_y=log)


def _sharpness(record: Record) -> tuple[str, Any] | None:
    steps, sharpness = record.column("top", "value")
    if steps.size < 2:
        return None
    limits, thresholds = record.column("rule", "threshold")
    measured = xr.DataArray(sharpness, dims="step", coords={"step": steps})
    theory = xr.DataArray(thresholds, dims="step", coords={"step": limits}) if limits.size else None
    chart = theory_and_simulation(
        measured,
        theory,
        x="step",
        y="sharpness",
        y_title="sharpness (largest eigenvalue)",
        theory_label="what the rule and its learning rate tolerate",
        log_y=bool((measured > 0).all()),
    )
    if theory is None:
        return f"The sharpness went from {sharpness[0]:.3g} to {sharpness[-1]:.3g}", chart
    closest = float(np.max(sharpness / np.interp(steps, limits, thresholds)))
    return f"The sharpness comes to {closest:.2g} times the limit of stability at most", chart
