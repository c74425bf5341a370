"""Claims about trained networks, found equations, and how long a forecast can hold."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between, near, rival
from separatrix.studies.structured_network.lorenz import (
    DENSE,
    DISORDERED,
    LEAKED,
    LINEAR,
    NARROW,
    PERSISTENCE,
    RUNNERS,
    SMALL,
    STRUCTURED,
)
from separatrix.studies.structured_network.structure_claims import bare
from separatrix.theory import LORENZ_EXPONENT, structured_parameters, valid_time

Measure = Callable[[xr.DataTree], xr.DataArray | float]
LONG = 0.5
"""Units of time from which a horizon is long."""
LOST = 1.0
"""Error, in standard deviations, at which a forecast is lost."""


def _forecasts(results: xr.DataTree) -> xr.Dataset:
    return results["forecasts"].to_dataset()


def _error(results: xr.DataTree, model: str, regime: str = "near") -> xr.DataArray:
    return bare(_forecasts(results)["error"].sel(model=model, regime=regime))


def _ratio(above: str, below: str, regime: str = "near") -> Measure:
    return lambda r: _error(r, above, regime) / _error(r, below, regime)


def _late(results: xr.DataTree, model: str, regime: str) -> xr.DataArray:
    """Mean squared error at horizons that are long, or as long as the regime has."""
    found = _forecasts(results)
    step = found.attrs[f"{regime}_step"]
    lead = found["lead"].sel(model=model, regime=regime)
    latest = min(LONG, step * float(found["ahead"][-1]))
    return bare(lead.sel(ahead=found["ahead"] * step >= latest - 1e-9).mean("ahead"))


def _late_ratio(above: str, below: str, regime: str) -> Measure:
    return lambda r: _late(r, above, regime) / _late(r, below, regime)


def _parameter_share(model: str) -> Measure:
    def measure(results: xr.DataTree) -> float:
        found = _forecasts(results)["parameters"]
        return float(found.sel(model=model) / found.sel(model=DENSE))

    return measure


def _share_of_four(results: xr.DataTree) -> float:
    found = _forecasts(results)["parameters"]
    n = results["estimates"]["order"].size
    return structured_parameters(n, 4) / float(found.sel(model=DENSE))


def first_beyond(errors: xr.DataArray, level: float = LOST) -> xr.DataArray:
    """Times at which errors first pass a level, or stop being numbers; the last time where they don't.

    Args:
        errors: with the dim ``time``.
        level: in standard deviations.

    Returns:
        One time for each other place; NaN where there is no error to begin with.
    """
    times = errors["time"].to_numpy()
    values = errors.transpose(..., "time").to_numpy()
    beyond = ~(values <= level)
    found = np.where(beyond.any(axis=-1), times[beyond.argmax(axis=-1)], times[-1])
    found = np.where(np.isnan(values[..., 0]), np.nan, found)
    return xr.DataArray(found, dims=[dim for dim in errors.transpose(..., "time").dims if dim != "time"])


def _held(results: xr.DataTree, runner: str) -> xr.DataArray:
    """Mean valid time of a model's free runs."""
    return first_beyond(bare(_forecasts(results)["free"].sel(runner=runner)).assign_coords(_clock(results))).mean(
        "start"
    )


def _clock(results: xr.DataTree) -> dict[str, np.ndarray]:
    return {"time": _forecasts(results)["time"].to_numpy()}


def _held_over(above: str, below: str) -> Measure:
    return lambda r: _held(r, above) / _held(r, below)


def _over_predicted(runners: tuple[str, ...]) -> Measure:
    """Valid time over what the Lyapunov exponent allows for the first step's error, the largest of some models."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        shares = []
        for runner in runners:
            model = runner.removesuffix(f", {LEAKED}")
            first = bare(_forecasts(results)["lead"].sel(model=model, regime="near").isel(ahead=0)).to_numpy()
            allowed = np.array([valid_time(float(error), tolerance=LOST) for error in np.sqrt(first)])
            shares.append(_held(results, runner).to_numpy() / allowed)
        return xr.DataArray(np.max(shares, axis=0), dims="seed")

    return measure


def parting_times(results: xr.DataTree, size: float) -> xr.DataArray:
    """Mean time after which copies perturbed so much are a standard deviation away."""
    found = results["partings"].to_dataset()["distance"].sel(size=size)
    return first_beyond(found.reset_coords("size", drop=True)).mean("start")


def _exponent(results: xr.DataTree) -> xr.DataArray:
    sizes = results["partings"]["size"].to_numpy()
    large, small = float(sizes.max()), float(sizes.min())
    longer = parting_times(results, small) - parting_times(results, large)
    return np.log(large / small) / longer.where(longer > 0)


def _prey(results: xr.DataTree, above: str, below: str) -> xr.DataArray:
    found = results["prey"].to_dataset()["error"]
    return bare(found.sel(model=above)) / bare(found.sel(model=below))


def _prey_saved(copies: int) -> Measure:
    def measure(results: xr.DataTree) -> float:
        found = results["prey"].to_dataset()["parameters"]
        one = float(found.sel(model="structured"))
        n = round((one - 12) / 11)
        return 1 - structured_parameters(n, copies) / float(found.sel(model="dense"))

    return measure


def _equations(case: str) -> Measure:
    return lambda r: bare(r["equations"].to_dataset()["coefficient"].sel(case=case))


LORENZ = (
    Claim(
        "05-three-copies-near-dense",
        "Three structured copies forecast the next 8 states of Lorenz's x within twice the dense network's error",
        _ratio(STRUCTURED, DENSE),
        at_most(2.0),
        "Lorenz experiment; reference runs",
        control=Control("one copy", _ratio(SMALL, DENSE)),
    ),
    Claim(
        "05-quarter-of-the-parameters",
        "They have a quarter of its parameters or less",
        _parameter_share(STRUCTURED),
        at_most(0.25),
        "Lorenz experiment",
        kind="deterministic",
        control=Control("four copies", _share_of_four),
    ),
    Claim(
        "05-beats-persistence",
        "Their error is at least 50 times below persistence",
        _ratio(PERSISTENCE, STRUCTURED),
        at_least(50.0),
        "reference runs",
        control=Control("one copy", _ratio(PERSISTENCE, SMALL)),
    ),
    Claim(
        "05-linear-delays-are-better-near",
        "Near and without noise, least squares on the same delays beats the dense network tenfold",
        _ratio(DENSE, LINEAR),
        at_least(10.0),
        "reference runs",
        control=Control("far and with noise", _ratio(DENSE, LINEAR, "far")),
    ),
    Claim(
        "05-structure-wins-far",
        "At horizons of half a unit and more, with noise, three copies beat least squares on the same delays: ratio",
        _late_ratio(LINEAR, STRUCTURED, "far"),
        at_least(1.0),
        "Lorenz experiment; where the comparison is fair",
        control=Control("near and without noise", _late_ratio(LINEAR, STRUCTURED, "near")),
    ),
    Claim(
        "05-structure-beats-narrow",
        "Far, at equal parameters, three copies beat a dense network made narrower: ratio of errors",
        _ratio(NARROW, STRUCTURED, "far"),
        at_least(1.0),
        "derived comparison",
        control=Control("a dense network of four times the parameters", _ratio(DENSE, STRUCTURED, "far")),
    ),
)

PREY = (
    Claim(
        "06-structured-near-dense",
        "On prey and predators one structured network is within 1.5 of the dense one's error",
        lambda r: _prey(r, "structured", "dense"),
        at_most(1.5),
        "Lotka-Volterra experiment",
        control=Control("the mean", lambda r: _prey(r, "mean", "dense")),
    ),
    Claim(
        "06-saves-82-percent",
        "It saves 82 % of the parameters",
        _prey_saved(1),
        at_least(0.82),
        "Lotka-Volterra experiment",
        kind="deterministic",
        control=Control("two copies", _prey_saved(2)),
    ),
    Claim(
        "06-mean-is-worse",
        "Predicting the mean is at least 20 times worse",
        lambda r: _prey(r, "mean", "structured"),
        at_least(20.0),
        "Lotka-Volterra experiment",
        control=Control("least squares on the same delays", lambda r: _prey(r, "linear delays", "structured")),
    ),
)

EQUATIONS = (
    Claim(
        "07-sindy-finds-lorenz",
        "From clean derivatives sparse regression finds Lorenz's equations: largest error of a coefficient",
        _equations("clean derivatives"),
        at_most(1e-2),
        "SINDy baseline; library of degree 2, threshold 0.1",
        control=Control("a library of degree 1", _equations("degree 1")),
    ),
    Claim(
        "07-differences-need-clean-states",
        "From differences of clean states it does too",
        _equations("differences"),
        at_most(1e-2),
        "SINDy baseline",
        control=Control("differences of states with 1 % noise", _equations("noisy differences")),
    ),
)

HORIZON = (
    Claim(
        "08-valid-time",
        "An error of 1e-3 standard deviations grows to 1 in 5 to 8 units of time",
        lambda r: parting_times(r, 1e-3),
        between(5.0, 8.0),
        "Lyapunov exponent of Lorenz's flow",
        control=Control("an error of 1e-5", lambda r: parting_times(r, 1e-5)),
        unit="units of time",
    ),
    Claim(
        "08-lyapunov",
        "Valid times lengthen by log(100) / 0.906 for an error 100 times smaller: the exponent that they give",
        _exponent,
        near(LORENZ_EXPONENT, relative=0.1),
        "Viswanath (1998)",
        control=Control("twice the exponent", rival(_exponent, claimed=LORENZ_EXPONENT, instead=2 * LORENZ_EXPONENT)),
        unit="1 / unit of time",
    ),
    Claim(
        "08-no-model-holds-longer",
        "No free-running model stays near the truth longer than its first error allows: the largest share of that",
        _over_predicted((LINEAR, *RUNNERS)),
        at_most(1.0),
        "Lyapunov exponent of Lorenz's flow",
        control=Control("the dense network given the true delays all along", _over_predicted((f"{DENSE}, {LEAKED}",))),
    ),
    Claim(
        "08-structure-holds-longer-than-linear",
        "Running freely, three copies stay near longer than least squares on the same delays: ratio of times",
        _held_over(STRUCTURED, LINEAR),
        at_least(1.0),
        "Lorenz experiment; where the comparison is fair",
        control=Control("outputs of a butterfly in the wrong order", _held_over(f"{STRUCTURED}, {DISORDERED}", LINEAR)),
    ),
)
