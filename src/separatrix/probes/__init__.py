"""Probes: record a training run at a stated cost, and ask questions of a record or of a folder of checkpoints."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from separatrix.probes.diagnose import diagnose, list_instruments
    from separatrix.probes.instrument import Answer, Instrument
    from separatrix.probes.record import Record
    from separatrix.probes.recorder import Recorder

_HOMES = {
    "Answer": "instrument",
    "Instrument": "instrument",
    "Record": "record",
    "Recorder": "recorder",
    "diagnose": "diagnose",
    "list_instruments": "diagnose",
}

__all__ = ["Answer", "Instrument", "Record", "Recorder", "diagnose", "list_instruments"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'separatrix.probes' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"separatrix.probes.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
