"""How every figure looks: colours that the colour-blind can tell apart, one face in light and one in dark."""

import textwrap
from typing import Any, TypeAlias

import altair as alt

Drawn: TypeAlias = alt.LayerChart | alt.FacetChart
"""What the building blocks return: always a layered chart, though Altair's types leave more open."""

BLUE, ORANGE, PURPLE, SKY, VERMILLION = "#0072B2", "#E69F00", "#CC79A7", "#56B4E9", "#D55E00"
GREEN, YELLOW = "#009E73", "#F0E442"
CATEGORIES = (BLUE, ORANGE, PURPLE, SKY, VERMILLION, "#7F7F7F")
"""Okabe-Ito in the order in which series take them; green is left out, so that red never meets green."""

OUTCOME_COLORS = {"holds": BLUE, "fails": VERMILLION, "undecided": ORANGE}
WIDTH, HEIGHT = 440, 280
TITLE_CHARACTERS = 62
FONT = "Roboto, Liberation Sans, Helvetica Neue, Helvetica, Arial, sans-serif"

_INK = {False: "#1b1f24", True: "#e6e9ec"}
_SOFT = {False: "#57606a", True: "#a3adb8"}
_GRID = {False: "#e4e7eb", True: "#30363d"}
_PAPER = {False: "#ffffff", True: "#14181d"}
_CONTROL = {False: "#8c959f", True: "#7d8894"}
_REGION = {False: "#0072B2", True: "#56B4E9"}


def config(*, dark: bool = False) -> dict[str, Any]:
    """The Vega-Lite configuration of the theme.

    Marks take their role by style: ``alt.MarkDef(style="theory")``, ``"control"`` or ``"expected"``.

    Args:
        dark: for a dark background.

    Returns:
        The configuration.
    """
    ink, soft, grid = _INK[dark], _SOFT[dark], _GRID[dark]
    return {
        "background": _PAPER[dark],
        "font": FONT,
        "padding": 10,
        "title": {"anchor": "start", "frame": "group", "color": ink, "fontSize": 15, "lineHeight": 19, "offset": 12}
        | {"subtitleColor": soft, "subtitleFontSize": 12, "subtitleLineHeight": 16, "fontWeight": "bold"},
        "axis": {"labelColor": soft, "titleColor": ink, "gridColor": grid, "domainColor": soft, "tickColor": soft}
        | {
            "labelFontSize": 12,
            "titleFontSize": 13,
            "titleFontWeight": "normal",
            "titlePadding": 8,
            "tickSize": 4,
            "labelFlush": False,
        }
        | {"labelOverlap": True},
        "legend": {"labelColor": ink, "titleColor": ink, "labelFontSize": 12, "titleFontSize": 12, "labelLimit": 260}
        | {"titleFontWeight": "normal", "symbolStrokeWidth": 2.5, "symbolOpacity": 1, "titleLimit": 260},
        "header": {"labelColor": ink, "titleColor": ink, "labelFontSize": 13, "labelFontWeight": "bold"},
        "view": {"stroke": None, "continuousWidth": WIDTH, "continuousHeight": HEIGHT},
        "range": {
            "category": ["#3d9be0", *CATEGORIES[1:]] if dark else list(CATEGORIES),
            "heatmap": {"scheme": "viridis"},
            "ramp": {"scheme": "viridis"},
        },
        "line": {"strokeWidth": 2.2, "strokeCap": "round", "strokeJoin": "round"},
        "text": {"color": ink, "fontSize": 12},
        "style": _styles(dark),
    }


def _styles(dark: bool) -> dict[str, dict[str, Any]]:
    ink = _INK[dark]
    return {
        "theory": {"color": ink, "strokeDash": [6, 4], "strokeWidth": 1.8, "strokeCap": "butt"},
        "theory-label": {"color": ink, "fontSize": 12, "fontStyle": "italic"},
        "control": {"color": _CONTROL[dark], "strokeWidth": 2},
        "control-point": {"color": _CONTROL[dark], "stroke": _PAPER[dark]},
        "control-label": {"color": _CONTROL[dark], "fontSize": 12},
        "expected": {"color": _REGION[dark], "fillOpacity": 0.13, "stroke": None},
        "halo": {
            "color": _PAPER[dark],
            "stroke": _PAPER[dark],
            "strokeWidth": 4,
            "fontSize": 12,
            "strokeJoin": "round",
        },
        "label": {"fontSize": 12, "fontWeight": "bold"},
        "ink": {"color": ink, "fontSize": 12},
        "soft": {"color": _SOFT[dark], "fontSize": 11.5},
        "rule": {"color": _GRID[dark]},
    }


def titled(chart: alt.TopLevelMixin, title: str, subtitle: str = "") -> Any:
    """The chart with a title, which is a sentence; long ones are wrapped.

    Args:
        chart: the chart.
        title: the message.
        subtitle: how to read it, or what was done.

    Returns:
        A copy that carries the title.
    """
    text = wrap(title)
    return chart.properties(title=alt.Title(text, subtitle=wrap(subtitle, 78)) if subtitle else alt.Title(text))  # pyright: ignore


def wrap(text: str, characters: int = TITLE_CHARACTERS) -> list[str]:
    """The text broken into lines of at most so many characters."""
    return textwrap.wrap(text, characters) or [""]


def specification(chart: alt.TopLevelMixin, *, dark: bool = False) -> dict[str, Any]:
    """The chart as Vega-Lite JSON in the theme.

    Args:
        chart: the chart.
        dark: for a dark background.

    Returns:
        The specification; what the chart itself configures wins over the theme.
    """
    with alt.theme.enable("none"):
        spec = chart.to_dict()
    spec["config"] = _merged(config(dark=dark), spec.get("config", {}))
    return spec


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = _merged(result[key], value) if both else value
    return result
