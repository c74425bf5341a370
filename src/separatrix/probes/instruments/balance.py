"""Is it conservative, dissipative, driven?"""

from typing import Any

from separatrix.probes.calibrated import measured
from separatrix.probes.energy_balance import Balance, judge_balance
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.series import Series


def ask(series: Any) -> Answer:
    """Answer for one series."""
    assert isinstance(series, Series)
    if series.refusal:
        return INSTRUMENT.lacks(series.refusal)
    found = judge_balance(series)
    if found.kind == "unsaid":
        return INSTRUMENT.lacks(found.why, tuple(found.evidence))
    confidence, calibrated = measured("balance", found.kind)
    return INSTRUMENT.answer(_sentence(found), list(found.evidence), confidence, calibrated)


def _sentence(found: Balance) -> str:
    return {
        "conservative": f"Conservative: {found.why}.",
        "dissipative": f"Dissipative: {found.why}.",
        "driven": f"Driven: {found.why}.",
        "steady": f"Steady: {found.why}. Whether it is conservative or held on a cycle cannot be told from one orbit; "
        "start it elsewhere and see whether it comes back.",
    }[found.kind]


INSTRUMENT = Instrument(
    "balance", "Is it conservative, dissipative, driven?", "koopman-limits", ask, 22, of=("series",)
)
