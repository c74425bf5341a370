"""Claims 7 and 10: weights that no example moves, and wrong builds that the simulation must tell from the right one."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_most, near, rival
from separatrix.studies.generalization_dynamics.error_claims import SNR, one
from separatrix.studies.generalization_dynamics.measures import at_time, error, exact
from separatrix.studies.generalization_dynamics.modes import LATE
from separatrix.theory import final_test_error, marchenko_pastur, test_error

Measure = Callable[[xr.DataTree], xr.DataArray | float]

EARLY = 0.1
STARTS = {"0": 0.0, "0-5": 0.5, "1": 1.0, "4": 4.0}


def _late(results: xr.DataTree, ratio: float, inr: float) -> xr.DataArray:
    return at_time(error(one(results, ratio), SNR, inr), LATE).isel(ratio=0, drop=True)


def _final(inr: float, frozen: bool) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        theory = float(final_test_error(0.5, 1.0, 1 / SNR, inr)) - (0.0 if frozen else 0.5 * (1 + inr))
        return _late(results, 0.5, inr) / theory

    return measure


def _dependence(ratio: float) -> Measure:
    return lambda results: abs(_late(results, ratio, 4.0) / _late(results, ratio, 0.0) - 1)


def _moved(decay: int) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        moved = results["descent"].to_dataset().moved.isel(decay=decay, drop=True)
        return moved.sel(ratio=moved.ratio < 1).max(("ratio", "time"), skipna=False)

    return measure


def _early(scale: str) -> Measure:
    """Simulated test error at an early time over the theory's, read at this time or at N times it."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        run = one(results, 2.0)
        at = EARLY * (run.attrs["inputs"] if scale == "wrong" else 1.0)
        theory = float(test_error(marchenko_pastur(float(run.ratio[0])), np.array([at]), 1.0, 1 / SNR)[0])
        return at_time(error(run, SNR), EARLY).isel(ratio=0, drop=True) / theory

    return measure


def _floor(left_out: float) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = one(results, 4.0)
        theory = exact(results, run, SNR).test_error.sel(time=LATE, drop=True) - left_out / SNR
        return (at_time(error(run, SNR), LATE) / theory).isel(ratio=0, drop=True)

    return measure


FROZEN = (
    *(
        Claim(
            f"07-final-error-from-start-{name}",
            f"With half as many examples as parameters and INR {inr:g}, the final error is frozen weights and noise",
            _final(inr, True),
            near(1.0, relative=0.03),
            "limit of E_g(t)",
            control=Control("as if the frozen weights had been learned", _final(inr, False)),
        )
        for name, inr in STARTS.items()
    ),
    Claim(
        "07-start-forgotten-above-one",
        "With twice as many examples as parameters the start is forgotten",
        _dependence(2.0),
        at_most(1e-9),
        "limit of E_g(t)",
        control=Control("with half as many", _dependence(0.5)),
    ),
    Claim(
        "07-frozen-weights-stay",
        "Gradient descent does not move weights in directions that no example shows",
        _moved(0),
        at_most(1e-12),
        "frozen subspace",
        control=Control("with weight decay", _moved(1)),
    ),
)

DETECTORS = (
    Claim(
        "10-mass-at-zero",
        "At half as many examples as parameters and SNR 5 the final error is 0.90",
        lambda results: _late(results, 0.5, 0.0),
        near(0.9, relative=0.03),
        "limit of E_g(t)",
        control=Control(
            "0.40: without the mass at zero eigenvalue",
            rival(lambda results: _late(results, 0.5, 0.0), claimed=0.9, instead=0.4),
        ),
        unit="variance of the teacher's weights",
    ),
    Claim(
        "10-variance-of-inputs",
        f"At time {EARLY:g} the error is that of inputs of variance 1/N",
        _early("right"),
        near(1.0, relative=0.05),
        "equation for E_g(t)",
        control=Control("with inputs of variance 1, all is over N times sooner", _early("wrong")),
    ),
    Claim(
        "10-noise-of-test-examples",
        "The test error ends above the noise of test examples",
        _floor(0.0),
        near(1.0, relative=0.05),
        "equation for E_g(t)",
        control=Control("the formula without that noise", _floor(1.0)),
    ),
)
