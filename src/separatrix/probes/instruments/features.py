"""Which features have emerged, and which are missing?"""

from typing import Any

import numpy as np

from separatrix.errors import SeparatrixError
from separatrix.learning.tasks import check_group, cyclic
from separatrix.observables import Irreps, real_irreps
from separatrix.probes.calibrated import measured
from separatrix.probes.group_weights import NodeIrreps, node_irreps
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.modular_weights import UNLIKELY, NumberWeights, number_weights
from separatrix.probes.record import Record

FEWEST, MOST = 3, 512
"""Elements of a group that can be asked about."""
LOOKED_AT = 12
"""Checkpoints that are looked at for when a feature emerged."""
LISTED = 12


def verdict(emerged: np.ndarray) -> str:
    """``all``, ``some`` or ``none`` of the irreps other than the constant."""
    return "all" if emerged[1:].all() else "some" if emerged[1:].any() else "none"


def group_table(about: dict[str, Any]) -> np.ndarray | str:
    """The Cayley table that the user stated, or what is wrong with it in one line."""
    if "group" in about:
        try:
            table = check_group(np.array(about["group"]))
        except (SeparatrixError, ValueError) as error:
            return f'about["group"] does not do: {error}'.replace("\n", " ").rstrip(".")
        return table if FEWEST <= len(table) <= MOST else f"the group has {len(table)} elements, not {FEWEST} to {MOST}"
    modulus = about.get("modulus")
    if modulus is None:
        return 'the group is not known; state it as about={"modulus": 23}, or about={"group": its Cayley table}'
    if isinstance(modulus, bool) or not isinstance(modulus, int) or not FEWEST <= modulus <= MOST:
        return f'about["modulus"] must be a whole number from {FEWEST} to {MOST}, not {modulus!r}'
    return cyclic(modulus)


def ask(record: Record) -> Answer:
    """Answer for a record or a folder of checkpoints."""
    if not record.checkpoints:
        return INSTRUMENT.lacks("there are no weights; record with checkpoints, or give step-*.safetensors")
    table = group_table(record.about)
    if isinstance(table, str):
        return INSTRUMENT.lacks(table)
    m, irreps = len(table), real_irreps(table)
    layers = number_weights(record.weights(-1), m)
    if not layers:
        return INSTRUMENT.lacks(f"no array of weights has one axis of length {m}, {m + 1} or {2 * m} (one an element)")
    # weights that take both elements side by side are those of the hidden nodes
    layer = max(layers, key=lambda one: one.vectors.shape[1])
    last = node_irreps(layer.vectors, irreps)
    kind = verdict(last.emerged)
    since = _since(record, layer, irreps, last)
    evidence = [_counted(layer, last, irreps, record.checkpoints[-1][0]), *_named(last, irreps, since)]
    if kind != "none":
        kept, _ = measured("features", "kept")
        if kept is not None:
            evidence.append(f"In {kept:.0%} of trained networks all features found midway were there at the end.")
    return INSTRUMENT.answer(_sentence(kind, last, irreps), evidence, *measured("features", kind))


def _sentence(kind: str, last: NodeIrreps, irreps: Irreps) -> str:
    number, of = int(last.emerged.sum()), len(irreps.names) - 1
    if kind == "none":
        return f"None yet: the weights look like noise in all of the {of} possible features."
    if kind == "all":
        return f"All have emerged: each of the {of} features is carried by some node."
    missing = [name for name, there in zip(irreps.names[1:], last.emerged[1:], strict=True) if not there]
    return f"{number} of the {of} possible features have emerged; missing: {_listed(missing)}."


def _counted(layer: NumberWeights, last: NodeIrreps, irreps: Irreps, step: int) -> str:
    carrying = last.carrying
    share = f"; the median share of their energy is {np.median(last.share[carrying]):.0%}" if carrying.any() else ""
    return (
        f"Each feature is an irreducible representation of the group of {len(irreps.label)} elements. In {layer.name}, "
        f"step {step}, {int(carrying.sum())} of {len(carrying)} nodes carry one more than Gaussian weights would "
        f"(chance below {UNLIKELY:g}){share}."
    )


def _named(last: NodeIrreps, irreps: Irreps, since: dict[int, int]) -> list[str]:
    there = np.flatnonzero(last.emerged)
    there = there[np.argsort(-last.count[there], kind="stable")].tolist()
    said = [
        f"{irreps.names[k]} (real dimension {irreps.dimension[k]}): {last.count[k]} nodes"
        + (f", since step {since[k]}" if k in since else "")
        for k in there[:LISTED]
    ]
    more = f"; and {len(there) - LISTED} more" if len(there) > LISTED else ""
    return [f"Emerged: {'; '.join(said)}{more}."] if said else []


def _since(record: Record, layer: NumberWeights, irreps: Irreps, last: NodeIrreps) -> dict[int, int]:
    """The first of at most twelve checkpoints at which each feature of the last one had emerged."""
    if len(record.checkpoints) < 2:
        return {}
    places = np.unique(np.linspace(0, len(record.checkpoints) - 1, LOOKED_AT).round().astype(int))
    first: dict[int, int] = {}
    for place in places.tolist():
        same = [one for one in number_weights(record.weights(place), len(irreps.label)) if one.name == layer.name]
        if same:
            found = node_irreps(same[0].vectors, irreps).emerged & last.emerged
            for k in np.flatnonzero(found).tolist():
                first.setdefault(k, record.checkpoints[place][0])
    return first


def _listed(names: list[str]) -> str:
    return ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


INSTRUMENT = Instrument(
    "features", "Which features have emerged, and which are missing?", "li2-grokking", ask, order=11
)
