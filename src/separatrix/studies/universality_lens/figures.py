"""The figures of the study; the first shows regret against weight for all Boolean functions."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from separatrix.studies import Figure
from separatrix.studies.universality_lens.boolean_claims import FUNCTIONS, PARAMETERS
from separatrix.studies.universality_lens.exact_claims import node


def _regret_and_weight(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import theory_and_simulation

    found = node(results, "functions")
    cost = -found["log_weight"].to_numpy()
    final = found["regret"].isel(n=-1, drop=True).mean("seed")
    ends = np.array([0.0, 12.0])
    equal = final.sel(prior=FUNCTIONS).to_numpy()
    chart = theory_and_simulation(
        pd.DataFrame({"cost": cost, "regret": final.sel(prior=PARAMETERS).to_numpy()}),
        pd.DataFrame({"cost": ends, "regret": ends}),
        x="cost",
        y="regret",
        points=True,
        x_title="−log weight of the true function (nats)",
        y_title=f"regret after {int(found['n'][-1])} examples (nats)",
        theory_label="regret = −log weight",
        x_domain=(0, 12),
        y_domain=(0, 12),
    )
    table = pd.DataFrame({"cost": cost, "regret": equal})
    note = pd.DataFrame(
        {"cost": [11.9], "regret": [float(equal.mean()) - 0.3], "label": ["all functions given equal weight"]}
    )
    grey = alt.Chart(table).mark_point(style="control-point", size=30, filled=True, opacity=0.8)
    text = alt.Chart(note).mark_text(style="control-label", align="right", baseline="top")
    place = {"x": alt.X("cost:Q"), "y": alt.Y("regret:Q")}
    return alt.layer(grey.encode(**place), chart, text.encode(**place, text="label:N"))


def _coins(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    found = node(results, "coins")
    names = [f"chance {theta:g}" for theta in found["theta"].to_numpy()]
    columns = {name: found[name].rename(theta="coin").assign_coords(coin=names) for name in ("regret", "bound")}
    return theory_and_simulation(
        columns["regret"],
        columns["bound"],
        x="n",
        y="regret",
        color="coin",
        control=found["no_constant"].isel(theta=0, drop=True),
        log_x=True,
        log_y=True,
        points=True,
        x_title="length of the sequence (symbols)",
        y_title="regret (nats a symbol)",
        theory_label="bound by the weight",
        control_label="log n / (2n), without its constant",
    )


def _spectrum(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    found = node(results, "weights")["log_weight"]
    ranks = np.arange(1, found.size + 1)
    weights = pd.DataFrame({"rank": ranks, "weight": np.exp(found.to_numpy())})
    equal = pd.DataFrame({"rank": ranks, "weight": 1 / found.size})
    return theory_and_simulation(
        weights,
        x="rank",
        y="weight",
        control=equal,
        log_x=True,
        log_y=True,
        points=True,
        x_title="place of the function, by falling weight",
        y_title="share of all 177 147 parameters",
        control_label="equal weight for all functions",
    )


CELLS = 12


def _phases(results: xr.DataTree) -> Any:
    from separatrix.figures import heatmap

    found = node(results, "functions")
    cost = -found["log_weight"].to_numpy()
    share = found["regret"].sel(prior=PARAMETERS, drop=True).mean("seed") / cost[:, None]
    edges = np.linspace(cost.min(), cost.max(), CELLS + 1)
    cell = np.clip(np.digitize(cost, edges) - 1, 0, CELLS - 1)
    middles = (edges[1:] + edges[:-1]) / 2
    rows = [
        {"n": float(n), "cost": middles[c], "share": float(share.isel(function=cell == c).sel(n=n).mean())}
        for c in np.unique(cell)
        for n in found["n"].to_numpy()
    ]
    n = np.geomspace(float(found["n"][0]), float(found["n"][-1]), 60)
    line = pd.DataFrame({"n": n, "cost": n * float(found["capacity"])})
    return heatmap(
        pd.DataFrame(rows),
        x="n",
        y="cost",
        value="share",
        boundary=pd.DataFrame(line[line["cost"] <= edges[-1]]),
        boundary_label="−log weight = capacity × examples",
        log_x=True,
        value_domain=(0, 1),
        x_title="examples",
        y_title="−log weight of the true function (nats)",
        value_title="share of its cost paid",
    )


def _estimated_weights(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    found = node(results, "ladder")
    exact = found["fine_exact"].rename(fine_t="t", model="solution").rename("log_weight")
    return theory_and_simulation(
        found["log_weight"].rename(model="solution"),
        exact,
        x="t",
        y="log_weight",
        color="solution",
        log_x=True,
        points=True,
        x_title="examples × inverse temperature",
        y_title="−log weight (nats)",
        theory_label="exact",
    )


def _real(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import CATEGORIES

    kinds = {
        "ensemble": "Langevin ensemble",
        "point": "best single network",
        "descent": "descent without a prior",
        "member": "one sample",
        "averaged_weights": "averaged weights",
    }
    found = node(results, "real_data")
    titles = {"diabetes": "noisy labels: diabetes", "biopsies": "clean labels: biopsies"}
    every = found[list(kinds)].to_array()
    limits = [float(every.min()) / 1.2, float(every.max()) * 1.2]
    panels = []
    for data, title in titles.items():
        table = found.sel(data=data)[list(kinds)].to_dataframe().reset_index().melt("seed", list(kinds), "kind", "loss")
        table = table.assign(kind=[kinds[kind] for kind in table["kind"]])
        y = alt.Y("kind:N", sort=list(kinds.values()), title=None, axis=alt.Axis(labelLimit=220, grid=True))
        if panels:
            y = alt.Y("kind:N", sort=list(kinds.values()), title=None, axis=alt.Axis(labels=False, grid=True))
        chart = (
            alt.Chart(table)
            .mark_point(size=60, filled=True, opacity=0.8)
            .encode(
                x=alt.X(
                    "loss:Q",
                    title="test log loss (nats)",
                    scale=alt.Scale(type="log", domain=limits, nice=False),
                    axis=alt.Axis(values=[0.05, 0.1, 0.2, 0.5, 1, 2, 4], format="~g", grid=True),
                ),
                y=y,
                color=alt.Color(
                    "kind:N",
                    sort=list(kinds.values()),
                    legend=None,
                    scale=alt.Scale(domain=list(kinds.values()), range=[CATEGORIES[0], *["#8c959f"] * 4]),
                ),
            )
            .properties(width=230, height=150, title=alt.Title(title, fontSize=13, fontWeight="normal"))
        )
        panels.append(chart)
    return alt.hconcat(*panels, spacing=24)


FIGURES = (
    Figure(
        "regret-and-weight",
        "What a function costs to learn is the log of its weight, not of the number of functions",
        _regret_and_weight,
    ),
    Figure("coins", "The exact regret of a mixture stays below the bound by the weight, at a constant ratio", _coins),
    Figure("weights", "One small network gives the functions that it can compute weights over four decades", _spectrum),
    Figure("phases", "A function is learned once the examples have carried as much as its weight lacks", _phases),
    Figure(
        "estimated-weights",
        "Langevin dynamics weighs solutions, and finds the singular one heavier than its two parameters say",
        _estimated_weights,
    ),
    Figure(
        "real-data",
        "Where labels are noisy the ensemble beats the best single network; where they are clean it does not",
        _real,
    ),
)
