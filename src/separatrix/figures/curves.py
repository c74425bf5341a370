"""Theory and simulation in one picture: curves with bands, dashed theory, a grey control."""

import dataclasses
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import xarray as xr

from separatrix.figures.axes import axis_and_scale, axis_title
from separatrix.figures.theme import CATEGORIES, HEIGHT, WIDTH, Drawn
from separatrix.figures.tidy import Data, tidy, with_band

_LABEL_HEIGHT = 15
_SINGLE = "#2a8fd0"  # between Okabe-Ito's blue and sky blue: stands out on white and on black
_MOST_CATEGORIES = len(CATEGORIES)


def theory_and_simulation(
    simulation: Data,
    theory: Data | None = None,
    *,
    x: str,
    y: str,
    color: str | None = None,
    control: Data | None = None,
    log_x: bool = False,
    log_y: bool = False,
    x_title: str = "",
    y_title: str = "",
    color_title: str = "",
    theory_label: str = "theory",
    control_label: str = "control",
    points: bool = False,
    x_domain: tuple[float, float] | None = None,
    y_domain: tuple[float, float] | None = None,
    width: int = WIDTH,
    height: int = HEIGHT,
) -> Drawn:
    """Simulated curves with their 95 % band over seeds, theory dark and dashed over them, the control in grey.

    Args:
        simulation: DataArray or Dataset with dimensions ``x``, ``color`` and (optionally) ``seed``, or a tidy table
            with such columns. Other dimensions must be selected away first.
        theory: the same without seeds; it may have a finer ``x``.
        x: name of the horizontal dimension.
        y: name of the quantity; a DataArray is taken as that quantity.
        color: name of the dimension that tells curves apart.
        control: as ``simulation``; a wrong build or naive baseline.
        log_x: whether the horizontal axis is logarithmic.
        log_y: whether the vertical axis is logarithmic (then the geometric mean over seeds is drawn).
        x_title: title with unit; taken from the data's attributes when empty.
        y_title: likewise.
        color_title: likewise, for the legend.
        theory_label: name of the theory at the dashed line.
        control_label: name of the control at the grey line.
        points: draw the simulation as points with error bars, for a coarse ``x``.
        x_domain: limits of the horizontal axis.
        y_domain: limits of the vertical axis.
        width: of the plot in pixels.
        height: of the plot in pixels.

    Returns:
        The layered chart, without a title.
    """
    by = [x] if color is None else [x, color]
    curves = {"simulation": with_band(_columns(simulation, y, by), y, by, log=log_y)}
    for name, data in (("theory", theory), ("control", control)):
        if data is not None:
            table = _columns(data, y, by)
            curves[name] = with_band(table, y, [b for b in by if b in table], log=log_y)
    all_x = np.concatenate([table[x].to_numpy(float) for table in curves.values()])
    all_y = np.concatenate([table[c].to_numpy(float) for table in curves.values() for c in (y, "low", "high")])
    x_axis, x_scale, x_limits = axis_and_scale(
        all_x, log=log_x, domain=x_domain or (None if points else _tight(all_x, log_x)), grid=False
    )
    y_axis, y_scale, y_limits = axis_and_scale(all_y, log=log_y, domain=y_domain)
    vertical = {"axis": y_axis, "scale": y_scale, "title": y_title or axis_title(_variable(simulation, y), y)}
    frame = _Frame(
        alt.X(f"{x}:Q", axis=x_axis, scale=x_scale, title=x_title or axis_title(_coordinate(simulation, x), x)),
        alt.Y(f"{y}:Q", **vertical),
        alt.Y("low:Q", **vertical),
    )
    drawn = curves["simulation"]
    ends = _ends(drawn, x, y, color, x_limits)
    direct = color is not None and _fit(ends[y].to_numpy(float), y_limits, log_y, height)
    channel = _color_channel(drawn, color, color_title or _named(simulation, color), legend=not direct)
    layers = [] if "control" not in curves else [_control(curves["control"], frame, color)]
    layers += _simulation(drawn, frame, channel, y, points)
    if "theory" in curves:
        layers.append(_theory(curves["theory"], frame, color))
    if direct and color is not None:
        layers.append(_labels(ends, frame, color, channel))
    layers += _key(curves, x_limits, y_limits, theory_label, control_label, width)
    return alt.layer(*layers).properties(width=width, height=height).resolve_scale(color="shared")


@dataclasses.dataclass(frozen=True)
class _Frame:
    x: alt.X
    y: alt.Y
    low: alt.Y


def _columns(data: Data, y: str, by: list[str]) -> pd.DataFrame:
    table = tidy(data, y)
    keep = [*(b for b in by if b in table), *(["seed"] if "seed" in table else []), y]
    return table.loc[:, keep]


def _tight(values: np.ndarray, log: bool) -> tuple[float, float] | None:
    values = values[np.isfinite(values) & ((values > 0) | (not log))]
    if values.size == 0 or values.min() == values.max():
        return None
    return float(values.min()), float(values.max())


def _coordinate(data: Data, name: str) -> Any:
    return data[name] if isinstance(data, xr.DataArray | xr.Dataset) and name in data.coords else None


def _variable(data: Data, name: str) -> Any:
    return data[name] if isinstance(data, xr.Dataset) else data


def _named(data: Data, color: str | None) -> str:
    return "" if color is None else axis_title(_coordinate(data, color), color)


def _numeric(table: pd.DataFrame, column: str) -> bool:
    return pd.api.types.is_numeric_dtype(table[column]) and not pd.api.types.is_bool_dtype(table[column])


def _color_channel(table: pd.DataFrame, color: str | None, title: str, *, legend: bool) -> Any:
    if color is None:
        return alt.value(_SINGLE)
    values = list(dict.fromkeys(table[color]))
    shown = alt.Legend(title=title, orient="right", symbolType="stroke") if legend else None
    if len(values) > _MOST_CATEGORIES or (_numeric(table, color) and len(values) > 4):
        scale = alt.Scale(scheme="viridis", domain=sorted(values))
        return alt.Color(f"{color}:O", scale=scale, legend=shown)
    return alt.Color(f"{color}:N", scale=alt.Scale(domain=values), legend=shown)


def _simulation(table: pd.DataFrame, frame: _Frame, channel: Any, y: str, points: bool) -> list[alt.Chart]:
    base = alt.Chart(table)
    low, high = frame.low, alt.Y2("high:Q")
    if points:
        bars = base.mark_rule(strokeWidth=1.6, clip=True).encode(x=frame.x, y=low, y2=high, color=channel)
        return [
            bars,
            base.mark_point(size=55, filled=True, opacity=1, clip=True).encode(x=frame.x, y=frame.y, color=channel),
        ]
    band = base.mark_area(opacity=0.22, clip=True).encode(x=frame.x, y=low, y2=high, color=channel)
    return [band, base.mark_line(clip=True).encode(x=frame.x, y=frame.y, color=channel)]


def _theory(table: pd.DataFrame, frame: _Frame, color: str | None) -> alt.Chart:
    chart = alt.Chart(table).mark_line(style="theory", clip=True)
    detail: dict[str, Any] = {} if color is None or color not in table else {"detail": alt.Detail(f"{color}:N")}
    return chart.encode(x=frame.x, y=frame.y, **detail)


def _control(table: pd.DataFrame, frame: _Frame, color: str | None) -> alt.Chart:
    chart = alt.Chart(table).mark_line(style="control", clip=True)
    detail: dict[str, Any] = {} if color is None or color not in table else {"detail": alt.Detail(f"{color}:N")}
    return chart.encode(x=frame.x, y=frame.y, **detail)


def _ends(table: pd.DataFrame, x: str, y: str, color: str | None, limits: tuple[float, float]) -> pd.DataFrame:
    inside = table.loc[(table[x] <= limits[1]) & (table[x] >= limits[0])].sort_values(x)
    return inside.tail(1) if color is None else inside.groupby(color, sort=False, observed=True).tail(1)


def _fit(values: np.ndarray, limits: tuple[float, float], log: bool, height: int) -> bool:
    """Whether labels at these heights stay apart and inside the plot."""
    if values.size > _MOST_CATEGORIES:
        return False
    scale = np.log10 if log else np.asarray
    low, high = scale(limits[0]), scale(limits[1])
    pixels = np.sort((scale(values) - low) / (high - low) * height)
    inside = bool(np.all((pixels >= -3) & (pixels <= height + 3)))
    return inside and (pixels.size < 2 or bool(np.min(np.diff(pixels)) >= _LABEL_HEIGHT))


def _labels(ends: pd.DataFrame, frame: _Frame, color: str, channel: Any) -> alt.Chart:
    text = ends[color].map(lambda v: f"{v:.3g}" if isinstance(v, float | np.floating) else str(v))
    chart = alt.Chart(ends.assign(_label=text)).mark_text(style="label", align="left", dx=6)
    return chart.encode(x=frame.x, y=frame.y, text="_label:N", color=channel)


def _key(
    curves: dict[str, pd.DataFrame],
    x_limits: tuple[float, float],
    y_limits: tuple[float, float],
    theory_label: str,
    control_label: str,
    width: int,
) -> list[alt.Chart]:
    """A small key above the plot that says which line is what."""
    entries = [("theory", theory_label), ("control", control_label)]
    layers, left = [], 0
    for role, label in ((r, text) for r, text in entries if r in curves):
        data = alt.Data(values=[{"label": label}])
        line = (
            alt.Chart(data)
            .mark_rule(style=role, strokeWidth=2)
            .encode(x=alt.value(left), x2=alt.value(left + 26), y=alt.value(-9))
        )
        text = (
            alt.Chart(data)
            .mark_text(style=f"{role}-label", align="left", baseline="middle")
            .encode(x=alt.value(left + 31), y=alt.value(-9), text="label:N")
        )
        layers += [line, text]
        left += 31 + 7 * len(label) + 18
    return layers
