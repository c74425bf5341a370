"""Whole networks trained on a part of a group's products: grokking, its threshold, decay, and rules."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from jaxtyping import Array, Int

from separatrix.dynamics import Event, Map, Observable, Setup, ensemble
from separatrix.learning import Learner, descent
from separatrix.learning.rules import muon, split_rule
from separatrix.learning.tasks import cyclic
from separatrix.observables import irrep_power, real_irreps
from separatrix.studies.li2_grokking.config import Config
from separatrix.studies.li2_grokking.landscape import PURE
from separatrix.studies.li2_grokking.products import Products, network, products
from separatrix.theory import critical_pairs

EPOCH = {"units": "epochs", "long_name": "epoch"}
EVERY = 25
"""Epochs between two observations, as in the card."""
ABOVE = (0.67, 0.85, 1.0, 1.15, 1.45)
"""Shares of pairs over the predicted one at which thresholds are looked for."""
RATES = (1e-2, 3e-2)
ADAM_DECAYS, MUON_DECAYS = (1e-4, 5e-4), (1e-4, 1e-1)
"""Adam's is added to the gradient, Muon's shrinks the weights: their values are not comparable."""


class Case(NamedTuple):
    """One setting of the training runs.

    Attributes:
        fraction: share of the pairs that is trained on.
        decay: coupled weight decay.
        until: share of the horizon for which it is followed; settings known to end early are.
    """

    fraction: float
    decay: float
    until: float = 1.0


def critical_fraction(modulus: int) -> float:
    """Share of the pairs from which features should generalise."""
    return float(critical_pairs(modulus)) / modulus**2


def cases(config: Config) -> dict[str, Case]:
    """The settings of the training runs by name."""
    return {
        "quarter": Case(0.25, config.decay),
        "critical": Case(critical_fraction(config.modulus), config.decay),
        "half": Case(0.5, config.decay, 0.7),
        "three quarters": Case(0.75, config.decay, 0.3),
        "no decay": Case(0.5, 0.0),
        "strong decay": Case(0.5, config.strong_decay, 0.4),
    }


def adam(rate: Array | float, decay: Array | float) -> optax.GradientTransformation:
    """Adam with L2 decay added to the gradient, in single precision."""
    return optax.chain(optax.add_decayed_weights(_single(decay)), optax.adam(_single(rate)))


def muon_and_adam(rate: Array, decay: Array, adam_rate: float) -> optax.GradientTransformation:
    """Muon on the hidden weights, Adam on the readout."""
    return split_rule(
        muon(_single(rate), _single(decay)),
        optax.adam(_single(adam_rate)),
        lambda model: eqx.tree_at(lambda m: (m.u, m.v), model, (True, False)),
    )


def _single(value: Any) -> Any:
    return jnp.asarray(value, jnp.float32)


def accuracies(task: Products) -> tuple[Observable, ...]:
    """Accuracy on the pairs that are trained on and on the others."""
    return (Observable("accuracy", lambda learner: task.accuracies(learner.model).astype(float), ("pairs",)),)


def train(
    table: Int[np.ndarray, "m m"],
    width: int,
    times: np.ndarray,
    optimizer: Callable[..., optax.GradientTransformation],
    grid: Mapping[str, Any],
    of_point: Callable[..., tuple[Any, Any]],
    *,
    seeds: int,
    stream: int,
    observe: Callable[[Products], tuple[Observable, ...]] = accuracies,
    chunk: int | None = None,
) -> xr.Dataset:
    """Full-batch training of quadratic networks, every seed and point of the grid in one program.

    Args:
        table: the group's.
        width: hidden units; a swept ``width`` leaves fewer of them.
        times: epochs to observe at.
        optimizer: from a grid point to an optax transformation.
        grid: swept hyperparameters.
        of_point: from a grid point to the share of pairs and the last epoch.
        seeds: how many.
        stream: number of the random stream.
        observe: what is kept.
        chunk: members at a time; one where a member's products fill the processor.

    Returns:
        ``accuracy`` (..., pairs) and what else is observed; after its last epoch a member keeps its last values.
    """
    m = len(table)

    def build(key: Array, **point: Array) -> Setup:
        of_task, of_model = jax.random.split(key)
        fraction, last = of_point(**point)
        task = products(of_task, table, fraction)
        rule = descent(task.loss, optimizer(**point))
        model = network(of_model, m, width, point.get("width", width))
        return Setup(_Until(rule.step, last), rule.initial(model), observe(task))

    run = ensemble(build, times, seeds=seeds, grid=grid, key=jax.random.key(stream), stop=(_LAST,), chunk=chunk)
    diverged = run["stop_reason"] == "diverged"
    kept = run.drop_vars(["stop_reason", "stop_time", "steps"]).map(_kept_on).where(~diverged)
    return kept.assign_coords(time=("time", times, EPOCH), pairs=["trained", "held out"])


class _Until(Map):
    """A rule that each member of an ensemble follows to an epoch of its own."""

    last: Any


_LAST = Event("last epoch", lambda system, t, x: t >= system.last)  # pyright: ignore[reportAttributeAccessIssue]


def _kept_on(values: xr.DataArray) -> xr.DataArray:
    """The last value that was observed, from then on."""
    latest = xr.where(values.notnull(), xr.DataArray(np.arange(values.sizes["time"]), dims="time"), 0)
    place = np.maximum.accumulate(latest.transpose(*values.dims).to_numpy(), axis=values.get_axis_num("time"))
    return values.copy(data=np.take_along_axis(values.to_numpy(), place, axis=values.get_axis_num("time")))


def grokking(config: Config) -> xr.Dataset:
    """The training runs at M = 23: four shares of the pairs, three decays.

    Args:
        config: all numbers.

    Returns:
        ``accuracy`` (seed, case, time, pairs).
    """
    named = cases(config)
    fractions, decays, until = (jnp.asarray(column) for column in zip(*named.values(), strict=True))
    run = train(
        cyclic(config.modulus),
        config.width,
        np.arange(0, config.epochs + 1, EVERY),
        lambda case: adam(config.rate, decays[case]),
        {"case": np.arange(len(named))},
        lambda case: (fractions[case], jnp.round(until[case] * config.epochs)),
        seeds=config.seeds,
        stream=config.seed + 70,
        chunk=1,
    )
    fraction = ("case", [case.fraction for case in named.values()])
    return run.assign_coords(case=list(named), fraction=fraction)


def diagram(config: Config) -> xr.Dataset:
    """The phase diagram of grokking: accuracy at the end over share of pairs and weight decay.

    Args:
        config: modulus, width, shares and decays of the diagram.

    Returns:
        ``accuracy`` (seed, fraction, decay, time, pairs) and ``boundary`` (decay), the predicted share.
    """
    run = train(
        cyclic(config.diagram_modulus),
        config.diagram_width,
        np.linspace(0, config.diagram_epochs, 3).astype(int),
        lambda fraction, decay: adam(config.rate, decay),
        {"fraction": np.array(config.diagram_fractions), "decay": np.array(config.diagram_decays)},
        lambda fraction, decay: (fraction, float(config.diagram_epochs)),
        seeds=1,
        stream=config.seed + 71,
    )
    edge = np.full(run.sizes["decay"], critical_fraction(config.diagram_modulus))
    return run.assign(boundary=("decay", edge), decay_used=config.decay)


def shape(config: Config) -> xr.Dataset:
    """Training around the predicted share of pairs for a small and a large modulus, with the stronger decay.

    How soon features form is set by learning rate times decay; close to the threshold the weaker decay is too slow for
    the horizon, and one would measure that instead.

    Args:
        config: the two moduli, width and horizon.

    Returns:
        ``accuracy`` (seed, ratio, modulus, pairs) at the end, ratio being the share over the predicted one;
        ``fraction`` (ratio, modulus).
    """
    runs: list[xr.Dataset] = []
    for number, modulus in enumerate(config.shape_moduli):
        critical = critical_fraction(modulus)
        run = train(
            cyclic(modulus),
            config.shape_width,
            np.array([0, config.shape_epochs]),
            lambda ratio: adam(config.rate, config.strong_decay),
            {"ratio": np.array(ABOVE)},
            lambda ratio, critical=critical: (ratio * critical, float(config.shape_epochs)),
            seeds=config.seeds,
            stream=config.seed + 72 + number,
        )
        fraction = xr.DataArray(critical * np.array(ABOVE), dims="ratio")
        runs.append(run.isel(time=-1, drop=True).assign(fraction=fraction).expand_dims(modulus=[modulus]))
    return xr.concat(runs, "modulus")


def rules(config: Config) -> xr.Dataset:
    """Narrow networks by Adam and by Muon, over a grid of learning rates and decays.

    Args:
        config: modulus, widths, share of pairs and horizon.

    Returns:
        ``distinct`` (seed, rule, setting, width), frequencies that some unit carries at the end, and ``accuracy`` (...,
        pairs).
    """
    table, irreps = cyclic(config.modulus), real_irreps(cyclic(config.modulus))

    def distinct(learner: Learner) -> Array:
        power = irrep_power(learner.model.u.reshape(-1, 2, config.modulus), irreps)
        alive = jnp.sum(power, axis=1)[:, 1:]
        pure = alive > PURE * jnp.sum(alive, axis=1, keepdims=True)
        return jnp.sum(jnp.any(pure, axis=0)).astype(float)

    grids = {
        "Adam": (lambda rate, decay, width: adam(rate, decay), ADAM_DECAYS),
        "Muon": (lambda rate, decay, width: muon_and_adam(rate, decay, config.rate), MUON_DECAYS),
    }
    runs: list[xr.Dataset] = []
    for name, (optimizer, decays) in grids.items():
        run = train(
            table,
            max(config.muon_widths),
            np.array([0, config.muon_epochs]),
            optimizer,
            {"rate": np.array(RATES), "decay": np.array(decays), "width": np.array(config.muon_widths)},
            lambda rate, decay, width: (config.muon_fraction, float(config.muon_epochs)),
            seeds=config.seeds,
            stream=config.seed + 75,
            observe=lambda task: (*accuracies(task), Observable("distinct", distinct)),
        )
        last = run.isel(time=-1, drop=True).stack(setting=("rate", "decay")).drop_vars(["setting", "rate", "decay"])
        labels = [f"rate {rate:g}, decay {decay:g}" for rate in RATES for decay in decays]
        runs.append(last.expand_dims(rule=[name]).assign_coords(label=(("rule", "setting"), [labels])))
    return xr.concat(runs, "rule")
