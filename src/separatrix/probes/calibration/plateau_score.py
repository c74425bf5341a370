"""The plateau instrument asked on simulated runs, with the very probes that a recorder makes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from separatrix.probes.calibration import entry
from separatrix.probes.calibration.simulate import Runs, simulate_flow, simulate_noise
from separatrix.probes.calibration.tasks import FAMILIES, Family
from separatrix.probes.calibration.truth import Query, queries
from separatrix.probes.forecast import Judgement, judge
from separatrix.probes.growth_forecast import judge_growth
from separatrix.probes.jax_subject import JaxPoint, OnData
from separatrix.probes.measurements import curvature
from separatrix.probes.step_rule import descent_rule

ROWS = 60
NOISE_QUERY = 35

WITHIN = 0.3
"""A predicted break is right when it errs by at most this share of the time left."""


@dataclass(frozen=True)
class Asked:
    """One question with its answer and the truth."""

    family: str
    escape: str
    run: int
    query: Query
    judgement: Judgement
    growth: Judgement
    noisy: bool = False

    @property
    def right(self) -> bool:
        """Whether plateau-or-end was right."""
        return self.judgement.kind == self.query.kind

    @property
    def miss(self) -> float | None:
        """Relative error of the time to the break; None at ends, infinite where no break was predicted."""
        return _miss(self.judgement, self.query)

    @property
    def growth_miss(self) -> float | None:
        """The same for what was judged from growth alone; None also where that saw no saddle."""
        return _miss(self.growth, self.query) if self.growth.kind == "saddle" else None


def _miss(judgement: Judgement, query: Query) -> float | None:
    if query.remaining is None:
        return None
    return float("inf") if judgement.remaining is None else abs(judgement.remaining / query.remaining - 1)


class _Subject:
    def __init__(self, family: Family, task: Any):
        self.on_data = OnData(lambda weights, data: family.loss(weights, data), task)
        self.apply, self.modes, self.kernel_examples, self.outputs = None, None, None, None


def ask_at(
    runs: Runs, run: int, point: int, subjects: dict[str, Any], before: Runs | None = None
) -> tuple[Judgement, Judgement]:
    """Judge one run as a recorder would have seen it up to one moment.

    Args:
        runs: simulated.
        run: which.
        point: the moment.
        subjects: cache of the compiled losses, by family.
        before: the runs of which these are the continuation.

    Returns:
        The judgement with the curvature of that moment, and the one from the growth of the gradient alone.
    """
    weights, task = runs.at(run, point)
    subject = subjects.setdefault(runs.family.name, _Subject(runs.family, jax.tree.map(jnp.asarray, task)))
    subject.on_data = OnData(subject.on_data.loss, jax.tree.map(jnp.asarray, task))
    probe, _ = curvature(JaxPoint(subject, jax.tree.map(jnp.asarray, weights)), descent_rule(1e-3), {}, None)
    times, losses, norms = runs.times[run, : point + 1], runs.losses[run, : point + 1], _norms(runs, run)[: point + 1]
    seen = _seen(times)
    # The noise begins only where the flow has ended; seen across that moment, it would look like growth.
    growth = judge_growth(times[seen], losses[seen], norms[seen])
    if before is not None:
        times = np.concatenate([before.times[run], before.times[run, -1] + times])
        losses = np.concatenate([before.losses[run], losses])
        seen = _seen(times)
    return judge(times[seen], losses[seen], probe), growth


def _seen(times: np.ndarray) -> np.ndarray:
    """The moments at which a recorder would have looked, evenly spaced in time and the last one."""
    even = np.searchsorted(times, np.linspace(times[0], times[-1], ROWS))
    return np.unique(np.append(np.minimum(even, len(times) - 1), len(times) - 1))


def _norms(runs: Runs, run: int) -> np.ndarray:
    """Gradient norm at every point of a run, shape ``(points,)``."""
    weights = jax.tree.map(lambda kept: kept[run], runs.weights)
    return np.asarray(_gradient_norms(runs.family.loss, weights, runs.at(run, 0)[1]))


@partial(jax.jit, static_argnums=0)
def _gradient_norms(loss: Callable, weights: Any, task: Any) -> jax.Array:
    slopes = jax.vmap(jax.grad(loss), (0, None))(weights, task)
    return jnp.sqrt(sum(jnp.sum(leaf.reshape(len(leaf), -1) ** 2, 1) for leaf in jax.tree.leaves(slopes)))


def ask_family(family: Family, seeds: np.ndarray, subjects: dict[str, Any]) -> list[Asked]:
    """Ask at every moment of the runs of one family.

    Args:
        family: of networks.
        seeds: one a run.
        subjects: cache of the compiled losses.

    Returns:
        What was asked.
    """
    runs = simulate_flow(family, seeds)
    asked = [
        Asked(family.name, family.escape, run, query, *ask_at(runs, run, query.point, subjects))
        for run in range(len(seeds))
        for query in queries(runs.times[run], runs.losses[run])
    ]
    noisy = simulate_noise(runs, jax.random.key(int(seeds[0])))
    end = Query(NOISE_QUERY, "end", None)
    return asked + [
        Asked(family.name, family.escape, run, end, *ask_at(noisy, run, NOISE_QUERY, subjects, runs), noisy=True)
        for run in range(len(seeds))
        if any(a.run == run and a.query.kind == "end" for a in asked)
    ]


def ask_all(runs_each: int, first_seed: int) -> list[Asked]:
    """Ask over all families.

    Args:
        runs_each: runs of each family.
        first_seed: seeds are consecutive from here.

    Returns:
        What was asked.
    """
    seeds = np.arange(first_seed, first_seed + runs_each)
    subjects: dict[str, Any] = {}
    return [asked for family in FAMILIES for asked in ask_family(family, seeds, subjects)]


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Counts by kind of answer, of all answers, and of break times by family.

    Args:
        runs_each: runs of each of the four families.
        first_seed: of all simulations.

    Returns:
        By kind of answer.
    """
    asked = ask_all(runs_each, first_seed)
    what = f"{4 * runs_each} simulated runs of linear, ReLU, quadratic and attention networks"
    saddles = [a for a in asked if a.miss is not None]

    def timed(chosen: list[Asked]) -> dict:
        return entry([(a.miss or 0.0) <= WITHIN for a in chosen], what)

    table = {
        kind: entry([a.right for a in asked if a.judgement.kind == kind], what)
        for kind in ("saddle", "end", "falling", "unclear")
    }
    for kind in ("saddle", "end"):
        said = [a for a in asked if a.growth.kind == kind]
        table[f"{kind} by growth"] = entry([a.query.kind == kind for a in said], what)
    timed_by_growth = [a.growth_miss <= WITHIN for a in asked if a.growth_miss is not None]
    table["break by growth"] = entry(timed_by_growth, what)
    table["plateau or end"] = entry([a.right for a in asked], what)
    table["break"] = timed(saddles)
    for family in dict.fromkeys(a.family for a in asked):
        table[f"plateau or end, {family}"] = entry([a.right for a in asked if a.family == family], what)
        table[f"break, {family}"] = timed([a for a in saddles if a.family == family])
    for escape in dict.fromkeys(a.escape for a in asked):
        table[f"break, {escape}"] = timed([a for a in saddles if a.escape == escape])
    return table
