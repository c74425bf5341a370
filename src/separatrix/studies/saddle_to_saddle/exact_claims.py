"""Claims on the times of transitions, predicted from the initial weights."""

import jax.numpy as jnp
import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, between, near
from separatrix.studies.saddle_to_saddle.height_claims import largest_relu
from separatrix.studies.saddle_to_saddle.readings import case, levels, rates, times
from separatrix.theory import saddle_to_saddle as theory


def predicted_times(
    results: xr.DataTree, experiment: str, name: str, variable: str = "initial_strength", factor: float = 1.0
) -> xr.DataArray:
    """Times of the transitions of a linear or ReLU network, from its initial weights.

    Args:
        results: of the study.
        experiment: which.
        name: of the case.
        variable: which strengths in the growing direction.
        factor: by which they are multiplied.

    Returns:
        Dims seed, transition.
    """
    start = factor * case(results, experiment, name, variable).isel(time=0, drop=True)
    initial = start.rename({f"{variable}_0": "transition"})
    pace = rates(results, experiment, name)
    # a mean over n inputs slows the flow by n: the singular values of the targets are n times the rates
    drops = -np.diff(levels(results, experiment, name))
    strengths = 2 * drops / pace.to_numpy()
    slow = strengths / pace.to_numpy()

    def from_strengths(u0: np.ndarray) -> np.ndarray:
        return slow * np.asarray(theory.linear_transition_times(jnp.asarray(strengths), jnp.asarray(u0)))

    return xr.apply_ufunc(
        from_strengths,
        initial,
        input_core_dims=[["transition"]],
        output_core_dims=[["transition"]],
        vectorize=True,
    )


def _ratio(
    results: xr.DataTree, experiment: str, name: str, variable: str = "initial_strength", factor: float = 1.0
) -> xr.DataArray:
    return times(results, experiment, name) / predicted_times(results, experiment, name, variable, factor)


def _first(
    results: xr.DataTree, experiment: str, name: str, variable: str = "initial_strength", factor: float = 1.0
) -> xr.DataArray:
    return _ratio(results, experiment, name, variable, factor).isel(transition=0, drop=True)


def _all_as_the_first(results: xr.DataTree) -> xr.DataArray:
    first = predicted_times(results, "linear", "reference").isel(transition=0, drop=True)
    return (times(results, "linear", "reference") / first).max("transition")


def _as_one_image(results: xr.DataTree) -> xr.DataArray:
    first, second = levels(results, "rectified", "linear conv")[:2]
    rate = float(rates(results, "rectified", "linear conv")[0])
    images = 2 * (first - second) / rate**2
    return images * _first(results, "rectified", "linear conv")


EXACT = (
    Claim(
        "03-exact-time-first",
        "Linear: the first transition comes at (1/2s) ln(0.414 s/u0), u0 read from the initial weights",
        lambda r: _first(r, "linear", "reference"),
        near(1.0, relative=0.03),
        "section 4.1; formula derived",
        control=Control(
            "u0 with the decaying half of the weights counted in as well",
            lambda r: _first(r, "linear", "reference", factor=2.0),
        ),
    ),
    Claim(
        "03-exact-time-later",
        "Linear: competition makes later transitions late by at most a tenth",
        lambda r: _ratio(r, "linear", "reference").isel(transition=slice(1, None)).max("transition"),
        between(1.0, 1.1),
        "section 4.1; formula derived",
        control=Control("all modes predicted with the first one's strength", _all_as_the_first),
    ),
    Claim(
        "03-exact-time-linear-conv",
        "Linear conv: the first transition comes at the same formula, as many times later as there are images",
        lambda r: _first(r, "rectified", "linear conv"),
        near(1.0, relative=0.03),
        "section 4.1; formula derived",
        control=Control("the fully connected network's time, as if there were one image", _as_one_image),
    ),
    *(
        Claim(
            f"03-exact-time-{net.lower().replace(' ', '-')}",
            f"{net}: the same, u0 read from the units that are active on the whole pattern and stay so",
            lambda r, n=namer: _first(r, "rectified", n(r)),
            near(1.0, relative=0.03),
            "section 4.2; formula derived",
            control=Control(
                "u0 read from all units, as if the map were linear",
                lambda r, n=namer: _first(r, "rectified", n(r), "free_strength"),
            ),
        )
        for net, namer in (("ReLU", largest_relu), ("ReLU conv", lambda r: "relu conv"))
    ),
)
