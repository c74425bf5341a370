"""The figures of the study; the first shows the lottery's forecast."""

from typing import Any

import numpy as np
import xarray as xr

from separatrix.studies.modular_addition.network_claims import all_pairs, grokked
from separatrix.studies.modular_addition.voting import SHOWN
from separatrix.studies.modular_addition.wave_claims import node
from separatrix.studies.study import Figure


def _forecast(results: xr.DataTree) -> Any:
    from separatrix.figures import heatmap

    run = node(results, "sgd_lottery")
    named = run["named"].sel(rule="blow-up time").to_numpy().ravel()
    last = run["frequency"].isel(time=-1).to_numpy().ravel()
    kinds = np.arange(1, (len(run["number"]) - 1) // 2 + 1)
    counts = np.array([[np.mean(last[named == k] == j) if np.any(named == k) else 0.0 for j in kinds] for k in kinds])
    table = xr.DataArray(counts, dims=("named", "kept"), coords={"named": kinds, "kept": kinds}, name="share")
    return heatmap(
        table,
        x="named",
        y="kept",
        value="share",
        scheme="blues",
        value_domain=(0.0, 1.0),
        x_title="frequency of the smallest blow-up time in the first weights",
        y_title="frequency after training",
        value_title="share of neurons",
        width=360,
        height=320,
    )


def _waves(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    run = node(results, "single_neuron").sel(start=0)
    names = {"alpha": "input wave α", "beta": "output wave β"}
    found = xr.concat([run[name] for name in names], "wave").assign_coords(wave=list(names.values()))
    theory = xr.concat([run[f"theory_{name}"] for name in names], "wave").assign_coords(wave=list(names.values()))
    drop = [name for name in ("start", "wrong") if name in found.coords]
    wrong = theory.sel(wrong=True, drop=True)
    return theory_and_simulation(
        found.drop_vars(drop, errors="ignore").rename("magnitude"),
        theory.sel(wrong=False, drop=True).drop_vars("start").rename("magnitude"),
        control=wrong.drop_vars("start").rename("magnitude"),
        x="time",
        y="magnitude",
        color="wave",
        x_title="time (steps × learning rate)",
        y_title="magnitude of the wave",
        theory_label="reduced equations",
        control_label="phase turning the wrong way",
    )


def _race(results: xr.DataTree) -> Any:
    from separatrix.figures import heatmap

    run = node(results, "lottery")
    return heatmap(
        run["share"].transpose("misaligned", "magnitude"),
        x="misaligned",
        y="magnitude",
        value="share",
        boundary=run["boundary"].rename("magnitude"),
        boundary_label="equal blow-up times",
        log_y=True,
        value_domain=(0.0, 1.0),
        x_title="misalignment |D| at the start (radians)",
        y_title="magnitude, relative to the rival's",
        value_title="its share of both waves",
    )


def _indicator(results: xr.DataTree) -> Any:
    from separatrix.figures import heatmap

    logits = node(results, "indicator")["logits"].sel(unit_map="square", drop=True)
    return heatmap(
        logits,
        x="second",
        y="answer",
        value="logits",
        x_title=f"second number y (the first is {SHOWN})",
        y_title="answer j",
        value_title="logit",
        width=380,
        height=340,
    )


def _margins(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    kinds = {
        "gradient descent": node(results, "sgd_lottery"),
        "AdamW": node(results, "adam_lottery"),
        "AdamW, ReLU units": all_pairs(results),
    }
    shares = [_right_by_margin(run).assign_coords(network=name) for name, run in kinds.items()]
    chance = 1 / ((len(node(results, "sgd_lottery")["number"]) - 1) // 2)
    return theory_and_simulation(
        xr.concat(shares, "network").rename("share"),
        xr.DataArray([chance, chance], dims="margin", coords={"margin": [1.0, 1.9]}, name="share"),
        x="margin",
        y="share",
        color="network",
        points=True,
        y_domain=(0.0, 1.05),
        x_title="second smallest blow-up time over the smallest",
        y_title="share of neurons foretold",
        theory_label="chance",
    )


MARGINS = np.array([1.0, 1.1, 1.2, 1.4, 1.6, np.inf])
SHOWN_AT = (1.05, 1.15, 1.3, 1.5, 1.8)


def _right_by_margin(run: xr.Dataset) -> xr.DataArray:
    """Share of the neurons whose last frequency was foretold, by how clear the forecast was."""
    right = (run["frequency"].isel(time=-1) == run["named"].sel(rule="blow-up time")).transpose("seed", "neuron")
    place = np.digitize(run["margin"].transpose("seed", "neuron").to_numpy(), MARGINS) - 1
    shares = [right.where(place == k).mean("neuron") for k in range(len(SHOWN_AT))]
    found = xr.concat(shares, "margin").assign_coords(margin=list(SHOWN_AT))
    return found.drop_vars(["time", "rule"], errors="ignore")


def _grokking(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    curves = {
        "trained on, decay 2": grokked(results)["accuracy"],
        "held out, decay 2": grokked(results)["test_accuracy"],
    }
    found = xr.concat(list(curves.values()), "pairs").assign_coords(pairs=list(curves))
    mirrored = grokked(results)["mirrored"].mean("seed")
    return theory_and_simulation(
        found.rename("accuracy"),
        mirrored.rename("accuracy"),
        control=grokked(results, decayed=False)["test_accuracy"].rename("accuracy"),
        x="time",
        y="accuracy",
        color="pairs",
        x_title="epoch",
        y_title="accuracy",
        y_domain=(0.0, 1.02),
        theory_label="share of mirror images",
        control_label="held out, no decay",
    )


FIGURES = (
    Figure("forecast", "A neuron's first weights tell which frequency it will keep", _forecast),
    Figure("lottery", "Of two waves the one that blows up first takes the neuron", _race),
    Figure("waves", "A neuron's waves follow four reduced equations", _waves),
    Figure("indicator", "Aligned neurons answer x + y, and half as loudly 2x and 2y", _indicator),
    Figure("margins", "The clearer the lead at the start, the surer the forecast", _margins),
    Figure("grokking", "Mirror images come first, the rest is grokked by decay", _grokking),
)
