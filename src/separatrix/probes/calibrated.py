"""How often answers were right on runs of known truth, as measured by ``python -m separatrix.probes.calibration``."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def calibration() -> dict[str, Any]:
    """The stored results of the calibration, empty if there are none."""
    source = files("separatrix.probes") / "calibration.json"
    return json.loads(source.read_text()) if source.is_file() else {}


def measured(instrument: str, answer: str) -> tuple[float | None, str]:
    """The share of right answers of one kind.

    Args:
        instrument: its name.
        answer: the kind of answer.

    Returns:
        The share, by Laplace's rule of succession and so never 1; None if it was not measured. And a sentence on what
        it rests on.
    """
    entry = calibration().get(instrument, {}).get(answer)
    if entry is None or not entry["asked"]:
        return None, "Not calibrated: no runs of known truth were tried for this answer."
    share = (entry["right"] + 1) / (entry["asked"] + 2)
    return (
        share,
        f"Such answers were right in {entry['right']} of {entry['asked']} runs of known truth ({entry['runs']}).",
    )
