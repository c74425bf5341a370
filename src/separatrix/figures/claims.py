"""Why each verdict is what it is: measured numbers with intervals, drawn against what was expected."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from separatrix.figures.theme import OUTCOME_COLORS, Drawn

_FURTHEST = 0.9
_ROW = 34
_PANEL_WIDTH = 300
_LABEL_CHARACTERS = 44


def claim_panel(claims: Sequence[Any], *, width: int = _PANEL_WIDTH) -> Drawn:
    """One row a claim: the expected region (shaded), the measured number with its interval, and the control in grey.

    Each row has its own scale, on which the expected region always has the same place; what lies further out than
    the panel is drawn at its edge as a triangle.

    Args:
        claims: verdicts, or dictionaries as ``run.json`` keeps them.
        width: of the panel in pixels.

    Returns:
        The chart, without a title.
    """
    rows = [_row(claim if isinstance(claim, Mapping) else _from_verdict(claim)) for claim in claims]
    order = [row["claim"] for row in rows]
    y = alt.Y("claim:N", sort=order, title=None, axis=alt.Axis(labelLimit=320, ticks=False, domain=False, grid=False))
    scale = alt.Scale(domain=[-_FURTHEST - 0.1, 1 + _FURTHEST + 0.1], nice=False)
    axis = alt.Axis(
        values=[0, 1],
        labels=False,
        grid=False,
        ticks=False,
        domain=False,
        title="shaded: expected · ◆ control",
        titleFontSize=12,
    )
    x = alt.X("at:Q", scale=scale, axis=axis)
    base = alt.Chart(alt.Data(values=rows))
    color = alt.Color(
        "verdict:N",
        scale=alt.Scale(domain=list(OUTCOME_COLORS), range=list(OUTCOME_COLORS.values())),
        legend=alt.Legend(title=None, orient="top", symbolType="circle", direction="horizontal"),
    )
    shape = alt.Shape("shape:N", scale=None, legend=None)
    region = base.mark_rect(style="expected", height=_ROW - 8).encode(
        x=alt.X("from:Q", scale=scale, axis=axis), x2="to:Q", y=y
    )
    control = base.transform_filter("isValid(datum.control_at)").mark_point(
        style="control-point", filled=True, size=70, shape="diamond", opacity=1
    )
    interval = base.mark_rule(strokeWidth=2.4).encode(
        x=alt.X("low_at:Q", scale=scale, axis=axis), x2="high_at:Q", y=y, color=color
    )
    point = base.mark_point(filled=True, size=85, opacity=1).encode(
        x=x, y=y, color=color, shape=shape, tooltip=["statement:N", "measured:N", "expected:N", "control:N"]
    )
    text = base.mark_text(style="ink", align="left").encode(x=alt.value(width + 8), y=y, text="measured:N")
    control = control.encode(x=alt.X("control_at:Q", scale=scale, axis=axis), y=y)
    layers = alt.layer(region, control, interval, point, text)
    return layers.properties(width=width, height=_ROW * len(rows))


def _from_verdict(verdict: Any) -> dict[str, Any]:
    expect = verdict.claim.expect
    return {**verdict.to_json(), "low": expect.low, "high": expect.high}


def _row(claim: Mapping[str, Any]) -> dict[str, Any]:
    low = -math.inf if claim["low"] is None else claim["low"]
    high = math.inf if claim["high"] is None else claim["high"]
    place = _placer(low, high)
    value, (left, right) = claim["value"], claim["interval"]
    control = claim["control"] or {}
    at = place(value)
    name = claim["id"][:2] + "  " + claim["id"][3:].replace("-", " ")
    return {
        "claim": name if len(name) <= _LABEL_CHARACTERS else name[: _LABEL_CHARACTERS - 1] + "…",
        "statement": claim["statement"],
        "verdict": claim["verdict"],
        "expected": claim["expected"],
        "measured": _short(value, left, right),
        "control": control.get("statement", "none"),
        "from": -_FURTHEST if math.isinf(low) else 0.0,
        "to": 1 + _FURTHEST if math.isinf(high) else 1.0,
        "at": at,
        "low_at": at if left is None else place(left),
        "high_at": at if right is None else place(right),
        "control_at": place(control.get("value")),
        "shape": "circle"
        if at is None or -_FURTHEST < at < 1 + _FURTHEST
        else "triangle-left"
        if at < 0
        else "triangle-right",
    }


def _placer(low: float, high: float) -> Any:
    """From a value to its place, on which a region of two ends is [0, 1]."""
    if math.isinf(low) and math.isinf(high):
        origin, unit = 0.0, 1.0
    elif math.isinf(low):
        unit = abs(high) or 1.0
        origin = high - unit
    else:
        origin, unit = low, (abs(low) or 1.0) if math.isinf(high) else (high - low)
    point = unit == 0  # an exact value is expected

    def place(value: float | None) -> float | None:
        if value is None or not math.isfinite(value):
            return None
        raw = 0.5 + (value - origin) / (abs(origin) or 1.0) if point else (value - origin) / unit
        return min(max(raw, -_FURTHEST), 1 + _FURTHEST)

    return place


def _short(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "not finite"
    if low is None or high is None:
        return f"{value:.4g}"
    half = (high - low) / 2
    if abs((low + high) / 2 - value) > 0.05 * half:
        return f"{value:.3g} ({low:.2g} to {high:.2g})"
    return f"{value:.4g} ± {half:.2g}"
