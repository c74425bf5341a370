"""The figures of the study; the first shows how many networks are needed, in theory, trained and published."""

from typing import Any

import pandas as pd
import xarray as xr

from separatrix.studies.permutations_ntk.config import STOPPED_90, STOPPED_999
from separatrix.studies.permutations_ntk.network_claims import trained_models
from separatrix.studies.permutations_ntk.size_claims import models
from separatrix.studies.study import Figure

NAMES = {"NTK": "NTK parametrisation", "standard": "standard parametrisation"}


def _published(stopped: dict[int, int], label: str, at: int) -> Any:
    """The published numbers as black diamonds, one of them labelled."""
    import altair as alt

    table = pd.DataFrame({"bits": list(stopped), "models": list(stopped.values())})
    marks = alt.Chart(table).mark_point(style="ink", shape="diamond", size=70, filled=True, opacity=1)
    place = table[table["bits"] == at].assign(label=label)
    text = alt.Chart(place).mark_text(style="ink", align="left", dx=2, dy=19)
    x, y = alt.X("bits:Q"), alt.Y("models:Q")
    return alt.layer(marks.encode(x=x, y=y), text.encode(x=x, y=y, text="label:N"))


def _beside(curves: xr.DataArray, x: str, end: float) -> xr.DataArray:
    """The curves with an end far outside the plot, so that their names go beside it and overlap nothing."""
    return curves.reindex({x: [*curves[x].to_numpy().tolist(), end]}, fill_value=1e9)  # pyright: ignore


def _needed(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import theory_and_simulation

    kind = xr.DataArray(list(NAMES.values()), dims="kind", name="kind")
    found = xr.concat([trained_models(results, name) for name in NAMES], kind).rename("models")
    theory = xr.concat([models(results, name).sel(bits=slice(3, 30)) for name in NAMES], kind).rename("models")
    chart = theory_and_simulation(
        _beside(found, "bits", 31),
        theory,
        x="bits",
        y="models",
        color="kind",
        log_y=True,
        points=True,
        color_title="trained networks",
        x_title="bits",
        y_title="networks to average, for 90 % right",
        x_domain=(0, 32),
        y_domain=(5, 1200),
        theory_label="theory of infinite width",
    )
    stopped = {k: n for k, n in STOPPED_90.items() if k >= 10}
    return alt.layer(chart, _published(stopped, "published experiments", 20))


def _phase(results: xr.DataTree) -> Any:
    from separatrix.figures import heatmap

    right = results["sampled"].to_dataset().right.sel(parametrisation="NTK", drop=True)
    right = right.sel(models=slice(5, 2000))
    boundary = models(results, "NTK").sel(bits=slice(int(right.bits.min()), 30)).rename("models")
    return heatmap(
        right,
        x="bits",
        y="models",
        value="right",
        boundary=boundary,
        boundary_label="90 % in theory",
        log_x=True,
        log_y=True,
        value_domain=(0.0, 1.0),
        x_title="bits",
        y_title="networks averaged",
        value_title="all bits right",
    )


def _means(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    found, law = results["supports"].to_dataset(), results["law"].to_dataset()
    law = law.sel(parametrisation="NTK", bits=5, drop=True).sel(support=found.support)
    labels = xr.DataArray(["where it should be 1", "where it should be 0"], dims="target", name="target")
    return theory_and_simulation(
        _beside(xr.concat([found.ones, found.zeros], labels).rename("mean"), "support", 5.2),
        xr.concat([law.ones, law.zeros], labels).rename("mean"),
        x="support",
        y="mean",
        color="target",
        points=True,
        color_title="average output",
        x_title="ones among 5 bits",
        y_title="average output of trained networks",
        theory_label="infinite width",
        x_domain=(0.7, 5.3),
        y_domain=(-0.15, 1.1),
    )


def _widths(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    shown = {
        "kernel from its limit": (results["kernels"].to_dataset().kernel, -0.5),
        "trained output from its limit": (results["widths"].to_dataset().output, -0.5),
        "kernel moved by training": (results["widths"].to_dataset().moved, -0.75),
    }
    what = xr.DataArray(list(shown), dims="what", name="what")
    curves = xr.concat([found for found, _ in shown.values()], what).rename("distance")
    growth = curves.width / float(curves.width[0])
    lines = [float(found.isel(width=0).mean()) * growth**power for found, power in shown.values()]
    return theory_and_simulation(
        curves,
        xr.concat(lines, what).rename("distance"),
        x="width",
        y="distance",
        color="what",
        log_x=True,
        log_y=True,
        points=True,
        x_title="hidden units",
        y_title="root mean square",
        color_title="quantity",
        theory_label="slopes -1/2 and -3/4 through the first point",
    )


def _all(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    found = results["all_inputs"].to_dataset()
    return theory_and_simulation(
        found.models,
        found.bound.rename("models"),
        control=found.pairs.rename("models"),
        x="bits",
        y="models",
        log_x=True,
        log_y=True,
        points=True,
        x_title="bits",
        y_title="networks for all inputs at once",
        theory_label="union bound",
        control_label="only inputs with two ones",
    )


def _stopping(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import theory_and_simulation

    found = results["stopping"].to_dataset().stopped
    labels = xr.DataArray(["first 90 % right", "first 99.9 % right"], dims="rule", name="rule")
    stopped = xr.concat([found.sel(target=t, drop=True) for t in found.target.to_numpy()], labels).rename("models")
    fixed = [models(results, "standard", t).sel(bits=slice(10, 30)) for t in found.target.to_numpy()]
    chart = theory_and_simulation(
        stopped,
        xr.concat(fixed, labels).rename("models"),
        x="bits",
        y="models",
        color="rule",
        log_y=True,
        points=True,
        x_title="bits",
        y_title="networks averaged when stopped",
        color_title="simulated rule",
        x_domain=(8, 32),
        y_domain=(30, 600),
        theory_label="for a number fixed beforehand",
    )
    lower = {k: n for k, n in STOPPED_90.items() if k >= 10}
    upper = {k: n for k, n in STOPPED_999.items() if k >= 10}
    return alt.layer(chart, _published(lower, "published", 25), _published(upper, "published", 25))


FIGURES = (
    Figure("needed", "The published experiments follow the kernel of the output layer, not the NTK", _needed),
    Figure("phase", "Above the dashed line the average of so many networks is right", _phase),
    Figure("stopping", "Stopping at the first success scatters around theory, as published", _stopping),
    Figure("means", "The signs of the average are the permutation, its size is not", _means),
    Figure("widths", "Finite networks near the limit as the root of their width", _widths),
    Figure("all-inputs", "All inputs need as many networks as those with two ones", _all),
)
