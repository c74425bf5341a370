"""Stop now or later?"""

import numpy as np

from separatrix.probes.calibrated import measured
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.linear_run import LinearRun, read_linear_run
from separatrix.probes.record import Record

LINEAR = 0.1
"""Largest misfit of the loss, over the first loss, with which a run counts as linear."""
RISEN = 0.05
"""Rise of the validation loss above its lowest that counts as past it."""
HUNDRED = 100.0
FEWEST = 5


def verdict(now: float, early: float, late: float, noisy: bool = True) -> str:
    """``later``, ``now`` or ``past`` by the interval of the time to stop; ``never`` where no noise was found."""
    if not noisy:
        return "never"
    return "later" if now < early else "past" if now > late else "now"


def ask(record: Record) -> Answer:
    """Answer for one record."""
    if not record.recorded:
        return INSTRUMENT.lacks("weights alone do not tell the noise; record the run with Recorder")
    lowest = _validation(record)
    run = read_linear_run(record)
    if isinstance(run, str):
        return INSTRUMENT.lacks(run) if lowest is None else _by_validation(lowest, [f"No theory: {run}."])
    evidence = [_looks(run)]
    if run.misfit <= LINEAR:
        return _by_theory(record, run, "" if lowest is None else _course(lowest), evidence)
    if lowest is not None:
        return _by_validation(lowest, evidence)
    why = "the run is not that of a linear model of its inputs; give validation=(x, y) to Recorder"
    return INSTRUMENT.lacks(why, tuple(evidence))


def _looks(run: LinearRun) -> str:
    what = "This one is linear" if run.exact else "This one has more than one layer"
    return (
        f"The theory is exact for linear models. {what}; its loss departs from that of gradient descent on a linear "
        f"model of these inputs by at most {run.misfit:.1%} of the first loss ({LINEAR:.0%} counts as linear)."
    )


def _by_theory(record: Record, run: LinearRun, course: str, evidence: list[str]) -> Answer:
    forecast = run.forecast
    best, late, early = (float(time) for time in forecast.times)
    found, least, _ = (bool(inside) for inside in forecast.evidence.bounded)
    late = late if least else np.inf
    step = max(float(len(record.losses)), float(run.steps[-1]))
    now = float(run.times[-1] + run.pace * (step - run.steps[-1]))
    kind = verdict(now, early, late, found)
    signal, noise = float(forecast.evidence.signal[0]), float(forecast.evidence.noise[0])
    many = HUNDRED * max(now, best)
    errors = run.errors(np.array([now, best, 2 * now, many])).tolist()
    cost: dict[str, float] = dict(zip(("here", "lowest", "twice", "many"), errors, strict=True))
    evidence += [
        f"By the likelihood of a linear model {run.noise_share:.0%} of the targets' power is noise (variance "
        f"{noise:.3g} an output; weights of variance {signal:.3g}).",
        f"The mean test error is lowest at step {_count(run.step_at(best))} (95 % for what is not known of the noise: "
        f"{_count(run.step_at(early))} to {_count(run.step_at(late))}); this run is at step {_count(step)}.",
        f"Expected squared error on fresh examples, an output: {cost['here']:.3g} now, {cost['lowest']:.3g} at its "
        f"lowest, {cost['twice']:.3g} after twice as many steps, {cost['many']:.3g} after a hundred times as many.",
    ]
    if course:
        evidence.append(course)
    confidence, calibrated = measured("stop", kind)
    return INSTRUMENT.answer(_sentence(kind, _count(run.step_at(best)), cost), evidence, confidence, calibrated)


def _sentence(kind: str, best: str, cost: dict[str, float]) -> str:
    above = {name: f"{max(error / cost['lowest'] - 1, 0):.0%}" for name, error in cost.items()}
    return {
        "later": f"Later: stop near step {best}. The test error is {above['here']} above its lowest now, and would be "
        f"{above['many']} above it after a hundred times as many steps.",
        "past": f"Past it: the best was near step {best}. The test error is {above['here']} above its lowest now; "
        f"twice as many steps would make it {above['twice']}.",
        "now": f"About now: the best step is near {best}. Twice as many steps would leave the test error "
        f"{above['twice']} above its lowest, a hundred times as many {above['many']}.",
        "never": "No need to stop: no noise is seen in the targets, so that longer training does no harm.",
    }[kind]


def _count(steps: float) -> str:
    if not np.isfinite(steps) or steps > 1e12:
        return "never"
    return f"{float(f'{steps:.3g}'):,.0f}".replace(",", " ")


def _validation(record: Record) -> tuple[float, float] | None:
    """Step of the lowest validation loss, and by which share it has risen since; None where that is not known."""
    steps, values = record.column("validation", "loss")
    if len(steps) < FEWEST or not np.isfinite(values).all() or values.min() <= 0:
        return None
    return float(steps[np.argmin(values)]), float(values[-1] / values.min() - 1)


def _course(lowest: tuple[float, float]) -> str:
    return f"The validation loss was lowest at step {_count(lowest[0])}, and is {lowest[1]:.1%} above that now."


def _by_validation(lowest: tuple[float, float], evidence: list[str]) -> Answer:
    step, risen = lowest
    if risen > RISEN:
        said = f"Past it, by the validation loss: lowest near step {_count(step)}, it has risen by {risen:.0%} since."
    else:
        said = "Not past it yet: the validation loss is within 5 % of its lowest; how it goes on is not known."
    confidence, calibrated = measured("stop", "by validation")
    return INSTRUMENT.answer(said, [*evidence, _course(lowest)], confidence, calibrated)


INSTRUMENT = Instrument("stop", "Stop now or later (will more training overfit)?", "generalization-dynamics", ask, 6)
