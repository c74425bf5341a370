"""Linear attention and the quadratic network: sparse saddles, from a race between units."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import xarray as xr

from separatrix.learning.networks import LinearAttention, TwoLayer, activations
from separatrix.learning.population import AttentionPopulation, QuadraticPopulation
from separatrix.observables import unit_shares, unit_strengths
from separatrix.studies.saddle_to_saddle.config import Config
from separatrix.studies.saddle_to_saddle.flows import RACE, SCALE_CASE, WIDTH_CASE, Case, drawn, only, run_cases
from separatrix.theory.saddle_to_saddle import attention_plateaus, quadratic_plateaus

HORIZON = 1800.0
"""Last time of attention's runs; a few narrow ones are not over by then."""


def attention(config: Config) -> xr.Dataset:
    """All runs of linear attention in regression: scales, widths, equal variances, a large start.

    The narrowest and the widest are drawn more often: where few heads race, their luck decides on the time.

    Args:
        config: the numbers.

    Returns:
        Loss and share of the largest head; dims (seed, case, time). Heights of plateaus in theory.
    """
    equal = (sum(config.variances) / len(config.variances),) * len(config.variances)
    widths, ends = config.attention_widths, (config.attention_widths[0], config.attention_widths[-1])

    def case(name: str, **changes: Any) -> Case:
        return Case(name, 2e-2, config.attention_width, config.variances)._replace(**changes)

    cases = [case(SCALE_CASE.format(scale), scale=scale) for scale in config.attention_scales]
    for width in widths:
        cases += drawn(case(WIDTH_CASE.format(width), width=width), config.draws if width in ends else 1)
    cases += [case(f"equal variances, {WIDTH_CASE.format(width)}", width=width, target=equal) for width in ends]
    cases += [case("large start", scale=1.0, until=5.0)]
    return _run_attention(config, cases)


def _run_attention(config: Config, cases: Sequence[Case]) -> xr.Dataset:
    heads, size = max(*config.attention_widths, config.attention_width), len(config.variances)

    def start(key: Any, here: Case) -> LinearAttention:
        draws = jax.random.normal(key, (2 * size + 1, heads))
        kept = here.scale * only(here.width, heads) * draws.T
        return LinearAttention(kept[:, 0], kept[:, 1 : size + 1], kept[:, size + 1 :])

    def loss(here: Case) -> AttentionPopulation:
        return AttentionPopulation(jnp.diag(here.target), jnp.asarray(config.context, float))

    def floor(here: Case) -> Any:
        return attention_plateaus(here.target, config.context)[-1]

    def observe(here: Case, model: LinearAttention) -> dict[str, Any]:
        def shares(now: LinearAttention) -> Any:
            return unit_shares(jnp.abs(now.v) * jnp.linalg.norm(now.k, axis=1) * jnp.linalg.norm(now.q, axis=1))

        return {"largest_share": lambda now: jnp.max(shares(now))}

    def facts(here: Case) -> dict[str, Sequence[float]]:
        levels = attention_plateaus(jnp.asarray(here.target), config.context).tolist()
        return {"levels": levels, "strengths": here.target}

    return run_cases(config, cases, start, loss, observe, (0.2, HORIZON), facts, floor, RACE)


def quadratic(config: Config) -> xr.Dataset:
    """All runs of the quadratic network: scales, widths, a large start.

    Args:
        config: the numbers.

    Returns:
        Loss, share of the largest unit, and drifts of 2 v^2 - |u|^2 and, as a wrong law, of v^2 - |u|^2; dims (seed,
        case, time).
    """
    units, size = max(*config.quadratic_widths, config.quadratic_width), len(config.eigenvalues)

    def case(name: str, **changes: Any) -> Case:
        return Case(name, 1e-2, config.quadratic_width, config.eigenvalues)._replace(**changes)

    cases = [case(SCALE_CASE.format(scale), scale=scale) for scale in config.quadratic_scales]
    cases += drawn(cases.pop(), config.draws)
    cases += [case(WIDTH_CASE.format(width), width=width) for width in config.quadratic_widths]
    cases += [case("large start", scale=1.0, until=1.0)]

    def start(key: Any, here: Case) -> TwoLayer:
        kept = here.scale * only(here.width, units) * jax.random.normal(key, (size + 1, units)).T
        return TwoLayer(kept[:, :size], kept[:, size:], activations.square)

    def observe(here: Case, model: TwoLayer) -> dict[str, Any]:
        def law(now: TwoLayer, factor: int) -> Any:
            return factor * now.v[:, 0] ** 2 - jnp.sum(now.u**2, axis=1)

        return {
            "largest_share": lambda now: jnp.max(unit_shares(unit_strengths(now.u, now.v.T, degree=2))),
            "drift": lambda now: jnp.max(jnp.abs(law(now, 2) - law(model, 2))),
            "naive_drift": lambda now: jnp.max(jnp.abs(law(now, 1) - law(model, 1))),
        }

    def loss(here: Case) -> QuadraticPopulation:
        return QuadraticPopulation(jnp.diag(here.target))

    def facts(here: Case) -> dict[str, Sequence[float]]:
        learned = [value for value in here.target if value]
        levels = quadratic_plateaus(jnp.asarray(learned)).tolist()
        return {"levels": levels, "strengths": [abs(value) for value in learned]}

    return run_cases(config, cases, start, loss, observe, (0.001, 200.0), facts, method=RACE)
