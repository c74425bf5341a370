"""How much has been learned: which modes, what rank, how many units?"""

from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.layers import layer_spectra, unit_shares
from separatrix.probes.record import Record

DONE = 0.5


def ask(record: Record) -> Answer:
    """Answer for a record or a folder of checkpoints."""
    rows = record.having("layers")
    if rows:
        last = rows[-1]
        layers, units, modes, step = last["layers"], last["units"], last.get("modes"), last["step"]
    elif record.checkpoints:
        start = record.weights(0) if len(record.checkpoints) >= 2 else None
        weights = record.weights(-1)
        layers, units, modes = layer_spectra(weights, start), unit_shares(weights), None
        step = max(step for step, _ in record.checkpoints)
    else:
        return INSTRUMENT.lacks("no weights were recorded; raise overhead or train longer")
    if not layers:
        return INSTRUMENT.lacks("no layer has a weight matrix of at most 768 on its smaller side")
    evidence = [_modes(modes)] if modes else []
    evidence += [_layer(name, entry) for name, entry in list(layers.items())[:6]]
    evidence += [
        f"Between {name} and the next layer {int(entry['active'])} of {int(entry['units'])} units are active "
        f"(share at least a twentieth of the largest; as if {entry['participation']:.1f} were equal)."
        for name, entry in list(units.items())[:6]
    ]
    calibrated = "These are measurements of the weights and outputs; nothing is predicted."
    return INSTRUMENT.answer(_sentence(modes, layers, units, step), evidence, None, calibrated)


def _sentence(modes: dict | None, layers: dict, units: dict, step: int) -> str:
    key = "change_rank" if all("change_rank" in entry for entry in layers.values()) else "effective_rank"
    moved = {name: entry for name, entry in layers.items() if entry[key] > 0}
    of = "what training changed" if key == "change_rank" else "the weights"
    rank = "no layer has changed"
    if moved:
        name, entry = min(moved.items(), key=lambda item: item[1][key] / min(item[1]["shape"]))
        rank = f"{of} in {name} has rank {entry[key]:.1f} of {min(entry['shape'])}"
    used = ""
    if units:
        busiest, entry = min(units.items(), key=lambda item: item[1]["active"] / item[1]["units"])
        used = f", {int(entry['active'])} of {int(entry['units'])} units of {busiest} carry it"
    if modes:
        done = sum(share >= DONE for share in modes["learned"])
        head = f"{done} of {len(modes['learned'])} modes of the data"
        return f"At step {step} it has learned {head}; {rank}{used}."
    return f"At step {step} {rank}{used}."


def _modes(modes: dict) -> str:
    shares = ", ".join(f"{share:.0%}" for share in modes["learned"])
    return f"Linear modes of the data, strongest first, are reproduced to {shares}."


def _layer(name: str, entry: dict) -> str:
    values = ", ".join(f"{value:.3g}" for value in entry["singular_values"][:5])
    change = f", that of what training changed {entry['change_rank']:.1f}" if "change_rank" in entry else ""
    more = ", ..." if len(entry["singular_values"]) > 5 else ""
    rank = f"effective rank {entry['effective_rank']:.1f} of {min(entry['shape'])}"
    return f"{name}: singular values {values}{more}; {rank}{change}."


INSTRUMENT = Instrument(
    "learned", "How much has been learned: which modes, what rank, how many units?", "deep-linear", ask, 2
)
