"""Which frequencies does each neuron carry, and which will win?"""

import numpy as np

from separatrix.probes.calibrated import measured
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.modular_weights import (
    FEWEST_NUMBERS,
    UNLIKELY,
    Carried,
    Forecast,
    NumberWeights,
    carried,
    forecast,
    number_weights,
    plausible_modulus,
    two_layers,
)
from separatrix.probes.record import Record

MOST, SOME = 0.5, 0.1
CLEAR = 1.2
"""Lead of the smallest blow-up time from which a forecast is called clear."""


def verdict(certain: float) -> str:
    """``carried``, ``forming`` or ``none``, by the share of the neurons that carry a frequency."""
    return "carried" if certain > MOST else "forming" if certain > SOME else "none"


def ask(record: Record) -> Answer:
    """Answer for a record or a folder of checkpoints."""
    if not record.checkpoints:
        return INSTRUMENT.lacks("there are no weights; record with checkpoints, or give step-*.safetensors")
    last = record.weights(-1)
    given = record.about.get("modulus")
    p = plausible_modulus(last) if given is None else given
    if p is None:
        return INSTRUMENT.lacks(
            'the modulus is not known and the weights do not betray it; state it as about={"modulus": 23} to Recorder, '
            'or {"about": {"modulus": 23}} in run.json'
        )
    if isinstance(p, bool) or not isinstance(p, int) or p < FEWEST_NUMBERS:
        return INSTRUMENT.lacks(f'about["modulus"] must be a whole number of {FEWEST_NUMBERS} or more, not {p!r}')
    found = number_weights(last, p)
    if not found:
        return INSTRUMENT.lacks(
            f"no array of weights has one axis of length {p}, {p + 1} or {2 * p} (the modulus is {p})"
        )
    origin = "stated" if given is not None else "read off the weights"
    evidence = [f"The modulus is {p} ({origin}); weights are those of step {record.checkpoints[-1][0]}."]
    read = [carried(one.vectors) for one in found]
    evidence += [_counted(one, what, p) for one, what in zip(found, read, strict=True)]
    kind = verdict(float(np.mean(read[0].certain)))
    layers = two_layers(found) if p % 2 else None
    if kind == "none":
        return _foretold(found, read[0], layers, evidence)
    confidence, calibrated = measured("frequencies", "carried")
    evidence += _looking_back(record, p, layers, read)
    return INSTRUMENT.answer(_sentence(kind, found[0], read[0]), evidence, confidence, calibrated)


def _counted(one: NumberWeights, what: Carried, p: int) -> str:
    kinds, counts = np.unique(what.frequency[what.certain], return_counts=True)
    said = (
        f"{one.name}: {int(what.certain.sum())} of {len(what.share)} vectors over the numbers have a frequency with "
        f"more of their energy than Gaussian weights would (chance below {UNLIKELY:g}); the median share is "
        f"{np.median(what.share):.0%}."
    )
    if len(kinds) == 0:
        return said
    most = sorted(zip(counts.tolist(), kinds.tolist(), strict=True), key=lambda pair: (-pair[0], pair[1]))[:12]
    listed = ", ".join(f"k = {kind} ({count})" for count, kind in most)
    return f"{said} {len(kinds)} of the {p // 2} frequencies are in use: {listed}{' ...' if len(kinds) > 12 else ''}."


def _sentence(kind: str, one: NumberWeights, what: Carried) -> str:
    number, distinct = int(what.certain.sum()), len(np.unique(what.frequency[what.certain]))
    of = f"{number} of {len(what.share)} neurons in {one.name}"
    if kind == "carried":
        return f"Most carry one frequency: {of} do, {distinct} different ones; they will keep it."
    return f"Frequencies are forming: {of} carry one by now, {distinct} different ones."


def _foretold(
    found: list[NumberWeights],
    what: Carried,
    layers: tuple[NumberWeights, NumberWeights] | None,
    evidence: list[str],
) -> Answer:
    if layers is None:
        return INSTRUMENT.answer(
            f"None yet: the weights in {found[0].name} look like noise. Winners can be foretold only for two layers, "
            "one of shape (neurons, modulus) and one of shape (modulus, neurons), and an odd modulus.",
            evidence,
            *measured("frequencies", "none"),
        )
    ahead = forecast(layers[0].vectors[:, 0], layers[1].vectors[:, 0])
    clear = ahead.lead >= CLEAR
    evidence += [_named(ahead, clear), *_two_confidences(clear)]
    kinds = len(np.unique(ahead.winner))
    return INSTRUMENT.answer(
        f"None yet, the weights look like noise; but by their blow-up times {kinds} different frequencies will win, "
        f"{int(clear.sum())} of {len(clear)} neurons having a clear favourite.",
        evidence,
        *measured("frequencies", "winner"),
    )


def _named(ahead: Forecast, clear: np.ndarray) -> str:
    first = np.flatnonzero(clear)[:12]
    listed = ", ".join(f"{neuron}: k = {ahead.winner[neuron]}" for neuron in first.tolist())
    counts = np.bincount(ahead.winner)
    most = ", ".join(f"k = {k} ({n})" for k, n in enumerate(counts.tolist()) if n)
    return (
        f"Winners foretold, with the number of neurons: {most}. A favourite is clear where the second smallest blow-up "
        f"time is {CLEAR:g} times the smallest; the first such neurons are {listed or 'none'}."
    )


def _two_confidences(clear: np.ndarray) -> list[str]:
    said = []
    for kind, number in (("clear winner", int(clear.sum())), ("close winner", int((~clear).sum()))):
        share, _ = measured("frequencies", kind)
        if share is not None and number:
            said.append(
                f"Of the {number} forecasts with a {kind.replace(' winner', '')} lead, {share:.0%} should come true."
            )
    return said


def _looking_back(
    record: Record, p: int, layers: tuple[NumberWeights, NumberWeights] | None, read: list[Carried]
) -> list[str]:
    """How well the first checkpoint would have foretold the last, where it looked like noise."""
    if layers is None or len(record.checkpoints) < 2:
        return []
    before = two_layers(number_weights(record.weights(0), p))
    if before is None or before[0].vectors.shape != layers[0].vectors.shape:
        return []
    if verdict(float(np.mean(carried(before[0].vectors).certain))) != "none":
        return []
    ahead = forecast(before[0].vectors[:, 0], before[1].vectors[:, 0])
    last = carried(layers[0].vectors)
    settled = last.certain
    right = float(np.mean((ahead.winner == last.frequency)[settled]))
    return [
        f"The weights of step {record.checkpoints[0][0]} foretold {right:.0%} of them by the smallest blow-up time "
        f"(chance {1 / (p // 2):.0%})."
    ]


INSTRUMENT = Instrument(
    "frequencies",
    "Which frequencies does each neuron carry, and which will win?",
    "modular-addition",
    ask,
    10,
)
