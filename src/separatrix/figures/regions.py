"""Expected regions, boundaries and phase diagrams."""

import math
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import xarray as xr

from separatrix.figures.axes import axis_and_scale, axis_title
from separatrix.figures.theme import HEIGHT, WIDTH, Drawn
from separatrix.figures.tidy import Data, tidy


def expected_region(
    low: float | int = -math.inf, high: float | int = math.inf, *, axis: str = "y", label: str = "expected"
) -> Drawn:
    """A shaded band where the claim expects the value; layer it *under* a chart with ``alt.layer(region, chart)``.

    Args:
        low: lower end; infinite for none.
        high: upper end; infinite for none.
        axis: ``"y"`` (the value is vertical) or ``"x"``.
        label: written in a corner of the band.

    Returns:
        The layer.
    """
    ends = {axis: low if math.isfinite(low) else None, f"{axis}2": high if math.isfinite(high) else None}
    far = {"y": "height", "x": "width"}[axis]
    begin, end = ("y", "y2") if axis == "y" else ("x", "x2")
    outer_low, outer_high = (far, 0) if axis == "y" else (0, far)
    channels: dict[str, Any] = {
        begin: alt.datum(ends[begin]) if ends[begin] is not None else alt.value(outer_low),
        end: alt.datum(ends[end]) if ends[end] is not None else alt.value(outer_high),
    }
    data = alt.Data(values=[{"label": label}])
    band = alt.Chart(data).mark_rect(style="expected", clip=True).encode(**channels)
    anchor = high if math.isfinite(high) else low
    place = {axis: alt.datum(anchor), ("x" if axis == "y" else "y"): alt.value(6 if axis == "y" else 12)}
    below = axis == "y" and math.isfinite(high)
    text = alt.Chart(data).mark_text(
        style="soft", align="left", baseline="top" if below else "bottom", dy=4 if below else -4
    )
    return alt.layer(band, text.encode(text="label:N", **place))


def reference_line(
    value: float | int, *, axis: str = "y", label: str = "", style: str = "theory", down: int = 2, side: str = "right"
) -> Drawn:
    """A dashed line at a value that theory names (2/lr, a predicted time, a noise floor).

    Args:
        value: where.
        axis: ``"y"`` for a horizontal line, ``"x"`` for a vertical one.
        label: written beside it.
        style: ``"theory"`` or ``"control"``.
        down: pixels from the top at which a vertical line's label stands.
        side: ``"right"`` or ``"left"`` of a vertical line for its label.

    Returns:
        The layer.
    """
    data = alt.Data(values=[{"label": label}])
    line = alt.Chart(data).mark_rule(style=style, clip=True).encode(**{axis: alt.datum(value)})
    other = {"x": alt.value("width")} if axis == "y" else {"y": alt.value(down)}
    align = {"align": "right", "dy": -6} if axis == "y" else {"baseline": "top"}
    if axis == "x":
        align |= {"align": "right", "dx": -5} if side == "left" else {"align": "left", "dx": 5}
    place = {axis: alt.datum(value), "text": alt.Text("label:N"), **other}
    halo = alt.Chart(data).mark_text(style="halo", fontStyle="italic", **align).encode(**place)  # pyright: ignore
    text = alt.Chart(data).mark_text(style=f"{style}-label", **align).encode(**place)  # pyright: ignore
    return alt.layer(line, halo, text)


def heatmap(
    data: xr.DataArray | pd.DataFrame,
    *,
    x: str,
    y: str,
    value: str = "value",
    boundary: Data | None = None,
    boundary_label: str = "theory",
    log_x: bool = False,
    log_y: bool = False,
    log_value: bool = False,
    scheme: str = "viridis",
    value_domain: tuple[float, float] | None = None,
    x_title: str = "",
    y_title: str = "",
    value_title: str = "",
    width: int = WIDTH,
    height: int = HEIGHT,
) -> Drawn:
    """A phase diagram: a value over two parameters, with the boundary that theory draws.

    Args:
        data: DataArray with dimensions ``x``, ``y`` (and ``seed``, which is averaged), or a tidy table.
        x: name of the horizontal parameter.
        y: name of the vertical parameter.
        value: name of the value; a DataArray is taken as that value.
        boundary: ``y`` as a function of ``x``: a DataArray over ``x``, or a table with both columns.
        boundary_label: name of the boundary.
        log_x: whether the horizontal axis is logarithmic.
        log_y: whether the vertical axis is logarithmic.
        log_value: whether the colours are logarithmic.
        scheme: colour scheme; ``"blueorange"`` for values of both signs.
        value_domain: limits of the colours.
        x_title: title with unit; taken from the data's attributes when empty.
        y_title: likewise.
        value_title: likewise.
        width: of the plot in pixels.
        height: of the plot in pixels.

    Returns:
        The layered chart, without a title.
    """
    table = pd.DataFrame(tidy(data, value).groupby([x, y], as_index=False, observed=True)[value].mean())
    table = _with_edges(_with_edges(table, x, log_x), y, log_y)
    x_axis, x_scale, _ = axis_and_scale([], log=log_x, domain=_outer(table, x), grid=False)
    y_axis, y_scale, _ = axis_and_scale([], log=log_y, domain=_outer(table, y), grid=False)
    coords = data.coords if isinstance(data, xr.DataArray) else {}
    horizontal = {"axis": x_axis, "scale": x_scale, "title": x_title or axis_title(coords.get(x), x)}
    vertical = {"axis": y_axis, "scale": y_scale, "title": y_title or axis_title(coords.get(y), y)}
    limits = alt.Undefined if value_domain is None else list(value_domain)
    color = alt.Color(
        f"{value}:Q",
        scale=alt.Scale(scheme=scheme, type="log" if log_value else "linear", domain=limits),  # pyright: ignore
        legend=alt.Legend(title=value_title or axis_title(data, value), gradientLength=min(height, 200)),
    )
    cells = (
        alt.Chart(table)
        .mark_rect(clip=True, stroke=None)
        .encode(
            x=alt.X(f"{x}_low:Q", **horizontal),
            x2=f"{x}_high:Q",
            y=alt.Y(f"{y}_low:Q", **vertical),
            y2=f"{y}_high:Q",
            color=color,
        )
    )
    layers: list[Any] = [cells]
    if boundary is not None:
        layers += _boundary(
            tidy(boundary, y), alt.X(f"{x}:Q", **horizontal), alt.Y(f"{y}:Q", **vertical), boundary_label
        )
    return alt.layer(*layers).properties(width=width, height=height)


def _boundary(table: pd.DataFrame, x: alt.X, y: alt.Y, label: str) -> list[alt.Chart]:
    base = alt.Chart(table)
    halo = base.mark_line(stroke="white", strokeWidth=4.5, opacity=0.9, clip=True).encode(x=x, y=y)
    line = base.mark_line(stroke="#1b1f24", strokeWidth=2, strokeDash=[6, 4], clip=True).encode(x=x, y=y)
    data = alt.Data(values=[{"label": label}])
    rule = alt.Chart(data).mark_rule(style="theory").encode(x=alt.value(0), x2=alt.value(26), y=alt.value(-9))
    text = alt.Chart(data).mark_text(style="theory-label", align="left", baseline="middle")
    return [halo, line, rule, text.encode(x=alt.value(31), y=alt.value(-9), text="label:N")]


def _with_edges(table: pd.DataFrame, name: str, log: bool) -> pd.DataFrame:
    centres = np.unique(table[name].to_numpy(float))
    points = np.log10(centres) if log else centres
    if points.size > 1:
        middle = (points[1:] + points[:-1]) / 2
        edges = np.concatenate([[2 * points[0] - middle[0]], middle, [2 * points[-1] - middle[-1]]])
    else:
        edges = np.array([points[0] - 0.5, points[0] + 0.5])
    edges = 10.0**edges if log else edges
    index = np.searchsorted(centres, table[name].to_numpy(float))
    return table.assign(**{f"{name}_low": edges[index], f"{name}_high": edges[index + 1]})


def _outer(table: pd.DataFrame, name: str) -> tuple[float, float]:
    return float(np.min(table[f"{name}_low"].to_numpy())), float(np.max(table[f"{name}_high"].to_numpy()))
