"""Claims on what is conserved, on embedded fixed points, and on networks without stages."""

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most
from separatrix.studies.saddle_to_saddle.height_claims import ON_HEIGHT, Namer, height_error, largest_relu, named
from separatrix.studies.saddle_to_saddle.measures import height_after, speeding_up
from separatrix.studies.saddle_to_saddle.readings import case, finest, levels, middle, times


def _departure(results: xr.DataTree, factor: float, maps: Sequence[str]) -> xr.DataArray:
    return (
        results["invariance"]
        .to_dataset()["departure"]
        .sel(factor=factor, unit_map=list(maps))
        .drop_vars("factor")
        .max("unit_map")
    )


def _broken(results: xr.DataTree, maps: Sequence[str]) -> xr.DataArray:
    return (
        results["invariance"]
        .to_dataset()["departure"]
        .sel(factor=2.0, unit_map=list(maps))
        .drop_vars("factor")
        .min("unit_map")
    )


ALL_MAPS = ("linear", "relu", "tanh", "quadratic")
KEPT = (
    *(
        Claim(
            f"08-conservation-{experiment}",
            f"{experiment.capitalize()}: {law} is conserved (largest drift)",
            lambda r, e=experiment, n=namer: case(r, e, n(r), "drift").max("time"),
            at_most(1e-7),
            "derived",
            control=Control(wrong, lambda r, e=experiment, n=namer: case(r, e, n(r), "naive_drift").max("time")),
        )
        for experiment, namer, law, wrong in (
            ("linear", named("reference"), "U U' - V V'", "U U' + V V'"),
            ("quadratic", lambda r: middle(r, "quadratic"), "2 v^2 - |u|^2 of every unit", "v^2 - |u|^2"),
        )
    ),
    Claim(
        "08-equal-units-stay-equal",
        "Any unit map: two equal units stay equal (largest difference)",
        lambda r: _departure(r, 1.0, ALL_MAPS),
        at_most(1e-8),
        "theorem 3 (i)",
        control=Control("units in the ratio two, tanh and quadratic", lambda r: _broken(r, ("tanh", "quadratic"))),
    ),
    Claim(
        "08-proportional-units-stay-proportional",
        "Linear and ReLU: two units in the ratio two stay so (largest difference)",
        lambda r: _departure(r, 2.0, ("linear", "relu")),
        at_most(1e-8),
        "theorem 3 (iii)",
        control=Control("tanh and quadratic, which must break it", lambda r: _broken(r, ("tanh", "quadratic"))),
    ),
)


def _gradient(results: xr.DataTree, pairs: Sequence[tuple[str, str]], variable: str = "gradient") -> xr.DataArray:
    found = results["embeddings"].to_dataset()[variable]
    chosen = [found.sel(construction=construction, unit_map=name, drop=True) for construction, name in pairs]
    return xr.concat(chosen, "pair", coords="minimal").max("pair")


ALLOWED = (
    *(("i", name) for name in ALL_MAPS),
    *(("ii", name) for name in ALL_MAPS),
    ("iii", "linear"),
    ("iii", "relu"),
    ("iv", "linear"),
)


def _rays_seen(results: xr.DataTree, when: float) -> xr.DataArray:
    """Number of directions at a moment, 0 the first and 1 the second transition."""
    name = finest(results, "rectified", "relu ")
    found = times(results, "rectified", name)
    first, last = (found.isel(transition=k, drop=True) for k in (0, 1))
    moment = first + (last - first) * when
    return case(results, "rectified", name, "rays").sel(time=moment, method="nearest").drop_vars("time")


def _miscount(results: xr.DataTree, on_first: int) -> xr.DataArray:
    """Directions too many or too few on the first plateau and after it, where there are two."""
    return abs(_rays_seen(results, 0.5) - on_first) + abs(_rays_seen(results, 1.5) - 2)


EMBEDDED = (
    Claim(
        "09-embedded-fixed-points-at-rest",
        "All four constructions, where the unit map allows them, leave a wide network at rest (largest gradient)",
        lambda r: _gradient(r, ALLOWED),
        at_most(1e-6),
        "theorem 1",
        control=Control("a scaled copy of a tanh unit", lambda r: _gradient(r, [("iii", "tanh")])),
    ),
    Claim(
        "09-embedded-fixed-points-same-map",
        "and compute the same outputs as the narrow one (largest change)",
        lambda r: _gradient(r, ALLOWED, "change"),
        at_most(1e-9),
        "theorem 1",
        control=Control(
            "a combination of ReLU units with a negative sign", lambda r: _gradient(r, [("iv", "relu")], "change")
        ),
    ),
    Claim(
        "09-scaled-copy-breaks-tanh",
        "Construction (iii) fails for tanh (largest gradient)",
        lambda r: _gradient(r, [("iii", "tanh")]),
        at_least(1e-3),
        "theorem 1",
        control=Control("the same for ReLU", lambda r: _gradient(r, [("iii", "relu")])),
    ),
    Claim(
        "09-one-ray-then-two",
        "ReLU: on the first plateau all active units share one direction, after it there are two (miscount, any seed)",
        lambda r: _miscount(r, 1),
        at_most(0.0),
        "section 4.2",
        control=Control("two directions on the first plateau already", lambda r: _miscount(r, 2)),
    ),
)


def tanh_height(results: xr.DataTree) -> tuple[xr.DataArray, float, float]:
    """Height of the plateau after the wide tanh network's first drop, its first loss, and the best single unit's."""
    best = float(case(results, "smooth", "tanh width 1").isel(time=-1).min())
    loss = case(results, "smooth", "tanh")
    first = float(loss.isel(time=0).mean())
    return height_after(loss, (first + best) / 2), first, best


def _tanh_height_error(results: xr.DataTree) -> xr.DataArray:
    height, first, best = tanh_height(results)
    return abs(height - best) / first


def _speeding_up(experiment: str, namer: Namer) -> Callable[[xr.DataTree], xr.DataArray]:
    """Log of speeding up while the loss is above a hundredth of the first loss of a small start."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        heights = results[experiment].to_dataset().get("levels")
        floor = 0.0 if heights is None else levels(results, experiment, namer(results))[-1]
        first = _first_loss(results, experiment)
        return speeding_up(case(results, experiment, namer(results)), 0.01 * first, floor)

    return measure


def _first_loss(results: xr.DataTree, experiment: str) -> float:
    name = "tanh" if experiment == "smooth" else middle(results, experiment)
    return float(case(results, experiment, name).isel(time=0).mean())


def _no_stages(net: str, experiment: str, large: str, small: Namer) -> Claim:
    return Claim(
        f"10-large-start-no-stages-{net}",
        f"{net.capitalize()}: weights of order one give a descent without stages (log of speeding up)",
        _speeding_up(experiment, named(large)),
        at_most(float(np.log(2))),
        "figure 2D",
        control=Control("the small start", _speeding_up(experiment, small)),
    )


BASELINES = (
    _no_stages("linear", "linear", "large start", named("reference")),
    _no_stages("quadratic", "quadratic", "large start", lambda r: middle(r, "quadratic")),
    _no_stages("attention", "attention", "large start", lambda r: middle(r, "attention")),
    _no_stages("tanh", "smooth", "tanh large start", named("tanh")),
    Claim(
        "10-tanh-misses-the-narrow-optimum",
        "tanh: after the first drop it waits away from the best single unit (distance over the first loss)",
        _tanh_height_error,
        at_least(ON_HEIGHT),
        "section 5",
        control=Control("ReLU, which waits there", height_error("rectified", largest_relu)),
    ),
)
