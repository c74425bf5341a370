"""Claims on the heights of plateaus."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least
from separatrix.studies.saddle_to_saddle.config import Config
from separatrix.studies.saddle_to_saddle.measures import (
    flattest_levels,
    transition_times,
)
from separatrix.studies.saddle_to_saddle.sampled import CONV_STRENGTHS
from separatrix.theory import saddle_to_saddle as theory

Levels = tuple[float, ...]
NOW = Config()
PIXEL_STAGES = 6


def _floats(values: Any) -> Levels:
    return tuple(float(value) for value in values)


STRENGTHS = np.asarray(NOW.strengths)
LEVELS: dict[str, Levels] = {
    "linear": _floats(theory.linear_plateaus(jnp.asarray(NOW.strengths))),
    "quadratic": _floats(theory.quadratic_plateaus(jnp.asarray(NOW.eigenvalues[:2]))),
    "attention": _floats(theory.attention_plateaus(jnp.asarray(NOW.variances), NOW.context)),
    "equal attention": _floats(theory.attention_plateaus(jnp.asarray([0.7, 0.7, 0.7]), NOW.context)),
    "relu": _floats(theory.relu_rays(jnp.asarray(NOW.labels))[1]),
    "conv": _floats(theory.linear_plateaus(jnp.asarray(CONV_STRENGTHS)) / 8),
}
"""Heights of the plateaus in theory; the convolutions average over eight images."""


def log_of(values: xr.DataArray) -> xr.DataArray:
    """The natural logarithm, with labels kept."""
    return xr.apply_ufunc(np.log, values)


def case(results: xr.DataTree, experiment: str, name: str, variable: str = "loss") -> xr.DataArray:
    """One kind of run: dims seed, time and the variable's own."""
    return results[experiment].to_dataset()[variable].sel(case=name, drop=True)


def times(results: xr.DataTree, experiment: str, name: str, levels: Levels) -> xr.DataArray:
    """Times of the transitions of one kind of run."""
    return transition_times(case(results, experiment, name), levels)


def height_error(experiment: str, name: str, levels: Levels) -> Callable[[xr.DataTree], xr.DataArray]:
    """Largest distance of a measured plateau from theory, in units of the first loss."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = flattest_levels(case(results, experiment, name), levels)
        wanted = xr.DataArray(list(levels[:-1]), dims="plateau")
        return (abs(found - wanted) / levels[0]).max("plateau", skipna=False)

    return measure


def _on_heights(experiment: str, name: str, levels: Levels, guessed: Levels) -> Callable[[xr.DataTree], xr.DataArray]:
    """1 for seeds with every plateau within 2 % of the first loss of the guessed heights, else 0."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = flattest_levels(case(results, experiment, name), levels)
        error = abs(found - xr.DataArray(list(guessed), dims="plateau")).max("plateau", skipna=False)
        return (error < 0.02 * levels[0]).astype(float)

    return measure


def _height_claim(net: str, experiment: str, name: str, levels: Levels) -> Claim:
    return Claim(
        f"01-plateau-heights-{net.replace(' ', '-').lower()}",
        f"{net}: every plateau lies where theory puts it, within 2 % of the first loss (share of seeds)",
        _on_heights(experiment, name, levels, levels[:-1]),
        at_least(0.5),
        "theorem 1 and section 4",
        kind="proportion",
        control=Control(_EQUAL_STEPS, _on_heights(experiment, name, levels, _naive(levels))),
    )


_EQUAL_STEPS = "equally high steps, as if the spectrum did not matter"


def _naive(levels: Levels) -> Levels:
    """Equal steps down: what one guesses without the spectrum."""
    return _floats(np.linspace(levels[0], levels[-1], len(levels))[:-1])


def _digits_on_heights(results: xr.DataTree, naive: bool) -> xr.DataArray:
    levels = pixel_levels(results)
    guessed = _naive(levels) if naive else levels[:-1]
    return _on_heights("digits", "small start", levels, guessed)(results)


def pixel_levels(results: xr.DataTree) -> Levels:
    """Heights of the first plateaus of the autoencoder of digits."""
    spectrum = jnp.asarray(results["digits"].to_dataset()["spectrum"].to_numpy())
    return _floats(theory.autoencoder_plateaus(spectrum)[: PIXEL_STAGES + 1])


def _ends_at(results: xr.DataTree, level: float) -> xr.DataArray:
    """1 for seeds whose run ends within 0.001 of a level, as its own last event says; else 0."""
    converged = case(results, "attention", "scale 0.01", "stop_reason") == "converged"
    last = case(results, "attention", "scale 0.01").isel(time=-1, drop=True)
    return (converged & (abs(last - level) < 1e-3)).astype(float)


HEIGHTS = (
    _height_claim("Linear", "linear", "scale 0.001", LEVELS["linear"]),
    _height_claim("Attention", "attention", "scale 0.005", LEVELS["attention"]),
    _height_claim("ReLU", "rectified", "relu scale 1e-05", LEVELS["relu"]),
    _height_claim("ReLU conv", "rectified", "relu conv", LEVELS["conv"]),
    _height_claim("Linear conv", "rectified", "linear conv", LEVELS["conv"]),
    Claim(
        "01-plateau-heights-quadratic",
        "Quadratic: the second plateau lies at 4/3, because the trace couples the two units (share of seeds)",
        _on_heights("quadratic", "scale 0.003", LEVELS["quadratic"], LEVELS["quadratic"][:-1]),
        at_least(0.5),
        "section 4; height derived",
        kind="proportion",
        control=Control(
            "heights that add up mode by mode: 2, 1, 0",
            _on_heights("quadratic", "scale 0.003", LEVELS["quadratic"], (2.0, 1.0)),
        ),
    ),
    Claim(
        "01-plateau-heights-digits",
        "Linear autoencoder on digits: the first six plateaus lie at the tails of the data's spectrum (share of seeds)",
        lambda r: _digits_on_heights(r, naive=False),
        at_least(0.5),
        "section 4, on real data",
        kind="proportion",
        control=Control(_EQUAL_STEPS, lambda r: _digits_on_heights(r, naive=True)),
    ),
    Claim(
        "01-final-loss-attention",
        "Attention ends at 0.1190, the doubt that 31 examples leave, within 0.001 (share of seeds)",
        lambda r: _ends_at(r, LEVELS["attention"][-1]),
        at_least(0.6),
        "section 4; height derived",
        kind="proportion",
        control=Control("an end at zero", lambda r: _ends_at(r, 0.0)),
    ),
)
