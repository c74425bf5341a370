"""Charts of a diagnosed series: spectrum, modes, forecast against what came, errors by distance."""

from typing import Any

import numpy as np
import pandas as pd

from separatrix.errors import SeparatrixError
from separatrix.figures.modes import fan_chart, lines_chart, marked, mode_plane
from separatrix.models.forecast_horizon import BASELINES
from separatrix.models.koopman import forecast_fan, pseudospectrum
from separatrix.models.koopman.delay_model import DelayModel
from separatrix.models.polynomial_map import PolynomialMap
from separatrix.probes.instruments.modes import name
from separatrix.probes.series import STRONG, Series

GRID = 70
SHOWN = 200
"""Most states drawn before a forecast, and of a mode."""
CURVES = 3
WHOLE = "the series, about its mean"
REAL = ("certified", "noisy")


def series_charts(series: Series) -> tuple[tuple[str, Any], ...]:
    """The charts of a series, each with its title.

    Args:
        series: as diagnosed.

    Returns:
        Pairs of title and chart; none where no model can be made.
    """
    if series.refusal:
        return ()
    found = [_spectrum(series), _modes(series), _fan(series), _errors(series)]
    return tuple(chart for chart in found if chart is not None)


def _spectrum(series: Series) -> tuple[str, Any]:
    table = series.modes
    words = [kind for kind, share in zip(table.kinds, table.share, strict=True) if share >= STRONG]
    both = np.concatenate([table.eigenvalues, table.eigenvalues.conj()])
    strong = table.eigenvalues[table.share >= STRONG] if np.any(table.share >= STRONG) else table.eigenvalues
    box = _box(strong)
    re, im = (np.linspace(box[i] - box[2], box[i] + box[2], GRID) for i in (0, 1))
    least = pseudospectrum(series.model.galerkin_, re[None, :] + 1j * im[:, None])
    chart = mode_plane(
        both, np.tile(table.window_residual, 2), [*table.kinds, *table.kinds], grid=(re, im, least), box=box
    )
    title = (
        f"Of {len(words)} mode{'s' if len(words) != 1 else ''} of note, {words.count('certified') or 'none'} "
        f"certified and {words.count('noisy') or 'none'} real on average"
    )
    return title, chart


def _box(strong: np.ndarray) -> tuple[float, float, float]:
    """The part of the plane to show: the whole circle, or the part where all strong modes of the upper half lie."""
    re, im = np.append(np.real(strong), 1.0), np.append(np.abs(np.imag(strong)), 0.0)
    half = 0.75 * max(np.ptp(re), np.ptp(im), 0.15)
    return (0.0, 0.0, 1.2) if half > 0.5 else (float((re.max() + re.min()) / 2), float(im.max() / 2), float(half))


def _modes(series: Series) -> tuple[str, Any] | None:
    table, model = series.modes, series.model
    chosen = [k for k in range(len(table.index)) if table.share[k] >= STRONG and table.kinds[k] in REAL][:CURVES]
    if not chosen:
        return None
    states, times = series.data.states[-1][-SHOWN - model.history :], series.data.times[-1][-SHOWN - model.history :]
    functions, when = model.transform(states), times[model.history - 1 :]
    component = int(np.argmax(np.abs(model.modes_[table.index[chosen[0]]]) / model.scale_))
    parts = []
    for k in chosen:
        index = table.index[k]
        twice = 2.0 if abs(table.eigenvalues[k].imag) > 1e-12 else 1.0
        values = twice * (functions[:, index] * model.modes_[index, component]).real
        parts.append(pd.DataFrame({"time": when, "value": values, "mode": f"{table.kinds[k]}: {name(series, k)}"}))
    raw = states[model.history - 1 :, component] - model.mean_[component]
    parts.append(pd.DataFrame({"time": when, "value": raw, "mode": WHOLE}))
    label = series.data.names[component]
    chart = lines_chart(
        pd.concat(parts),
        x="time",
        y="value",
        color="mode",
        x_title=_clock(series),
        y_title=f"contribution to {label}",
        grey=WHOLE,
    )
    return f"The strongest mode makes up {min(table.share[chosen[0]], 1.0):.0%} of the variance", chart


def _fan(series: Series) -> tuple[str, Any] | None:
    horizon = series.horizon
    if horizon is None:
        return None
    states, first = series.held_out[-1]
    whole = first == 0
    start = max(first, series.early.history) if not whole else max(series.early.history, len(states) // 2)
    steps = min(len(states) - start, max(20, 3 * horizon.steps), horizon.longest)
    train = series.data.select(range(len(series.data.states) - len(series.held_out))) if whole else None
    train = train or series.data.between(0, 0.7)
    try:
        fan = forecast_fan(
            _same(series.early), train, min(steps, max(len(s) for s in train.states) // 3), replicates=60
        )
    except SeparatrixError:
        return None
    steps = len(fan.forecast)
    forecast = series.early.forecast(states[:start], steps)
    component = 0
    missed = fan.paths[:, :, component] - fan.forecast[None, :, component]
    low, high = np.quantile(missed, [0.025, 0.975], axis=0) + forecast[None, :, component]
    times = series.data.times[-1]
    truth = states[start : start + steps, component]
    inside = float(np.mean((low <= truth) & (truth <= high)))
    back = max(0, start - min(SHOWN, 2 * steps))
    chart = fan_chart(
        times[start : start + steps],
        forecast[:, component],
        low,
        high,
        (times[back:start], states[back:start, component]),
        truth,
        x_title=_clock(series),
        y_title=series.data.names[component],
    )
    return f"Of what was held out, {inside:.0%} fell inside the forecast's 95 % fan", chart


def _same(model: DelayModel | PolynomialMap) -> DelayModel | PolynomialMap:
    """A model of the size that was chosen, so that refits need not choose again."""
    if isinstance(model, PolynomialMap):
        return PolynomialMap(model.degree_)
    return DelayModel(model.history, rank=model.components_.shape[1])


def _errors(series: Series) -> tuple[str, Any] | None:
    horizon = series.horizon
    if horizon is None:
        return None
    ahead = series.step * np.arange(1, horizon.longest + 1)
    curves = {"model": horizon.errors, **dict(zip(BASELINES, horizon.baselines, strict=True))}
    table = pd.concat([pd.DataFrame({"ahead": ahead, "error": e, "by": by}) for by, e in curves.items()])
    chart = lines_chart(
        table,
        x="ahead",
        y="error",
        color="by",
        x_title=f"how far ahead ({series.unit or ('steps' if series.step == 1 else 'time')})",
        y_title="error over the spread of the series",
        y_top=2.0,
    )
    if horizon.steps == 0:
        return "No forecast of the held-out part is of use", chart
    title = f"Held-out forecasts are of use up to {series.span(horizon.steps)} ahead"
    return title, marked(chart, series.step * horizon.steps, "of use up to here")


def _clock(series: Series) -> str:
    return f"time ({series.unit})" if series.unit else "time"
