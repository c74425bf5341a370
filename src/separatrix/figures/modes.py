"""Charts of a series and its linear model: where eigenvalues lie, what modes look like, how a forecast fared."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from jaxtyping import Complex, Float

from separatrix.figures.axes import axis_and_scale
from separatrix.figures.theme import BLUE, CATEGORIES, ORANGE, Drawn

LEVELS = (0.03, 0.1, 0.3)
"""Residuals between which the plane is shaded."""
SIDE = 340
VERDICTS = {"certified": "circle", "noisy": "triangle-up", "spurious": "cross", "void": "diamond"}


def mode_plane(
    eigenvalues: Complex[np.ndarray, "K"],
    residuals: Float[np.ndarray, "K"],
    verdicts: list[str],
    *,
    grid: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None,
    box: tuple[float, float, float] = (0.0, 0.0, 1.2),
) -> Drawn:
    """Eigenvalues in the complex plane with the unit circle, coloured by residual, over the pseudospectrum.

    Args:
        eigenvalues: per step.
        residuals: one each.
        verdicts: "certified", "noisy", "spurious" or "void" each.
        grid: real parts, imaginary parts and least residuals there, (nx,), (ny,), (ny, nx); None shades nothing.
        box: centre (real, imaginary) and half of the side of what is shown.

    Returns:
        The chart, without a title.
    """
    across, up = (axis_and_scale([], log=False, domain=(box[i] - box[2], box[i] + box[2])) for i in (0, 1))
    x = {"scale": across[1], "axis": across[0], "title": "real part of the eigenvalue"}
    y = {"scale": up[1], "axis": up[0], "title": "imaginary part"}
    angles = np.linspace(0, 2 * np.pi, 721)
    circle = pd.DataFrame({"re": np.cos(angles), "im": np.sin(angles), "order": np.arange(721)})
    points = pd.DataFrame(
        {"re": np.real(eigenvalues), "im": np.imag(eigenvalues), "verdict": verdicts, "residual": residuals}
    )
    layers: list[Any] = [] if grid is None else [_shade(*grid, x, y)]
    layers.append(
        alt.Chart(circle)
        .mark_line(style="theory", clip=True)
        .encode(x=alt.X("re:Q", **x), y=alt.Y("im:Q", **y), order="order:Q")
    )
    seen = [name for name in VERDICTS if name in set(verdicts)]
    layers.append(
        alt.Chart(points)
        .mark_point(filled=True, size=110, stroke="white", strokeWidth=0.8, opacity=1, clip=True)
        .encode(
            x=alt.X("re:Q", **x),
            y=alt.Y("im:Q", **y),
            color=alt.Color(
                "residual:Q",
                scale=alt.Scale(scheme="plasma", domain=[0, 1], clamp=True),
                legend=alt.Legend(title="residual over a window", gradientLength=110),
            ),
            shape=alt.Shape(
                "verdict:N",
                scale=alt.Scale(domain=seen, range=[VERDICTS[name] for name in seen]),
                legend=alt.Legend(title="verdict", symbolFillColor="#7F7F7F"),
            ),
            tooltip=["verdict:N", alt.Tooltip("residual:Q", format=".3g")],
        )
    )
    return alt.layer(*layers).properties(width=SIDE, height=SIDE).resolve_scale(fill="independent", color="independent")


def _shade(re: np.ndarray, im: np.ndarray, least: np.ndarray, x: dict[str, Any], y: dict[str, Any]) -> alt.Chart:
    dx, dy = (re[1] - re[0]) / 2, (im[1] - im[0]) / 2
    kept = least < LEVELS[-1]
    rows, columns = np.nonzero(kept)
    labels = np.array([f"below {level:g}" for level in LEVELS])
    table = pd.DataFrame(
        {
            "re": re[columns] - dx,
            "re2": re[columns] + dx,
            "im": im[rows] - dy,
            "im2": im[rows] + dy,
            "level": labels[np.searchsorted(LEVELS, least[kept], side="right")],
        }
    )
    shades = ["#5b9fd0", "#a6cbe8", "#dcebf7"]
    return (
        alt.Chart(table)
        .mark_rect(clip=True, stroke=None, opacity=0.75)
        .encode(
            x=alt.X("re:Q", **x),
            x2="re2:Q",
            y=alt.Y("im:Q", **y),
            y2="im2:Q",
            fill=alt.Fill(
                "level:N",
                scale=alt.Scale(domain=labels.tolist(), range=shades),
                legend=alt.Legend(title="least residual of any function", symbolType="square"),
            ),
        )
    )


def fan_chart(
    times: Float[np.ndarray, "steps"],
    forecast: Float[np.ndarray, "steps"],
    low: Float[np.ndarray, "steps"],
    high: Float[np.ndarray, "steps"],
    seen: tuple[np.ndarray, np.ndarray],
    truth: Float[np.ndarray, "steps"],
    *,
    x_title: str,
    y_title: str,
    width: int = 560,
) -> Drawn:
    """A forecast with its 95 % fan against what was held out.

    Args:
        times: of the forecast.
        forecast: its middle.
        low: lower ends.
        high: upper ends.
        seen: times and values before.
        truth: what came, at the forecast's times.
        x_title: with unit.
        y_title: with unit.
        width: in pixels.

    Returns:
        The chart, without a title.
    """
    ends = np.concatenate([low, high, seen[1], truth])
    y_axis, y_scale, _ = axis_and_scale(ends, log=False)
    x_axis, x_scale, _ = axis_and_scale([], log=False, domain=(float(seen[0][0]), float(times[-1])), grid=False)
    x_axis = _of_years(x_axis, x_title)
    x = alt.X("time:Q", axis=x_axis, scale=x_scale, title=x_title)
    y = {"axis": y_axis, "scale": y_scale, "title": y_title}
    fan = pd.DataFrame({"time": times, "forecast": forecast, "low": low, "high": high})
    known = pd.DataFrame({"time": seen[0], "value": seen[1]})
    came = pd.DataFrame({"time": np.concatenate([seen[0][-1:], times]), "value": np.concatenate([seen[1][-1:], truth])})
    layers = [
        alt.Chart(fan).mark_area(opacity=0.22, color=BLUE, clip=True).encode(x=x, y=alt.Y("low:Q", **y), y2="high:Q"),
        alt.Chart(known).mark_line(style="control", clip=True).encode(x=x, y=alt.Y("value:Q", **y)),
        alt.Chart(fan).mark_line(color=BLUE, clip=True).encode(x=x, y=alt.Y("forecast:Q", **y)),
        alt.Chart(came).mark_line(style="theory", clip=True).encode(x=x, y=alt.Y("value:Q", **y)),
        *_key((("seen", "control", None), ("forecast, 95 %", None, BLUE), ("what came", "theory", None))),
    ]
    return alt.layer(*layers).properties(width=width, height=240)


def lines_chart(
    table: pd.DataFrame,
    *,
    x: str,
    y: str,
    color: str,
    x_title: str,
    y_title: str,
    width: int = 560,
    y_top: float = np.inf,
    grey: str = "",
) -> Drawn:
    """Curves told apart by colour, with a legend.

    Args:
        table: columns ``x``, ``y`` and ``color``.
        x: name of the horizontal column.
        y: name of the vertical column.
        color: name of the column that tells curves apart.
        x_title: with unit.
        y_title: with unit.
        width: in pixels.
        y_top: cut the vertical axis there.
        grey: the curve that is drawn in grey, behind the others.

    Returns:
        The chart, without a title.
    """
    values = np.minimum(table[y].to_numpy(float), y_top)
    y_axis, y_scale, _ = axis_and_scale(values, log=False)
    span = table[x].to_numpy(float)
    x_axis, x_scale, _ = axis_and_scale([], log=False, domain=(float(span.min()), float(span.max())), grid=False)
    x_axis = _of_years(x_axis, x_title)
    names = (
        sorted(dict.fromkeys(table[color]), key=lambda found: found != grey) if grey else list(table[color].unique())
    )
    colors = ([CATEGORIES[-1]] if grey else []) + list(CATEGORIES[: len(names) - bool(grey)])
    chart = (
        alt.Chart(table)
        .mark_line(clip=True)
        .encode(
            x=alt.X(f"{x}:Q", axis=x_axis, scale=x_scale, title=x_title),
            y=alt.Y(f"{y}:Q", axis=y_axis, scale=y_scale, title=y_title),
            color=alt.Color(
                f"{color}:N",
                scale=alt.Scale(domain=names, range=colors),
                legend=alt.Legend(title=None, orient="top", columns=2),
            ),
        )
    )
    return alt.layer(chart).properties(width=width, height=240)


def marked(chart: Drawn, value: float, label: str) -> Drawn:
    """A chart with a vertical line where something is said to happen.

    Args:
        chart: any with a horizontal axis.
        value: where.
        label: beside the line.

    Returns:
        Both.
    """
    data = alt.Data(values=[{"label": label}])
    line = alt.Chart(data).mark_rule(color=ORANGE, strokeWidth=2, clip=True).encode(x=alt.datum(value))
    text = (
        alt.Chart(data)
        .mark_text(style="soft", align="left", dx=5, baseline="top")
        .encode(x=alt.datum(value), y=alt.value(4), text="label:N")
    )
    return alt.layer(chart, line, text)


def _of_years(axis: alt.Axis, title: str) -> alt.Axis:
    """The axis, without a comma in the numbers of years."""
    return alt.Axis(grid=False, tickCount=6, format="d") if title.endswith("(years)") else axis


def _key(entries: tuple[tuple[str, str | None, str | None], ...]) -> list[alt.Chart]:
    layers, left = [], 0
    for label, style, color in entries:
        data = alt.Data(values=[{"label": label}])
        look = {"style": style} if style else {"color": color}
        rule = alt.Chart(data).mark_rule(strokeWidth=2, **look)  # pyright: ignore[reportArgumentType]
        layers.append(rule.encode(x=alt.value(left), x2=alt.value(left + 26), y=alt.value(-9)))
        text = alt.Chart(data).mark_text(style="ink", align="left", baseline="middle")
        layers.append(text.encode(x=alt.value(left + 31), y=alt.value(-9), text="label:N"))
        left += 31 + 7 * len(label) + 18
    return layers
