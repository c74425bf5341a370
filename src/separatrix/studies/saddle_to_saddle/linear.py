"""The linear network on whitened inputs: low-rank saddles, from directions of the data."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import xarray as xr

from separatrix.learning.networks import TwoLayer, activations, orthogonal
from separatrix.learning.population import LinearPopulation
from separatrix.observables import unit_shares, unit_strengths
from separatrix.studies.saddle_to_saddle.config import Config
from separatrix.studies.saddle_to_saddle.flows import SCALE_CASE, WIDTH_CASE, Case, drawn, only, run_cases
from separatrix.theory import saddle_to_saddle as theory


def linear(config: Config) -> xr.Dataset:
    """All runs of the linear network: scales, widths, equal singular values, large and low-rank starts.

    Args:
        config: the numbers.

    Returns:
        Loss, input-output map, share of the largest unit, norms along and across the first mode, drift of the
        conserved matrix, and strengths at the start; dims (seed, case, time). Heights of plateaus and
        rates of modes in theory.
    """
    units, strengths, none = (
        max(*config.linear_widths, config.linear_width),
        config.strengths,
        (0.0,) * len(config.strengths),
    )

    def case(name: str, **changes: Any) -> Case:
        return Case(name, config.linear_scale, config.linear_width, strengths, none)._replace(**changes)

    cases = [case("reference")] + [case(SCALE_CASE.format(scale), scale=scale) for scale in config.linear_scales]
    for width in config.linear_widths:
        draws = config.draws if width in (config.linear_widths[0], config.linear_widths[-1]) else 1
        cases += drawn(case(WIDTH_CASE.format(width), width=width), draws)
    cases += [
        case(
            f"balanced {WIDTH_CASE.format(width)}",
            width=width,
            scale=config.linear_scale * (config.linear_widths[0] / width) ** 0.5,
        )
        for width in config.linear_widths
    ]
    cases += [
        case("low-rank", width=units),
        case("equal strengths", target=(1.0,) * len(strengths)),
        case("large start", scale=1.0),
        case("large rank-one start", scale=1e-4, start=(3.0, *none[1:]), turned=1.0),
        case("large start near the end", scale=1e-4, start=tuple(0.7 * s for s in strengths)),
    ]

    def start(key: Any, here: Case) -> TwoLayer:
        return _start(key, here, units, len(strengths))

    def facts(here: Case) -> dict[str, Sequence[float]]:
        return {"levels": theory.linear_plateaus(jnp.asarray(here.target)).tolist(), "rates": here.target}

    return run_cases(
        config,
        cases,
        start,
        lambda here: LinearPopulation.whitened(jnp.diag(here.target)),
        _observe,
        (0.005, 60.0),
        facts,
    )


def _start(key: Any, here: Case, units: int, size: int) -> TwoLayer:
    first, second, frame, left, right = jax.random.split(key, 5)
    kept = only(here.width, units)
    large = kept * jnp.sqrt(here.start)[None, :] * _frame(frame, kept, size)
    turn = [here.turned * orthogonal()(k, (size, size)) + (1 - here.turned) * jnp.eye(size) for k in (left, right)]
    u = kept * here.scale * jax.random.normal(first, (units, size)) + large @ turn[0]
    v = kept * here.scale * jax.random.normal(second, (units, size)) + large @ turn[1]
    return TwoLayer(u, v, activations.linear)


def _frame(key: Any, kept: Any, size: int) -> Any:
    """Orthonormal columns that are zero in the units left out."""
    return jnp.linalg.qr(kept * jax.random.normal(key, (kept.shape[0], size)))[0]


def _observe(here: Case, model: TwoLayer) -> dict[str, Any]:
    def balance(now: TwoLayer, sign: float) -> Any:
        return now.u[:5] @ now.u.T + sign * now.v[:5] @ now.v.T

    first = jnp.sum((model.u + model.v) ** 2, axis=0) / 4

    def along(now: TwoLayer) -> Any:
        return jnp.linalg.norm(now.u[:, 0] + now.v[:, 0]) / 2**0.5

    def across(now: TwoLayer) -> Any:
        return jnp.sqrt(jnp.sum(now.u**2) + jnp.sum(now.v**2) - along(now) ** 2)

    return {
        "map": lambda now: now.v.T @ now.u,
        "largest_share": lambda now: jnp.max(unit_shares(unit_strengths(now.u, now.v.T))),
        "along": along,
        "across": across,
        "drift": lambda now: jnp.max(jnp.abs(balance(now, -1) - balance(model, -1))),
        "naive_drift": lambda now: jnp.max(jnp.abs(balance(now, 1) - balance(model, 1))),
        "initial_strength": lambda now: first,
    }
