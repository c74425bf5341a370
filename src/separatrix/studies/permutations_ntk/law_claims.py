"""Claims on what theory says of one network: closed forms, signs and scaling."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_most, between, near
from separatrix.theory.permutations import CROSS

REFERENCE = (
    (10, 2, (0.56542, -0.00985, 0.00652)),
    (10, 5, (0.28373, -0.04071, 0.01250)),
    (30, 2, (0.57101, -0.00427, 0.00214)),
    (30, 29, (0.04976, -0.07050, 0.00824)),
    (30, 30, (0.04602, None, 0.00841)),
)
"""Bits, ones, and mu1, mu0 and S as published with five decimals."""
SHIFT = (1 - CROSS) / CROSS
"""d / c = 5.283, which is added to the bits."""
FROM, TO = 20, 200
Number = Callable[[xr.DataTree], float]


def of_law(results: xr.DataTree, name: str, parametrisation: str = "NTK", **where: object) -> xr.DataArray:
    """Means or variance of one parametrisation."""
    return results["law"].to_dataset()[name].sel(parametrisation=parametrisation, drop=True).sel(where, drop=True)


def _from_reference(parametrisation: str) -> Number:
    def measure(results: xr.DataTree) -> float:
        apart = [
            abs(float(of_law(results, name, parametrisation, bits=k, support=s)) - value)
            for k, s, values in REFERENCE
            for name, value in zip(("ones", "zeros", "variance"), values, strict=True)
            if value is not None
        ]
        return max(apart)

    return measure


def _right_signs(threshold: float) -> Number:
    """Share of pairs of bits and ones whose means lie on the right sides of a threshold."""

    def measure(results: xr.DataTree) -> float:
        law = results["law"].to_dataset().sel(parametrisation="NTK", bits=slice(2, 64), support=slice(2, 64))
        exists, full = law.ones.notnull(), law.support == law.bits
        right = (law.ones > threshold) & (full | (law.zeros < threshold))
        return float(right.where(exists).mean())

    return measure


def _wrong_inputs(threshold: float) -> Number:
    return lambda results: float(results["signs"].to_dataset().wrong.sel(threshold=threshold).sum(skipna=False))


def _constant(results: xr.DataTree, parametrisation: str, shift: float = SHIFT) -> xr.DataArray:
    zeros = of_law(results, "zeros", parametrisation, support=2)
    return zeros * (zeros.bits + shift)


def _spread(shift: float) -> Number:
    def measure(results: xr.DataTree) -> float:
        constant = _constant(results, "NTK", shift)
        return float((constant.max() - constant.min()) / abs(constant.mean()))

    return measure


def _slope(name: str, shift: float = 0.0, parametrisation: str = "NTK", power: float = 0.0) -> Number:
    """Slope between logarithms from 20 to 200 bits, of the size of a mean or variance times a power of the bits."""

    def measure(results: xr.DataTree) -> float:
        values = abs(of_law(results, name, parametrisation, support=2)).sel(bits=[FROM, TO])
        size = values.bits.to_numpy().astype(float)
        rise, run = np.diff(np.log(values.to_numpy() * size**power)), np.diff(np.log(size + shift))
        return float((rise / run)[0])

    return measure


def _variance_times_bits(parametrisation: str) -> Number:
    def measure(results: xr.DataTree) -> float:
        found = [k * float(of_law(results, "variance", parametrisation, bits=k, support=2)) for k in (20, 200)]
        return max(abs(found[0] - 0.0645), abs(found[1] - 0.0636))

    return measure


LAW = (
    Claim(
        "01-closed-forms",
        "The closed forms of means and variance are kernel regression, to rounding (largest error)",
        lambda r: float(r["law"].to_dataset().error),
        at_most(1e-10),
        "theorem on the limit law; variance derived",
        kind="deterministic",
        control=Control(
            "kernel regression with the output layer's kernel",
            lambda r: float(r["law"].to_dataset().error_of_output_kernel),
        ),
    ),
    Claim(
        "01-reference-values",
        "The closed forms give the reference values for 10 and 30 bits to the last of five decimals (largest error)",
        _from_reference("NTK"),
        at_most(5e-6),
        "reference values",
        kind="deterministic",
        control=Control("the law of the standard parametrisation", _from_reference("standard")),
    ),
    Claim(
        "02-signs-of-the-mean",
        "Means are above 0 on ones and below 0 on zeros for every number of bits from 2 to 64 and of ones from 2 "
        "(share)",
        _right_signs(0.0),
        between(1.0, 1.0),
        "theorem on sign-based features",
        kind="deterministic",
        control=Control("rounding at 1/2", _right_signs(0.5)),
    ),
    Claim(
        "02-every-input",
        "The signs of kernel regression are a random permutation of every nonzero input of 2 to 12 bits (wrong inputs)",
        _wrong_inputs(0.0),
        between(0.0, 0.0),
        "theorem on exact learning",
        kind="deterministic",
        control=Control("rounding at 1/2", _wrong_inputs(0.5)),
    ),
    Claim(
        "03-margin-constant",
        "With two ones, mu0 times (bits + 5.283) is -0.1505",
        lambda r: float(_constant(r, "NTK").mean()),
        near(-0.1505, absolute=5e-5),
        "margin; constant derived",
        kind="deterministic",
        control=Control("the standard parametrisation", lambda r: float(_constant(r, "standard").mean())),
    ),
    Claim(
        "03-margin-exact",
        "This product is the same for all bits from 2 to 200 (relative spread)",
        _spread(SHIFT),
        at_most(1e-10),
        "margin; derived",
        kind="deterministic",
        control=Control("mu0 times the bits alone", _spread(0.0)),
    ),
    Claim(
        "03-variance-over-bits",
        "Bits times variance is 0.0645 at 20 bits and 0.0636 at 200 (larger distance)",
        _variance_times_bits("NTK"),
        at_most(5e-5),
        "variance; values derived",
        kind="deterministic",
        control=Control("the standard parametrisation", _variance_times_bits("standard")),
    ),
    Claim(
        "03-variance-slope",
        "The variance falls as one over the bits: slope from 20 to 200 bits",
        _slope("variance"),
        near(-1.006, absolute=5e-3),
        "S = Theta(1/k)",
        kind="deterministic",
        control=Control("the variance times the bits", _slope("variance", power=1.0)),
    ),
    Claim(
        "03-margin-slope",
        "The margin falls more slowly at first: slope of |mu0| from 20 to 200 bits",
        _slope("zeros"),
        near(-0.909, absolute=5e-3),
        "m = Theta(1/k)",
        kind="deterministic",
        control=Control("one over the bits at once: slope over bits + 5.283", _slope("zeros", SHIFT)),
    ),
    Claim(
        "03-margin-slope-shifted",
        "Over bits + 5.283 the slope of |mu0| is -1",
        _slope("zeros", SHIFT),
        near(-1.0, absolute=1e-6),
        "m = Theta(1/k); derived",
        kind="deterministic",
        control=Control("over the bits", _slope("zeros")),
    ),
)
