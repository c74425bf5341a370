"""The figures of the study; the first shows that the bump needs features of two sizes, neither alike nor too unlike."""

from typing import Any

import numpy as np
import xarray as xr

from separatrix.studies.double_descent.measures import bump, simulated, theory
from separatrix.studies.double_descent.regularised import NEVER
from separatrix.studies.double_descent.theory_claims import MIDDLE, PAPER
from separatrix.studies.study import Figure

STEPS = "steps of gradient descent"
ERROR = "test error (half the squared error / target's variance)"
DRAWN = 0.02
"""Height of the bump on the boundary of the phase diagram."""


def _named(conditions: tuple[float, ...]) -> list[str]:
    return [f"κ = {k:g}" if k < NEVER else "κ = 100 000" for k in conditions]


def _curves(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    found = xr.concat([simulated(results, "descent", k) for k in PAPER], "kappa").assign_coords(kappa=_named(PAPER))
    exact = xr.concat([theory(results, "descent", k) for k in PAPER], "kappa").assign_coords(kappa=_named(PAPER))
    return theory_and_simulation(
        found.rename("error"),
        exact.rename("error"),
        x="time",
        y="error",
        color="kappa",
        log_x=True,
        x_title=STEPS,
        y_title=ERROR,
        color_title="sizes of features",
        theory_label="exact for many examples, no parameter fitted",
    )


def _phases(results: xr.DataTree) -> Any:
    from separatrix.figures import heatmap

    conditions = [float(k) for k in results["descent"].condition if k < NEVER]
    noises = np.linspace(0.0, 1.1, 12)
    found = xr.concat(
        [
            xr.concat([bump(simulated(results, "descent", k, s).mean("seed")) for k in conditions], "condition")
            for s in noises
        ],
        "noise",
    ).assign_coords(condition=conditions, noise=noises)
    return heatmap(
        found.rename("bump"),
        x="noise",
        y="condition",
        value="bump",
        boundary=_boundary(results, max(conditions)),
        boundary_label=f"theory: the bump is {DRAWN:g} high",
        log_y=True,
        value_domain=(0.0, float(found.max())),
        x_title="label noise (standard deviation / that of the target)",
        y_title="ratio of sizes κ",
        value_title="bump",
    )


def _boundary(results: xr.DataTree, most: float) -> xr.DataArray:
    """The kappa above which the bump is at least so high, interpolated in log kappa."""
    curves = results["theory"].to_dataset().sel(condition=slice(1.0, most))
    noises = np.linspace(0.0, 1.1, 23)
    clean = curves.descent.sel(order="error", drop=True)
    logs, found = np.log(curves.condition.to_numpy()), np.full(len(noises), np.nan)
    for index, noise in enumerate(noises):
        heights = bump(clean + noise**2 * curves.noise).to_numpy()
        above = np.flatnonzero(heights > DRAWN)
        if len(above) and above[0] > 0:
            first = above[0]
            share = (DRAWN - heights[first - 1]) / (heights[first] - heights[first - 1])
            found[index] = np.exp(logs[first - 1] + share * (logs[first] - logs[first - 1]))
    kept = np.isfinite(found)
    return xr.DataArray(found[kept], dims="noise", coords={"noise": noises[kept]}, name="condition")


def _ridge(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    return theory_and_simulation(
        simulated(results, "ridge", MIDDLE).rename("error"),
        theory(results, "ridge", MIDDLE).rename("error"),
        x="time",
        y="error",
        control=theory(results, "decoupled", MIDDLE).rename("error"),
        log_x=True,
        x_domain=(1.0, 1e5),
        x_title="2 / penalty of ridge regression, κ = 50",
        y_title=ERROR,
        theory_label="both groups share the examples",
        control_label="the paper's scalar formulas",
    )


def _surrogate(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    names = {"descent": "gradient descent", "flow": "gradient flow", "ridge": "ridge, penalty 2 / steps"}
    found = xr.concat([simulated(results, name, MIDDLE) for name in names], "which").assign_coords(
        which=list(names.values())
    )
    exact = xr.concat([theory(results, name, MIDDLE) for name in names], "which").assign_coords(
        which=list(names.values())
    )
    return theory_and_simulation(
        found.rename("error"),
        exact.rename("error"),
        x="time",
        y="error",
        color="which",
        log_x=True,
        x_domain=(1.0, 1e5),
        x_title=STEPS,
        y_title=ERROR,
        color_title="κ = 50",
        theory_label="exact for many examples",
    )


def _penalty(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = results["regularised"].to_dataset().error.isel(condition=0, drop=True).sel(time=slice(1, None))
    names = {"plain": "no penalty", "fading": "fading penalty", "constant": "constant penalty"}
    found = run.sel(variant=list(names)).assign_coords(variant=list(names.values()))
    return theory_and_simulation(
        found.rename("error"),
        x="time",
        y="error",
        color="variant",
        log_x=True,
        x_title=STEPS,
        y_title=ERROR,
        color_title="κ = 30",
    )


def _images(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = results["images"].to_dataset().test_error
    names = ["nothing dimmed", f"lower half dimmed {float(run.condition[1]):g} times"]
    return theory_and_simulation(
        run.assign_coords(condition=names).rename("error"),
        x="time",
        y="error",
        color="condition",
        log_x=True,
        log_y=True,
        x_domain=(1.0, 1e6),
        y_domain=(0.18, 0.8),
        x_title=STEPS,
        y_title="test error (half the squared error)",
        color_title="images of digits",
    )


FIGURES = (
    Figure("descents", "The error comes down again if features differ, but not too much", _curves),
    Figure("phases", "The bump needs two sizes; noise raises it, then drowns it", _phases),
    Figure("ridge", "Theory must let fast and slow features share the examples", _ridge),
    Figure("surrogate", "Ridge regression stands for time only roughly", _surrogate),
    Figure("penalty", "A penalty on the norm that fades removes the bump at no cost", _penalty),
    Figure("images", "Dimming half of each image makes a bump on real digits", _images),
)
