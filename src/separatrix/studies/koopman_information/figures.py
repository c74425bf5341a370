"""The figures of the study; the first shows the entropy's sign decide how many modes live."""

from typing import Any

import pandas as pd
import xarray as xr

from separatrix.studies.koopman_information.settings import (
    BOTH,
    CONTRAST,
    ENTROPY,
    PLAIN,
    PUNISHED,
    STRONG,
    STRONG_CONTRAST,
    STRONGLY_PUNISHED,
    TABLE,
)
from separatrix.studies.study import Figure

SIGNS = ("rewarded", "absent", "punished")
SIGN_COLORS = ("#0072B2", "#8c959f", "#D55E00")
NAMES = {
    STRONG: "contrast 5, entropy +1",
    BOTH: "contrast 1, entropy +0.1",
    ENTROPY: "entropy +0.1",
    STRONG_CONTRAST: "contrast 5",
    CONTRAST: "contrast 1",
    PLAIN: "none",
    PUNISHED: "contrast 1, entropy −0.1",
    STRONGLY_PUNISHED: "contrast 5, entropy −1",
}
"""Settings from most to fewest modes, in the words of the figures."""


def _sign(weight: float) -> str:
    return SIGNS[0] if weight > 0 else SIGNS[2] if weight < 0 else SIGNS[1]


def _color(field: str = "sign", *, legend: bool = True) -> Any:
    import altair as alt

    shown = alt.Legend(title="entropy", orient="top", symbolType="circle", symbolSize=70) if legend else None
    return alt.Color(f"{field}:N", scale=alt.Scale(domain=list(SIGNS), range=list(SIGN_COLORS)), legend=shown)


def _modes(results: xr.DataTree) -> Any:
    import altair as alt

    return alt.hconcat(_shared(results), _trained(results), spacing=30).resolve_scale(color="shared")


def _shared(results: xr.DataTree) -> Any:
    import altair as alt

    found = results["sharing"].to_dataset()
    weights = found["weight"].to_numpy()
    text = [f"{weight:+g}".replace("-", "−") if weight else "0" for weight in weights]
    means = found["dimension"].mean("seed").to_numpy()
    table = pd.DataFrame({"weight": text, "dimension": means, "sign": [_sign(weight) for weight in weights]})
    theory = pd.DataFrame({"weight": text, "dimension": found["theory"].to_numpy()}).dropna()
    x = alt.X("weight:O", sort=text, title="weight of the entropy", axis=alt.Axis(labelAngle=0, grid=False))
    y = alt.Y("dimension:Q", title="effective dimension", scale=alt.Scale(domain=[0.5, 5.2], nice=False))
    line = alt.Chart(theory).mark_line(style="theory").encode(x=x, y=y)
    dots = alt.Chart(table).mark_point(filled=True, size=110, opacity=1).encode(x=x, y=y, color=_color())
    label = alt.Chart(theory.tail(1)).mark_text(align="right", dx=-8, dy=-10, fontSize=12)
    told = label.encode(x=x, y=y, text=alt.value("theory: water-filling"))
    title = alt.Title("linear encoder of five modes", fontSize=13, fontWeight="normal")
    return alt.layer(line, dots, told).properties(width=270, height=230, title=title)


def _trained(results: xr.DataTree) -> Any:
    import altair as alt

    found = results["pendulum"]["dimension"].sel(setting=list(NAMES)).reset_coords(drop=True)
    table = found.to_dataframe().reset_index()
    table["name"] = [NAMES[name] for name in table["setting"]]
    table["sign"] = [_sign(TABLE[name][2]) for name in table["setting"]]
    size = results["pendulum"].sizes["mode"]
    x = alt.X(
        "dimension:Q",
        title=f"effective dimension of {size} latents",
        scale=alt.Scale(domain=[1, size], nice=False),
        axis=alt.Axis(values=list(range(1, size + 1)), format="d"),
    )
    y = alt.Y("name:N", sort=list(NAMES.values()), title=None, axis=alt.Axis(grid=True, labelLimit=220))
    dots = alt.Chart(table).mark_point(filled=True, size=70, opacity=0.75).encode(x=x, y=y, color=_color())
    title = alt.Title(f"autoencoders of a pendulum, {found.sizes['seed']} seeds", fontSize=13, fontWeight="normal")
    return dots.properties(width=290, height=230, title=title)


def _latents(results: xr.DataTree) -> Any:
    import altair as alt

    found = results["pendulum"].to_dataset()
    panels = []
    for name in (PLAIN, ENTROPY, BOTH, STRONGLY_PUNISHED):
        points = found["picture"].sel(setting=name).to_numpy()
        table = pd.DataFrame({"first": points[:, 0], "second": points[:, 1], "energy": found["energy"].to_numpy()})
        scale = alt.Scale(domain=[-4.5, 4.5], nice=False)
        axis = alt.Axis(values=[-4, 0, 4], grid=False)
        color = alt.Color(
            "energy:Q",
            scale=alt.Scale(scheme="viridis", domain=[-1, 1]),
            legend=alt.Legend(title="energy", orient="right", gradientLength=120),
        )
        chart = (
            alt.Chart(table)
            .mark_point(filled=True, size=22, opacity=0.9, clip=True)
            .encode(
                x=alt.X("first:Q", title="first component", scale=scale, axis=axis),
                y=alt.Y("second:Q", title="second component" if not panels else " ", scale=scale, axis=axis),
                color=color,
            )
        )
        title = alt.Title("no pressure" if name == PLAIN else NAMES[name], fontSize=13, fontWeight="normal")
        panels.append(chart.properties(width=155, height=155, title=title))
    return alt.hconcat(*panels, spacing=10)


def _memory(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    found = results["memory"].to_dataset()

    def named(name: str) -> xr.DataArray:
        values = found[name]
        return values.assign_coords(mode=[f"eigenvalue {mode:g}" for mode in found["mode"].to_numpy()]).rename("told")

    return theory_and_simulation(
        named("measured"),
        named("theory"),
        x="lag",
        y="told",
        color="mode",
        color_title="mode with",
        log_y=True,
        points=True,
        x_title="lag (steps)",
        y_title="information between states (nats)",
        y_domain=(1e-4, 4),
        theory_label="theory: −½ log(1 − λ²ⁿ)",
    )


def _errors(results: xr.DataTree, experiment: str, rows: dict[str, tuple[str, str | None]]) -> pd.DataFrame:
    found = results[experiment].to_dataset()
    parts = []
    for label, (variable, name) in rows.items():
        values = found[variable] if name is None else found[variable].sel(setting=name)
        error = (values.mean("seed") ** 0.5).to_numpy()
        parts.append(pd.DataFrame({"time": found["time"].to_numpy(), "error": error, "model": label}))
    return pd.concat(parts)


def _forecasts(results: xr.DataTree) -> Any:
    import altair as alt

    order = ["no pressure", "entropy", "contrast", "contrast and entropy", "linear regression", "last value"]
    names = dict(zip(order[:4], (PLAIN, ENTROPY, CONTRAST, BOTH), strict=True))
    pendulum: dict[str, tuple[str, str | None]] = {label: ("pooled_rollout", name) for label, name in names.items()}
    lorenz: dict[str, tuple[str, str | None]] = {o: ("pooled_error", names[o]) for o in (order[0], order[3])}
    lorenz |= {"linear regression": ("linear_error", None), "last value": ("still_error", None)}
    color = alt.Color(
        "model:N",
        scale=alt.Scale(domain=order, range=["#0072B2", "#56B4E9", "#E69F00", "#D55E00", "#8c959f", "#c4cad0"]),
        legend=alt.Legend(title=None, orient="top", symbolType="stroke", columns=3, labelLimit=300),
    )
    panels = []
    for place, (experiment, rows, title) in enumerate(
        (("pendulum", pendulum, "pendulum"), ("lorenz", lorenz, "Lorenz’s system"))
    ):
        table = _errors(results, experiment, rows)
        chart = (
            alt.Chart(table)
            .mark_line(strokeWidth=2.5, clip=True)
            .encode(
                x=alt.X("time:Q", title="time ahead", axis=alt.Axis(grid=False)),
                y=alt.Y("error:Q", title=" " if place else "root-mean-square error", scale=alt.Scale(zero=True)),
                color=color,
            )
        )
        panels.append(chart.properties(width=270, height=230, title=alt.Title(title, fontSize=13, fontWeight="normal")))
    return alt.hconcat(*panels, spacing=20).resolve_scale(y="independent")


def _ceiling(results: xr.DataTree) -> Any:
    import altair as alt

    found = results["ceiling"].to_dataset()
    truth, highest = found["truth"].to_numpy(), float(found["ceiling"])
    kinds = {"negatives of another sequence": "fresh", "negatives of the same sequence": "told"}
    table = pd.concat(
        pd.DataFrame({"truth": truth, "told": found[name].mean("seed").to_numpy(), "kind": kind})
        for kind, name in kinds.items()
    )
    x = alt.X("truth:Q", title="information between neighbours (nats)", axis=alt.Axis(grid=False))
    y = alt.Y("told:Q", title="what InfoNCE tells of it (nats)", scale=alt.Scale(domain=[0, 1.1], nice=False))
    color = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=list(kinds), range=["#0072B2", "#E69F00"]),
        legend=alt.Legend(title=None, orient="top", labelLimit=300),
    )
    lines = alt.Chart(table).mark_line(point=alt.OverlayMarkDef(filled=True, size=60)).encode(x=x, y=y, color=color)
    level = pd.DataFrame({"truth": [0.0, float(truth.max())], "told": [highest] * 2})
    rule = alt.Chart(level).mark_line(style="theory").encode(x=x, y=y)
    label = alt.Chart(level.tail(1)).mark_text(align="right", dy=-9, fontSize=12)
    text = label.encode(x=x, y=y, text=alt.value("ceiling: log(1 + negatives / positives)"))
    return alt.layer(lines, rule, text).properties(width=440, height=260)


def _operator(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    found = results["operator"].to_dataset()
    return theory_and_simulation(
        found["shrunk"].rename("shrunk"),
        found["theory"].rename("shrunk"),
        x="scale",
        y="shrunk",
        log_x=True,
        log_y=True,
        points=True,
        x_title="scale of the latents",
        y_title="share by which eigenvalues shrink",
        theory_label="theory: κ / (T s² + κ)",
    )


FIGURES = (
    Figure("modes", "Rewarding the entropy of latents keeps their modes alive, punishing it starves them", _modes),
    Figure(
        "latents",
        "Pressed for entropy a pendulum's latents fill out; with it punished they lie along a line",
        _latents,
    ),
    Figure("memory", "Modes near the unit circle remember; the others forget exponentially, as the law says", _memory),
    Figure("forecasts", "At these weights the pressures that fill the latent space cost accuracy", _forecasts),
    Figure("ceiling", "InfoNCE inside short sequences cannot tell how much more there is to know", _ceiling),
    Figure("operator", "The larger the latents, the less the ridge shrinks their eigenvalues", _operator),
)
