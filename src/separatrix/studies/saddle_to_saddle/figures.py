"""The figures of the study; the first shows the six staircases."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from separatrix.studies.saddle_to_saddle.exact_claims import predicted_times
from separatrix.studies.saddle_to_saddle.readings import (
    at_first_plateau,
    case,
    fact,
    finest,
    levels,
    middle,
    rates,
    series,
    times,
)
from separatrix.studies.study import Figure

PANELS = (
    ("linear", "linear"),
    ("linear convolution", "rectified"),
    ("ReLU", "rectified"),
    ("ReLU convolution", "rectified"),
    ("linear self-attention", "attention"),
    ("quadratic", "quadratic"),
)
"""Title and experiment of each panel."""
SHOWN = 5


def _staircases(results: xr.DataTree) -> Any:
    import altair as alt

    panels = [
        _staircase(results, *panel, y_title="loss / first loss" if place % 3 == 0 else "")
        for place, panel in enumerate(PANELS)
    ]
    return alt.vconcat(alt.hconcat(*panels[:3], spacing=18), alt.hconcat(*panels[3:], spacing=18), spacing=14)


def _panel_case(results: xr.DataTree, title: str, experiment: str) -> str:
    names = {"linear": "reference", "linear convolution": "linear conv", "ReLU convolution": "relu conv"}
    return names.get(title) or finest(results, experiment, "relu " if title == "ReLU" else "")


def _staircase(results: xr.DataTree, title: str, experiment: str, y_title: str) -> Any:
    import altair as alt

    name = _panel_case(results, title, experiment)
    heights = levels(results, experiment, name)
    loss = case(results, experiment, name).isel(seed=slice(0, SHOWN)) / heights[0]
    found = times(results, experiment, name)
    last = 1.25 * float(found.isel(seed=slice(0, SHOWN), transition=-1).max())
    grid = np.linspace(0, last, 300)
    curves = loss.interp(time=grid).rename("loss").to_dataframe().reset_index()[["seed", "time", "loss"]]
    stairs = pd.DataFrame({"level": np.asarray(heights) / heights[0]})
    expected = pd.DataFrame({"when": [when for when in _predicted(results, experiment, name) if when < last]})
    x = alt.X(
        "time:Q", title="time", axis=alt.Axis(grid=False, tickCount=4), scale=alt.Scale(domain=[0, last], nice=False)
    )
    y = alt.Y(
        "loss:Q", title=y_title, axis=alt.Axis(grid=False, tickCount=4), scale=alt.Scale(domain=[0, 1.04], nice=False)
    )
    first = curves[curves["seed"] == curves["seed"].min()]
    others = curves[curves["seed"] != curves["seed"].min()]
    color = alt.value("#0072B2")
    layers = [
        alt.Chart(others)
        .mark_line(strokeWidth=1, opacity=0.4, clip=True)
        .encode(x=x, y=y, detail="seed:N", color=color),
        alt.Chart(first).mark_line(clip=True).encode(x=x, y=y, color=color),
        alt.Chart(stairs).mark_rule(style="theory", strokeWidth=1.2).encode(y="level:Q"),
    ]
    if len(expected):
        layers.append(alt.Chart(expected).mark_rule(style="theory", strokeWidth=1.2).encode(x="when:Q"))
    return alt.layer(*layers).properties(
        width=205, height=140, title=alt.Title(title, fontSize=13, fontWeight="normal")
    )


def _predicted(results: xr.DataTree, experiment: str, name: str) -> list[float]:
    """Times of the first seed's transitions: from its initial weights, or where units race by the law in the scale."""
    if "initial_strength" in results[experiment].to_dataset():
        return predicted_times(results, experiment, name).isel(seed=0).to_numpy().tolist()
    (larger, scale), (_, finer) = series(results, experiment, "scale")[-2:]
    return (times(results, experiment, larger).isel(seed=0) * scale / finer).to_numpy().tolist()


def _scales(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import theory_and_simulation

    linear, pace = _over_scales(results, "linear"), rates(results, "linear", "reference").to_numpy()
    labels, scales = [f"mode {k + 1}" for k in range(len(pace))], linear["scale"].to_numpy()
    slow = linear.rename(transition="mode").assign_coords(mode=labels).rename("delay")
    line = slow.isel(scale=0).mean("seed") + xr.DataArray(
        np.log(scales[0] / scales)[:, None] / pace[None, :],
        dims=("scale", "mode"),
        coords={"scale": scales, "mode": labels},
    )
    left = theory_and_simulation(
        slow,
        line.drop_vars("seed", errors="ignore").rename("delay"),
        x="scale",
        y="delay",
        color="mode",
        log_x=True,
        points=True,
        x_title="initial scale",
        y_title="time of transition",
        theory_label="slope 1 / strength",
        width=250,
    )
    parts = []
    for net in ("quadratic", "attention"):
        found = _over_scales(results, net).isel(transition=0, drop=True)
        parts.append(found.rename("delay").to_dataframe().reset_index().assign(network=net))
    fast = pd.DataFrame(pd.concat(parts), columns=["network", "seed", "scale", "delay"])
    ends = fast.groupby(["network", "scale"], as_index=False)["delay"].agg(lambda d: float(np.exp(np.log(d).mean())))
    smallest = ends.loc[ends.groupby("network")["scale"].idxmin()].set_index("network")
    law = ends.assign(
        delay=[
            smallest.loc[n, "delay"] * smallest.loc[n, "scale"] / s
            for n, s in zip(ends.network, ends.scale, strict=True)
        ]
    )
    right = theory_and_simulation(
        fast,
        law,
        x="scale",
        y="delay",
        color="network",
        log_x=True,
        log_y=True,
        points=True,
        x_title="initial scale",
        y_title="time of the first transition",
        theory_label="slope −1",
        width=250,
    )
    return alt.hconcat(left, right, spacing=30).resolve_scale(color="independent")


def _over_scales(results: xr.DataTree, experiment: str) -> xr.DataArray:
    names, scales = zip(*series(results, experiment, "scale"), strict=True)
    found = [times(results, experiment, name) for name in names]
    return xr.concat(found, "scale", join="inner").assign_coords(scale=list(scales))


def _shares(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import CATEGORIES

    rows = []
    for net in ("linear", "attention", "quadratic"):
        name = "low-rank" if net == "linear" else middle(results, net)
        share = at_first_plateau(results, net, name, "largest_share").to_numpy()
        width = int(results[net].to_dataset()["width"].sel(case=name))
        rows += [{"network": f"{net} ({width} units)", "share": float(s)} for s in share]
    table = pd.DataFrame(rows)
    order = list(dict.fromkeys(table["network"]))
    return (
        alt.Chart(table)
        .mark_point(size=70, filled=True, opacity=0.75)
        .encode(
            x=alt.X(
                "share:Q",
                title="share of the largest unit at the first plateau",
                scale=alt.Scale(domain=[0, 1.02], nice=False),
            ),
            y=alt.Y("network:N", sort=order, title=None, axis=alt.Axis(labelLimit=220, grid=True)),
            color=alt.Color("network:N", sort=order, legend=None, scale=alt.Scale(range=list(CATEGORIES[:3]))),
        )
        .properties(width=440, height=150)
    )


def _widths(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    rows = []
    for net in ("linear", "attention", "quadratic"):
        for name, width in series(results, net, "width"):
            found = times(results, net, name).isel(transition=-1)
            rows += [
                {"network": net, "width": width, "seed": k, "delay": float(t)} for k, t in enumerate(found.to_numpy())
            ]
    table = pd.DataFrame(rows)
    (name, narrow), (_, widest) = series(results, "linear", "width")[:: len(series(results, "linear", "width")) - 1]
    start = float(times(results, "linear", name).isel(transition=-1).mean())
    widths = np.geomspace(narrow, widest, 20)
    law = start - np.log(widths / narrow) / (2 * fact(results, "linear", name, "rates")[-1])
    return theory_and_simulation(
        table,
        pd.DataFrame({"network": "linear", "width": widths, "delay": law}),
        x="width",
        y="delay",
        color="network",
        log_x=True,
        log_y=True,
        points=True,
        x_title="width (units or heads)",
        y_title="time of the last transition",
        theory_label="−ln(width) / 2s",
    )


def _digits(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import reference_line, theory_and_simulation

    heights = levels(results, "digits", "small start")
    grid = np.geomspace(20, 150, 400)
    small = case(results, "digits", "small start").interp(time=grid)
    chart = theory_and_simulation(
        small.rename("loss"),
        x="time",
        y="loss",
        log_x=True,
        x_title="time",
        y_title="reconstruction loss",
        y_domain=(0.9 * heights[-1], 1.04 * heights[0]),
    )
    names = ["mean image", *(f"{k} component{'s' * (k > 1)}" for k in range(1, len(heights)))]
    lines = [reference_line(level, label=name) for level, name in zip(heights, names, strict=True)]
    return alt.layer(*lines, chart)


FIGURES = (
    Figure("staircases", "Six architectures fall down stairs whose heights and times theory predicts", _staircases),
    Figure(
        "initial-scale",
        "A smaller start delays linear networks by a logarithm, quadratic ones and attention in proportion",
        _scales,
    ),
    Figure("sparse", "On its first plateau a linear network uses all units, a quadratic one a single unit", _shares),
    Figure("width", "Width shortens the plateaus where units race, and hardly matters where directions do", _widths),
    Figure("digits", "On real digits a linear autoencoder waits at the tails of the pixels' own spectrum", _digits),
)
