"""Claims on measure-preserving maps: unitary models, spectral measures of any order, certificates."""

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, near
from separatrix.studies.koopman_limits.measures import Measure, OverSeeds, greatest, node, number, slope

TABLE = {1: (0.0253, 0.0138, 0.0072), 2: (2.3e-3, 7.0e-4, 1.9e-4), 4: (8.2e-5, 7.3e-6, 5.5e-7)}
"""Errors of the smoothed measure at bandwidths 0.2, 0.1 and 0.05, by order of the kernel."""
ROUNDED = 0.03
"""Share by which those may be off, being given to two digits: 1.9e-4 stands for anything within 2.7 %."""


def _off_table(name: str) -> Measure:
    def measure(results: xr.DataTree) -> float:
        found = node(results, "shift")[name].sel(bandwidth=[0.2, 0.1, 0.05])
        return max(float(np.abs(found.sel(kernel=m).to_numpy() / row - 1).max()) for m, row in TABLE.items())

    return measure


def _order(kernel: int, name: str = "error") -> Measure:
    return lambda r: float(slope(node(r, "shift")[name].sel(kernel=kernel), "bandwidth"))


UNITARY = (
    Claim(
        "04-on-the-circle",
        "mpEDMD's eigenvalues have modulus 1: largest deviation",
        greatest("rotation", "off_circle"),
        at_most(1e-12),
        "mpEDMD, unitary polar factor",
        kind="deterministic",
        control=Control("EDMD", greatest("rotation", "edmd_off_circle")),
    ),
    Claim(
        "04-moments-are-exact",
        "Its spectral measure in a Krylov dictionary of N functions has the right moments 0 to N - 1: largest error",
        greatest("rotation", "moment_error"),
        at_most(1e-9),
        "mpEDMD, Krylov dictionaries",
        kind="deterministic",
        control=Control("moment N", greatest("rotation", "next_error")),
    ),
    Claim(
        "04-the-next-is-not",
        "and at N = 6 an error of 0.33 in moment 6",
        number("rotation", "next_error", functions=6),
        near(0.33, absolute=0.01),
        "mpEDMD, Krylov dictionaries",
        kind="deterministic",
        control=Control("the moments before it", number("rotation", "moment_error", functions=6)),
    ),
    Claim(
        "04-the-next-falls",
        "of 6e-3 in moment 10 at N = 10",
        number("rotation", "next_error", functions=10),
        near(6e-3, absolute=1e-3),
        "mpEDMD, Krylov dictionaries",
        kind="deterministic",
        control=Control("the moments before it", number("rotation", "moment_error", functions=10)),
    ),
    Claim(
        "04-edmd-off-the-circle",
        "EDMD's eigenvalues of the same data lie inside: least modulus at N = 6",
        number("rotation", "least_modulus", functions=6),
        near(0.74, absolute=0.01),
        "mpEDMD, comparison",
        kind="deterministic",
        control=Control("mpEDMD", number("rotation", "unitary_least_modulus", functions=6)),
    ),
    Claim(
        "04-edmd-stays-off",
        "and at N = 10",
        number("rotation", "least_modulus", functions=10),
        near(0.7, absolute=0.05),
        "mpEDMD, comparison",
        kind="deterministic",
        control=Control("mpEDMD", number("rotation", "unitary_least_modulus", functions=10)),
    ),
)

MEASURE = (
    Claim(
        "05-errors-as-computed",
        "The shift's smoothed spectral measure has the errors of the table, three orders by three bandwidths",
        _off_table("error"),
        at_most(ROUNDED),
        "rational kernels; table recomputed",
        kind="deterministic",
        control=Control("a shift that begins anew after 21 functions", _off_table("periodic_error")),
    ),
    Claim(
        "05-order-one",
        "Its error falls with the bandwidth to the power of the kernel's order: exponent at order 1",
        _order(1),
        at_least(0.85),
        "rational kernels",
        kind="deterministic",
        control=Control("a shift that begins anew after 21 functions", _order(1, "periodic_error")),
    ),
    Claim(
        "05-order-two",
        "at order 2",
        _order(2),
        at_least(1.75),
        "rational kernels",
        kind="deterministic",
        control=Control("the Poisson kernel, of order 1", _order(1)),
    ),
    Claim(
        "05-order-four",
        "at order 4",
        _order(4),
        at_least(3.4),
        "rational kernels",
        kind="deterministic",
        control=Control("the kernel of order 2", _order(2)),
    ),
)


def _cat(name: str) -> Measure:
    def measure(results: xr.DataTree) -> float:
        found = node(results, "certificates")[name]
        cats = [case for case in found["case"].to_numpy() if str(case).startswith("cat")]
        return float(found.sel(case=cats).max())

    return measure


def _over_bound(results: xr.DataTree) -> float:
    return float((node(results, "certificates")["off"] - node(results, "certificates")["bound"]).max())


def _over_wrong_bound(results: xr.DataTree) -> float:
    return float(node(results, "certificates")["wrong_off"] - node(results, "certificates")["wrong_bound"])


def _over_residual(name: str) -> OverSeeds:
    """How much farther from the circle a pair is than its residual and the data's defect from isometry allow."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = node(results, "duffing")
        distance = abs(1 - (found["real"] ** 2 + found["imaginary"] ** 2) ** 0.5)
        return (distance - found[name]).max("pair") - found["isometry"]

    return measure


CERTIFICATE = (
    Claim(
        "07-no-false-positive",
        "For rotation and cat map no residual is below the distance from the circle: largest excess on a grid",
        greatest("certificates", "excess"),
        at_most(1e-8),
        "certificate of isometries",
        kind="deterministic",
        control=Control("images as the dictionary holds them", greatest("certificates", "wrong_excess")),
    ),
    Claim(
        "07-edmd-violates-it",
        "EDMD's eigenvalues of the cat map are as far from its spectrum as can be: largest distance",
        _cat("edmd_distance"),
        near(1.0, absolute=0.02),
        "certificate of isometries",
        kind="deterministic",
        control=Control("those with a residual below 1/2", _cat("kept_distance")),
    ),
    Claim(
        "07-one-limit",
        "Every point that the one-limit algorithm keeps is within its bound E_n of the spectrum: largest excess",
        _over_bound,
        at_most(1e-8),
        "one-limit algorithm",
        kind="deterministic",
        control=Control("residuals within the dictionary, of the cat map", _over_wrong_bound),
    ),
    Claim(
        "07-duffing-certified",
        "A frictionless oscillator's eigenvalues are no farther from the circle than residual and data allow: excess",
        _over_residual("residual"),
        at_most(1e-8),
        "certificate of isometries; Duffing oscillator",
        control=Control("residuals within the dictionary", _over_residual("projected")),
    ),
)

ISOMETRY_CLAIMS = (*UNITARY, *MEASURE, *CERTIFICATE)
