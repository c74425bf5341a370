"""Axes with names, units and ticks that can be read, linear or logarithmic."""

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import xarray as xr

MOST_TICKS = 7


def axis_title(values: Any, name: str) -> str:
    """The title of an axis: long name and unit of a DataArray's coordinate or of the array itself.

    Args:
        values: a DataArray with attributes ``long_name`` and ``units``, or anything else.
        name: the name to fall back on.

    Returns:
        For example ``"time (epochs)"``; a unit of "1" is left out.
    """
    attrs = values.attrs if isinstance(values, xr.DataArray) else {}
    title = str(attrs.get("long_name") or name.replace("_", " "))
    unit = str(attrs.get("units", attrs.get("unit", "1")))
    return title if unit in ("", "1") else f"{title} ({unit})"


def power_of_ten(exponent: int) -> str:
    """A power of ten as text, for example ``1e-5``; those near one are written out."""
    return f"{10.0**exponent:g}" if -3 < exponent < 4 else f"1e{exponent}"


def log_ticks(low: float, high: float) -> list[float]:
    """At most seven ticks on a logarithmic axis: decades when there are enough, else 1, 2, 5 and their multiples.

    Args:
        low: lower limit, positive.
        high: upper limit.

    Returns:
        The ticks, increasing.

    >>> log_ticks(1e-8, 1.0)
    [1e-08, 1e-06, 0.0001, 0.01, 1.0]
    """
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first >= 2:
        every = math.ceil((last - first + 1) / MOST_TICKS)
        first += -first % every  # keep 1 among them
        return [float(f"1e{k}") for k in range(first, last + 1, every)]
    decades = range(math.floor(math.log10(low)), last + 1)
    ticks = [float(f"{m}e{k}") for k in decades for m in (1, 2, 5)]
    ticks = [t for t in ticks if low * (1 - 1e-9) <= t <= high * (1 + 1e-9)]
    return ticks if len(ticks) >= 2 else [float(f"{t:.3g}") for t in np.linspace(low, high, 4)]


def axis_and_scale(
    values: Sequence[float] | np.ndarray,
    *,
    log: bool,
    domain: tuple[float, float] | None = None,
    grid: bool = True,
    zero: bool = False,
) -> tuple[alt.Axis, alt.Scale, tuple[float, float]]:
    """Axis and scale of a quantitative channel that show the values.

    Args:
        values: what is drawn; those that are not finite, or not positive on a logarithmic axis, are left out.
        log: whether the axis is logarithmic.
        domain: limits, when they are not those of the values.
        grid: whether to draw grid lines.
        zero: whether a linear axis begins at zero.

    Returns:
        The axis, the scale, and the limits.
    """
    finite = np.asarray(values, dtype=float).ravel()
    finite = finite[np.isfinite(finite) & ((finite > 0) | (not log))]
    if domain is None:
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.1, 1.0)
        domain = _log_domain(low, high) if log else _linear_domain(low, high, zero)
    if not log:
        scale = alt.Scale(type="linear", domain=list(domain), nice=False, zero=False)
        return alt.Axis(grid=grid, tickCount=6), scale, domain
    ticks = log_ticks(*domain)
    labels = {f"{t:g}": _tick_label(t) for t in ticks}
    table = "({" + ",".join(f"'{key}':'{label}'" for key, label in labels.items()) + "})"
    expression = f"{table}[format(datum.value,'~g')] || format(datum.value,'~g')"
    if all(math.isclose(math.log10(t), round(math.log10(t)), abs_tol=1e-9) for t in ticks):
        powers = {round(math.log10(t)): power_of_ten(round(math.log10(t))) for t in ticks}
        table = "({" + ",".join(f"'{key}':'{label}'" for key, label in powers.items()) + "})"
        expression = f"{table}[toString(round(log(datum.value)/LN10))]"
    scale = alt.Scale(type="log", domain=list(domain), nice=False)
    return alt.Axis(grid=grid, values=ticks, labelExpr=expression), scale, domain


def _tick_label(value: float) -> str:
    exponent = math.floor(math.log10(value) + 1e-9)
    if -3 < exponent < 4:
        return f"{value:g}"
    mantissa = value / 10.0**exponent
    return f"{mantissa:.3g}e{exponent}"


def _linear_domain(low: float, high: float, zero: bool) -> tuple[float, float]:
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    room = 0.04 * (high - low) or 0.05 * abs(high) or 0.5
    return (low if zero and low == 0 else low - room, high + room)


def _log_domain(low: float, high: float) -> tuple[float, float]:
    ratio = max((high / low) ** 0.03, 1.05)
    return low / ratio, high * ratio
