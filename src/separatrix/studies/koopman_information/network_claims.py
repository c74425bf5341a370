"""Claims about trained autoencoders: which pressure does what to the latents of a pendulum, and to forecasts."""

import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most
from separatrix.studies.koopman_information.measures import Measure, bare, node, ratio, rooted, setting
from separatrix.studies.koopman_information.settings import (
    BOTH,
    CONTRAST,
    ENTROPY,
    NOT_LINEAR,
    PLAIN,
    PUNISHED,
    RIDGE,
    STRONG,
    STRONG_CONTRAST,
    STRONGLY_PUNISHED,
)

VARIANTS = (PLAIN, CONTRAST, ENTROPY, BOTH, STRONG_CONTRAST, STRONG)
"""The settings of the ablation."""


def _dimensions(above: str, below: str) -> Measure:
    return ratio(above, below, "dimension")


SIGN = (
    Claim(
        "03-sign-of-entropy-decides",
        "Rewarding the entropy with weight 0.1 leaves twice the effective dimension that punishing it does: ratio",
        _dimensions(BOTH, PUNISHED),
        at_least(2),
        "entropy term; reference runs",
        control=Control("left out rather than punished", _dimensions(BOTH, CONTRAST)),
    ),
    Claim(
        "03-sign-of-strong-entropy-decides",
        "The same with weight 1, and five times the contrast",
        _dimensions(STRONG, STRONGLY_PUNISHED),
        at_least(2),
        "entropy term",
        control=Control("left out rather than punished", _dimensions(STRONG, STRONG_CONTRAST)),
    ),
)


def _filled(name: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        return setting(results, name, "dimension") / results["pendulum"].sizes["mode"]

    return measure


DIMENSIONS = (
    Claim(
        "04-entropy-raises-the-dimension",
        "Added to contrast, entropy raises the effective dimension: ratio",
        _dimensions(BOTH, CONTRAST),
        at_least(1.15),
        "ablation; reference runs",
        control=Control("punished", _dimensions(PUNISHED, CONTRAST)),
    ),
    Claim(
        "04-entropy-against-plain-training",
        "Alone, entropy raises the effective dimension to 3.5 times that of plain training: ratio",
        _dimensions(ENTROPY, PLAIN),
        at_least(3.5),
        "ablation; reference runs",
        control=Control("contrast alone", _dimensions(CONTRAST, PLAIN)),
    ),
    Claim(
        "04-strong-entropy-fills-the-latent-space",
        "With weight 1 it fills all eight dimensions: share in use",
        _filled(STRONG),
        at_least(0.95),
        "ablation; reference runs",
        control=Control("with weight 0.1", _filled(BOTH)),
    ),
    Claim(
        "04-contrast-does-not-collapse",
        "Contrast alone leaves no fewer dimensions than plain training: ratio",
        _dimensions(CONTRAST, PLAIN),
        at_least(1),
        "ablation; reference runs, against the paper",
        control=Control("contrast with the entropy punished strongly", _dimensions(STRONGLY_PUNISHED, PLAIN)),
    ),
    Claim(
        "04-more-contrast-does-not-collapse",
        "Nor does five times as much of it: ratio",
        _dimensions(STRONG_CONTRAST, CONTRAST),
        at_least(0.9),
        "ablation; reference runs, against the paper",
        control=Control("with the entropy punished strongly", _dimensions(STRONGLY_PUNISHED, CONTRAST)),
    ),
    Claim(
        "04-without-linear-step-collapses",
        "Without the penalty of the linear step the dimension falls to half: ratio",
        _dimensions(NOT_LINEAR, BOTH),
        at_most(0.5),
        "the paper's picture of the latents",
        control=Control("without contrast instead", _dimensions(ENTROPY, BOTH)),
    ),
)


def _worst_reading(variable: str) -> Measure:
    return lambda r: bare(node(r, "pendulum")[variable].sel(setting=list(VARIANTS)).min("setting"))


def _larger(first: xr.DataArray, second: xr.DataArray) -> xr.DataArray:
    return first.where(first > second, second)


def _against_worst(results: xr.DataTree, name: str, others: tuple[str, ...]) -> xr.DataArray:
    errors = [setting(results, other, "pooled_rollout") for other in others]
    return setting(results, name, "pooled_rollout") / _larger(*errors)


FORECASTS = (
    Claim(
        "04-energy-is-a-square",
        "Under all six settings products of latents tell the pendulum's energy: least R^2",
        _worst_reading("quadratic_energy"),
        at_least(0.93),
        "reference runs",
        control=Control("the latents themselves", _worst_reading("linear_energy")),
    ),
    Claim(
        "04-pressures-shorten-errors",
        "Contrast and entropy lower the error of forecasts over 30 steps below that of plain training: ratio",
        ratio(BOTH, PLAIN, "pooled_rollout"),
        at_most(0.95),
        "reference runs; prediction",
        control=Control("with the entropy punished", ratio(PUNISHED, PLAIN, "pooled_rollout")),
    ),
    Claim(
        "04-entropy-alone-forecasts-worst",
        "Entropy alone forecasts worse than plain training and than both: error over the larger of theirs",
        lambda r: _against_worst(r, ENTROPY, (PLAIN, BOTH)),
        at_least(1),
        "reference runs; prediction",
        control=Control("plain training", lambda r: _against_worst(r, PLAIN, (ENTROPY, BOTH))),
    ),
    Claim(
        "05-pressures-lengthen-lorenz-forecasts",
        "On Lorenz's system they lower the root-mean-square error over 50 steps to 0.9 of plain training's: ratio",
        lambda r: rooted(r, BOTH) / rooted(r, PLAIN),
        at_most(0.9),
        "prediction, after the table of forecasts",
        control=Control("linear regression of the states", lambda r: rooted(r, "linear") / rooted(r, PLAIN)),
    ),
    Claim(
        "05-linear-regression-is-the-floor",
        "Linear regression of the states is worse than either autoencoder: error over the larger of theirs",
        lambda r: rooted(r, "linear") / _larger(rooted(r, PLAIN), rooted(r, BOTH)),
        at_least(1),
        "baseline",
        control=Control("plain training over linear regression", lambda r: rooted(r, PLAIN) / rooted(r, "linear")),
    ),
)


def _told(less: str, more: str) -> Measure:
    """Share of the ceiling by which one setting's estimate of the information passes another's."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        gained = setting(results, less, "told") - setting(results, more, "told")
        return gained / float(node(results, "pendulum")["ceiling"])

    return measure


SCALE = (
    Claim(
        "07-more-contrast-tells-no-more",
        "At weight 1 the contrast is near its ceiling: share of it that five times the weight adds",
        _told(CONTRAST, STRONG_CONTRAST),
        at_most(0.05),
        "derived",
        control=Control("what weight 1 adds to plain training", _told(PLAIN, CONTRAST)),
    ),
    Claim(
        "08-latents-grow",
        "Plain training makes latents larger than they begin: ratio of norms",
        lambda r: setting(r, PLAIN, "norm") / setting(r, PLAIN, "first_norm"),
        at_least(1),
        "derived: direction",
        control=Control(
            "strong contrast and entropy, which don't see the scale",
            lambda r: setting(r, STRONG, "norm") / setting(r, STRONG, "first_norm"),
        ),
    ),
    Claim(
        "08-ridge-pushes-latents-outwards",
        "A hundred times the ridge makes them larger still: ratio of norms",
        ratio(RIDGE, PLAIN, "norm"),
        at_least(1.1),
        "derived: direction",
        control=Control("contrast and entropy instead", ratio(BOTH, PLAIN, "norm")),
    ),
)

NETWORKS = (*SIGN, *DIMENSIONS, *FORECASTS, *SCALE)
