"""The figures of the study; the first shows the sigmoids."""

from typing import Any

import numpy as np
import xarray as xr

from separatrix.studies.study import Figure


def _node(results: xr.DataTree, name: str) -> xr.Dataset:
    return results[name].to_dataset()


def _sigmoids(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = _node(results, "random_start")
    strength = run.strength.isel(update=0, rate=0, drop=True)
    return theory_and_simulation(
        _by_strength(strength, run),
        _by_strength(run.theory_strength.mean("seed"), run),
        x="time",
        y="strength",
        color="mode",
        x_title="time (steps × learning rate)",
        y_title="strength of the mode",
        theory_label="exact solution, from |a + b|² / 4",
    )


def _by_strength(values: xr.DataArray, run: xr.Dataset) -> xr.DataArray:
    labels = [f"s = {s:g}" for s in run.singular_value.to_numpy()]
    return values.drop_vars("singular_value", errors="ignore").assign_coords(mode=labels).rename("strength")


def _trained(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = _node(results, "trained")
    return theory_and_simulation(
        run.epochs.sel(start=["orthogonal"]),
        control=run.epochs.sel(start="gaussian", drop=True),
        x="layers",
        y="epochs",
        color="start",
        log_x=True,
        log_y=True,
        points=True,
        x_title="layers of neurons",
        y_title="epochs to 1 % error on digits, at the best rate",
        control_label="Gaussian weights (the deepest: at least)",
    )


def _depth(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = _node(results, "learning_times")
    steps = xr.concat([run.steps, run.steps / run.matrices], "rate").assign_coords(
        rate=["rate 1 / depth", "one rate for all"]
    )
    theory = xr.concat([run.theory, run.theory / run.matrices], "rate").assign_coords(rate=steps.rate)
    return theory_and_simulation(
        steps.rename("steps"),
        theory.rename("steps"),
        x="matrices",
        y="steps",
        color="rate",
        log_x=True,
        log_y=True,
        points=True,
        x_title="weight matrices",
        y_title="steps to 99 % (at one rate: per 1 / rate)",
        theory_label="exact solution",
    )


def _rates(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = _node(results, "best_rates")
    return theory_and_simulation(
        run.best_rate,
        (2 * run.bound).rename("best_rate"),
        x="matrices",
        y="best_rate",
        log_x=True,
        log_y=True,
        points=True,
        x_title="weight matrices",
        y_title="fastest learning rate",
        theory_label="stability limit 2 / (L s^(2 − 2/L))",
    )


def _tree(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    shown = [1, 3, 6, 12]
    run = _node(results, "hierarchy").sel(tanh=True, drop=True).sel(mode=shown)
    run = run.assign_coords(mode=[f"mode {k}" for k in shown])
    return theory_and_simulation(
        run.share,
        run.theory_share.mean("seed").rename("share"),
        x="time",
        y="share",
        color="mode",
        x_domain=(0.0, 0.6),
        x_title="time (steps × learning rate)",
        y_title="share of the mode that the tanh network learned",
        theory_label="exact solution of the linear network",
    )


def _edge(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = _node(results, "edge_of_chaos").isel(layers=slice(1, None))
    gains = [f"gain {gain:g}" for gain in np.asarray(run.gain)]
    return theory_and_simulation(
        run.rms.sel(is_gaussian=False, drop=True).assign_coords(gain=gains),
        run.theory_rms.assign_coords(gain=gains).rename("rms"),
        x="layers",
        y="rms",
        color="gain",
        log_x=True,
        log_y=True,
        x_title="layers between input and output",
        y_title="r.m.s. singular value of the Jacobian",
        theory_label="mean-field theory",
    )


FIGURES = (
    Figure("sigmoids", "Each mode is learned in a sigmoid whose time theory knows", _sigmoids),
    Figure("depth", "Infinite depth learns in finite time, at a depth-scaled rate", _depth),
    Figure("training", "Depth is nearly free with orthogonal weights, not with Gaussian", _trained),
    Figure("rates", "The fastest learning rate falls as one over depth", _rates),
    Figure("tree", "A tanh network learns a tree in the order of the linear theory", _tree),
    Figure("edge-of-chaos", "Below a gain of one, gradients die on their way through depth", _edge),
)
