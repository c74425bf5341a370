"""The figures of the study; the first shows what every parameter buys, near and far."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from separatrix.studies.structured_network.forecast_claims import first_beyond
from separatrix.studies.structured_network.lorenz import DENSE, LINEAR, PERSISTENCE, STRUCTURED
from separatrix.studies.study import Figure
from separatrix.theory import LORENZ_EXPONENT, dense_error, structured_error

FAMILIES = ("structured network", "dense network", "least squares on the delays")
COLORS = ("#D55E00", "#0072B2", "#30363d")


def _family(model: str) -> str:
    return FAMILIES[0] if model.startswith("structured") else FAMILIES[1] if model.startswith("dense") else FAMILIES[2]


def _color(domain: tuple[str, ...] = FAMILIES, colors: tuple[str, ...] = COLORS) -> Any:
    import altair as alt

    scale = alt.Scale(domain=list(domain), range=list(colors))
    return alt.Color("kind:N", scale=scale, legend=alt.Legend(title=None, orient="top", symbolType="circle"))


def _axis(log_domain: list[float], form: str = "~g") -> dict[str, Any]:
    import altair as alt

    scale = alt.Scale(type="log", domain=log_domain, nice=False)
    return {"scale": scale, "axis": alt.Axis(grid=False, format=form, tickCount=5, labelOverlap="greedy")}


def _budget(results: xr.DataTree) -> Any:
    import altair as alt

    found = results["forecasts"].to_dataset()
    panels = []
    titles = {"near": "next 0.08 units, no noise", "far": "next 0.64 units, 1 % noise"}
    domains = {"near": [1e-8, 0.2], "far": [0.15, 1.5]}
    for regime, title in titles.items():
        here = found["error"].sel(regime=regime)
        rows = [
            {
                "kind": _family(str(model)),
                "model": str(model).replace(" hidden", "").replace("structured ", "").replace("dense, ", ""),
                "parameters": float(found["parameters"].sel(model=model)),
                "error": float(np.exp(np.log(here.sel(model=model)).mean())),
                "low": float(here.sel(model=model).min()),
                "high": float(here.sel(model=model).max()),
            }
            for model in found["model"].to_numpy()
            if model != PERSISTENCE
        ]
        table = pd.DataFrame(rows)
        x = alt.X("parameters:Q", title="parameters", **_axis([180, 7000]))
        y = alt.Y(
            "error:Q",
            title="mean squared error (variances)" if not panels else "",
            **_axis(domains[regime], ".0e" if regime == "near" else "~g"),
        )
        base = alt.Chart(table)
        lines = (
            base.transform_filter(alt.datum.kind != FAMILIES[2])
            .mark_line(strokeWidth=2)
            .encode(x=x, y=y, color=_color())
        )
        bars = base.mark_rule(strokeWidth=2).encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=_color())
        dots = base.mark_point(filled=True, size=90, opacity=1).encode(x=x, y=y, color=_color())
        names = [
            base.transform_filter(chosen)
            .mark_text(dx=side * 10, dy=side * -9, align="left" if side > 0 else "right", fontSize=11)
            .encode(x=x, y=y, text=alt.Text("model:N"), color=_color())
            for chosen, side in ((alt.datum.kind == FAMILIES[0], -1), (alt.datum.kind != FAMILIES[0], 1))
        ]
        level = float(here.sel(model=PERSISTENCE).mean())
        naive = alt.Chart(pd.DataFrame({"error": [level], "name": [PERSISTENCE]}))
        rule = naive.mark_rule(style="control").encode(y=y)
        label = naive.mark_text(style="control-label", align="left", dy=-7).encode(x=alt.value(8), y=y, text="name:N")
        panel = alt.layer(rule, label, lines, bars, dots, *names)
        heading = alt.Title(title, fontSize=13, fontWeight="normal")
        panels.append(panel.properties(width=270, height=260, title=heading))
    return alt.hconcat(*panels, spacing=26)


def _exactness(results: xr.DataTree) -> Any:
    import altair as alt

    found = results["exact"].to_dataset()
    names = {
        "right": "as it should be",
        "wrong_order": "outputs in the wrong order",
        "not_reversed": "window not reversed",
    }
    rows = [
        {"window": int(n), "error": float(value), "kind": name}
        for key, name in names.items()
        for n, values in zip(found["window"].to_numpy(), found[key].transpose("window", "seed").to_numpy(), strict=True)
        for value in values
    ]
    color = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=list(names.values()), range=["#0072B2", "#8c959f", "#CC79A7"]),
        legend=alt.Legend(title=None, orient="top"),
    )
    x = alt.X("window:O", title="window length n", axis=alt.Axis(labelAngle=0))
    y = alt.Y("error:Q", title="relative error of H u", **_axis([1e-17, 10], ".0e"))
    points = alt.Chart(pd.DataFrame(rows)).mark_point(size=70, strokeWidth=2).encode(x=x, y=y, color=color)
    return points.properties(width=440, height=260)


def _costs(results: xr.DataTree) -> Any:
    import altair as alt

    found = results["counts"].to_dataset()
    names = {"structured": "structured, shared factors", "unshared": "structured, own factors", "dense": "dense"}
    panels = []
    for quantity in ("parameters", "multiplications"):
        rows = [
            {"window": int(n), "count": int(count), "kind": name}
            for key, name in names.items()
            for n, count in zip(found["window"].to_numpy(), found[quantity].sel(network=key).to_numpy(), strict=True)
        ]
        table = pd.DataFrame(rows)
        windows, counts = table["window"].to_numpy(), table["count"].to_numpy()
        ends = [0.9 * float(windows.min()), 1.1 * float(windows.max())]
        x = alt.X("window:Q", title="window length n", **_axis(ends, "d"))
        low, high = float(counts.min()), float(counts.max())
        y = alt.Y("count:Q", title=f"{quantity} a network", **_axis([low / 1.5, high * 1.5], "~s"))
        color = _color(tuple(names.values()), ("#D55E00", "#E69F00", "#0072B2"))
        base = alt.Chart(table).encode(x=x, y=y, color=color)
        layers = alt.layer(base.mark_line(strokeWidth=2.2), base.mark_point(filled=True, size=60, opacity=1))
        panels.append(layers.properties(width=250, height=240))
    return alt.hconcat(*panels, spacing=26)


def _estimates(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    found = results["estimates"].to_dataset()
    n, noise, norm = found["order"].size, float(found["noise"]), float(found["norm"])
    names = pd.Index(["over 2n - 1 Hankel numbers", "over all n² entries"], name="fit")
    simulation = xr.concat([found["structured"], found["dense"]], names).rename("error")
    samples = np.unique(np.geomspace(4, float(found["samples"][-1]), 60).round()).astype(int)
    laws = [[law(noise, int(m), n, norm) for m in samples] for law in (structured_error, dense_error)]
    table = np.where(np.isfinite(laws), laws, np.nan)  # the dense law diverges at as many windows as columns
    theory = xr.DataArray(table, dims=("fit", "samples"), coords={"fit": names, "samples": samples}).rename("error")
    return theory_and_simulation(
        simulation,
        theory,
        x="samples",
        y="error",
        color="fit",
        log_x=True,
        log_y=True,
        points=True,
        x_title="windows seen",
        y_title="relative error of the matrix",
        theory_label="theory",
        y_domain=(3e-3, 2.0),
    )


def _holding(results: xr.DataTree) -> Any:
    import altair as alt

    found = results["forecasts"].to_dataset()
    rows = []
    for runner, kind in ((STRUCTURED, FAMILIES[0]), (DENSE, FAMILIES[1]), (LINEAR, FAMILIES[2])):
        if runner not in found["runner"].to_numpy():
            continue
        held = first_beyond(found["free"].sel(runner=runner).reset_coords(drop=True).assign_coords(time=found["time"]))
        first = np.sqrt(found["lead"].sel(model=runner, regime="near").isel(ahead=0).to_numpy())
        means = held.mean("start").to_numpy()
        rows += [{"first": e, "held": t, "kind": kind} for e, t in zip(first, means, strict=True)]
    partings = results["partings"].to_dataset()["distance"]
    kind = "the true flow, perturbed"
    for size in partings["size"].to_numpy():
        times = first_beyond(partings.sel(size=size).reset_coords("size", drop=True)).mean("start").to_numpy()
        rows += [{"first": float(size), "held": time, "kind": kind} for time in times]
    line = pd.DataFrame({"first": np.geomspace(1e-8, 0.3, 40)})
    line["held"] = np.log(1 / line["first"]) / LORENZ_EXPONENT
    x = alt.X("first:Q", title="error of the first step (standard deviations)", **_axis([1e-8, 0.3], ".0e"))
    y = alt.Y(
        "held:Q",
        title="time near the truth (Lorenz's units)",
        scale=alt.Scale(domain=[0, 21]),
        axis=alt.Axis(grid=False),
    )
    color = _color((*FAMILIES, kind), (*COLORS, "#009E73"))
    color.legend.columns = 2
    law = alt.Chart(line).mark_line(style="theory").encode(x=x, y=y)
    text = (
        alt.Chart(line.iloc[[12]])
        .mark_text(style="theory-label", align="left", dx=6, dy=-8)
        .encode(x=x, y=y, text=alt.value("log(1 / error) / 0.906"))
    )
    dots = alt.Chart(pd.DataFrame(rows)).mark_point(size=60, strokeWidth=2, opacity=0.9).encode(x=x, y=y, color=color)
    return alt.layer(law, text, dots).properties(width=440, height=280)


def _prey(results: xr.DataTree) -> Any:
    import altair as alt

    found = results["prey"].to_dataset()
    rows = [
        {"model": f"{model} ({int(found['parameters'].sel(model=model))})", "error": float(value)}
        for model in found["model"].to_numpy()
        for value in found["error"].sel(model=model).to_numpy()
    ]
    y = alt.Y("model:N", title="", sort=None, axis=alt.Axis(labelLimit=260))
    x = alt.X("error:Q", title="mean squared error of the next window (variances)", **_axis([3e-5, 1.0], ".0e"))
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_point(size=70, strokeWidth=2, color="#0072B2")
        .encode(x=x, y=y)
        .properties(width=380, height=200)
    )


FIGURES = (
    Figure(
        "budget",
        "At equal parameters structure is ahead of a narrower dense network far out; near, least squares beats all",
        _budget,
    ),
    Figure(
        "exactness",
        "With Fourier factors the network is the Hankel matrix to rounding, and a slip is fatal",
        _exactness,
    ),
    Figure("costs", "Parameters grow as n and multiplications as n log n, where dense layers need n² of both", _costs),
    Figure(
        "estimates",
        "A few windows determine the Hankel numbers; all entries need more windows than columns",
        _estimates,
    ),
    Figure("holding", "Models hold far shorter than chaos would allow for their first error", _holding),
    Figure(
        "prey", "On prey and predators one structured network falls behind (number of parameters in brackets)", _prey
    ),
)
