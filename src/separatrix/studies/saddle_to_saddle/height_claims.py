"""Claims on the heights of plateaus.

On its height means within 2 % of the first loss, as the paper's card has it. Networks whose saddles are between
directions visit all of them for almost every start, so the mean over seeds is judged. Where units race, two of them
may escape together and the loss has no time to settle in between; the share of such seeds vanishes only in proportion
to the scale. There the mean has no meaning, and the median is judged as the card does for widths: it is on its height
if more than half of the seeds are.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most
from separatrix.studies.saddle_to_saddle.measures import flattest_levels
from separatrix.studies.saddle_to_saddle.readings import Levels, case, finest, levels, middle, series

ON_HEIGHT = 0.02
"""Of the first loss; from the card."""
HALF = 0.5
Namer = Callable[[xr.DataTree], str]


def _equal_steps(heights: Levels) -> Levels:
    """Equal steps down: what one guesses without the spectrum."""
    return tuple(np.linspace(heights[0], heights[-1], len(heights)).tolist())


def _mode_by_mode(heights: Levels) -> Levels:
    """Steps of 1 for the quadratic network's target of eigenvalues 1 and -1, as if the trace did not couple them."""
    return tuple((heights[0] * np.linspace(1, 0, len(heights))).tolist())


def height_error(
    experiment: str, namer: Namer, guess: Callable[[Levels], Levels] = lambda heights: heights
) -> Callable[[xr.DataTree], xr.DataArray]:
    """Largest distance of a measured plateau from its height, in units of the first loss.

    Args:
        experiment: which.
        namer: from the results to the name of the case.
        guess: from the heights in theory to those compared with.

    Returns:
        The measure.
    """

    def measure(results: xr.DataTree) -> xr.DataArray:
        name = namer(results)
        heights = levels(results, experiment, name)
        found = flattest_levels(case(results, experiment, name), heights)
        wanted = xr.DataArray(list(guess(heights)[:-1]), dims="plateau")
        return (abs(found - wanted) / heights[0]).max("plateau", skipna=False)

    return measure


def _on_heights(error: Callable[[xr.DataTree], xr.DataArray]) -> Callable[[xr.DataTree], xr.DataArray]:
    return lambda results: (error(results) <= ON_HEIGHT).astype(float)


def _sure(net: str, experiment: str, namer: Namer) -> Claim:
    return Claim(
        f"01-plateau-heights-{net.replace(' ', '-').lower()}",
        f"{net}: every plateau lies where theory puts it (largest distance over the first loss)",
        height_error(experiment, namer),
        at_most(ON_HEIGHT),
        "theorem 1 and section 4",
        control=Control(_EQUAL_STEPS, height_error(experiment, namer, _equal_steps)),
    )


_EQUAL_STEPS = "equally high steps, as if the spectrum did not matter"


def named(name: str) -> Namer:
    """The case of one name, whatever the results."""
    return lambda results: name


def smallest(experiment: str, prefix: str = "") -> Namer:
    """The case of the smallest scale."""
    return lambda results: finest(results, experiment, prefix)


def largest_relu(results: xr.DataTree) -> str:
    """The ReLU network's case of the largest scale."""
    return series(results, "rectified", "scale", "relu ")[0][0]


def _ends_at(results: xr.DataTree, doubt: bool) -> xr.DataArray:
    """1 for seeds whose run ends within 0.001 of the last level, or of zero, as its own last event says; else 0."""
    name = middle(results, "attention")
    level = levels(results, "attention", name)[-1] if doubt else 0.0
    converged = case(results, "attention", name, "stop_reason") == "converged"
    last = case(results, "attention", name).isel(time=-1, drop=True)
    return (converged & (abs(last - level) < 1e-3)).astype(float)


HEIGHTS = (
    _sure("Linear", "linear", named("reference")),
    _sure("ReLU", "rectified", largest_relu),
    _sure("ReLU conv", "rectified", named("relu conv")),
    _sure("Linear conv", "rectified", named("linear conv")),
    Claim(
        "01-plateau-heights-attention",
        "Attention: every plateau lies where theory puts it, within 2 % of the first loss (share of seeds)",
        _on_heights(height_error("attention", smallest("attention"))),
        at_least(HALF),
        "theorem 1 and section 5; heights derived",
        kind="proportion",
        control=Control(_EQUAL_STEPS, _on_heights(height_error("attention", smallest("attention"), _equal_steps))),
    ),
    Claim(
        "01-plateau-heights-quadratic",
        "Quadratic: the second plateau lies where the trace, which couples the units, puts it (share of seeds)",
        _on_heights(height_error("quadratic", smallest("quadratic"))),
        at_least(HALF),
        "section 5; height derived",
        kind="proportion",
        control=Control(
            "heights that add up mode by mode: 2, 1, 0",
            _on_heights(height_error("quadratic", smallest("quadratic"), _mode_by_mode)),
        ),
    ),
    Claim(
        "01-plateau-heights-digits",
        "Linear autoencoder on digits: the first six plateaus lie at the tails of the data's spectrum (largest "
        "distance over the first loss)",
        height_error("digits", named("small start")),
        at_most(ON_HEIGHT),
        "section 4, on real data",
        control=Control(_EQUAL_STEPS, height_error("digits", named("small start"), _equal_steps)),
    ),
    Claim(
        "01-final-loss-attention",
        "Attention ends at the doubt that a finite context leaves, within 0.001 (share of seeds)",
        lambda r: _ends_at(r, doubt=True),
        at_least(HALF),
        "section 5; height derived",
        kind="proportion",
        control=Control("an end at zero", lambda r: _ends_at(r, doubt=False)),
    ),
)
