"""Charts of a recorded run: losses, sharpness against what the learning rate tolerates, geometry of the layers."""

from typing import Any

import numpy as np
import xarray as xr

from separatrix.figures import theory_and_simulation
from separatrix.probes.record import Record

_MOST_POINTS = 500
_MOST_LAYERS = 7


def record_charts(record: Record) -> tuple[tuple[str, Any], ...]:
    """The charts that a record has the numbers for, each with its title.

    Args:
        record: a run on disk.

    Returns:
        Pairs of title and chart; none for a bare folder of checkpoints.
    """
    charts = [_loss(record), _generalisation(record), _sharpness(record), _geometry(record)]
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


def _generalisation(record: Record) -> tuple[str, Any] | None:
    steps, held_out = record.column("validation", "loss")
    if steps.size < 2:
        return None
    at, fitted = record.column("loss")
    losses = np.stack([np.interp(steps, at, fitted), held_out])
    kinds = {"loss on": ["probe data", "validation data"], "step": steps}
    curves = xr.DataArray(losses, dims=("loss on", "step"), coords=kinds)
    log = bool((losses > 0).all()) and float(losses.max()) > 20 * float(losses.min())
    lowest = int(np.argmin(held_out))
    title = f"The validation loss was lowest, {held_out[lowest]:.3g}, at step {steps[lowest]:.0f}"
    return title, theory_and_simulation(curves, x="step", y="loss", color="loss on", log_y=log)


def _geometry(record: Record) -> tuple[str, Any] | None:
    rows = [row for row in record.rows if row.get("representations")]
    if len(rows) < 2:
        return None
    layers = [name for name in rows[-1]["representations"] if all(name in row["representations"] for row in rows)]
    layers = layers[:: max(1, -(-len(layers) // _MOST_LAYERS))]
    values = [[row["representations"][name]["target_alignment"] for row in rows] for name in layers]
    if not layers:
        return None
    curves = xr.DataArray(
        np.asarray(values), dims=("layer", "step"), coords={"layer": layers, "step": [row["step"] for row in rows]}
    )
    chart = theory_and_simulation(
        curves, x="step", y="alignment", color="layer", y_title="alignment with the targets (CKA)", y_domain=(0, 1)
    )
    most = layers[int(np.argmax([line[-1] for line in values]))]
    return f"Layer {most} has come closest to the targets' geometry", chart


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
