"""Many finite two-layer ReLU networks, really trained on the one-hot vectors, in either parametrisation."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import Observable, Setup, ensemble
from separatrix.learning import descent, half_summed_squared, on
from separatrix.learning.networks import TwoLayer
from separatrix.theory.infinite_width import WideNetwork, learned_map
from separatrix.theory.permutations import learning_rates


def layerwise(rate: Any, inputs: Any, width: Any, hidden_rate: Any) -> optax.GradientTransformation:
    """Descent on weights N(0, 1 / fan-in) that is descent in the NTK parametrisation: one learning rate a layer.

    They are hidden_rate rate / inputs and rate / width; at hidden_rate = inputs / width they are the same, which is the
    standard parametrisation.

    Args:
        rate: learning rate in units in which the tangent kernel has a limit.
        inputs: fan-in of the hidden layer.
        width: fan-in of the output layer.
        hidden_rate: of the hidden layer as a share of the output layer's.

    Returns:
        The transformation, without state.
    """

    def scaled(gradient: Any, model: Any) -> Any:
        u, v = -rate * hidden_rate / inputs * gradient.u, -rate / width * gradient.v
        return TwoLayer(u.astype(gradient.u.dtype), v.astype(gradient.v.dtype), gradient.activation)

    return optax.stateless(scaled)


def start(key: Array, inputs: int, width: int, outputs: int, active: Any = None) -> TwoLayer:
    """A network with weights N(0, 1 / fan-in) in single precision.

    Args:
        key: draws the weights.
        inputs: fan-in of the hidden layer.
        width: hidden units there is room for.
        outputs: number of outputs.
        active: hidden units that are not zero; all of them when left out.

    Returns:
        The network.
    """
    first, second = jax.random.split(key)
    active = jnp.asarray(width if active is None else active)
    kept = (jnp.arange(width) < active)[:, None] / jnp.sqrt(active)
    # a unit whose weights are all zero has no output and no gradient: it stays so
    u = jax.random.normal(first, (width, inputs), jnp.float32) * (kept > 0) / np.sqrt(inputs)
    v = jax.random.normal(second, (width, outputs), jnp.float32) * kept
    return TwoLayer(u.astype(jnp.float32), v.astype(jnp.float32), jax.nn.relu)


def best_rate(k: int, hidden_rate: Any) -> Any:
    """The learning rate at which the slower of both errors of the infinite network shrinks fastest: 2 / (sum of rates).

    Args:
        k: bits.
        hidden_rate: of the hidden layer.

    Returns:
        The rate.
    """
    fast, slow = learning_rates(k, hidden_rate)
    return 2 / (fast + slow)


def trained(
    k: int, width: int, members: int, hidden_rates: Mapping[str, float], steps: int, tests: Array, seed: int
) -> xr.Dataset:
    """Train networks on the k one-hot vectors and ask them at other inputs.

    Args:
        k: bits.
        width: hidden units.
        members: how many networks, each in every parametrisation from the same weights.
        hidden_rates: rate of the hidden layer by name of the parametrisation.
        steps: of full-batch descent.
        tests: inputs of unit length, shape (m, k).
        seed: of all of them.

    Returns:
        ``outputs`` and ``centred``, dims (parametrisation, member, test, output), and the training ``loss``, dims
        (parametrisation, member), all at the end. Centred outputs lack what theory says that the initial weights left
        in them, f0(x) - A f0(X): its mean over initial weights is zero, at any width, as v and -v are equally likely;
        so their mean is that of the outputs, and found with far fewer networks.
    """
    points = jnp.eye(k, dtype=jnp.float32)
    loss = on(half_summed_squared, (points, points))
    asked = jnp.concatenate([tests.astype(jnp.float32), points])

    def build(key: Array, hidden_rate: Array) -> Setup:
        rule = descent(loss, layerwise(best_rate(k, hidden_rate), k, width, hidden_rate))
        outputs = Observable("outputs", lambda learner: jax.vmap(learner.model)(asked), dims=("test", "output"))
        observe = (outputs, Observable("loss", lambda learner: loss(learner.model)))
        return Setup(rule, rule.initial(start(key, k, width, k)), observe)

    rates = list(hidden_rates.values())
    found = ensemble(build, [0, steps], seeds=members, grid={"hidden_rate": rates}, key=jax.random.key(seed))
    found = found[["outputs", "loss"]].rename(seed="member", hidden_rate="parametrisation")
    found = found.assign_coords(parametrisation=list(hidden_rates)).transpose("parametrisation", "member", ...)
    begin, end = found.isel(time=0, drop=True).outputs, found.isel(time=-1, drop=True)
    left = [
        begin.sel(parametrisation=name).to_numpy()[:, : len(tests)]
        - np.asarray(learned_map(WideNetwork(hidden_rate=jnp.asarray(value)), points, tests), np.float32)
        @ begin.sel(parametrisation=name).to_numpy()[:, len(tests) :]
        for name, value in hidden_rates.items()
    ]
    outputs = end.outputs.isel(test=slice(len(tests)))
    return xr.Dataset({"outputs": outputs, "centred": outputs - np.stack(left), "loss": end.loss})
