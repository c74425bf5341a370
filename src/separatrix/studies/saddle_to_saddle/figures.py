"""The figures of the study; the first shows the six staircases."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from separatrix.studies.saddle_to_saddle.height_claims import LEVELS, NOW, STRENGTHS, Levels, case, pixel_levels, times
from separatrix.studies.saddle_to_saddle.structure_claims import at_first_plateau
from separatrix.studies.saddle_to_saddle.time_claims import time_ratios
from separatrix.studies.study import Figure
from separatrix.theory import saddle_to_saddle as theory

PANELS = (
    ("linear", "linear", "scale 0.001", "linear"),
    ("linear convolution", "rectified", "linear conv", "conv"),
    ("ReLU", "rectified", "relu scale 1e-06", "relu"),
    ("ReLU convolution", "rectified", "relu conv", "conv"),
    ("linear self-attention", "attention", "scale 0.005", "attention"),
    ("quadratic", "quadratic", "scale 0.003", "quadratic"),
)
"""Title, experiment, case and levels of each panel."""
SHOWN = 5


def _staircases(results: xr.DataTree) -> Any:
    import altair as alt

    panels = [
        _staircase(results, *panel, y_title="loss / first loss" if place % 3 == 0 else "")
        for place, panel in enumerate(PANELS)
    ]
    return alt.vconcat(alt.hconcat(*panels[:3], spacing=18), alt.hconcat(*panels[3:], spacing=18), spacing=14)


def _staircase(results: xr.DataTree, title: str, experiment: str, name: str, levels: str, y_title: str) -> Any:
    import altair as alt

    heights = LEVELS[levels]
    loss = case(results, experiment, name).isel(seed=slice(0, SHOWN)) / heights[0]
    found = times(results, experiment, name, heights)
    last = 1.25 * float(found.isel(seed=slice(0, SHOWN), transition=-1).max())
    grid = np.linspace(0, last, 300)
    curves = loss.interp(time=grid).rename("loss").to_dataframe().reset_index()[["seed", "time", "loss"]]
    stairs = pd.DataFrame({"level": np.asarray(heights) / heights[0]})
    expected = pd.DataFrame({"when": [when for when in _predicted(results, title) if when < last]})
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


def _predicted(results: xr.DataTree, title: str) -> list[float]:
    """Times of the first seed's transitions: from its initial weights, or by the law in scale from a larger start."""
    seed = 0
    match title:
        case "linear":
            actual = times(results, "linear", "scale 0.001", LEVELS["linear"])
            return (actual / time_ratios(results)).isel(seed=seed).to_numpy().tolist()
        case "ReLU":
            larger = times(results, "rectified", "relu scale 1e-05", LEVELS["relu"]).isel(seed=seed).to_numpy()
            return (larger + np.log(10) / np.asarray(theory.relu_rays(jnp.asarray(NOW.labels))[0])).tolist()
        case "linear self-attention":
            return (
                (2 * times(results, "attention", "scale 0.01", LEVELS["attention"]).isel(seed=seed)).to_numpy().tolist()
            )
        case "quadratic":
            larger = times(results, "quadratic", "scale 0.01", LEVELS["quadratic"])
            return (larger.isel(seed=seed) * 10 / 3).to_numpy().tolist()
        case _:
            return []


def _scales(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import theory_and_simulation

    linear = _over_scales(results, "linear", NOW.linear_scales, "linear")
    labels = [f"mode {k + 1}" for k in range(len(STRENGTHS))]
    slow = linear.rename(transition="mode").assign_coords(mode=labels).rename("delay")
    line = slow.isel(scale=0).mean("seed") + xr.DataArray(
        np.log(NOW.linear_scales[0] / np.asarray(NOW.linear_scales))[:, None] / STRENGTHS[None, :],
        dims=("scale", "mode"),
        coords={"scale": list(NOW.linear_scales), "mode": labels},
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
    for net, key in (("quadratic", NOW.quadratic_scales), ("attention", NOW.attention_scales)):
        found = _over_scales(results, net, key, net).isel(transition=0, drop=True)
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


def _over_scales(results: xr.DataTree, experiment: str, scales: tuple[float, ...], levels: str) -> xr.DataArray:
    found = [times(results, experiment, f"scale {scale:g}", LEVELS[levels]) for scale in scales]
    return xr.concat(found, "scale").assign_coords(scale=list(scales))


def _shares(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import CATEGORIES

    rows = []
    for net, name in (("linear", "low-rank"), ("attention", "scale 0.01"), ("quadratic", "scale 0.01")):
        share = at_first_plateau(results, net, name, LEVELS[net], "largest_share").to_numpy()
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
        node = results[net].to_dataset()
        for name in [str(n) for n in node["case"].to_numpy() if str(n).startswith("width ")]:
            found = times(results, net, name, LEVELS[net]).isel(transition=-1)
            width = int(node["width"].sel(case=name))
            rows += [
                {"network": net, "width": width, "seed": k, "delay": float(t)} for k, t in enumerate(found.to_numpy())
            ]
    table = pd.DataFrame(rows)
    narrow, widest = NOW.linear_widths[0], NOW.linear_widths[-1]
    start = float(times(results, "linear", f"width {narrow}", LEVELS["linear"]).isel(transition=-1).mean())
    widths = np.geomspace(narrow, widest, 20)
    law = start - np.log(widths / narrow) / (2 * STRENGTHS[-1])
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

    levels: Levels = pixel_levels(results)
    grid = np.geomspace(20, 150, 400)
    small = case(results, "digits", "small start").interp(time=grid)
    chart = theory_and_simulation(
        small.rename("loss"),
        x="time",
        y="loss",
        log_x=True,
        x_title="time",
        y_title="reconstruction loss",
        y_domain=(0.9 * levels[-1], 1.04 * levels[0]),
    )
    names = ["mean image", *(f"{k} component{'s' * (k > 1)}" for k in range(1, len(levels)))]
    lines = [reference_line(level, label=name) for level, name in zip(levels, names, strict=True)]
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
