"""The closed forms of the mean trace of G against Monte Carlo, and the norms below them."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.observables import path_norm
from separatrix.studies.dynamical_stability.config import Config
from separatrix.studies.dynamical_stability.diagonal import INPUT_VARIANCE
from separatrix.studies.dynamical_stability.linearised import seed_keys
from separatrix.theory import diagonal_trace, relu_trace

_CHUNKS = 10


def _mean(
    of_input: Callable[[Array], Array], law: Callable[[PRNGKeyArray, int], Array], key: PRNGKeyArray, samples: int
) -> Float[Array, ""]:
    """Monte Carlo mean of a function of the input, in chunks."""

    def chunk(chunk_key: PRNGKeyArray) -> Array:
        return jnp.mean(jax.vmap(of_input)(law(chunk_key, samples // _CHUNKS)))

    return jnp.mean(jax.lax.map(chunk, jax.random.split(key, _CHUNKS)))


def _relu_squared_gradient(incoming: Array, outgoing: Array) -> Callable[[Array], Array]:
    def of_input(x: Array) -> Array:
        before = incoming @ x
        return jnp.sum(jax.nn.relu(before) ** 2) + jnp.sum((before > 0) * outgoing**2) * jnp.sum(x**2)

    return of_input


def norm_equivalences(config: Config) -> xr.Dataset:
    """Relative errors of the trace formulas, and of wrong ones, at random weights.

    Args:
        config: of the study.

    Returns:
        Relative errors ``diagonal``, ``relu_gaussian``, ``relu_sphere`` and, of wrong formulas, ``diagonal_balanced``
        (twice the l1 norm), ``relu_unscaled`` (without the factor d), with dim (seed); ``slack``, trace over sqrt(d)
        times the path norm, and ``balanced_slack``, the same after rescaling each unit to balance.
    """
    inputs, units, samples = config.norm_inputs, config.norm_units, config.norm_samples

    def uniform(key: PRNGKeyArray, n: int) -> Array:
        return jax.random.uniform(key, (n, inputs), minval=-1.0, maxval=1.0)

    def gaussian(key: PRNGKeyArray, n: int) -> Array:
        return jax.random.normal(key, (n, inputs))

    def sphere(key: PRNGKeyArray, n: int) -> Array:
        x = gaussian(key, n)
        return inputs**0.5 * x / jnp.linalg.norm(x, axis=1, keepdims=True)

    def of_seed(key: PRNGKeyArray) -> dict[str, Array]:
        keys = jax.random.split(key, 7)
        first, second = jax.random.normal(keys[0], (inputs,)), jax.random.normal(keys[1], (inputs,))
        incoming = jax.random.normal(keys[2], (units, inputs)) / inputs**0.25
        outgoing = jax.random.normal(keys[3], (units,))
        squared = _relu_squared_gradient(incoming, outgoing)
        linear = _mean(lambda x: jnp.sum((first**2 + second**2) * x**2), uniform, keys[4], samples)
        normal = _mean(squared, gaussian, keys[5], samples)
        round_ = _mean(squared, sphere, keys[6], samples)
        formula = relu_trace(incoming, outgoing)
        unscaled = 0.5 * (jnp.sum(incoming**2) + jnp.sum(outgoing**2))
        scale = jnp.sqrt(inputs**0.5 * jnp.abs(outgoing) / jnp.linalg.norm(incoming, axis=1))
        path = inputs**0.5 * path_norm(incoming, outgoing[None, :])
        return {
            "diagonal": jnp.abs(diagonal_trace(first, second, INPUT_VARIANCE) / linear - 1),
            "diagonal_balanced": jnp.abs(2 * INPUT_VARIANCE * jnp.sum(jnp.abs(first * second)) / linear - 1),
            "relu_gaussian": jnp.abs(formula / normal - 1),
            "relu_sphere": jnp.abs(formula / round_ - 1),
            "relu_unscaled": jnp.abs(unscaled / normal - 1),
            "slack": formula / path,
            "balanced_slack": relu_trace(incoming * scale[:, None], outgoing / scale) / path,
        }

    found = jax.jit(lambda keys: jax.lax.map(of_seed, keys))(seed_keys(config, 4))
    return xr.Dataset({name: ("seed", np.asarray(value)) for name, value in found.items()})
