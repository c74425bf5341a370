"""The figures of the study; the first shows series that were made up beside real ones, and the latent spectrum."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from separatrix.studies.koopman_vae.measures import eigenvalues, networks
from separatrix.studies.koopman_vae.scoring import REAL
from separatrix.studies.koopman_vae.training import DRAWN, DRAWN_TO_CIRCLE, INDEPENDENT, SPLINE, ZEROS
from separatrix.studies.study import Figure

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"
NAMES = {
    REAL: "real series",
    "": "learned prior",
    SPLINE: "learned prior, half of the data splined over",
    DRAWN: "prior paired with its own draws",
    INDEPENDENT: "independent normal prior",
    ZEROS: "learned prior, half of the data set to 0",
}
LEAST = 1e-8


def _curves(found: xr.Dataset, setting: str | None, title: str, color: str, *, left: bool) -> Any:
    import altair as alt

    values = found["real"] if setting is None else found["generated"].sel(setting=setting or found.attrs["usual"])
    table = values.isel(channel=0, series=slice(6)).rename("value").reset_coords(drop=True).to_dataframe().reset_index()
    return (
        alt.Chart(table)
        .mark_line(strokeWidth=1.6, color=color, opacity=0.9)
        .encode(
            x=alt.X("time:Q", title="time (steps)", axis=alt.Axis(grid=False, tickCount=4)),
            y=alt.Y(
                "value:Q",
                title="value (scaled)" if left else "",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(grid=False),
            ),
            detail="series:N",
        )
        .properties(width=135, height=190, title=alt.Title(title, fontSize=13, fontWeight="normal"))
    )


def _disk(results: xr.DataTree) -> Any:
    import altair as alt

    rows = [
        {"real": value.real, "imaginary": value.imag, "kind": kind}
        for kind, setting in (("no constraint", ""), ("moduli drawn to 1", DRAWN_TO_CIRCLE))
        for value in eigenvalues(networks(results, "operator", setting)).ravel()
    ]
    turn = np.linspace(0, 2 * np.pi, 121)
    circle = pd.DataFrame({"real": np.cos(turn), "imaginary": np.sin(turn), "order": np.arange(121)})
    scale = alt.Scale(domain=[-1.1, 1.1], nice=False)
    axis = alt.Axis(grid=False, values=[-1, 0, 1])
    x = alt.X("real:Q", title="real part of eigenvalue", scale=scale, axis=axis)
    y = alt.Y("imaginary:Q", title="imaginary part", scale=scale, axis=axis)
    color = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=["no constraint", "moduli drawn to 1"], range=[BLUE, ORANGE]),
        legend=alt.Legend(title=None, orient="right"),
    )
    line = alt.Chart(circle).mark_line(style="theory").encode(x=x, y=y, order="order:Q")
    dots = alt.Chart(pd.DataFrame(rows)).mark_point(filled=True, size=38, opacity=0.75).encode(x=x, y=y, color=color)
    title = alt.Title("latent operator", fontSize=13, fontWeight="normal")
    return alt.layer(line, dots).properties(width=190, height=190, title=title)


def _generated(results: xr.DataTree) -> Any:
    import altair as alt

    found = results["networks"].to_dataset()
    panels = [
        _curves(found, None, "real", GREY, left=True),
        _curves(found, "", "learned prior", BLUE, left=False),
        _curves(found, INDEPENDENT, "independent prior", ORANGE, left=False),
    ]
    return alt.hconcat(*panels, _disk(results), spacing=14)


def _sweep(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    found = results["networks"].to_dataset()
    names = [str(name) for name in found["setting"].to_numpy() if str(name).startswith("alpha")]
    chosen = found.sel(setting=[name for name in names if float(name.split()[1]) > 0])
    alphas = [float(str(name).split()[1]) for name in chosen["setting"].to_numpy()]

    def along(name: str) -> xr.DataArray:
        values = chosen[name].rename(setting="alpha").assign_coords(alpha=alphas)
        return values.reset_coords(drop=True).rename("residual")

    return theory_and_simulation(
        along("residual"),
        xr.apply_ufunc(np.exp, xr.apply_ufunc(np.log, along("floor")).mean("seed")),
        x="alpha",
        y="residual",
        log_x=True,
        log_y=True,
        points=True,
        x_title="weight α of the linear loss",
        y_title="share of the next state that is not linear",
        theory_label="noise floor of the prior",
    )


def _interval(values: np.ndarray) -> tuple[float, float, float]:
    from scipy import stats

    mean, count = float(values.mean()), len(values)
    half = float(stats.t.ppf(0.975, count - 1) * values.std(ddof=1) / count**0.5)
    return mean, mean - half, mean + half


def _score_panel(found: xr.Dataset, name: str, title: str, *, labels: bool) -> Any:
    import altair as alt

    rows = []
    for generator, label in NAMES.items():
        mean, low, high = _interval(found[name].sel(generator=generator or found.attrs["usual"]).to_numpy())
        rows.append({"generator": label, "mean": mean, "low": max(low, 0), "high": high})
    y = alt.Y(
        "generator:N",
        sort=list(NAMES.values()),
        title=None,
        axis=alt.Axis(labels=labels, ticks=False, domain=False, labelLimit=300, grid=True),
    )
    x = alt.X("mean:Q", title=title, scale=alt.Scale(domainMin=0), axis=alt.Axis(grid=False, tickCount=5))
    base = alt.Chart(pd.DataFrame(rows))
    bars = base.mark_rule(strokeWidth=1.8, color=BLUE).encode(x=alt.X("low:Q", title=title), x2="high:Q", y=y)
    return alt.layer(bars, base.mark_point(filled=True, size=60, color=BLUE, opacity=1).encode(x=x, y=y)).properties(
        width=210, height=170
    )


def _scores(results: xr.DataTree) -> Any:
    import altair as alt

    found = results["networks"].to_dataset()
    return alt.hconcat(
        _score_panel(found, "discriminative", "discriminative score (0: not to be told)", labels=True),
        _score_panel(found, "predictive", "error of prediction learned from it", labels=False),
        spacing=18,
    )


def _propagation(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import expected_region, theory_and_simulation

    kinds = {"no constraint": "", "moduli drawn to 1": DRAWN_TO_CIRCLE}
    curves = [networks(results, "growth", setting) for setting in kinds.values()]
    table = xr.concat(curves, pd.Index(list(kinds), name="kind")).rename("size")
    table = table.assign_coords(ahead=np.arange(table.sizes["ahead"]))
    chart = theory_and_simulation(
        table.clip(LEAST),
        x="ahead",
        y="size",
        color="kind",
        log_y=True,
        x_title="linear steps ahead",
        y_title="size of latent states over that at the start",
        y_domain=(LEAST, 10.0),
    )
    return alt.layer(expected_region(0.3, 3.0, label="expected under the constraint"), chart)


FIGURES = (
    Figure(
        "generated", "The learned prior makes smooth series as real ones are; an independent one does not", _generated
    ),
    Figure("residual", "The linear loss drives noise out of the prior; what is left is little more than it", _sweep),
    Figure("scores", "What memory of the prior is worth: without it, series are told from real ones at once", _scores),
    Figure(
        "propagation",
        "The constraint slows the decay of linear propagation, but noise keeps moduli below 1",
        _propagation,
    ),
)
