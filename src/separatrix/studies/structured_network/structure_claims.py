"""Claims that need no training: exactness, parameters, work, and what structure does for an estimate."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between, near
from separatrix.theory import (
    dense_error,
    dense_multiplications,
    dense_parameters,
    structured_error,
    structured_multiplications,
    structured_parameters,
)

Measure = Callable[[xr.DataTree], xr.DataArray | float]
EXACT = 1e-12
ROUNDING = 1e-13
"""Share of the largest singular value below which another one is rounding: n epsilon with a margin."""
FEW = 16
"""Windows up to which a dense fit of 32 columns is far from determined."""


def bare(values: xr.DataArray) -> xr.DataArray:
    """Without labels."""
    return values.drop_vars(list(values.coords)).rename(None)


def _largest_error(build: str) -> Measure:
    return lambda r: bare(r["exact"].to_dataset()[build].max("window"))


def _smallest_error(build: str) -> Measure:
    return lambda r: bare(r["exact"].to_dataset()[build].min("window"))


def _count(results: xr.DataTree, quantity: str, network: str) -> tuple[np.ndarray, np.ndarray]:
    found = results["counts"].to_dataset()[quantity].sel(network=network)
    return found["window"].to_numpy(), found.to_numpy()


def _off_law(quantity: str, network: str, law: Callable[[int], int]) -> Measure:
    """Largest difference of a count from a law, over windows."""

    def measure(results: xr.DataTree) -> float:
        windows, counted = _count(results, quantity, network)
        return float(np.max(np.abs(counted - [law(int(n)) for n in windows])))

    return measure


def _first_below(share: float, network: str) -> Measure:
    """The least window whose parameters are at most such a share of the dense network's; infinite if none."""

    def measure(results: xr.DataTree) -> float:
        windows, counted = _count(results, "parameters", network)
        _, dense = _count(results, "parameters", "dense")
        small = windows[counted <= share * dense]
        return float(small.min()) if small.size else np.inf

    return measure


def _slope_of_work(network: str) -> Measure:
    """Growth exponent of multiplications with the window."""

    def measure(results: xr.DataTree) -> float:
        windows, counted = _count(results, "multiplications", network)
        return float(np.polyfit(np.log(windows), np.log(counted), 1)[0])

    return measure


def _worst(kind: str, most: float = np.inf) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        found = results["estimates"].to_dataset()[kind]
        return bare(found.sel(samples=found["samples"] <= most).max("samples"))

    return measure


def _best(kind: str, most: float) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        found = results["estimates"].to_dataset()[kind]
        return bare(found.sel(samples=found["samples"] <= most).min("samples"))

    return measure


def _at_most_samples(kind: str) -> Measure:
    return lambda r: bare(r["estimates"].to_dataset()[kind].isel(samples=-1))


def _over_law(kind: str, law: Callable[[float, int, int, float], float]) -> Measure:
    """Error at the largest number of windows over what a law predicts."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = results["estimates"].to_dataset()
        n, samples = found["order"].size, int(found["samples"][-1])
        return bare(found[kind].isel(samples=-1)) / law(float(found["noise"]), samples, n, float(found["norm"]))

    return measure


def _larger_by_root(noise: float, samples: int, n: int, norm: float) -> float:
    """The structured law as it would be if each number were seen but once a window."""
    return structured_error(noise, samples, n, norm) * n**0.5


def _fourth(spectrum: str) -> Measure:
    def measure(results: xr.DataTree) -> float:
        values = results["estimates"].to_dataset()[spectrum].to_numpy()
        return float(values[3] / values[0])

    return measure


EXACTNESS = (
    Claim(
        "01-hankel-exact",
        "The linear complex network with Fourier factors is the Hankel matrix: largest relative error, n = 8 to 64",
        _largest_error("right"),
        at_most(EXACT),
        "section on Hankel operators; factorisation derived",
        control=Control("halves taken apart instead of interleaved", _smallest_error("wrong_order")),
    ),
    Claim(
        "01-reversal-needed",
        "Turning the window round is what makes it Hankel and not convolution: largest relative error",
        _largest_error("right"),
        at_most(EXACT),
        "factorisation derived",
        control=Control("the window as it is", _smallest_error("not_reversed")),
    ),
    Claim(
        "01-rank-is-the-order",
        "The matrix of a system of third order has rank 3: fourth singular value over the first",
        _fourth("singular"),
        at_most(ROUNDING),
        "Kronecker's theorem",
        kind="deterministic",
        control=Control("a system of fourth order", _fourth("richer")),
    ),
)

COUNTS = (
    Claim(
        "02-parameter-law",
        "The structured network has 11 n + 12 parameters: largest difference of the count, leaf by leaf",
        _off_law("parameters", "structured", structured_parameters),
        between(0, 0),
        "layer construction",
        kind="deterministic",
        control=Control(
            "factors not shared by the blocks of a level", _off_law("parameters", "unshared", structured_parameters)
        ),
    ),
    Claim(
        "02-dense-law",
        "The dense network has 4 n^2 + 3 n: largest difference of the count",
        _off_law("parameters", "dense", dense_parameters),
        between(0, 0),
        "layer construction",
        kind="deterministic",
        control=Control("the structured network", _off_law("parameters", "structured", dense_parameters)),
    ),
    Claim(
        "02-a-fifth-from-16",
        "The least window, of powers of two, at which the structured network has a fifth of the parameters or less",
        _first_below(0.2, "structured"),
        between(16, 16),
        "arithmetic",
        kind="deterministic",
        control=Control("factors not shared", _first_below(0.2, "unshared")),
        unit="numbers",
    ),
    Claim(
        "02-a-twentieth-from-64",
        "The least window, of powers of two, at which it has a twentieth of them or less",
        _first_below(0.05, "structured"),
        between(64, 64),
        "arithmetic",
        kind="deterministic",
        control=Control("factors not shared", _first_below(0.05, "unshared")),
        unit="numbers",
    ),
    Claim(
        "03-work-law",
        "A butterfly costs n a level: multiplications less 2 n log2(2n) + 4 n, largest difference",
        _off_law("multiplications", "no ends", structured_multiplications),
        between(0, 0),
        "complexity of the layers; counted in the compiled program",
        kind="deterministic",
        control=Control("the dense network", _off_law("multiplications", "dense", structured_multiplications)),
    ),
    Claim(
        "03-work-grows-slower",
        "Multiplications grow as n log n, an exponent below 1.5 at these windows, where dense layers have 2",
        _slope_of_work("structured"),
        between(1.0, 1.5),
        "complexity of the layers",
        kind="deterministic",
        control=Control("the dense network", _slope_of_work("dense")),
    ),
    Claim(
        "03-dense-work-law",
        "Dense layers cost 4 n^2 multiplications: largest difference",
        _off_law("multiplications", "dense", dense_multiplications),
        between(0, 0),
        "complexity of the layers; counted in the compiled program",
        kind="deterministic",
        control=Control("the structured network", _off_law("multiplications", "no ends", dense_multiplications)),
    ),
)

REGULARISES = (
    Claim(
        "04-structured-fits-few-windows",
        "Least squares over the 2n - 1 Hankel numbers finds the matrix from 4 windows on: largest relative error",
        _worst("structured"),
        at_most(0.05),
        "reference runs; n = 32, noise 0.05",
        control=Control("over all entries of the matrix", _worst("dense")),
    ),
    Claim(
        "04-dense-needs-as-many-as-columns",
        "Dense least squares is underdetermined below n windows: smallest relative error up to 16",
        _best("dense", FEW),
        at_least(0.5),
        "reference runs",
        control=Control("over the Hankel numbers", _best("structured", FEW)),
    ),
    Claim(
        "04-dense-fits-twice-the-columns",
        "With 64 windows of 32 dense least squares is within 0.05 too",
        _at_most_samples("dense"),
        at_most(0.05),
        "reference runs",
        control=Control("with 16 windows", _best("dense", FEW)),
    ),
    Claim(
        "04-structured-error-law",
        "Its error is noise ((2n - 1) / windows)^1/2 / ||H||: measured over predicted at the most windows",
        _over_law("structured", structured_error),
        near(1.0, relative=0.1),
        "derived",
        control=Control("a law larger by n^1/2", _over_law("structured", _larger_by_root)),
    ),
    Claim(
        "04-dense-error-law",
        "The dense error is noise n (windows - n - 1)^-1/2 / ||H||: measured over predicted",
        _over_law("dense", dense_error),
        near(1.0, relative=0.1),
        "derived (inverse Wishart)",
        control=Control("the law of the structured fit", _over_law("dense", structured_error)),
    ),
)
