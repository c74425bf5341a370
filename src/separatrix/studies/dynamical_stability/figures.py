"""Figures of the study: the first shows the trace of the Hessian against 2 / lr for SGD and for descent."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from separatrix.studies import Figure
from separatrix.studies.dynamical_stability.network_claims import final

if TYPE_CHECKING:
    import altair as alt


def _against_rate(data: xr.Dataset, name: str) -> pd.DataFrame:
    return data[[name, "rate"]].to_dataframe().reset_index()[["seed", "rate", name]].dropna()


def _trace_panel(results: xr.DataTree, network: str, **options: Any) -> "alt.LayerChart":
    """Trace against rate: 2 / lr dashed, what is stable below it shaded, descent grey."""
    import altair as alt

    from separatrix.figures import theory_and_simulation

    sgd = _against_rate(final(results, f"{network}_sgd"), "trace")
    descent = _against_rate(final(results, f"{network}_descent"), "trace")
    descent = descent[descent["rate"] <= 1.001 * sgd["rate"].max()]
    rates = np.geomspace(sgd["rate"].min(), sgd["rate"].max(), 30)
    bound = pd.DataFrame({"rate": rates, "trace": 2 / rates})
    lowest = 0.7 * min(sgd["trace"].min(), bound["trace"].min())
    highest = 1.4 * max(bound["trace"].max(), descent["trace"].max())
    limits = (float(lowest), float(highest))
    scale = alt.Scale(type="log", domain=list(limits), nice=False)
    stable = (
        alt.Chart(bound.assign(floor=lowest))
        .mark_area(style="expected", clip=True)
        .encode(x=alt.X("rate:Q"), y=alt.Y("trace:Q", scale=scale), y2="floor:Q")
    )
    lines = theory_and_simulation(
        sgd.assign(method="SGD"),
        bound,
        x="rate",
        y="trace",
        color="method",
        control=descent,
        log_x=True,
        log_y=True,
        points=False,
        x_title="learning rate",
        y_title="trace of the Hessian, tr G",
        theory_label="2 / learning rate",
        control_label="full-batch descent",
        y_domain=limits,
        **options,
    )
    return alt.layer(stable, lines)


def _diagonal_trace(results: xr.DataTree) -> "alt.LayerChart":
    return _trace_panel(results, "diagonal")


def _relu_trace(results: xr.DataTree) -> Any:
    import altair as alt

    panels = [
        _trace_panel(results, network, width=270, height=240).properties(title=title)
        for network, title in (("relu", "a ReLU teacher's data"), ("digits", "real digits, 3 against 8"))
    ]
    return alt.hconcat(*panels)


def _test_loss(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import theory_and_simulation

    panels = []
    for network, title in (("diagonal", "diagonal network"), ("relu", "ReLU network"), ("digits", "real digits")):
        sgd = _against_rate(final(results, f"{network}_sgd"), "test_loss")
        descent = _against_rate(final(results, f"{network}_descent"), "test_loss")
        descent = descent[descent["rate"] <= 1.001 * sgd["rate"].max()]
        panel = theory_and_simulation(
            sgd.assign(method="SGD"),
            x="rate",
            y="test_loss",
            color="method",
            control=descent,
            log_x=True,
            log_y=True,
            x_title="learning rate",
            y_title="test loss" if not panels else " ",
            control_label="full-batch descent",
            width=190,
            height=220,
        )
        panels.append(panel.properties(title=title))
    return alt.hconcat(*panels)


def _critical_rates(results: xr.DataTree) -> "alt.LayerChart":
    import altair as alt

    from separatrix.figures import theory_and_simulation

    found = results["critical_rates"].to_dataset()
    relative = (found["critical"] / found["largest"]).mean("problem")
    bound = (found["fourth_moment"] / found["largest"]).mean(("problem", "seed"))
    chart = theory_and_simulation(
        relative.rename("relative").to_dataset(),
        bound.rename("relative").to_dataset(),
        x="batch",
        y="relative",
        log_x=True,
        x_title="batch size (examples)",
        y_title="critical rate over 2 / λmax",
        theory_label="closed-form bound",
        points=True,
        y_domain=(0.0, 1.15),
    )
    from separatrix.figures import reference_line

    return alt.layer(reference_line(1.0, label="full-batch descent: 2 / λmax", style="control"), chart)


def _growth(results: xr.DataTree) -> "alt.LayerChart":
    from separatrix.figures import theory_and_simulation

    found = results["growth"].to_dataset().sel(problem="worked", factor=[0.9, 1.1], drop=True)
    start = found["exact"].isel(step=0, seed=0, factor=0, drop=True)
    steps = found["step"]
    descent = (found["descent"] ** steps * start).isel(seed=0, drop=True)
    labels = [f"{f:g} × critical" for f in found["factor"].values]
    found, descent = found.assign_coords(factor=labels), descent.assign_coords(factor=labels)
    return theory_and_simulation(
        found["simulated"].rename("moment").to_dataset(),
        found["exact"].isel(seed=0, drop=True).rename("moment").to_dataset(),
        x="step",
        y="moment",
        color="factor",
        control=descent.rename("moment").to_dataset(),
        log_y=True,
        x_title="step",
        y_title="E‖u‖² from the minimum",
        theory_label="exact second moment",
        control_label="full-batch descent, upper bound",
    )


def _balance(results: xr.DataTree) -> "alt.LayerChart":
    from separatrix.figures import theory_and_simulation

    chosen = [2.0, 4.0, 8.0, 16.0]
    sgd, descent = (
        results[run]["balance"].sel(imbalance=chosen).isel(time=slice(1, None)).to_dataset()
        for run in ("balance_sgd", "balance_descent")
    )
    labels = [f"r₀ = {value:g}" for value in chosen]
    sgd, descent = sgd.assign_coords(imbalance=labels), descent.assign_coords(imbalance=labels)
    return theory_and_simulation(
        sgd,
        x="time",
        y="balance",
        color="imbalance",
        control=descent,
        log_x=True,
        log_y=True,
        x_title="step",
        y_title="balance ratio r (1: balanced)",
        color_title="start",
        control_label="full-batch descent",
    )


FIGURES = (
    Figure(
        "trace",
        "SGD comes to rest only where the trace is below 2/lr; full-batch descent takes no notice",
        _diagonal_trace,
    ),
    Figure(
        "test-loss", "The larger the rate of SGD, the better it generalises; descent stays where it began", _test_loss
    ),
    Figure("relu-trace", "ReLU networks obey the same bound, on a teacher's data and on real digits", _relu_trace),
    Figure(
        "critical-rate",
        "The critical rate rises with the batch, from the trace's rule to the largest eigenvalue's",
        _critical_rates,
    ),
    Figure("growth", "Between growth and decay lies the critical rate of the second moment, not descent's", _growth),
    Figure("balance", "SGD balances the two layers where it must; descent never does", _balance),
)
