"""Whose geometry does a layer have: the input's or the target's?"""

from typing import Any

from separatrix.observables.kernel_shares import kernel_shares
from separatrix.probes.calibrated import calibration, measured
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.record import Record

INPUT_SHARE, TARGET_SHARE = 1 / 3, 2 / 3
LEAST_EXPLAINED = 0.5
LEAST_APART = 0.3
MOST_SHOWN = 8

Entry = dict[str, Any]


def verdict(input_alignment: float, target_alignment: float, between: float) -> str:
    """Whose geometry a layer has.

    Args:
        input_alignment: centred alignment of the layer's kernel with that of the inputs.
        target_alignment: with that of the targets.
        between: of inputs with targets.

    Returns:
        ``"input"``, ``"target"``, ``"between"``, or ``"neither"`` when no mixture of the two comes near.
    """
    found = kernel_shares(input_alignment, target_alignment, between)
    if found.explained < LEAST_EXPLAINED:
        return "neither"
    return "input" if found.target < INPUT_SHARE else "target" if found.target > TARGET_SHARE else "between"


def ask(record: Record) -> Answer:
    """Answer for one record."""
    if not record.recorded:
        return INSTRUMENT.lacks("checkpoints alone have no activations; record the run with Recorder")
    rows = [row for row in record.having("representations") if row["representations"]]
    if not rows:
        return INSTRUMENT.lacks(
            "no layer's activations were recorded; give Recorder data that is a pair of inputs and targets, and for "
            "JAX also representations=function(params, x) -> {name: array}"
        )
    first, last = rows[0], rows[-1]
    layers: dict[str, Entry] = last["representations"]
    between = next(iter(layers.values())).get("between")
    if between is None:
        return INSTRUMENT.lacks("this record has no alignment of inputs with targets; record it anew")
    if 1 - between**2 < LEAST_APART**2:
        return INSTRUMENT.lacks(
            f"inputs and targets have nearly the same geometry (alignment {between:.2f}), so that no layer can be said "
            "to have one rather than the other"
        )
    kinds = {name: _kind(entry) for name, entry in layers.items()}
    evidence = [
        f"Inputs and targets are aligned by {between:.2f}: that much a plain copy of the input has with the targets, "
        "and of the targets with the input."
    ]
    shown = _spread(list(layers))
    evidence += [_line(name, kinds[name], layers[name], first, last) for name in shown]
    if len(shown) < len(layers):
        evidence.append(f"{len(layers) - len(shown)} more layers are not shown.")
    confidence, calibrated = _trust(set(kinds.values()))
    return INSTRUMENT.answer(_sentence(kinds, last["step"]), evidence, confidence, calibrated)


def _kind(entry: Entry) -> str:
    return verdict(entry["input_alignment"], entry["target_alignment"], entry["between"])


def _sentence(kinds: dict[str, str], step: int) -> str:
    wording = {
        "input": "the input's",
        "target": "the target's",
        "between": "one between the input's and the target's",
        "neither": "neither's",
    }
    parts = []
    for kind, words in wording.items():
        names = [name for name, found in kinds.items() if found == kind]
        if names:
            parts.append(f"{_listed(names)} {'has' if len(names) == 1 else 'have'} {words}")
    return f"At step {step}, of geometries, {'; '.join(parts)}."


def _listed(names: list[str]) -> str:
    few = names if len(names) <= 4 else [*names[:2], f"{len(names) - 3} more", names[-1]]
    return few[0] if len(few) == 1 else f"{', '.join(few[:-1])} and {few[-1]}"


def _line(name: str, kind: str, entry: Entry, first: Entry, last: Entry) -> str:
    share = kernel_shares(entry["input_alignment"], entry["target_alignment"], entry["between"])
    text = (
        f"{name}: aligned {entry['input_alignment']:.2f} with the input and {entry['target_alignment']:.2f} with the "
        f"target, as a mixture that is {share.target:.0%} the target's ({kind}); "
        f"dimensionality {entry['dimensionality']:.1f} of {entry['units']} units."
    )
    before = first["representations"].get(name)
    if before is None or first["step"] == last["step"]:
        return text
    moved = entry["target_alignment"] - before["target_alignment"]
    left = entry["input_alignment"] - before["input_alignment"]
    return f"{text} Since step {first['step']}: {moved:+.2f} with the target, {left:+.2f} with the input."


def _spread(names: list[str]) -> list[str]:
    if len(names) <= MOST_SHOWN:
        return names
    last = len(names) - 1
    return [names[round(i * last / (MOST_SHOWN - 1))] for i in range(MOST_SHOWN)]


def _trust(kinds: set[str]) -> tuple[float | None, str]:
    """The confidence in the least certain kind of answer that is given."""
    found = {kind: measured("geometry", kind) for kind in sorted(kinds)}
    least = min(found, key=lambda kind: found[kind][0] or 0.0)
    confidence, text = found[least]
    return confidence, f"For '{least}': {text}" if len(found) > 1 and "geometry" in calibration() else text


INSTRUMENT = Instrument(
    "geometry",
    "Whose geometry does this layer have: the input's or the target's?",
    "representational-geometry",
    ask,
    8,
)
"""Answers for every layer of a record; what a layer is said to have is what dominates in the best mixture."""
