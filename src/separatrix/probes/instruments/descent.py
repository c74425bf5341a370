"""Will the test error come down again?"""

import jax
import numpy as np
from jaxtyping import Float

from separatrix.probes.calibrated import measured
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.linear_run import LinearRun, read_linear_run
from separatrix.probes.record import Record
from separatrix.theory.slow_signal import DescentForecast, foretell_descent

FALL = 0.1
"""Share of the error now by which it must fall for an answer that it comes down."""
LINEAR = 0.1
"""Largest misfit of the loss, over the first loss, with which a run counts as linear."""
FARTHEST = 1e6
"""How many times longer than so far the run is followed."""
TIMES = 120


def verdict(remaining: Float[np.ndarray, "3"]) -> str:
    """``down`` or ``stays`` by the lowest error to come over that now, ``... not sure`` where the noise leaves it open.

    Args:
        remaining: for the best, the least and the most noise, shape (3,).

    Returns:
        The kind of answer.
    """
    says = np.asarray(remaining) <= 1 - FALL
    kind = "down" if says[0] else "stays"
    return kind if says.all() or not says.any() else f"{kind}, not sure"


def ask(record: Record) -> Answer:
    """Answer for one record."""
    if not record.recorded:
        return INSTRUMENT.lacks("weights alone do not tell the data; record the run with Recorder")
    course = _so_far(record)
    run = read_linear_run(record)
    if isinstance(run, str):
        return INSTRUMENT.lacks(run, course)
    misfit = f"The recorded loss departs from that of a linear model of these inputs by at most {run.misfit:.1%}"
    evidence = (f"{misfit} of the first loss ({LINEAR:.0%} counts as linear).", *course)
    if run.misfit > LINEAR:
        return INSTRUMENT.lacks(
            "the run is not that of a linear model of its inputs, and curves alone cannot tell slow signal from noise",
            evidence,
        )
    size = int(record.meta.get("data_size") or run.examples)
    if size > run.examples:
        return INSTRUMENT.lacks(
            f"{run.examples} of {size} examples were kept; give examples={size} to Recorder", evidence
        )
    rows = _rows(record, run)
    if len(rows) < 1.5 * rows.shape[1]:
        return INSTRUMENT.lacks(
            f"{len(rows)} examples are too few for the sizes of {rows.shape[1]} features; "
            "give validation=(x, y) to Recorder",
            evidence,
        )
    return _foretold(record, run, rows, evidence)


def _foretold(record: Record, run: LinearRun, rows: np.ndarray, evidence: tuple[str, ...]) -> Answer:
    now = float(run.times[-1] + run.pace * max(len(record.losses) - run.steps[-1], 0.0))
    later = now * np.geomspace(1.0, FARTHEST, TIMES + 1)[1:]
    with jax.enable_x64(True):
        jnp = jax.numpy
        forecast = jax.tree.map(
            np.asarray,
            foretell_descent(
                jnp.asarray(run.inputs, float),
                jnp.asarray(run.wanted, float),
                jnp.asarray(rows.T @ rows / len(rows)),
                jnp.asarray(now),
                jnp.asarray(later),
            ),
        )
    if not np.isfinite(forecast.errors).all():
        return INSTRUMENT.lacks(
            "as many directions as examples are learned already: nothing is left to tell noise from signal", evidence
        )
    kind = verdict(np.asarray(forecast.remaining))
    confidence, calibrated = measured("descent", kind)
    found = [*evidence, *_found(forecast, np.concatenate([[now], later]), run)]
    return INSTRUMENT.answer(_sentence(kind, forecast, later, run), found, confidence, calibrated)


def _rows(record: Record, run: LinearRun) -> np.ndarray:
    """All inputs that are known, with the column of the bias."""
    fresh = record.examples.get("validation_x")
    if fresh is None:
        return run.inputs
    fresh = fresh.reshape(len(fresh), -1).astype(float)
    if fresh.shape[1] + 1 == run.inputs.shape[1]:
        fresh = np.concatenate([fresh, np.ones((len(fresh), 1))], axis=1)
    return np.concatenate([run.inputs, fresh]) if fresh.shape[1] == run.inputs.shape[1] else run.inputs


def _so_far(record: Record) -> tuple[str, ...]:
    steps, values = record.column("validation", "loss")
    if len(steps) < 3 or not np.isfinite(values).all():
        return ()
    best = int(np.argmin(values))
    risen = f"{values[-1] / values[best] - 1:.1%}" if values[best] > 0 else "much"
    return (f"The validation loss was lowest at step {_count(steps[best])}, and is {risen} above that now.",)


def _found(forecast: DescentForecast, times: np.ndarray, run: LinearRun) -> list[str]:
    best, least, most = forecast.errors
    noise, slow = forecast.noise, forecast.slow_power
    return [
        f"{int(forecast.fast)} directions of the inputs are learned by now, {int(forecast.slow)} are too small to be: "
        "what the targets hold of these is fitted as noise until their turn comes.",
        f"By likelihood the targets hold a variance of {slow[0]:.3g} (an output) in the slow directions, and noise of "
        f"variance {noise[0]:.3g} (95 %: {noise[1]:.3g} to {noise[2]:.3g}).",
        f"Expected squared test error of an output: {best[0]:.3g} now, {best[1:].min():.3g} at the lowest to come, "
        f"{best[-1]:.3g} after very many steps. The lowest is {least[1:].min() / least[0]:.0%} of now with the least "
        f"noise, {most[1:].min() / most[0]:.0%} with the most.",
    ]


def _sentence(kind: str, forecast: DescentForecast, later: np.ndarray, run: LinearRun) -> str:
    course = forecast.errors[0]
    share = course[1:].min() / course[0]
    if kind.startswith("stays"):
        doubt = ", though the noise is not known well enough to be sure" if "not sure" in kind else ""
        why = (
            "no direction is left to be learned" if forecast.slow < 1 else "what is left to be learned is mostly noise"
        )
        return f"No: {why}, and the test error will not fall {FALL:.0%} below what it is now{doubt}."
    half = later[int(np.argmax(course[1:] <= (course[0] + course[1:].min()) / 2))]
    lowest = later[int(np.argmin(course[1:]))]
    sure = "Yes" if kind == "down" else "Probably"
    return (
        f"{sure}: it should fall by {1 - share:.0%}, half of that by step {_count(run.step_at(half))}, and be lowest "
        f"near step {_count(run.step_at(lowest))}."
    )


def _count(steps: float) -> str:
    return f"{float(f'{steps:.3g}'):,.0f}".replace(",", " ")


INSTRUMENT = Instrument("descent", "Will the test error come down again?", "double-descent", ask, 9)
