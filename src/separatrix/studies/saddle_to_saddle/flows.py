"""Many small gradient flows that differ in scale, width, target or start, as one compiled program an architecture."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from separatrix.dynamics import Adaptive, Event, Flow, Setup, ensemble
from separatrix.studies.saddle_to_saddle.config import Config

METHOD = Adaptive(rtol=1e-7, atol=1e-14, max_steps=20_000)
RACE = Adaptive(rtol=1e-7, atol=1e-14, max_steps=20_000, solver=diffrax.Tsit5())
"""Long plateaus are spent at the limit of stability of explicit steps: a method of few stages is then the cheapest."""
CONVERGED = 1e-5
"""Loss above its floor at which a run ends; an explicit method would only hover at its limit of stability there."""
LARGEST_CHUNK = 256
"""Runs that are computed together."""
SCALE_CASE = "scale {:g}"
WIDTH_CASE = "width {:d}"
DRAW = ", draw "
"""Between a case's name and the number of a further draw of its initial weights."""


class Case(NamedTuple):
    """One kind of run.

    Attributes:
        name: its label in the results.
        scale: standard deviation of the random part of the initial weights.
        width: units that are not zero; zero units stay so, and all cases share one shape.
        target: singular values, eigenvalues or labels of what is to be learned.
        start: strengths of a large low-rank part of the initial weights (linear network only).
        turned: 1 if that part points in random directions, 0 if along the target's.
        until: time at which the run ends, converged or not.
        draw: number of the draw of the initial weights; cases of one draw share their random numbers.
    """

    name: str
    scale: float
    width: int
    target: Any
    start: Any = ()
    turned: float = 0.0
    until: float = np.inf
    draw: int = 0


def drawn(case: Case, draws: int) -> list[Case]:
    """The case and further draws of it, which claims read as more seeds.

    Args:
        case: the first draw.
        draws: how many in all.

    Returns:
        One case a draw.
    """
    return [case, *(case._replace(name=f"{case.name}{DRAW}{k}", draw=k) for k in range(1, draws))]


class _Descent(eqx.Module):
    """Minus the gradient of a loss, together with the loss, the lowest that it can reach, and the time to end."""

    loss: Callable[[Any], Any]
    floor: Any
    until: Any

    def __call__(self, t: Any, model: Any) -> Any:
        return jax.tree.map(jnp.negative, eqx.filter_grad(self.loss)(model))


def _is_done(system: Any, t: Any, model: Any) -> Any:
    return system.velocity.loss(model) - system.velocity.floor < CONVERGED


def _is_over(system: Any, t: Any, model: Any) -> Any:
    return t > system.velocity.until


_DONE = Event("converged", _is_done)
_OVER = Event("over", _is_over)


def run_cases(
    config: Config,
    cases: Sequence[Case],
    start: Callable[[Any, Case], Any],
    loss: Callable[[Case], Callable[[Any], Any]],
    observe: Callable[[Case, Any], dict[str, Callable[[Any], Any]]],
    span: tuple[float, float],
    facts: Callable[[Case], dict[str, Sequence[float]]],
    floor: Callable[[Case], Any] = lambda case: 0.0,
    method: Adaptive = METHOD,
) -> xr.Dataset:
    """Gradient flow from ``start(key, case)`` on ``loss(case)`` for every seed and case.

    Args:
        config: seeds and number of times.
        cases: the kinds of run; all of them have targets (and starts) of one length.
        start: initial model of a case.
        loss: of a case.
        observe: of a case and its initial model, functions of the model by name; the loss comes of itself.
        span: first and last observed time after 0.
        facts: what theory says of a case, such as the heights of its plateaus, by name.
        floor: the lowest loss of a case; runs end close to it.
        method: tolerances.

    Returns:
        Dataset with dims ``seed``, ``case``, ``time``; after convergence the loss is its floor and the other
        values are repeated. Each fact has the dims ``case`` and its own, filled up with NaN; the coordinates
        ``scale`` and ``width`` lie along ``case``.
    """
    stacked = jax.tree.map(lambda *leaves: jnp.asarray(leaves, float), *[tuple(case)[1:] for case in cases])

    def build(key: Any, case: Any) -> Setup:
        scale, width, target, low_rank, turned, until, draw = jax.tree.map(lambda values: values[case], stacked)
        here = Case("", scale, width, jnp.stack(target), jnp.stack(low_rank) if low_rank else (), turned)
        model = start(jax.random.fold_in(key, jnp.asarray(draw, int)), here)
        objective = loss(here)
        return Setup(
            Flow(_Descent(objective, jnp.asarray(floor(here)), until)),
            model,
            {"loss": objective, **observe(here, model)},
        )

    times = np.concatenate([[0.0], np.geomspace(*span, config.times)])
    found = ensemble(
        build,
        times,
        seeds=config.seeds,
        grid={"case": np.arange(len(cases))},
        key=jax.random.key(config.seed),
        method=method,
        stop=(_DONE, _OVER),
        chunk=min(len(cases) * config.seeds, LARGEST_CHUNK),
    )
    named = found.assign_coords(
        case=[case.name for case in cases],
        scale=("case", [case.scale for case in cases]),
        width=("case", [case.width for case in cases]),
    )
    named = named.assign({name: _table(name, [facts(case)[name] for case in cases]) for name in facts(cases[0])})
    floors = xr.DataArray([float(floor(case._replace(target=jnp.asarray(case.target)))) for case in cases], dims="case")
    named["loss"] = named["loss"].where(named["loss"].notnull() | (named["stop_reason"] != "converged"), floors)
    return named.map(lambda values: hold_last(values) if "time" in values.dims else values, keep_attrs=True)


def _table(name: str, rows: Sequence[Sequence[float]]) -> tuple[tuple[str, str], np.ndarray]:
    table = np.full((len(rows), max(map(len, rows))), np.nan)
    for row, values in zip(table, rows, strict=True):
        row[: len(values)] = values
    return ("case", f"{name}_of_case"), table


def hold_last(values: xr.DataArray) -> xr.DataArray:
    """The array with NaN replaced by the last earlier value along time.

    Args:
        values: with dimension ``time``.

    Returns:
        The same without NaN, wherever there was an earlier value.
    """
    array = np.moveaxis(np.array(values), values.get_axis_num("time"), -1)
    last = np.maximum.accumulate(np.where(np.isnan(array), 0, np.arange(array.shape[-1])), axis=-1)
    filled = np.take_along_axis(array, last, axis=-1)
    return values.copy(data=np.moveaxis(filled, -1, values.get_axis_num("time")))


def only(width: Any, units: int) -> Any:
    """Column that keeps the first ``width`` of the units, shape (units, 1)."""
    return (jnp.arange(units) < width).astype(float)[:, None]
