"""The figures of the study; the first shows whose geometry the layers take, and that theory says so."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from separatrix.studies.representational_geometry.gap_claims import foretold, run
from separatrix.studies.representational_geometry.task_claims import sweep
from separatrix.studies.representational_geometry.training import pick
from separatrix.studies.representational_geometry.unstructured import LEAST_NOISE, ORTHOGONAL
from separatrix.studies.study import Figure

ACTIVATIONS = ("tanh", "ReLU")
SIDES = {"target_alignment": "alignment with the labels", "input_alignment": "alignment with the inputs"}


def _panels(charts: list[Any]) -> Any:
    import altair as alt

    return alt.hconcat(*charts, spacing=28).resolve_scale(color="independent")


def _learning(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    steps = results["unstructured"].to_dataset().time.to_numpy()
    charts = []
    for variable, title in SIDES.items():
        wanted = {"noise": LEAST_NOISE, "biased": False, "geometry": ORTHOGONAL}
        found = xr.concat(
            [pick(results, "unstructured", variable, None, activation=name, **wanted) for name in ACTIVATIONS],
            "activation",
        ).assign_coords(activation=list(ACTIVATIONS))
        part = variable.removesuffix("_alignment")
        theory = xr.DataArray(
            np.stack([np.asarray(getattr(foretold(results, name), part)) for name in ACTIVATIONS]),
            dims=("activation", "time"),
            coords={"activation": list(ACTIVATIONS), "time": steps},
        )
        later = slice(1, None)
        charts.append(
            theory_and_simulation(
                found.isel(time=later).rename("alignment"),
                theory.isel(time=later).rename("alignment"),
                x="time",
                y="alignment",
                color="activation",
                log_x=True,
                x_title="steps",
                y_title=title,
                theory_label="theory, no free parameter",
                y_domain=(0.5, 1.02),
                width=270,
            )
        )
    return _panels(charts)


def _portrait(results: xr.DataTree) -> Any:
    import altair as alt

    charts = []
    for name in ACTIVATIONS:
        paths = run(results, "portrait", name, LEAST_NOISE, None).isel(seed=0, drop=True)
        table = (
            paths.rename("weight")
            .to_dataframe()
            .reset_index()
            .pivot_table(index=["unit", "time"], columns="axis", values="weight")
        )
        table = pd.DataFrame(table).reset_index().rename(columns={0: "between", 1: "within"})
        last = paths.time.to_numpy()[-1].item()
        across, along = alt.Scale(domain=[-0.3, 0.5]), alt.Scale(domain=[-0.5, 0.5])
        base = alt.Chart(table).encode(
            x=alt.X(
                "between:Q",
                title="weight between the classes, on the readout's side",
                scale=across,
            ),
            y=alt.Y("within:Q", title="weight within a class", scale=along),
        )
        lines = base.mark_line(strokeWidth=0.8, opacity=0.35, clip=True).encode(
            detail="unit:N", order="time:Q", color=alt.value("#0072B2" if name == "tanh" else "#E69F00")
        )
        ends = base.transform_filter(alt.datum.time == last).mark_point(filled=True, size=16, opacity=0.9, clip=True)
        charts.append(
            alt.layer(lines, ends.encode(color=alt.value("#0072B2" if name == "tanh" else "#E69F00"))).properties(
                width=250, height=250, title=alt.TitleParams(name, fontSize=13)
            )
        )
    return alt.hconcat(*charts, spacing=28)


def _sweep(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    charts = []
    for variable, title in SIDES.items():
        found = xr.concat([sweep(results, name, variable) for name in ACTIVATIONS], "activation")
        baseline = sweep(results, "tanh", "between").mean("seed")
        charts.append(
            theory_and_simulation(
                found.assign_coords(activation=list(ACTIVATIONS)).rename("value"),
                x="alignment",
                y="value",
                color="activation",
                x_title="alignment of inputs with the label",
                y_title=title,
                control=baseline.rename("value") if variable == "target_alignment" else None,
                control_label="the inputs themselves",
                width=270,
            )
        )
    return _panels(charts)


def phase_gap(results: xr.DataTree) -> xr.DataArray:
    """Target alignment of tanh less that of ReLU, dims (seed, separability, noise)."""
    phases = results["phases"].to_dataset()
    tables = []
    for name in ACTIVATIONS:
        part = phases.target_alignment.isel(case=phases.activation.to_numpy() == name, time=-1, drop=True)
        nudges, noises = (list(dict.fromkeys(part[key].to_numpy().tolist())) for key in ("geometry", "noise"))
        grid = part.transpose("seed", "case").to_numpy().reshape(-1, len(nudges), len(noises))
        coords = {"separability": nudges, "noise": noises}
        tables.append(xr.DataArray(grid, dims=("seed", "separability", "noise"), coords=coords))
    return tables[0] - tables[1]


def sign_change(gap: xr.DataArray) -> xr.DataArray:
    """The separability at which the gap changes its sign for each noise, interpolated; NaN where it does not."""
    levels = gap.separability.to_numpy()

    def crossing(values: np.ndarray) -> float:
        up = np.flatnonzero((values[:-1] < 0) & (values[1:] >= 0))
        if up.size == 0:
            return np.nan
        low = int(up[0])
        return float(np.interp(0.0, values[low : low + 2], levels[low : low + 2]))

    return xr.apply_ufunc(crossing, gap.mean("seed"), input_core_dims=[["separability"]], vectorize=True)


def _phases(results: xr.DataTree) -> Any:
    from separatrix.figures import heatmap

    gap = phase_gap(results)
    border = sign_change(gap).rename("separability")
    return heatmap(
        gap.rename("gap"),
        x="noise",
        y="separability",
        value="gap",
        boundary=border.dropna("noise"),
        boundary_label="tanh and ReLU equal",
        log_x=True,
        scheme="blueorange",
        value_domain=(-0.6, 0.6),
        x_title="noise of an input",
        y_title="separability of the parity",
        value_title="tanh − ReLU",
    )


def _activations(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import tidy, with_band

    data = results["unstructured"].to_dataset()
    at, noise = int(data.attrs["activation_steps"]), float(data.attrs["activation_noise"])
    names = list(dict.fromkeys(data.activation.to_numpy().tolist()))
    found = xr.concat(
        [
            pick(
                results, "unstructured", "target_alignment", at, activation=name, noise=noise, biased=True, geometry=0.0
            )
            for name in names
        ],
        "activation",
    ).assign_coords(activation=names)
    table = with_band(tidy(found.rename("alignment"), "alignment"), "alignment", ["activation"])
    sides = {"identity": "never", "softplus": "on one side", "ReLU": "on one side"}
    table["saturates"] = [sides.get(name, "on both sides") for name in table["activation"]]
    y = alt.Y("activation:N", sort=alt.EncodingSortField("alignment", order="descending"), title=None)
    color = alt.Color("saturates:N", scale=alt.Scale(domain=["on both sides", "on one side", "never"]))
    scale = alt.Scale(domain=[0.85, 1.0], zero=False)
    base = alt.Chart(table).encode(y=y, color=color)
    ends = alt.X("low:Q", scale=scale, axis=alt.Axis(tickCount=4), title=SIDES["target_alignment"])
    points = base.mark_point(filled=True, size=70, opacity=1).encode(x=alt.X("alignment:Q", scale=scale))
    return alt.layer(base.mark_rule(strokeWidth=2).encode(x=ends, x2="high:Q"), points)


def _digits(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    charts = []
    between = float(results["digits"].to_dataset().between.isel(seed=0, case=0, time=0))
    for variable, title in SIDES.items():
        found = xr.concat(
            [pick(results, "digits", variable, None, activation=name) for name in ACTIVATIONS], "activation"
        ).assign_coords(activation=list(ACTIVATIONS))
        later = found.isel(time=slice(1, None)).rename("alignment")
        flat = xr.DataArray(
            np.full(later.sizes["time"], between), dims="time", coords={"time": later.time}, name="alignment"
        )
        charts.append(
            theory_and_simulation(
                later,
                x="time",
                y="alignment",
                color="activation",
                control=flat if variable == "target_alignment" else None,
                control_label="the images themselves",
                log_x=True,
                x_title="steps",
                y_title=title,
                width=270,
            )
        )
    return _panels(charts)


FIGURES = (
    Figure("learning", "Tanh takes the labels' geometry; ReLU stops half way", _learning),
    Figure("portrait", "Tanh units all go one way; ReLU units keep to parts of a class", _portrait),
    Figure("alignment", "Tanh is closer to the labels unless inputs hardly show them", _sweep),
    Figure("phases", "ReLU is closer to the labels only if they are hardly separable", _phases),
    Figure("activations", "What brings a layer to the labels is saturation on both sides", _activations),
    Figure("digits", "On digits ReLU, not tanh, turns back to the images in the end", _digits),
)
