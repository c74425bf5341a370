"""Figures of the study: the first shows the trace of the Hessian against 2 / lr for SGD and for descent."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from separatrix.studies import Figure
from separatrix.studies.dynamical_stability.reading import experiment, final

_ROOM = 1.001  # rates are compared in single precision


def _against_rate(results: xr.DataTree, run: str, name: str) -> pd.DataFrame:
    """A quantity at the end of every run against its learning rate, as a tidy table."""
    data = final(results, run)[[name, "rate"]].stack(member=("seed", "rates"))
    columns = {"seed": data["seed"].values, "rate": data["rate"].values, name: data[name].values}
    return pd.DataFrame(columns).dropna()


def _both(results: xr.DataTree, network: str, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """SGD, and descent at rates up to SGD's largest."""
    sgd = _against_rate(results, f"{network}_sgd", name)
    descent = _against_rate(results, f"{network}_descent", name)
    return sgd.assign(method="SGD"), pd.DataFrame(descent[descent["rate"] <= _ROOM * sgd["rate"].max()])


def _trace_panel(results: xr.DataTree, network: str, **options: Any) -> Any:
    """Trace against rate: 2 / lr dashed, what is stable below it shaded, descent grey."""
    import altair as alt

    from separatrix.figures import theory_and_simulation

    sgd, descent = _both(results, network, "trace")
    every = np.concatenate([sgd["rate"].to_numpy(), descent["rate"].to_numpy()])
    rates = np.geomspace(every.min(), every.max(), 30)
    bound = pd.DataFrame({"rate": rates, "trace": 2 / rates})
    lowest = 0.7 * min(sgd["trace"].to_numpy().min(), float(2 / rates[-1]))
    limits = (lowest, 1.4 * float(2 / rates[0]))
    scale = alt.Scale(type="log", domain=list(limits), nice=False)
    stable = (
        alt.Chart(bound.assign(floor=lowest))
        .mark_area(style="expected", clip=True)
        .encode(x=alt.X("rate:Q"), y=alt.Y("trace:Q", scale=scale), y2="floor:Q")
    )
    note = alt.Chart(alt.Data(values=[{"label": "SGD can stay"}])).mark_text(
        style="soft", align="left", baseline="bottom"
    )
    lines = theory_and_simulation(
        sgd,
        bound,
        x="rate",
        y="trace",
        color="method",
        control=descent,
        log_x=True,
        log_y=True,
        x_title="learning rate",
        y_title="trace of the Hessian, tr G",
        theory_label="2 / learning rate",
        control_label="full-batch descent",
        y_domain=limits,
        **options,
    )
    return alt.layer(stable, note.encode(x=alt.value(8), y=alt.value("height"), text="label:N"), lines)


def _diagonal_trace(results: xr.DataTree) -> Any:
    return _trace_panel(results, "diagonal")


def _relu_trace(results: xr.DataTree) -> Any:
    import altair as alt

    panels = [
        _trace_panel(results, network, width=270, height=240).properties(title=_panel_title(title))
        for network, title in (("relu", "a ReLU teacher's data"), ("digits", "real digits, 3 against 8"))
    ]
    return alt.hconcat(*panels)


def _panel_title(text: str) -> Any:
    import altair as alt

    return alt.Title(text, fontSize=13, fontWeight="normal")


def _test_loss(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import theory_and_simulation

    panels = []
    for network, title in (("diagonal", "diagonal network"), ("relu", "ReLU network"), ("digits", "real digits")):
        sgd, descent = _both(results, network, "test_loss")
        panel = theory_and_simulation(
            sgd,
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
        panels.append(panel.properties(title=_panel_title(title)))
    return alt.hconcat(*panels)


def _critical_rates(results: xr.DataTree) -> Any:
    import altair as alt

    from separatrix.figures import reference_line, theory_and_simulation

    found = experiment(results, "critical_rates")
    relative = (found["critical"] / found["largest"]).mean("problem")
    closed = (found[["fourth_moment", "largest"]].to_array().min("variable") / found["largest"]).mean(
        ("problem", "seed")
    )
    chart = theory_and_simulation(
        relative.rename("relative").to_dataset(),
        closed.rename("relative").to_dataset(),
        x="batch",
        y="relative",
        log_x=True,
        x_title="batch size (examples)",
        y_title="critical learning rate over 2 / λmax",
        theory_label="the smaller of the closed-form bounds",
        y_domain=(0.0, 1.15),
    )
    line = reference_line(1.0, label="full-batch descent: 2 / λmax", style="control")
    return alt.layer(line, chart)


def _growth(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    found = experiment(results, "growth").sel(problem="worked", factor=[0.9, 1.1], drop=True)
    start = found["exact"].isel(step=0, seed=0, factor=0, drop=True)
    descent = (found["descent"] ** found["step"] * start).isel(seed=0, drop=True).sel(factor=1.1, drop=True)
    found = found.assign_coords(factor=[f"{f:g} × critical" for f in found["factor"].values])
    return theory_and_simulation(
        found["simulated"].rename("moment").to_dataset(),
        found["exact"].isel(seed=0, drop=True).rename("moment").to_dataset(),
        x="step",
        y="moment",
        color="factor",
        control=descent.rename("moment").to_dataset(),
        log_y=True,
        x_title="step",
        y_title="mean of |u|², squared distance",
        theory_label="exact second moment",
        control_label="bound for full-batch descent at 1.1",
    )


def _balance(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    shown = [2.0, 4.0, 8.0, 16.0]
    sgd, descent = (
        experiment(results, run)[["balance"]].sel(imbalance=shown).isel(time=slice(1, None))
        for run in ("balance_sgd", "balance_descent")
    )
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
        color_title="r at the start",
        control_label="full-batch descent",
    )


FIGURES = (
    Figure("trace", "SGD comes to rest only where the trace is below 2/lr; descent takes no notice", _diagonal_trace),
    Figure("test-loss", "The larger the rate of SGD, the better it generalises; descent gains nothing", _test_loss),
    Figure("relu-trace", "ReLU networks obey the same bound, on a teacher's data and on real digits", _relu_trace),
    Figure("critical-rate", "The critical rate rises with the batch, from SGD's rule to descent's", _critical_rates),
    Figure("growth", "SGD leaves a minimum at rates at which descent still returns to it", _growth),
    Figure("balance", "SGD balances the two factors; descent never does", _balance),
)
