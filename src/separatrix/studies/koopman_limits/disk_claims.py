"""Claims on two maps of the disk that no method can tell apart from where it looked."""

import math

import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, near
from separatrix.studies.koopman_limits.measures import Measure, greatest, node, number, smallest


def _differing(prefix: str = "") -> Measure:
    def measure(results: xr.DataTree) -> float:
        found = node(results, "disk")
        return float(found[f"{prefix}differing"].sum() + found[f"{prefix}differing_residuals"])

    return measure


DISK_CLAIMS = (
    Claim(
        "06-identical-data",
        "A twist in the widest gap of the design changes no image, to the bit: images that differ",
        greatest("disk", "differing_data"),
        at_most(0.0),
        "two maps of the disk",
        kind="deterministic",
        control=Control("a design with points in the gap", greatest("disk", "seen_differing_data")),
    ),
    Claim(
        "06-identical-answers",
        "EDMD, ResDMD and mpEDMD answer alike, to the bit: numbers that differ",
        _differing(),
        at_most(0.0),
        "two maps of the disk",
        kind="deterministic",
        control=Control("a design with points in the gap", _differing("seen_")),
    ),
    Claim(
        "06-spectra-apart",
        "The two true spectra, {1, -1} and the circle, are sqrt(2) apart",
        number("disk", "apart"),
        near(math.sqrt(2), absolute=1e-9),
        "two maps of the disk",
        kind="deterministic",
        control=Control("two maps without a twist", number("disk", "together")),
    ),
    Claim(
        "06-every-method-errs",
        "So every method errs by sqrt(2)/2 or more on one of them: least of three methods' larger errors",
        smallest("disk", "worst"),
        at_least(math.sqrt(2) / 2),
        "two maps of the disk",
        kind="deterministic",
        control=Control("a design and a dictionary that know the gap", smallest("disk", "seen_worst")),
    ),
    Claim(
        "06-chance-does-not-help",
        "Random designs are right, to within sqrt(2)/2, on at most one of the two: largest share of any seed",
        greatest("disk", "success"),
        at_most(0.5),
        "randomised algorithms",
        kind="deterministic",
        control=Control("a wide twist, and a dictionary that knows it", smallest("disk", "seen_success")),
    ),
)
