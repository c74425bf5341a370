"""Claims about trained networks, and the spectrum of pure tones beside theirs."""

from itertools import pairwise

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between
from separatrix.studies.koopman_vae.measures import Measure, angle_error, networks, off_circle, score
from separatrix.studies.koopman_vae.training import (
    DRAWN,
    DRAWN_TO_CIRCLE,
    FROBENIUS,
    INDEPENDENT,
    SPLINE,
    TONES,
    TONES_INDEPENDENT,
    ZEROS,
)

HALVED = 2.0
RISE = 1.3
FORGETFUL = 0.9
"""Share of noise in a prior that has no memory: all of it, but for what its means change in time."""
BETTER = 0.8
"""Ratio of prediction errors that counts as better, by a fifth."""
TINY = 1e-300
"""What has vanished altogether in single precision counts as this small."""
DECADES_LOST = -np.log10(0.05)


def _sweep(results: xr.DataTree) -> list[str]:
    """Names of the settings of the sweep of alpha, from none to the largest."""
    names = [str(name) for name in results["networks"]["setting"].to_numpy() if str(name).startswith("alpha")]
    return sorted(names, key=lambda name: float(name.split()[1]))


def _smallest_fall(results: xr.DataTree) -> xr.DataArray:
    residuals = [networks(results, "residual", name) for name in _sweep(results)[1:]]
    falls = [high / low for high, low in pairwise(residuals)]
    return xr.concat(falls, "step").min("step", skipna=False)


def _smallest_rise(results: xr.DataTree) -> xr.DataArray:
    """The same sweep read backwards: what a loss with the wrong sign would give."""
    residuals = [networks(results, "residual", name) for name in _sweep(results)[1:]]
    rises = [low / high for high, low in pairwise(residuals)]
    return xr.concat(rises, "step").min("step", skipna=False)


def _fall_to(setting: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        first, *_, last = _sweep(results)
        return networks(results, "residual", first) / networks(results, "residual", setting or last)

    return measure


def _error_over_first(name: str, *, last: bool) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        sweep = _sweep(results)
        return networks(results, name, sweep[-1 if last else 0]) / networks(results, "mse", sweep[0])

    return measure


LINEARITY = (
    Claim(
        "03-residual-falls-with-weight",
        "The prior's linear residual falls with alpha from 0.005 to 0.5: smallest factor a tenfold step",
        _smallest_fall,
        at_least(1.0),
        "loss of linear prediction",
        control=Control("the sweep backwards", _smallest_rise),
    ),
    Claim(
        "03-residual-halved",
        "At alpha 0.5 it is at most half of that without the loss: factor",
        _fall_to(""),
        at_least(HALVED),
        "loss of linear prediction",
        control=Control("the loss scaled as in the paper's code, at the same weight", _fall_to(FROBENIUS)),
    ),
    Claim(
        "03-reconstruction-kept",
        "The reconstruction error rises by no more than 30 %: at alpha 0.5 over that without",
        _error_over_first("mse", last=True),
        at_most(RISE),
        "loss of linear prediction",
        control=Control("series of the prior's own latent states", _error_over_first("unrelated", last=False)),
    ),
)

GENERATION = (
    Claim(
        "04-hard-to-tell-from-real",
        "Generated series are hard to tell from real ones: discriminative score",
        lambda r: score(r, "discriminative", ""),
        at_most(0.25),
        "tables of scores",
        control=Control("a prior of independent normal states", lambda r: score(r, "discriminative", INDEPENDENT)),
    ),
    Claim(
        "04-independent-prior-easy-to-tell",
        "Those of a prior of independent normal states are easy to tell: discriminative score",
        lambda r: score(r, "discriminative", INDEPENDENT),
        at_least(0.4),
        "tables of scores",
        control=Control("the learned prior", lambda r: score(r, "discriminative", "")),
    ),
    Claim(
        "04-useful-to-learn-from",
        "What is learned from generated series is true of real ones: prediction error over the independent prior's",
        lambda r: score(r, "predictive", "") / score(r, "predictive", INDEPENDENT),
        at_most(BETTER),
        "tables of scores",
        control=Control(
            "a prior paired with its own draws",
            lambda r: score(r, "predictive", DRAWN) / score(r, "predictive", INDEPENDENT),
        ),
    ),
    Claim(
        "04-own-draws-teach-no-memory",
        "Compared with its own draws, as in the paper's code, and not with the data's states, the prior is noise",
        lambda r: networks(r, "floor", DRAWN),
        at_least(FORGETFUL),
        "the paper's code; derived",
        control=Control("compared with the data's states", lambda r: networks(r, "floor", "")),
    ),
)


def _off_circle(setting: str) -> Measure:
    return lambda results: off_circle(networks(results, "operator", setting))


def _grown(setting: str) -> Measure:
    return lambda results: networks(results, "growth", setting).isel(ahead=-1)


def _decades(setting: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        grown = networks(results, "growth", setting).isel(ahead=-1)
        return abs(xr.apply_ufunc(np.log10, np.maximum(grown, TINY)))

    return measure


SPECTRUM = (
    Claim(
        "05-moduli-drawn-to-one",
        "The constraint draws all moduli to 1: mean distance",
        _off_circle(DRAWN_TO_CIRCLE),
        at_most(0.05),
        "physics through the spectrum",
        control=Control("no constraint", _off_circle("")),
    ),
    Claim(
        "05-moduli-otherwise-not",
        "Without it they are elsewhere: mean distance",
        _off_circle(""),
        at_least(0.15),
        "physics through the spectrum",
        control=Control("an orthogonal operator", lambda r: _off_circle("")(r) * 0),
    ),
    Claim(
        "05-long-propagation-kept",
        "Under the constraint 200 linear steps keep the size of latent states: factor",
        _grown(DRAWN_TO_CIRCLE),
        between(0.3, 3.0),
        "physics through the spectrum",
        control=Control("no constraint", _grown("")),
    ),
    Claim(
        "05-long-propagation-otherwise-lost",
        "Without it they vanish or explode: decades either way",
        _decades(""),
        at_least(float(DECADES_LOST)),
        "physics through the spectrum",
        control=Control("an orthogonal operator", lambda r: _decades("")(r) * 0),
        unit="decades",
    ),
)


def _over_floor(name: str) -> Measure:
    return lambda results: networks(results, name, "") / networks(results, "floor", "")


FLOOR = (
    Claim(
        "06-residual-at-noise-floor",
        "No operator predicts the prior's noise: linear residual over the noise's share",
        _over_floor("residual"),
        between(0.8, 1.2),
        "derived",
        control=Control("residual of the prior's means", _over_floor("means_residual")),
    ),
    Claim(
        "06-residual-is-noise-and-means",
        "The residual is noise plus what is not linear in the means: sum over residual",
        lambda r: networks(r, "split", ""),
        between(0.98, 1.02),
        "derived",
        control=Control("noise alone", lambda r: networks(r, "floor", "") / networks(r, "residual", "")),
    ),
)


def _tones(experiment: str, name: str, setting: str | None = None) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        tones = results["recovery"].attrs["tones"]
        operators = results[experiment].to_dataset()[name] if setting is None else networks(results, name, setting)
        return angle_error(operators, tones)

    return measure


TONE = (
    Claim(
        "07-delays-recover-tones",
        "Least squares on delayed values of two tones finds both frequencies: error of the worse",
        _tones("recovery", "delayed"),
        at_most(1e-6),
        "dynamic mode decomposition; derived",
        control=Control("without delays", _tones("recovery", "plain")),
        unit="radians per step",
    ),
    Claim(
        "07-latent-states-turn-with-tones",
        "The operator of the posterior's means has both frequencies: error of the worse",
        _tones("networks", "posterior_operator", TONES),
        at_most(0.05),
        "spectral analysis",
        control=Control("the operator of the prior without memory", _tones("networks", "operator", TONES_INDEPENDENT)),
        unit="radians per step",
    ),
)


def _worse(generator: str) -> Measure:
    return lambda results: score(results, "discriminative", generator) - score(results, "discriminative", "")


IRREGULAR = (
    Claim(
        "08-splines-cost-little",
        "Learned from series with half of the values lost and splined over, it is hardly easier to tell: difference",
        _worse(SPLINE),
        at_most(0.1),
        "tables of irregular series",
        control=Control("zeros instead of splines", _worse(ZEROS)),
    ),
    Claim(
        "08-zeros-cost-more",
        "With zeros where values are lost it is easier to tell: difference",
        _worse(ZEROS),
        at_least(0.1),
        "tables of irregular series",
        control=Control("splines", _worse(SPLINE)),
    ),
)

NETWORKS = (*LINEARITY, *GENERATION, *SPECTRUM, *FLOOR, *TONE, *IRREGULAR)
