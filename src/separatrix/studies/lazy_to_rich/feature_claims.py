"""Claims about the formula of the test loss, the kernel's plateau, features, and the mean-field theory."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between, near, rival
from separatrix.studies.lazy_to_rich.experiments import DECAY, INFINITE, LINEAR, SCALE
from separatrix.studies.lazy_to_rich.measures import at_done, bare, case, first, first_below, last, slope
from separatrix.theory.committee import learned_displacement
from separatrix.theory.committee_mean_field import TOLERANCE

Measure = Callable[[xr.DataTree], xr.DataArray | float]
STANDARD_ERRORS = 4.0
"""Largest of some hundred deviations of a normal variable, with a margin."""
RICH = (0.125, 0.25, 0.5)
MOVING = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
LEARNED = (0.5, 1.0, 2.0)
RISING = (1.0, 4.0)


def _stacked(values: list[xr.DataArray]) -> xr.DataArray:
    return xr.DataArray(np.stack([value.to_numpy() for value in values]), dims=("scale", "seed"))


def _magnitude(values: xr.DataArray) -> xr.DataArray:
    return (values**2) ** 0.5


def _largest(quantity: str) -> Measure:
    return lambda r: bare(_magnitude(r["networks"].to_dataset()[quantity]).max(("case", "step")))


def _largest_error(suffix: str) -> Measure:
    """Of the moment equation's test loss relative to the networks', over cases and time."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        equation = results["closed"].to_dataset()
        names = [str(name) for name in equation["case"].to_numpy() if INFINITE not in str(name)]
        shares = [
            case(results, "closed", name + suffix)["test"] / case(results, "networks", name)["test"] for name in names
        ]
        return bare(_stacked([bare(_magnitude(share - 1).max("step")) for share in shares]).max("scale"))

    return measure


def _over_kernel(name: str, quantity: str, at: Callable[..., xr.DataArray] = last) -> Measure:
    return lambda r: at(r, "networks", name, quantity) / last(r, "networks", name, "kernel_test")


def _lazy_left(name: str) -> Measure:
    return lambda r: last(r, "networks", name, "lazy_train") / first(r, "networks", name, "lazy_train")


def _lowest_over_kernel(name: str, quantity: str) -> Measure:
    return lambda r: bare((case(r, "networks", name)[quantity] / case(r, "networks", name)["kernel_test"]).min("step"))


def _worst_rich(results: xr.DataTree) -> xr.DataArray:
    ends = [last(results, "networks", SCALE.format(s), "test") for s in RICH]
    kernels = [last(results, "networks", SCALE.format(s), "kernel_test") for s in RICH]
    return bare(_stacked([e / k for e, k in zip(ends, kernels, strict=True)]).max("scale"))


def _movement_exponent(quantity: str) -> Measure:
    return lambda r: slope([last(r, "networks", SCALE.format(s), quantity) for s in MOVING], np.array(MOVING))


def _movement_over_prediction(quantity: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        shares = []
        for name in (SCALE.format(s) for s in LEARNED):
            here = case(results, "networks", name)
            predicted = learned_displacement(float(here["dimension"]), float(here["scale"]), float(here["curvature"]))
            shares.append(last(results, "networks", name, quantity) / float(predicted))
        return bare(_stacked(shares).mean("scale"))

    return measure


def _norm_over_prediction(name: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        here = case(results, "networks", SCALE.format(1))
        predicted = float(np.sqrt(1 + 1 / (here["scale"] * here["curvature"])))
        return last(results, "networks", name, "norm") / predicted

    return measure


def _rise_after_training(frozen: bool) -> Measure:
    """Share of the alignment's whole gain that comes after the training loss is done, mean over two scales."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        shares = []
        for name in [LINEAR] if frozen else [SCALE.format(s) for s in RISING]:
            begin, end = (at(results, "networks", name, "alignment") for at in (first, last))
            gain = end - begin
            later = end - at_done(results, "networks", name, "alignment")
            shares.append(xr.where(abs(gain) > 1e-9, later / gain, 0.0))
        return bare(_stacked(shares).mean("scale"))

    return measure


def _width_exponent(results: xr.DataTree) -> xr.DataArray:
    error = results["widths"].to_dataset()["error"]
    units = error["width"].to_numpy()
    return slope([bare(error.sel(width=w)) for w in units], units)


def _mean_field(results: xr.DataTree) -> xr.Dataset:
    return results["mean_field"].to_dataset()


def _times_over_theory(prefix: str) -> Measure:
    """Time at which the training loss is down to a fifth, over the theory's, mean over scales."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = _mean_field(results)
        shares = []
        for name in found["case"].to_numpy():
            here = found.sel(case=name).reset_coords("case", drop=True)
            theory = here[prefix + "train"].expand_dims(seed=1)
            shares.append(first_below(here["train"], 0.2) / float(first_below(theory, 0.2)[0]))
        return bare(_stacked(shares).mean("scale"))

    return measure


def _plateau_over_theory(prefix: str) -> Measure:
    """Test loss over the theory's at the last time, mean over scales."""
    return lambda r: bare((_mean_field(r)["test"] / _mean_field(r)[prefix + "test"]).isel(step=-1).mean("case"))


def _largest_residual(results: xr.DataTree) -> float:
    found = _mean_field(results)
    return float(found["residual"].max()) if bool(found["converged"].all()) else np.inf


FORMULA = (
    Claim(
        "01-test-loss-formula",
        "The test loss is a closed expression in moments of the weights: largest deviation from fresh inputs",
        _largest("deviation"),
        at_most(STANDARD_ERRORS),
        "sufficient statistics; derived",
        control=Control("the expression without the trace", _largest("without_trace")),
        unit="standard errors",
    ),
    Claim(
        "01-two-moments-close",
        "Training closes on mean and second moment at any width: largest relative error of the test loss",
        _largest_error(""),
        at_most(1e-8),
        "derived",
        control=Control("begun from the moments of infinitely many units", _largest_error(INFINITE)),
    ),
    Claim(
        "01-corrections-of-finite-width",
        "Networks approach infinite width as units^-1/2: exponent of the relative error",
        _width_exponent,
        between(-0.6, -0.4),
        "derived",
        control=Control("corrections as 1 / units", rival(_width_exponent, claimed=-0.5, instead=-1.0)),
    ),
)

PLATEAUS = (
    Claim(
        "03-lazy-network-stays",
        "The linearised network never gets below 0.9 of the kernel's test loss",
        _lowest_over_kernel(SCALE.format(2), "lazy_test"),
        at_least(0.9),
        "comparison with kernel regression",
        control=Control("the network itself at scale 0.5", _lowest_over_kernel(SCALE.format(0.5), "test")),
    ),
    Claim(
        "03-lazy-network-ends-at-the-kernel",
        "The linearised network ends at the test loss of regression with the initial kernel: ratio",
        _over_kernel(SCALE.format(2), "lazy_test"),
        near(1.0, relative=0.03),
        "comparison with kernel regression",
        control=Control("the network itself at scale 0.5", _over_kernel(SCALE.format(0.5), "test")),
    ),
    Claim(
        "03-rich-networks-leave-it",
        "Networks of scale 0.5 and less end below 0.05 of the kernel's test loss: the largest ratio",
        _worst_rich,
        at_most(0.05),
        "reference runs",
        control=Control("scale 32", _over_kernel(SCALE.format(32), "test")),
    ),
    Claim(
        "09-frozen-kernel-fits",
        "The linearised network, which never leaves the plateau, does fit the training set: training loss left",
        lambda r: (
            last(r, "networks", SCALE.format(2), "lazy_train") / first(r, "networks", SCALE.format(2), "lazy_train")
        ),
        at_most(0.01),
        "baseline",
        control=Control(
            "the linear student's kernel",
            _lazy_left(LINEAR),
        ),
    ),
)

FEATURES = (
    Claim(
        "04-movement-inverse-to-scale",
        "The squared relative movement of the weights falls as 1 / scale: exponent",
        _movement_exponent("moved"),
        between(-1.3, -0.8),
        "figure on weight norms; reference runs",
        control=Control("the linearised network, as 1 / scale^2", _movement_exponent("lazy_moved")),
    ),
    Claim(
        "04-movement-predicted",
        "Learning the feature moves the weights by ((1 + d/(alpha eps))^1/2 - 1)^2 / d: ratio to it (scales 0.5, 1, 2)",
        _movement_over_prediction("moved"),
        near(1.0, relative=0.05),
        "derived",
        control=Control("the linearised network", _movement_over_prediction("lazy_moved")),
    ),
    Claim(
        "04-alignment-rises-after-training",
        "A tenth or more of the kernel's gain in alignment comes after training is done (scales 1 and 4)",
        _rise_after_training(frozen=False),
        at_least(0.1),
        "figure on alignment",
        control=Control("a kernel that cannot move (linear student)", _rise_after_training(frozen=True)),
    ),
    Claim(
        "04-norm-grows",
        "The weights' norm grows while the network grokks, by (1 + 1/(alpha eps))^1/2: ratio to it at scale 1",
        _norm_over_prediction(SCALE.format(1)),
        near(1.0, relative=0.05),
        "figure on weight norms; factor derived",
        control=Control("a lazy network with weight decay, whose norm falls", _norm_over_prediction(DECAY.format(8))),
    ),
)

MEAN_FIELD = (
    Claim(
        "02-mean-field-converges",
        "The dynamical mean-field equations are solved: largest relative change when the solution is put through them",
        _largest_residual,
        at_most(TOLERANCE),
        "high-dimensional limit; derived",
        kind="deterministic",
        control=Control(
            "a solution with an error of 1 % put in",
            lambda r: float(_mean_field(r)["wrong_residual"].min()),
        ),
    ),
    Claim(
        "02-mean-field-times",
        "It predicts when networks have trained to a fifth: measured over predicted time",
        _times_over_theory("theory_"),
        near(1.0, relative=0.15),
        "high-dimensional limit; derived",
        control=Control("the theory for twice as many examples", _times_over_theory("wrong_")),
    ),
    Claim(
        "03-mean-field-plateau",
        "It predicts their test loss at the end of its horizon: measured over predicted",
        _plateau_over_theory("theory_"),
        near(1.0, relative=0.15),
        "high-dimensional limit; derived",
        control=Control("the theory for twice as many examples", _plateau_over_theory("wrong_")),
    ),
)
