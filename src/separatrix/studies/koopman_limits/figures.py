"""The figures of the study; the first shows which eigenvalues survive."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from separatrix.studies.koopman_limits.interval_maps import chain_length
from separatrix.studies.koopman_limits.isometries import shift_density, truncated_shift
from separatrix.studies.koopman_limits.measures import node
from separatrix.studies.study import Figure

LEVELS = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5)


def _complex(found: Any, **place: int) -> tuple[np.ndarray, np.ndarray]:
    chosen = {name: found[name].isel(place).to_numpy() for name in ("real", "imaginary", "residual")}
    return chosen["real"] + 1j * chosen["imaginary"], chosen["residual"]


def _contours(found: Any, *, legend: bool = True, eigenvalues: np.ndarray | None = None) -> Any:
    from separatrix.figures import pseudospectrum_contours

    z = found["re"].to_numpy()[:, None] + 1j * found["im"].to_numpy()[None, :]
    return pseudospectrum_contours(
        z, found["least"].to_numpy(), levels=LEVELS, eigenvalues=eigenvalues, size=220, legend=legend
    )


def _headed(chart: Any, title: str) -> Any:
    import altair as alt

    return chart.properties(title=alt.Title(title, fontSize=13, fontWeight="normal"))


def _survivors(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import spectrum_by_residual

    found = node(results, "duffing")
    eigenvalues, residuals = _complex(found, seed=0)
    known = _complex(node(results, "bumps"))
    panels = (
        _headed(spectrum_by_residual(*known, size=240, legend=False), "rotation, 40 bumps"),
        _headed(spectrum_by_residual(eigenvalues, residuals, size=240), "oscillator without friction, 100 bumps"),
    )
    return alt.hconcat(*panels, spacing=20).resolve_scale(color="independent", shape="independent")


def _three_systems(results: xr.DataTree) -> Any:
    import altair as alt

    panels = []
    titles = {"gauss": "Gauss map", "duffing": "oscillator without friction", "lorenz": "Lorenz attractor"}
    for name, title in titles.items():
        found = node(results, name)
        eigenvalues, _ = _complex(found, **({"seed": 0} if name == "duffing" else {}))
        panels.append(_headed(_contours(found, legend=name == "lorenz", eigenvalues=eigenvalues), title))
    return alt.hconcat(*panels, spacing=24).resolve_scale(color="independent")


def _law(results: xr.DataTree) -> Any:
    import altair as alt

    found = node(results, "doubling")
    words = ("operator's residual", "within the dictionary")
    parts = [
        pd.DataFrame(
            {
                "theory": found["theory"].to_numpy().ravel(),
                "found": found[name].to_numpy().ravel(),
                "kind": word,
            }
        )
        for name, word in zip(("residual", "wrong"), words, strict=True)
    ]
    scale = alt.Scale(domain=[0, 1.8], nice=False)
    color = alt.Scale(domain=list(words), range=["#0072B2", "#8c959f"])
    points = (
        alt.Chart(pd.concat(parts))
        .mark_point(filled=True, size=34, opacity=0.75, clip=True)
        .encode(
            x=alt.X("theory:Q", title="theory: longest chain of frequencies", scale=scale, axis=alt.Axis(grid=False)),
            y=alt.Y("found:Q", title="least residual found at a point z", scale=scale),
            color=alt.Color("kind:N", title=None, scale=color),
        )
    )
    line = alt.Chart(pd.DataFrame({"theory": [0, 1.8], "found": [0, 1.8]})).mark_line(style="theory")
    left = alt.layer(points, line.encode(x="theory:Q", y="found:Q")).properties(width=250, height=250)
    return alt.hconcat(left, _circle(found), spacing=30)


def _circle(found: Any) -> Any:
    import altair as alt

    orders = found["order"].to_numpy()
    fine = np.unique(np.geomspace(orders.min(), orders.max(), 200).astype(int))
    table = pd.DataFrame({"order": orders, "least": found["circle"].to_numpy()})
    theory = pd.DataFrame(
        {"order": fine, "least": [2 * np.sin(np.pi / (2 * chain_length(int(order)) + 2)) for order in fine]}
    )
    marks = alt.Axis(values=[int(order) for order in orders], grid=False, format="d")
    x = alt.X("order:Q", title="largest frequency n", scale=alt.Scale(type="log", base=2, nice=False), axis=marks)
    y = alt.Y("least:Q", title="least residual on the circle", scale=alt.Scale(domain=[0, 0.8], nice=False))
    points = alt.Chart(table).mark_point(filled=True, size=70, color="#0072B2", opacity=1).encode(x=x, y=y)
    step = alt.Chart(theory).mark_line(style="theory", interpolate="step-after").encode(x=x, y=y)
    return alt.layer(step, points).properties(width=210, height=250)


def _orders(results: xr.DataTree) -> Any:
    import altair as alt

    found = node(results, "shift")["error"]
    table = found.to_dataframe().reset_index()
    table["kernel"] = "order " + table["kernel"].astype(str)
    rows = []
    for kernel in found["kernel"].to_numpy():
        first = found.sel(kernel=kernel)
        steps = (first["bandwidth"] / first["bandwidth"][0]).to_numpy() ** kernel
        rows.append(
            pd.DataFrame(
                {"bandwidth": first["bandwidth"], "error": float(first[0]) * steps, "kernel": f"order {kernel}"}
            )
        )
    x = alt.X(
        "bandwidth:Q",
        title="bandwidth ε of the kernel (rad)",
        scale=alt.Scale(type="log", domain=[0.045, 0.22], nice=False),
        axis=alt.Axis(grid=False, values=[0.05, 0.1, 0.2], format="g"),
    )
    y = alt.Y(
        "error:Q",
        title="largest error of the density (1/rad)",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(format=".0e", values=[1e-6, 1e-5, 1e-4, 1e-3, 1e-2]),
    )
    color = alt.Color("kernel:N", title="found")
    points = alt.Chart(table).mark_line(point=alt.OverlayMarkDef(filled=True, size=70)).encode(x=x, y=y, color=color)
    slopes = alt.Chart(pd.concat(rows)).mark_line(style="theory").encode(x=x, y=y, detail="kernel:N")
    left = alt.layer(slopes, points).properties(
        width=230, height=250, title=alt.Title("dashed: ε to the power of the order", fontSize=12, fontWeight="normal")
    )
    return alt.hconcat(left, _density(), spacing=30)


def _density() -> Any:
    import altair as alt

    from separatrix.models.koopman import smoothed_measure

    theta = np.linspace(-np.pi, np.pi, 181)
    matrix, coefficients = truncated_shift(201)
    parts = [
        pd.DataFrame(
            {
                "theta": theta,
                "density": smoothed_measure(matrix, coefficients, theta, bandwidth=0.4, order=order),
                "kernel": f"order {order}",
            }
        )
        for order in (1, 2, 4)
    ]
    truth = pd.DataFrame({"theta": theta, "density": shift_density(theta)})
    x = alt.X("theta:Q", title="angle θ (rad)", scale=alt.Scale(domain=[-3.15, 3.15], nice=False))
    y = alt.Y("density:Q", title="spectral density (1/rad)")
    lines = alt.Chart(pd.concat(parts)).mark_line().encode(x=x, y=y, color="kernel:N")
    exact = alt.Chart(truth).mark_line(style="theory").encode(x=x, y=y)
    title = alt.Title("ε = 0.4; dashed: the true density", fontSize=12, fontWeight="normal")
    return alt.layer(lines, exact).properties(width=230, height=250, title=title)


def _two_point(results: xr.DataTree) -> Any:
    import altair as alt

    found = node(results, "disk")
    words = ("the twist is unseen", "one knew where to look")
    parts = [
        pd.DataFrame({"method": found["method"], "error": found[name], "design": word})
        for name, word in zip(("worst", "seen_worst"), words, strict=True)
    ]
    color = alt.Scale(domain=list(words), range=["#D55E00", "#8c959f"])
    bars = (
        alt.Chart(pd.concat(parts))
        .mark_bar(size=26)
        .encode(
            x=alt.X("method:N", title=None, sort=list(found["method"].to_numpy()), axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("design:N", sort=list(words)),
            y=alt.Y(
                "error:Q",
                title="Hausdorff distance, worse of two maps",
                scale=alt.Scale(domain=[0, 1.6], nice=False),
            ),
            color=alt.Color("design:N", title=None, scale=color, sort=list(words)),
        )
    )
    from separatrix.figures import reference_line

    floor = reference_line(float(np.sqrt(2) / 2))
    label = "dashed: √2 / 2, the least that any method can err by if it does not see the twist"
    # as the one panel of a row it keeps its own heading under the figure's title
    return alt.hconcat(_headed(alt.layer(bars, floor).properties(width=400, height=260), label))


def _few(results: xr.DataTree) -> Any:
    import altair as alt

    limits, flow = node(results, "limits")["largest"], node(results, "duffing")
    parts = [
        pd.DataFrame(
            {
                "ratio": limits["ratio"],
                "value": limits.sel(map=name).isel(functions=-1),
                "system": f"{name} map",
            }
        )
        for name in limits["map"].to_numpy()
    ]
    parts.append(
        pd.DataFrame(
            {"ratio": flow["ratio"], "value": flow["largest"].mean("seed"), "system": "oscillator, random snapshots"}
        )
    )
    table = pd.concat(parts)
    table["value"] = np.maximum(table["value"], 1e-15)
    x = alt.X("ratio:O", title="snapshots per function", axis=alt.Axis(labelAngle=0))
    y = alt.Y(
        "value:Q",
        title="largest residual of an eigenpair",
        scale=alt.Scale(type="log", domain=[1e-16, 10], nice=False),
        axis=alt.Axis(values=[1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 1], format=".0e"),
    )
    lines = alt.Chart(table).mark_line(point=alt.OverlayMarkDef(filled=True, size=70))
    left = lines.encode(x=x, y=y, color=alt.Color("system:N", title=None, legend=alt.Legend(orient="right")))
    shares = pd.DataFrame({"ratio": flow["ratio"], "value": flow["overturned"].mean("seed")})
    bars = alt.Chart(shares).mark_bar(size=26, color="#D55E00")
    right = bars.encode(
        x=x,
        y=alt.Y("value:Q", title="share of certified pairs overturned", scale=alt.Scale(domain=[0, 1], nice=False)),
    )
    return alt.hconcat(
        _headed(right.properties(width=180, height=240), "oscillator: against fresh snapshots"),
        left.properties(width=230, height=240),
        spacing=30,
    )


FIGURES = (
    Figure(
        "survivors",
        "Residuals tell a system's eigenvalues, all on the circle, from those that a dictionary invents",
        _survivors,
    ),
    Figure(
        "pseudospectra",
        "Where the least residual is large, a dictionary's eigenvalues (dots) are its own invention",
        _three_systems,
    ),
    Figure(
        "residual-law",
        "The doubling map's least residual follows theory, and falls only with the logarithm of the dictionary",
        _law,
    ),
    Figure("spectral-measure", "Kernels of higher order recover a smooth spectral measure faster", _orders),
    Figure(
        "two-maps",
        "Two maps with the same data and different spectra: every method is wrong about one of them",
        _two_point,
    ),
    Figure(
        "few-snapshots",
        "With as many functions as snapshots every residual vanishes, and certifies nothing",
        _few,
    ),
)
