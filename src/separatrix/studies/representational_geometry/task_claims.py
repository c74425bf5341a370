"""Claims 3, 4 and 5: what the structure of the task does."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between, near
from separatrix.studies.representational_geometry.training import pick

Measure = Callable[[xr.DataTree], xr.DataArray | float]

SOURCE = "card, reference runs"
REFERENCE = {
    "tanh": {0.0: 0.43, 0.1: 0.80, 0.2: 0.93, 0.3: 0.96, 0.378: 0.97, 0.6: 0.99},
    "ReLU": {0.0: 0.55, 0.1: 0.65, 0.2: 0.71, 0.3: 0.76, 0.378: 0.80, 0.6: 0.89},
}
"""Target alignment by the alignment of inputs with the label, from the card."""


def bit(results: xr.DataTree, variable: str, activation: str, biased: bool) -> xr.DataArray:
    """One variable of the runs whose label is a bit of the square."""
    at = int(results["square"].attrs["bit_steps"])
    return pick(results, "square", variable, at, activation=activation, biased=biased, parity=False)


def parity(
    results: xr.DataTree, variable: str, activation: str, nudge: float, biased: bool = True, at: int | None = None
) -> xr.DataArray:
    """One variable of the runs whose label is the square's parity, at their own end if no step is given."""
    ends = {0.0: -1, 1.0: int(results["square"].attrs["nudged_steps"])}
    wanted = {"activation": activation, "biased": biased, "parity": True, "geometry": nudge}
    return pick(results, "square", variable, ends[nudge] if at is None else at, **wanted)


def _bit_gap(variable: str, biased: bool) -> Measure:
    return lambda results: bit(results, variable, "tanh", biased) - bit(results, variable, "ReLU", biased)


def _parallel_parity(results: xr.DataTree) -> xr.DataArray:
    found = [parity(results, "parallelism", name, 0.0) for name in ("tanh", "ReLU")]
    return found[0] - found[1]


def _parity_gap(nudge: float) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        found = [parity(results, "target_alignment", name, nudge) for name in ("tanh", "ReLU")]
        return found[0] - found[1]

    return measure


def _parity_accuracy(biased: bool) -> Measure:
    return lambda results: parity(results, "accuracy", "tanh", 0.0, biased)


def sweep(results: xr.DataTree, activation: str, variable: str = "target_alignment", at: int = -1) -> xr.DataArray:
    """One variable over the alignment of inputs with the label, dims (seed, alignment)."""
    run = results["aligned"].to_dataset()
    found = run[variable].isel(case=run.activation.to_numpy() == activation, time=at, drop=True)
    levels = found.geometry.to_numpy()
    return (
        found.drop_vars([n for n in found.coords if n != "seed"])
        .rename(case="alignment")
        .assign_coords(alignment=levels)
    )


def sweep_gap(results: xr.DataTree, variable: str = "target_alignment", at: int = -1) -> xr.DataArray:
    """Tanh less ReLU over the alignment of inputs with the label."""
    return sweep(results, "tanh", variable, at) - sweep(results, "ReLU", variable, at)


def _furthest(activation: str, reference: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        curve = sweep(results, activation)
        known = {c: value for c, value in REFERENCE[reference].items() if np.any(np.isclose(curve.alignment, c))}
        at = curve.sel(alignment=list(known), method="nearest")
        expected = xr.DataArray(list(known.values()), dims="alignment", coords={"alignment": at.alignment})
        return abs(at - expected).max("alignment", skipna=False)

    return measure


def _least_gap(aligned: bool) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        gap = sweep_gap(results)
        return gap.sel(alignment=gap.alignment > 0.09 if aligned else gap.alignment < 0.01).min(
            "alignment", skipna=False
        )

    return measure


def _least_rise(activation: str, variable: str) -> Measure:
    return lambda results: sweep(results, activation, variable).diff("alignment").min("alignment", skipna=False)


def _largest_gap(at: int) -> Measure:
    return lambda results: sweep_gap(results, at=at).max("alignment", skipna=False)


def _where_largest(at: int) -> Measure:
    def measure(results: xr.DataTree) -> float:
        gap = sweep_gap(results, at=at).mean("seed", skipna=False)
        return float(gap.alignment[int(gap.argmax("alignment"))])

    return measure


def _least_input(activation: str) -> Measure:
    return lambda results: sweep(results, activation, "input_alignment").min("alignment", skipna=False)


TASK_CLAIMS = (
    Claim(
        "03-other-dichotomies-decoded",
        "With biases, a ReLU layer keeps more of the bits that the label does not need than a tanh layer: accuracy of "
        "ridge decoders of the other two dichotomies, tanh less ReLU",
        _bit_gap("other_decoding", True),
        at_most(-0.01),
        SOURCE,
        control=Control("the trained bit itself", _bit_gap("accuracy", True)),
    ),
    Claim(
        "03-odd-units-lose-the-parity",
        "Without biases a tanh layer, being odd, gives the parity of the square at chance",
        lambda results: bit(results, "parity_decoding", "tanh", False),
        near(0.5, absolute=0.05),
        "card, artefact of zero biases",
        control=Control("ReLU", lambda results: bit(results, "parity_decoding", "ReLU", False)),
    ),
    Claim(
        "03-parallelism-gap",
        "With biases, the tanh layer's code for the bit is more parallel than the ReLU layer's",
        _bit_gap("parallelism", True),
        at_least(0.15),
        SOURCE,
        control=Control("when the label is the parity", _parallel_parity),
    ),
    Claim(
        "04-tanh-learns-the-parity",
        "With biases a tanh layer learns a parity that is not linearly separable",
        _parity_accuracy(True),
        at_least(0.99),
        SOURCE,
        control=Control("without biases, when all units are odd", _parity_accuracy(False)),
    ),
    Claim(
        "04-order-flips-when-not-separable",
        "When the parity is not linearly separable, the tanh layer is the one further from the labels",
        _parity_gap(0.0),
        at_most(-0.10),
        SOURCE,
        control=Control("with the full nudge", _parity_gap(1.0)),
    ),
    Claim(
        "04-order-holds-when-nudged",
        "When a nudge makes the parity separable, the tanh layer is the closer one",
        _parity_gap(1.0),
        at_least(0.20),
        SOURCE,
        control=Control("without the nudge", _parity_gap(0.0)),
    ),
    *(
        Claim(
            f"05-curve-{name.lower()}",
            f"Over the alignment of inputs with the label, a {name} layer follows the reference: furthest distance",
            _furthest(name, name),
            at_most(0.04),
            SOURCE,
            control=Control(f"the curve of {other}", _furthest(name, other)),
        )
        for name, other in (("tanh", "ReLU"), ("ReLU", "tanh"))
    ),
    *(
        Claim(
            f"05-rises-{name.lower()}",
            f"The more inputs are aligned with the label, the closer a {name} layer is to it: least rise",
            _least_rise(name, "target_alignment"),
            at_least(0.0),
            SOURCE,
            control=Control("alignment of the tanh layer with the inputs", _least_rise("tanh", "input_alignment")),
        )
        for name in ("tanh", "ReLU")
    ),
    Claim(
        "05-gap",
        "At any alignment from 0.1 on the tanh layer is the closer one",
        _least_gap(True),
        at_least(0.08),
        SOURCE,
        control=Control("at alignment 0", _least_gap(False)),
    ),
    Claim(
        "05-largest-gap",
        "The largest gap over all alignments",
        _largest_gap(-1),
        near(0.2, absolute=0.04),
        SOURCE,
        control=Control("before training", _largest_gap(0)),
    ),
    Claim(
        "05-largest-gap-between",
        "The mean gap is largest at an alignment of 0.2 to 0.3",
        _where_largest(-1),
        between(0.199, 0.301),
        SOURCE,
        kind="deterministic",
        control=Control("before training", _where_largest(0)),
    ),
    Claim(
        "05-relu-keeps-the-input",
        "Whatever the alignment, a ReLU layer keeps the geometry of the inputs: least alignment with them",
        _least_input("ReLU"),
        between(0.76, 0.93),
        SOURCE,
        control=Control("tanh", _least_input("tanh")),
    ),
    Claim(
        "05-tanh-loses-the-input",
        "At some alignment a tanh layer loses the geometry of the inputs: least alignment with them",
        _least_input("tanh"),
        near(0.55, absolute=0.04),
        SOURCE,
        control=Control("ReLU", _least_input("ReLU")),
    ),
)
