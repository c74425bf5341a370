"""How far ahead can this be forecast?"""

from typing import Any

from separatrix.models.forecast_horizon import BASELINES, GOOD, Horizon
from separatrix.models.koopman.delay_model import DelayModel
from separatrix.probes.calibrated import measured
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.series import Series, plain


def ask(series: Any) -> Answer:
    """Answer for one series."""
    assert isinstance(series, Series)
    if series.refusal:
        return INSTRUMENT.lacks(series.refusal)
    horizon = series.horizon
    if horizon is None:
        return INSTRUMENT.lacks("the held-out part, the last 30 %, is too short for a forecast; give a longer series")
    kind = verdict(horizon)
    early = series.early
    at = sorted({1, max(1, horizon.steps), horizon.longest})
    evidence = [
        f"{_model(early)} of the first 70 % forecast the rest from "
        f"{horizon.moments} moments, up to {series.span(horizon.longest)} ahead. A forecast is of use while "
        f"its error is below {GOOD:.0%} of the series' spread, and below that of every baseline so far.",
        *(_errors(series, horizon, steps) for steps in at),
    ]
    confidence, calibrated = measured("horizon", kind)
    return INSTRUMENT.answer(_sentence(series, horizon, kind), evidence, confidence, calibrated)


def _model(early: Any) -> str:
    if isinstance(early, DelayModel):
        return f"A linear model of delays (window {early.history}, rank {early.components_.shape[1]})"
    return f"A polynomial map of the state (degree {early.degree_})"


def verdict(horizon: Horizon) -> str:
    """``none``, ``some``, or ``all`` where forecasts are good as far as it could be looked."""
    return "none" if horizon.steps == 0 else "all" if horizon.steps == horizon.longest else "some"


def _sentence(series: Series, horizon: Horizon, kind: str) -> str:
    between = f"95 %: {plain(horizon.low * series.step)} to {plain(horizon.high * series.step)}"
    if kind == "none":
        best = horizon.best_baseline
        up_to = f" (95 %: up to {series.span(horizon.high)})" if horizon.high else ""
        return f"Not even one step{up_to}: no forecast is within half of the spread and better than the {best}."
    if kind == "all":
        return f"At least {series.span(horizon.longest)}, as far as the held-out part lets one look ({between})."
    return f"About {series.span(horizon.steps)} ({between})."


def _errors(series: Series, horizon: Horizon, steps: int) -> str:
    others = ", ".join(
        f"{name} {error:.2g}" for name, error in zip(BASELINES, horizon.baselines[:, steps - 1], strict=True)
    )
    return f"{series.span(steps)} ahead: error {horizon.errors[steps - 1]:.2g} of the spread; {others}."


INSTRUMENT = Instrument("horizon", "How far ahead can this be forecast?", "koopman-limits", ask, 21, of=("series",))
