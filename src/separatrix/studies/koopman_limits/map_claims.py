"""Claims on the doubling map, the Gauss map and flows: residuals, quadrature, and what few snapshots are worth."""

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between, near
from separatrix.studies.koopman_limits.interval_maps import chain_length
from separatrix.studies.koopman_limits.measures import Measure, OverSeeds, greatest, node, number, slope, smallest

EXACT = 1e-8
VANISHING = 0.02
"""Modulus below which an eigenvalue counts as zero: a Jordan block of seven comes out as large as 1e-16^(1/7)."""


def _off_law(name: str) -> Measure:
    return lambda r: float(np.abs(node(r, "doubling")[name] - node(r, "doubling")["theory"]).max())


def _on_circle(results: xr.DataTree) -> float:
    found = node(results, "doubling")["circle"]
    theory = [2 * np.sin(np.pi / (2 * (chain_length(int(order)) + 1))) for order in found["order"].to_numpy()]
    return float(np.abs(found.to_numpy() - theory).max())


def _on_circle_algebraic(results: xr.DataTree) -> float:
    found = node(results, "doubling")["circle"]
    return float(np.abs(found - found[0] * found["order"][0] / found["order"]).max())


def _counted(name: str, low: float, high: float = np.inf) -> Measure:
    return lambda r: float(((node(r, "gauss")[name] >= low) & (node(r, "gauss")[name] < high)).sum())


def _at_one(results: xr.DataTree) -> float:
    found = node(results, "gauss")
    distance = np.hypot(found["real"].to_numpy() - 1, found["imaginary"].to_numpy())
    return float(found["residual"][int(np.argmin(distance))])


def _gauss_large(results: xr.DataTree) -> float:
    return float((np.hypot(node(results, "gauss")["real"], node(results, "gauss")["imaginary"]) > VANISHING).sum())


def _rate(rule: str) -> Measure:
    return lambda r: float(slope(node(r, "gauss")["quadrature"].sel(rule=rule), "nodes"))


DOUBLING = (
    Claim(
        "01-exact-residual-law",
        "The doubling map's least residual is that of its longest chain: largest error over 50 points, all n",
        _off_law("residual"),
        at_most(EXACT),
        "ResDMD pseudospectra; law derived",
        kind="deterministic",
        control=Control("images as the dictionary holds them, L = A* G^-1 A", _off_law("wrong")),
    ),
    Claim(
        "02-edmd-pollutes",
        "All but one of EDMD's eigenvalues of the doubling map vanish: most that are above 0.02 at any n",
        greatest("doubling", "large"),
        near(1.0),
        "spectral pollution",
        kind="deterministic",
        control=Control("the Gauss map", _gauss_large),
    ),
    Claim(
        "02-zero-is-rejected",
        "No function has a residual below 1 at zero, the spurious eigenvalue, whatever n: least of all n",
        smallest("doubling", "origin"),
        near(1.0, absolute=EXACT),
        "spectral pollution; law derived",
        kind="deterministic",
        control=Control("images as the dictionary holds them", smallest("doubling", "wrong_origin")),
    ),
    Claim(
        "02-spurious-pairs-are-rejected",
        "Every eigenpair of EDMD but the constant has a residual of about 1: least of all pairs and n",
        smallest("doubling", "rest_residual"),
        at_least(1 - VANISHING),
        "clean-up by residuals; law derived",
        kind="deterministic",
        control=Control("residuals within the dictionary", greatest("doubling", "rest_projected")),
    ),
    Claim(
        "02-slow-on-the-circle",
        "On the unit circle the least residual falls as 2 sin(pi / (2 m + 2)), m = 1 + log2 n: largest error",
        _on_circle,
        at_most(EXACT),
        "rates; law derived",
        kind="deterministic",
        control=Control("a fall as 1 / n from the smallest n", _on_circle_algebraic),
    ),
)

GAUSS = (
    Claim(
        "03-many-good",
        "Of the Gauss map's 40 EDMD eigenvalues 16 have a residual below 0.01",
        _counted("residual", 0.0, 0.01),
        near(16.0, absolute=3.0),
        "Gauss map, N = 40, M = 100",
        kind="deterministic",
        control=Control("residuals within the dictionary", _counted("projected", 0.0, 0.01)),
    ),
    Claim(
        "03-some-spurious",
        "and 8 have one above 0.3",
        _counted("residual", 0.3),
        near(8.0, absolute=3.0),
        "Gauss map, N = 40, M = 100",
        kind="deterministic",
        control=Control("residuals within the dictionary", _counted("projected", 0.3)),
    ),
    Claim(
        "03-one-is-exact",
        "The eigenvalue 1 has a residual below 1e-10",
        _at_one,
        at_most(1e-10),
        "Gauss map, N = 40, M = 100",
        kind="deterministic",
        control=Control("the squared pencil, which loses half of the digits", number("gauss", "squared_at_one")),
    ),
    Claim(
        "03-gauss-legendre-converges",
        "Gauss-Legendre quadrature of A converges exponentially: largest error of an entry at 40 nodes",
        number("gauss", "quadrature", rule="Gauss-Legendre", nodes=400),
        at_most(1e-12),
        "quadrature rates",
        kind="deterministic",
        control=Control("the trapezoid rule at 400 nodes", number("gauss", "quadrature", rule="trapezoid", nodes=400)),
    ),
    Claim(
        "03-trapezoid-rate",
        "The trapezoid rule's error falls as M^-2: exponent",
        _rate("trapezoid"),
        between(-2.1, -1.9),
        "quadrature rates",
        kind="deterministic",
        control=Control("Riemann sums", _rate("Riemann")),
    ),
    Claim(
        "03-riemann-rate",
        "Riemann sums' error falls as M^-1: exponent",
        _rate("Riemann"),
        between(-1.1, -0.9),
        "quadrature rates",
        kind="deterministic",
        control=Control("the trapezoid rule", _rate("trapezoid")),
    ),
    Claim(
        "03-monte-carlo-rate",
        "The error of random snapshots falls as M^-1/2: exponent",
        lambda r: slope(node(r, "gauss")["monte_carlo"], "nodes"),
        between(-0.7, -0.3),
        "quadrature rates",
        control=Control("the trapezoid rule", _rate("trapezoid")),
    ),
)


def _largest(ratio: int) -> Measure:
    return lambda r: float(node(r, "limits")["largest"].sel(ratio=ratio).max())


def _change(before: int, after: int) -> Measure:
    def measure(results: xr.DataTree) -> float:
        found = node(results, "limits")["largest"]
        return float(np.abs(found.sel(ratio=before, drop=True) - found.sel(ratio=after, drop=True)).max())

    return measure


def _duffing(name: str, ratio: int) -> OverSeeds:
    return lambda r: node(r, "duffing")[name].sel(ratio=ratio, drop=True)


LIMITS = (
    Claim(
        "08-as-many-snapshots-as-functions",
        "With one snapshot a function every residual of doubling and Gauss map vanishes: the largest",
        _largest(1),
        at_most(EXACT),
        "the limits of snapshots and functions do not commute",
        kind="deterministic",
        control=Control("four snapshots a function", _largest(4)),
    ),
    Claim(
        "08-settled-from-four",
        "From four snapshots a function, by good quadrature, to eight nothing changes: in the largest residual",
        _change(4, 8),
        at_most(1e-6),
        "the limits of snapshots and functions do not commute",
        kind="deterministic",
        control=Control("from one to four", _change(1, 4)),
    ),
    Claim(
        "08-duffing-collapses",
        "So it is for an oscillator's random snapshots: largest residual at one snapshot a function",
        _duffing("largest", 1),
        at_most(EXACT),
        "Duffing oscillator",
        control=Control("four snapshots a function", _duffing("largest", 4)),
    ),
    Claim(
        "08-duffing-overturned",
        "Of the pairs that one snapshot a function certifies, fresh snapshots overturn this share",
        _duffing("overturned", 1),
        at_least(0.9),
        "Duffing oscillator",
        control=Control("eight snapshots a function", _duffing("overturned", 8)),
    ),
)

MAP_CLAIMS = (*DOUBLING, *GAUSS, *LIMITS)
