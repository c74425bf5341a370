"""Observables ready for ``evolve`` and ``ensemble``: each gives one of the pure functions a name, dims and a unit.

``select`` and ``predict`` say where in the state the weights or outputs are, so that one factory serves every network.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PyTree

from separatrix.dynamics import Observable
from separatrix.observables.kernels import kernel_movement
from separatrix.observables.modes import correlation_modes, mode_strengths
from separatrix.observables.spectra import effective_rank, singular_values
from separatrix.observables.tangents import output_gradients, tangent_kernel
from separatrix.observables.units import unit_strengths
from separatrix.observables.weights import displacement, weight_norm


def observe_singular_values(
    select: Callable[[Any], Array], *, count: int, name: str = "singular_value", dim: str = "mode"
) -> Observable:
    """Singular values of a matrix of the state, the largest ``count``.

    Args:
        select: the matrix, from the state.
        count: how many to keep.
        name: name of the variable.
        dim: name of its axis, numbered from 1.

    Returns:
        The observable, of shape (count,).
    """
    return Observable(
        name,
        lambda state: singular_values(select(state))[:count],
        dims=(dim,),
        coords={dim: np.arange(1, count + 1)},
        long_name="singular value",
    )


def observe_effective_rank(select: Callable[[Any], Array], *, name: str = "effective_rank") -> Observable:
    """Entropy-based effective rank of a matrix of the state.

    Args:
        select: the matrix, from the state.
        name: name of the variable.

    Returns:
        The observable, a scalar.
    """
    return Observable(name, lambda state: effective_rank(singular_values(select(state))), long_name="effective rank")


def observe_mode_strengths(
    predict: Callable[[Any, Array], Array],
    inputs: Float[ArrayLike, "n d"],
    targets: Float[ArrayLike, "n c"],
    *,
    name: str = "mode_strength",
    dim: str = "mode",
) -> Observable:
    """Strength to which the network of the state has learned each mode of a task.

    Args:
        predict: ``predict(state, inputs)``, outputs of shape (n, c) for inputs of shape (n, d).
        inputs: shape (n, d).
        targets: shape (n, c).
        name: name of the variable.
        dim: name of its axis, numbered from 1 in order of falling correlation.

    Returns:
        The observable, of shape (min(c, d),).
    """
    data, modes = jnp.asarray(inputs), correlation_modes(targets, inputs)
    return Observable(
        name,
        lambda state: mode_strengths(predict(state, data), data, modes),
        dims=(dim,),
        coords={dim: np.arange(1, modes.correlations.shape[0] + 1)},
        long_name="mode strength",
    )


def observe_unit_strengths(
    select: Callable[[Any], tuple[Array, Array]], *, degree: float | int = 1, name: str = "unit_strength"
) -> Observable:
    """Size of each hidden unit's part in the function.

    Args:
        select: incoming (h, d) and outgoing (c, h) weights, from the state.
        degree: of homogeneity of the unit in its incoming weights.
        name: name of the variable.

    Returns:
        The observable, of shape (h,), along the dim ``unit``.
    """
    return Observable(
        name, lambda state: unit_strengths(*select(state), degree), dims=("unit",), long_name="strength of a unit"
    )


def observe_displacement(initial: PyTree, *, name: str = "displacement") -> Observable:
    """Relative distance of all parameters from initialisation.

    Args:
        initial: the state at initialisation.
        name: name of the variable.

    Returns:
        The observable, a scalar.
    """
    return Observable(name, lambda state: displacement(state, initial), long_name="distance from initialisation")


def observe_weight_norm(*, name: str = "weight_norm") -> Observable:
    """Euclidean norm of all parameters.

    Args:
        name: name of the variable.

    Returns:
        The observable, a scalar.
    """
    return Observable(name, weight_norm, long_name="norm of the weights")


def observe_kernel_movement(
    function: Callable[[Any, Array], Array],
    initial: PyTree,
    inputs: Float[ArrayLike, "n ..."],
    *,
    name: str = "kernel_movement",
) -> Observable:
    """Turn of the empirical tangent kernel since initialisation, on a small batch.

    Args:
        function: ``function(state, x)``, the outputs for a single example.
        initial: the state at initialisation.
        inputs: n examples; the cost is n gradients for each output at each observation.
        name: name of the variable.

    Returns:
        The observable, a scalar between 0 (lazy) and 1.
    """
    data = jnp.asarray(inputs)

    def kernel(state: PyTree) -> Array:
        return tangent_kernel(output_gradients(function, state, data))

    first = kernel(initial)
    return Observable(name, lambda state: kernel_movement(kernel(state), first), long_name="turn of the tangent kernel")
