"""The figures of the study; the first shows training and test loss part as the output scale grows."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from separatrix.studies.lazy_to_rich.experiments import INFINITE
from separatrix.studies.lazy_to_rich.measures import case
from separatrix.studies.study import Figure
from separatrix.theory.committee import learned_displacement

KINDS = ("training loss", "test loss")
THEORIES = ("theory: infinite width", "theory: initial kernel")
COLORS = ("#56B4E9", "#D55E00")
TIME = "time (learning rate × steps, rate in units of N/α²)"


def _scale_of(name: str) -> float:
    return float(name.split()[-1])


def _log(low: float, high: float, form: str) -> dict[str, Any]:
    import altair as alt

    return {
        "scale": alt.Scale(type="log", domain=[low, high], nice=False),
        "axis": alt.Axis(grid=False, format=form),
    }


def _long(here: xr.Dataset, quantity: str, **labels: Any) -> pd.DataFrame:
    """Geometric mean over seeds against time, as a table."""
    values = np.exp(np.log(np.maximum(here[quantity].transpose("seed", "step").to_numpy(), 1e-12)).mean(axis=0))
    table = pd.DataFrame({"time": here["time"].to_numpy(), "loss": values})
    return table[table["time"] > 0].assign(**labels)


def _parting(results: xr.DataTree) -> Any:
    import altair as alt

    names = [str(name) for name in results["closed"].to_dataset()["case"].to_numpy()]
    names = [name for name in names if INFINITE not in name]
    panels = [_pair(results, name, left=place % 2 == 0, low=place > 1) for place, name in enumerate(names)]
    return alt.vconcat(
        alt.hconcat(*panels[:2], spacing=14), alt.hconcat(*panels[2:], spacing=14), spacing=8
    ).resolve_scale(color="shared")


def _color() -> Any:
    import altair as alt

    return alt.Color(
        "kind:N",
        scale=alt.Scale(domain=[*KINDS, *THEORIES], range=[*COLORS, "#30363d", "#999999"]),
        legend=alt.Legend(title=None, orient="top", symbolType="stroke", symbolStrokeWidth=3),
    )


def _pair(results: xr.DataTree, name: str, *, left: bool, low: bool) -> Any:
    import altair as alt

    here, wide = case(results, "networks", name), case(results, "closed", name + INFINITE)
    networks = pd.concat([_long(here, q, kind=k) for q, k in zip(("train", "test"), KINDS, strict=True)])
    infinite = pd.concat([_long(wide, q, of=q, kind=THEORIES[0]) for q in ("train", "test")])
    kernel = _long(here, "lazy_test", kind=THEORIES[1])
    ends = [1.0, 1e4]
    x = alt.X(
        "time:Q",
        title="time (learning rate × steps)" if low else "",
        scale=alt.Scale(type="log", domain=ends, nice=False),
        axis=alt.Axis(grid=False, values=[1, 10, 100, 1000, 10000], format="~s"),
    )
    y = alt.Y(
        "loss:Q",
        title="mean squared error" if left else "",
        scale=alt.Scale(type="log", domain=[1e-4, 1.5], nice=False),
        axis=alt.Axis(grid=False, values=[1e-4, 1e-3, 1e-2, 1e-1, 1], format="~g"),
    )
    layers = [
        alt.Chart(kernel).mark_line(clip=True, strokeDash=[2, 3], strokeWidth=2).encode(x=x, y=y, color=_color()),
        alt.Chart(networks).mark_line(clip=True, strokeWidth=3).encode(x=x, y=y, color=_color()),
        alt.Chart(infinite)
        .mark_line(clip=True, strokeDash=[6, 4], strokeWidth=1.3)
        .encode(x=x, y=y, color=_color(), detail="of:N"),
    ]
    title = alt.Title(f"output scale α = {_scale_of(name):g}", fontSize=13, fontWeight="normal")
    return alt.layer(*layers).properties(width=300, height=170, title=title)


def _phase(results: xr.DataTree) -> Any:
    from separatrix.figures import heatmap

    found = results["phase"].to_dataset()
    left = (found["test"] / found["kernel_test"]).isel(step=-1).reset_coords(drop=True).rename("left")
    line = pd.DataFrame(
        {"scale": found["boundary"].to_numpy(), "curvature": found["curvature"].to_numpy()}
    ).sort_values("scale")
    domain = found["scale"].to_numpy()
    near = (line["scale"] > domain.min() / 2) & (line["scale"] < 1.4 * domain.max())
    inside = pd.DataFrame(line.loc[near])
    return heatmap(
        left,
        x="scale",
        y="curvature",
        value="left",
        boundary=inside,
        boundary_label="learning the feature and the kernel's fit move the weights equally far",
        log_x=True,
        log_y=True,
        log_value=True,
        x_title="output scale α",
        y_title="curvature ε (alignment of the initial kernel)",
        value_title="test loss / kernel's",
        value_domain=(0.01, 1.0),
    )


def _alignment(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.studies.lazy_to_rich.measures import done

    cases = results["networks"].to_dataset()
    names = [str(n) for n in cases["case"].to_numpy() if str(n).startswith("scale") and _scale_of(str(n)) in SHOWN]
    parts, marks = [], []
    for name in names:
        here = case(results, "networks", name)
        curve = here["alignment"].mean("seed").to_numpy()
        table = pd.DataFrame({"time": here["time"].to_numpy(), "alignment": curve, "scale": f"{_scale_of(name):g}"})
        parts.append(table[table["time"] > 0])
        when = float(np.exp(np.log(done(results, "networks", name, "train")).mean()))
        if np.isfinite(when):
            height = float(np.interp(when, here["time"].to_numpy(), curve))
            marks.append({"time": when, "alignment": height, "scale": f"{_scale_of(name):g}"})
    order = [f"{_scale_of(name):g}" for name in names]
    viridis, legend = alt.Scale(scheme="viridis", domain=order), alt.Legend(title="output scale α")
    color = alt.Color("scale:N", sort=order, scale=viridis, legend=legend)
    x = alt.X("time:Q", title=TIME, **_log(1, 1e4, "~s"))
    y = alt.Y("alignment:Q", title="alignment of tangent kernel and target (CKA)", axis=alt.Axis(grid=False))
    lines = alt.Chart(pd.concat(parts)).mark_line(clip=True).encode(x=x, y=y, color=color)
    dots = alt.Chart(pd.DataFrame(marks)).mark_point(size=90, filled=True, opacity=1).encode(x=x, y=y, color=color)
    return alt.layer(lines, dots).properties(width=480, height=280)


SHOWN = (0.125, 0.5, 2.0, 8.0, 32.0)


def _movement(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    cases = results["networks"].to_dataset()
    names = [str(n) for n in cases["case"].to_numpy() if str(n).startswith("scale")]
    ends = cases.isel(step=-1).sel(case=names)
    scales = np.array([_scale_of(name) for name in names])

    def along(quantity: str) -> xr.DataArray:
        values = xr.DataArray(
            ends[quantity].transpose("seed", "case").to_numpy(), dims=("seed", "scale"), coords={"scale": scales}
        )
        return values.rename("moved")

    grid = np.geomspace(scales.min(), scales.max(), 60)
    curvature, d = float(ends["curvature"][0]), float(cases["dimension"])
    line = xr.DataArray(np.asarray(learned_displacement(d, grid, curvature)), dims="scale", coords={"scale": grid})
    return theory_and_simulation(
        along("moved"),
        line.rename("moved"),
        control=along("lazy_moved"),
        x="scale",
        y="moved",
        log_x=True,
        log_y=True,
        points=True,
        x_title="output scale α",
        y_title="squared movement / squared norm at the start",
        theory_label="to learn the feature",
        control_label="linearised network",
    )


def _mean_field(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import theory_and_simulation

    found = results["mean_field"].to_dataset()
    panels = []
    for name in found["case"].to_numpy():
        here = found.sel(case=name).reset_coords("case", drop=True)
        time = here["time"].to_numpy()

        def table(train: str, test: str, here: xr.Dataset = here, time: np.ndarray = time) -> xr.DataArray:
            both = xr.concat([here[train], here[test]], pd.Index(["train", "test"], name="loss"))
            return both.reset_coords(drop=True).assign_coords(step=time).rename(step="time").rename("error")

        chart = theory_and_simulation(
            table("train", "test"),
            table("theory_train", "theory_test"),
            x="time",
            y="error",
            color="loss",
            log_y=True,
            x_title="learning rate × steps / d",
            y_title="mean squared error" if not panels else " ",
            theory_label="mean-field theory",
            y_domain=(5e-3, 1.5),
            width=190,
            height=220,
        )
        title = alt.Title(f"output scale α = {_scale_of(str(name)):g}", fontSize=13, fontWeight="normal", offset=16)
        panels.append(chart.properties(title=title))
    return alt.hconcat(*panels, spacing=24)


def _samples(results: xr.DataTree) -> Any:
    import altair as alt

    cases = results["samples"].to_dataset()
    names = [str(n) for n in cases["case"].to_numpy() if str(n).endswith("per input")]
    parts = [
        _long(case(results, "samples", name), quantity, kind=kind, examples=name)
        for name in names
        for quantity, kind in zip(("train", "test"), KINDS, strict=True)
    ]
    x = alt.X("time:Q", title=TIME, **_log(1, 3000, "~s"))
    y = alt.Y("loss:Q", title="mean squared error", **_log(1e-4, 1.5, "~g"))
    color = alt.Color("examples:N", sort=names, legend=alt.Legend(title=None))
    dash = alt.StrokeDash("kind:N", sort=list(reversed(KINDS)), legend=alt.Legend(title=None, symbolStrokeColor="#777"))
    return (
        alt.Chart(pd.concat(parts))
        .mark_line(clip=True)
        .encode(x=x, y=y, color=color, strokeDash=dash)
        .properties(width=480, height=280)
    )


FIGURES = (
    Figure("parting", "The larger the output scale, the longer the test loss waits on the kernel's plateau", _parting),
    Figure(
        "phase",
        "Left of the line the feature is the shorter way to fit, and networks leave their kernel behind",
        _phase,
    ),
    Figure("alignment", "The kernel goes on turning towards the target after training is done (dots)", _alignment),
    Figure(
        "movement", "Weights move as far as learning the feature takes them, until the lazy fit is nearer", _movement
    ),
    Figure("mean-field", "Mean-field theory predicts both losses without seeing the data", _mean_field),
    Figure("samples", "Too few examples never generalise, many do so at once: grokking lies between", _samples),
)
