"""A linear student of features of two sizes, propagated exactly mode by mode: descent, flow and ridge regression."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.studies.double_descent.config import Config
from separatrix.theory.double_descent import data_modes, exact_order_parameters

PARTS = ("signal", "noise")
LAST = 1_000_000
PLATEAU = (1e3, 1e5)
"""Steps between which the slow features of kappa = 1e5 are not yet learned."""
JUDGED = (5, 63, 1000, 100_000)


def observed_steps(config: Config) -> Float[np.ndarray, " times"]:
    """Whole numbers of steps from 1 to a million, with those at which the paper's numbers are given."""
    return np.unique(np.concatenate([np.geomspace(1, LAST, config.times).round(), JUDGED])).astype(float)


def modulation(inputs: int, fast: int, condition: Array) -> Float[Array, " d"]:
    """The diagonal of F: 1 for the fast features, 1/kappa for the others."""
    return jnp.where(jnp.arange(inputs) < fast, 1.0, 1 / condition)


def descent(config: Config) -> xr.Dataset:
    """The paper's setting for all seeds and values of kappa; seeds share latent features, teacher and noise over kappa.

    Args:
        config: sizes.

    Returns:
        ``descent``, ``flow`` and ``ridge`` (seed, condition, time, part, other): quadratic forms of the error in the
        standard deviations of the teacher, scaled to |W|^2 = d, and of the noise, of gradient descent with the largest
        rate 1 / lambda_max, of gradient flow for the same time, and of ridge regression with penalty 2 / steps.
        ``equation`` (seed, condition, time, part): what eqs 9 and 10 say of descent, ``wrong`` if they forget F.
        ``alignment`` and ``norm``: R and Q of the student without noise, ``expected_alignment`` and ``expected_norm``
        by the equations. ``raw``: error of descent with teachers that are not scaled. All are means over teachers.
    """
    steps = observed_steps(config)

    @jax.jit
    def all_members(keys: Array, conditions: Array) -> dict[str, Array]:
        # one after the other: products of single matrices are several times faster than batched ones on a processor
        return jax.lax.map(
            lambda key: jax.lax.map(lambda condition: _member(config, jnp.asarray(steps), key, condition), conditions),
            keys,
        )

    keys = jax.random.split(jax.random.key(config.seed), config.seeds)
    found = all_members(keys, jnp.asarray(config.conditions))
    dims = {"seed": np.arange(config.seeds), "condition": np.asarray(config.conditions), "time": steps}
    own = {name: ("part", "other")[: values.ndim - 3] for name, values in found.items()}
    variables = {name: ((*dims, *own[name]), np.asarray(values)) for name, values in found.items()}
    coords = {**dims, "part": list(PARTS), "other": list(PARTS)}
    return xr.Dataset(variables, coords=coords).assign_coords(
        time=("time", steps, {"units": "1", "long_name": "steps"})
    )


def _member(config: Config, steps: Float[Array, " times"], key: PRNGKeyArray, condition: Array) -> dict[str, Array]:
    examples, inputs, moments = config.examples, config.inputs, steps[:, None]
    of_latent, of_teacher, of_noise = jax.random.split(key, 3)
    latent = jax.random.normal(of_latent, (examples, inputs)) / inputs**0.5
    drawn = jax.random.normal(of_teacher, (config.teachers, inputs))
    raw = jnp.mean(drawn**2, axis=1)
    noise = jax.random.normal(of_noise, (config.teachers, examples))
    modes = data_modes(latent, modulation(inputs, config.fast, condition))
    rates = modes.eigenvalues[None, :]
    # what each mode goes to, in each draw: of the teacher, and of the noise
    taught = (drawn / jnp.sqrt(raw)[:, None]) @ modes.incoming.T
    fitted = (noise @ modes.examples) / jnp.sqrt(rates)
    seen = modes.outgoing @ modes.outgoing.T / inputs / config.teachers

    def squares(one: Array, other: Array) -> Array:
        return seen * (one.T @ other)

    signal, cross, spread = squares(taught, taught), squares(taught, fitted), squares(fitted, fitted)
    unscaled = squares(taught * raw[:, None], taught)

    def form(learned: Array) -> Array:
        left = 1 - learned
        mixed = -_bilinear(left, cross, learned)
        parts = [_bilinear(left, signal, left), mixed, mixed, _bilinear(learned, spread, learned)]
        return jnp.stack(parts, -1).reshape(-1, 2, 2) / 2

    learned = -jnp.expm1(moments * jnp.log1p(-jnp.minimum(rates / rates[0, 0], 1.0)))
    clean = exact_order_parameters(modes, learned)
    noisy = exact_order_parameters(modes, learned, 1.0).error
    return {
        "descent": form(learned),
        "flow": form(-jnp.expm1(-moments * rates / rates[0, 0])),
        "ridge": form(rates / (rates + 2 / moments)),
        "raw": _bilinear(1 - learned, unscaled, 1 - learned) / 2,
        "alignment": jnp.sum(learned @ signal, axis=1),
        "norm": _bilinear(learned, signal, learned),
        "equation": jnp.stack([clean.error, noisy - clean.error], -1),
        "expected_alignment": clean.alignment,
        "expected_norm": clean.norm,
        "wrong": jnp.mean((1 - learned) ** 2, axis=1) / 2,
    }


def _bilinear(one: Float[Array, "t d"], matrix: Float[Array, "d d"], other: Float[Array, "t d"]) -> Float[Array, " t"]:
    return jnp.sum((one @ matrix) * other, axis=1)
