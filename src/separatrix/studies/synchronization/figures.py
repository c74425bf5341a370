"""The figures of the study; the first shows the distance between copies against the coupling for four graphs."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from separatrix.studies import Figure
from separatrix.studies.synchronization.measures import node
from separatrix.theory import expected_synchronisation_error, laplacian_spectrum

GRAPHS = ("complete", "ring", "path", "star")


def _against_coupling(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    found = node(results, "graphs")
    copies, dimension = found.sizes["mode"], int(found.attrs["dimension"])
    curvature = float(found.attrs["curvature"])
    rows = [
        {"kappa": float(found["strength"].sel(case=case)), "graph": graph, "seed": seed, "spread": float(value)}
        for graph in GRAPHS
        for case in (graph, f"{graph}, strong")
        if case in found["case"]
        for seed, value in enumerate((found["spread"] / found["slowing"]).sel(case=case).to_numpy())
    ]
    noise, flat = float(found.attrs["noise"]), np.full(dimension, curvature)
    curve = [
        {
            "kappa": kappa,
            "graph": graph,
            "spread": float(expected_synchronisation_error(flat, laplacian_spectrum(graph, copies), kappa, noise)),
        }
        for graph in GRAPHS
        for kappa in np.geomspace(0.1, 10, 40)
    ]
    return theory_and_simulation(
        pd.DataFrame(rows),
        pd.DataFrame(curve),
        x="kappa",
        y="spread",
        color="graph",
        log_x=True,
        log_y=True,
        points=True,
        x_title="coupling κ (1 / time)",
        y_title="summed squared distance of copies from their mean",
        color_title="graph of 10 learners",
        theory_label="sum over the Laplacian's modes",
    )


def _redundancy(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    found = node(results, "redundancy")
    return theory_and_simulation(
        found["centre"],
        found["exact"].rename("centre"),
        x="n",
        y="centre",
        control=found["common"].rename("centre"),
        log_x=True,
        log_y=True,
        points=True,
        x_title="learners, all tied to all",
        y_title="squared error of their mean",
        theory_label="σ²d / 2an",
        control_label="one noise for all learners",
    )


def _bias(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation
    from separatrix.theory import bias_of_centre

    found = node(results, "curved")
    copies = node(results, "graphs").sizes["mode"]
    noise = float(np.sqrt(2 * copies * found["plain_variance"]))
    kappas = np.linspace(0, float(found["kappa"][-1]), 80)
    spectrum = laplacian_spectrum("complete", copies)
    line = pd.DataFrame(
        {"kappa": kappas, "bias": [float(bias_of_centre(1.0, 1.0, spectrum, kappa, noise)) for kappa in kappas]}
    )
    return theory_and_simulation(
        found["bias"],
        line,
        x="kappa",
        y="bias",
        control=pd.DataFrame({"kappa": [0.0, kappas[-1]], "bias": [float(found["alone"])] * 2}),
        points=True,
        x_title="coupling κ (1 / time)",
        y_title="mean of all learners (the minimum is at 0)",
        theory_label="lowest order in the noise",
        control_label="average of separate learners",
    )


def _equal_weight(results: xr.DataTree) -> Any:
    import altair as alt

    found = node(results, "graphs")
    smooth = (found["spread"] / found["slowing"]).mean("seed")
    rows = [
        {"graph": graph, "spread": float(smooth.sel(case=case)), "weights": weights}
        for graph in GRAPHS
        for weights, case in (("unit weights", graph), ("equal total weight", f"{graph}, equal weight"))
    ]
    table = pd.DataFrame(rows)
    order = alt.EncodingSortField("spread")
    base = alt.Chart(table).encode(
        x=alt.X("spread:Q", title="summed squared distance of copies from their mean", scale=alt.Scale(zero=True)),
        y=alt.Y("graph:N", title=None, sort=order),
    )
    points = base.mark_point(filled=True, size=110).encode(color=alt.Color("weights:N", title=None), shape="weights:N")
    return points.properties(width=440, height=160)


def _predicted(results: xr.DataTree) -> Any:
    from separatrix.figures import theory_and_simulation

    graphs, tumours, nets = (node(results, name) for name in ("graphs", "measurements", "networks"))
    rows = [
        {"exact": float(entry["exact"]), "spread": float(entry["spread"].mean()), "loss": "quadratic loss"}
        for entry in (graphs.sel(case=case) for case in graphs["case"])
    ]
    rows += [
        {"exact": float(entry["exact"]), "spread": float(entry["spread"].mean()), "loss": "kernel decision on tumours"}
        for entry in (tumours.sel(graph=graph) for graph in tumours["graph"])
    ]
    coupled = nets.isel(kappa=1)
    rows.append(
        {
            "exact": float(coupled["expected"]),
            "spread": float(coupled["spread"].mean()),
            "loss": "networks that read digits",
        }
    )
    table = pd.DataFrame(rows)
    ends = np.array([table["exact"].min() / 1.5, table["exact"].max() * 1.5])
    return theory_and_simulation(
        table,
        pd.DataFrame({"exact": ends, "spread": ends}),
        x="exact",
        y="spread",
        color="loss",
        log_x=True,
        log_y=True,
        points=True,
        x_title="predicted from Hessian and Laplacian",
        y_title="measured squared distance between copies",
        theory_label="equal",
    )


FIGURES = (
    Figure("graphs", "The Laplacian's spectrum says how far coupled learners stay apart", _against_coupling),
    Figure("redundancy", "Noise in the common decision falls as 1/n, unless all share one noise", _redundancy),
    Figure("bias", "Coupling removes the bias that averaging separate learners keeps", _bias),
    Figure("weight", "At equal total weight a star holds its learners closer than a path", _equal_weight),
    Figure("predicted", "Hessian and Laplacian predict the distance, for networks too", _predicted),
)
