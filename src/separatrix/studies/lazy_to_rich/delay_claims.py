"""Claims about times: training is done long before the test loss falls, and what the delay depends on."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between
from separatrix.studies.lazy_to_rich.experiments import (
    DECAY,
    LINEAR,
    REPEATED,
    SAMPLE,
    SCALE,
)
from separatrix.studies.lazy_to_rich.measures import at_done, bare, delay, done, first, last, slope, smallest_factor

Measure = Callable[[xr.DataTree], xr.DataArray]
GROWS = 1.1
"""Factor from which something counts as growing: beyond the spacing of the times of observation."""
DELAYED = 4.0
"""Delay of a network that grokks: the smallest of the paper's setting, at the smallest scale, was 4.3."""
PLATEAU = 0.3
"""Share of the first test loss that must be left when training is done; in the paper's setting it was 0.5."""
FLOOR = 0.4 / 0.75
"""The floor that is asked for, 0.4, over the mean square of the target; the share has no noise of the sample's own."""
SCALES = (0.5, 2.0, 8.0)


def _ratio_of(experiment: str, name: str, divisor: str) -> Measure:
    return lambda r: delay(r, experiment, name) / delay(r, experiment, divisor)


def _left(experiment: str, name: str, quantity: str = "test") -> Measure:
    """Share of the first loss that is left at the end."""
    return lambda r: last(r, experiment, name, quantity) / first(r, experiment, name, quantity)


def _delays(names: list[str], prefix: str = "") -> Measure:
    return lambda r: smallest_factor([delay(r, "networks", name, prefix) for name in names])


def _series(results: xr.DataTree, name: str) -> tuple[list[str], np.ndarray]:
    """Cases along which only spread, or curvature at a fixed product with the scale, varies; and its values."""
    runs = results["networks"].to_dataset()
    like = runs.sel(case=SCALE.format(1 if name == "spread" else 2))
    same = {
        "spread": (runs["scale"] == like["scale"]) & (runs["curvature"] == like["curvature"]),
        "curvature": (abs(runs["scale"] * runs["curvature"] - like["scale"] * like["curvature"]) < 1e-9)
        & (runs["spread"] == 1),
    }[name]
    chosen = runs["case"].to_numpy()[(same & (runs["decay"] == 0)).to_numpy()]
    values = runs[name].sel(case=chosen).to_numpy()
    order = np.argsort(values)
    return [str(case) for case in chosen[order]], values[order]


def _spread_times(quantity: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        return smallest_factor([done(results, "networks", name, quantity) for name in _series(results, "spread")[0]])

    return measure


def _spread_delays(results: xr.DataTree) -> xr.DataArray:
    return smallest_factor([delay(results, "networks", name) for name in _series(results, "spread")[0]])


def _curvature_exponent(results: xr.DataTree) -> xr.DataArray:
    names, curvatures = _series(results, "curvature")
    return slope([done(results, "networks", name, "test") for name in names], curvatures)


def _curvature_exponent_of_delay(results: xr.DataTree) -> xr.DataArray:
    names, curvatures = _series(results, "curvature")
    return slope([delay(results, "networks", name) for name in names], curvatures)


def _over_curvatures(quantity: str) -> Measure:
    """Of the initial kernel: its value at the largest curvature over that at the smallest."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        names, _ = _series(results, "curvature")
        low, high = (first(results, "networks", name, quantity) for name in (names[0], names[-1]))
        return bare(high / low)

    return measure


_SCALED = [SCALE.format(scale) for scale in SCALES]

TRAIN_FIRST = (
    Claim(
        "02-delay-grows-with-scale",
        "The delay t_test / t_train grows with the output scale: smallest factor from 0.5 to 2 and from 2 to 8",
        _delays(_SCALED),
        at_least(GROWS),
        "figure on output scales; reference runs",
        control=Control("the linearised network, whose delay no scale moves", _delays(_SCALED, "lazy_")),
    ),
    Claim(
        "02-plateau-when-training-is-done",
        "When the training loss is down to a tenth, the test loss at scale 2 still stands at 0.3 of its first value",
        lambda r: at_done(r, "networks", SCALE.format(2), "test") / first(r, "networks", SCALE.format(2), "test"),
        at_least(PLATEAU),
        "main figure; reference runs",
        control=Control(
            "twice as many examples, at scale 0.5",
            lambda r: at_done(r, "samples", SAMPLE.format(11), "test") / first(r, "samples", SAMPLE.format(11), "test"),
        ),
    ),
)

SAMPLES = (
    Claim(
        "05-too-few-examples",
        "With 2 examples per input the test loss never falls: share of its first value that is left",
        _left("samples", SAMPLE.format(2)),
        at_least(PLATEAU),
        "figure on sample sizes; reference runs",
        control=Control("5.5 examples per input", _left("samples", SAMPLE.format(5.5))),
    ),
    Claim(
        "05-delay-falls-with-examples",
        "Above the threshold the delay falls with the number of examples: factor between 5.5 and 11 per input",
        _ratio_of("samples", SAMPLE.format(5.5), SAMPLE.format(11)),
        at_least(GROWS),
        "figure on sample sizes; reference runs",
        control=Control("11, every one twice", _ratio_of("samples", SAMPLE.format(5.5), REPEATED)),
    ),
)

ALIGNMENT = (
    Claim(
        "06-time-falls-with-alignment",
        "At a fixed product of scale and curvature the time of generalising falls as curvature^-2: exponent",
        _curvature_exponent,
        between(-2.2, -1.8),
        "reference runs; exponent derived",
        control=Control("the delay t_test / t_train, which hardly depends on it", _curvature_exponent_of_delay),
    ),
    Claim(
        "06-kernel-alignment-rises",
        "The initial kernel is better aligned with the target at curvature 1 than at 1/4: factor in alignment",
        _over_curvatures("alignment"),
        at_least(GROWS),
        "section on alignment",
        control=Control(
            "its alignment with a target that is linear in the inputs", _over_curvatures("linear_alignment")
        ),
    ),
    Claim(
        "06-kernel-error-falls",
        "Regression with the initial kernel is better at curvature 1 than at 1/4: factor in test loss",
        _over_curvatures("kernel_test"),
        at_most(0.98),
        "section on alignment",
        control=Control(
            "from 1/4 to none instead",
            lambda r: (
                first(r, "networks", LINEAR, "kernel_test") / first(r, "networks", SCALE.format(2), "kernel_test")
            ),
        ),
    ),
)

WEIGHTS = (
    Claim(
        "07-delay-grows-with-initial-weights",
        "Larger initial weights delay generalising as a larger scale does: smallest factor a doubling",
        _spread_delays,
        at_least(GROWS),
        "figure on weight scales",
        control=Control("the time of training alone, which falls", _spread_times("train")),
    ),
    Claim(
        "08-no-decay-needed",
        "Without weight decay and by plain descent, scale 2 generalises at 4 times the training time or later",
        lambda r: delay(r, "networks", SCALE.format(2)),
        at_least(DELAYED),
        "main figure",
        control=Control("scale 0.5 with twice as many examples", lambda r: delay(r, "samples", SAMPLE.format(11))),
    ),
    Claim(
        "08-decay-not-sufficient",
        "Weight decay does not make a lazy network (scale 8) generalise: share of the test loss that is left",
        _left("networks", DECAY.format(8)),
        at_least(PLATEAU),
        "discussion of weight decay",
        control=Control("scale 0.5 without any", _left("networks", SCALE.format(0.5))),
    ),
    Claim(
        "09-linear-student-cannot-fit",
        "A student that is linear in its inputs cannot fit the training set: share of the loss left at the end",
        _left("networks", LINEAR, "train"),
        at_least(FLOOR),
        "baseline; floor derived",
        control=Control("curvature 1/4", _left("networks", SCALE.format(1), "train")),
    ),
)

DELAYS = (*TRAIN_FIRST, *SAMPLES, *ALIGNMENT, *WEIGHTS)
