"""The figures of the study; the first shows where networks grok."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from separatrix.studies.li2_grokking.reading import node
from separatrix.studies.study import Figure


def _diagram(results: xr.DataTree) -> Any:
    from separatrix.figures import heatmap

    run = node(results, "diagram")
    held_out = run["accuracy"].isel(time=-1, seed=0, drop=True).sel(pairs="held out", drop=True)
    return heatmap(
        held_out.transpose("decay", "fraction").rename("accuracy"),
        x="decay",
        y="fraction",
        value="accuracy",
        boundary=run["boundary"].rename("fraction"),
        boundary_label="2.7482 ln M / M",
        log_x=True,
        value_domain=(0.0, 1.0),
        x_title="weight decay (L2 of Adam)",
        y_title="share of the pairs trained on",
        value_title="held-out accuracy",
    )


def _curves(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = node(results, "grokking")["accuracy"].isel(time=slice(1, None))
    shown = {"quarter": "25 %", "critical": "critical, 37 %", "half": "50 %", "three quarters": "75 %"}
    held_out = run.sel(pairs="held out", case=list(shown), drop=True).drop_vars("fraction")
    trained = run.sel(pairs="trained", case="quarter", drop=True).drop_vars(
        ["case", "fraction", "pairs"], errors="ignore"
    )
    return theory_and_simulation(
        held_out.assign_coords(case=list(shown.values())).rename("accuracy"),
        control=trained.drop_vars("fraction", errors="ignore").rename("accuracy"),
        x="time",
        y="accuracy",
        color="case",
        log_x=True,
        x_title="epoch",
        y_title="held-out accuracy",
        y_domain=(0.0, 1.02),
        color_title="pairs trained on",
        control_label="on the pairs trained on",
    )


def _energies(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = node(results, "maxima").sel(centred=True, drop=True)
    table = run[["energy", "predicted"]].to_dataframe().reset_index().dropna()
    points = pd.DataFrame(table.groupby(["group", "predicted"], as_index=False, sort=False)["energy"].mean())
    line = np.linspace(0, float(run["predicted"].max()) * 1.05, 2)
    return theory_and_simulation(
        points,
        xr.DataArray(line, dims="predicted", coords={"predicted": line}, name="energy"),
        x="predicted",
        y="energy",
        color="group",
        points=True,
        x_title="M / 2d of the irrep that was found",
        y_title="energy at the end of the ascent",
        theory_label="equal",
    )


def _stages(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = node(results, "lazy")
    norm = run["norm"] / run["norm"].max("eta", skipna=False)
    curves = {f"independence, K = {width}": run["cosine"].sel(width=width, drop=True) for width in run["width"].values}
    curves["size of the signal"] = norm.isel(width=-1, drop=True)
    found = xr.concat(list(curves.values()), "curve").assign_coords(curve=list(curves))
    return theory_and_simulation(
        found.rename("value"),
        x="eta",
        y="value",
        color="curve",
        log_x=True,
        x_title="ridge η of the readout",
        y_title="cosine, or norm over its largest",
        y_domain=(0.0, 1.02),
    )


def _repulsion(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = node(results, "repulsion")
    alike = np.abs(run["cosine"].to_numpy()) > 0.02
    cosine, coupling = (run[name].to_numpy()[alike][:400] for name in ("cosine", "coupling"))
    order = np.argsort(cosine)
    line = np.linspace(-1, 1, 41)
    return theory_and_simulation(
        xr.DataArray(coupling[order], dims="cosine", coords={"cosine": cosine[order]}, name="coupling"),
        # of two units alone: B of unit diagonal is minus the cosine over one plus eta / |f|^2, about a fifth
        xr.DataArray(-line / 1.8, dims="cosine", coords={"cosine": line}, name="coupling"),
        x="cosine",
        y="coupling",
        points=True,
        x_title="cosine of two units' features",
        y_title="their coupling, scaled to a unit diagonal",
        theory_label="of two units alone",
    )


def _threshold(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import reference_line, theory_and_simulation

    found = node(results, "sampled")["feature"]
    named = found.assign_coords(modulus=[f"M = {m}" for m in found["modulus"].values])
    chart = theory_and_simulation(
        named.rename("share"),
        x="kept",
        y="share",
        color="modulus",
        x_title="share of the pairs that is kept",
        y_title="share of units that find a feature",
        y_domain=(0.0, 1.02),
    )
    return alt.layer(chart, reference_line(2 / 3, axis="x", label="2/3", down=140))


FIGURES = (
    Figure("diagram", "Networks grok above a number of pairs, given weight decay", _diagram),
    Figure("curves", "Memorising takes 25 epochs, grokking hundreds", _curves),
    Figure("energies", "Every ascent ends in one irrep, at the energy M / 2d", _energies),
    Figure("stages", "Weight decay starts the signal and makes units independent", _stages),
    Figure("repulsion", "Units of like features push each other away", _repulsion),
    Figure("threshold", "Alone, units need two thirds of the pairs, whatever M", _threshold),
)
