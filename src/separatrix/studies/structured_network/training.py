"""Networks of many seeds trained as one program, in single precision."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from separatrix.models import train_steps
from separatrix.models.structured import structured_network
from separatrix.models.window_networks import WindowLoss, dense_map
from separatrix.studies.structured_network.config import Config

Build = Callable[[PRNGKeyArray], PyTree]


def networks(config: Config, window: int) -> dict[str, Build]:
    """What is compared: structured networks of several copies, dense ones of several widths.

    Args:
        config: the study's.
        window: n.

    Returns:
        Name -> builder from a key.
    """
    found: dict[str, Build] = {f"structured x {copies}": structured(window, copies) for copies in config.copies}
    return found | {f"dense, {hidden} hidden": dense(window, hidden) for hidden in config.hidden}


def structured(window: int, copies: int) -> Build:
    """Builder of structured networks."""
    return lambda key: single(structured_network(window, key=key, copies=copies))


def dense(window: int, hidden: int) -> Build:
    """Builder of dense networks."""
    return lambda key: single(dense_map(window, key=key, hidden=hidden))


def single(tree: PyTree) -> PyTree:
    """A PyTree in single precision."""
    return jax.tree.map(lambda leaf: leaf.astype(jnp.float32) if eqx.is_inexact_array(leaf) else leaf, tree)


def fitted(
    build: Build,
    data: PyTree,
    key: PRNGKeyArray,
    *,
    steps: int,
    rate: float,
    loss: Callable[..., Any] | None = None,
    batch: int = 64,
) -> PyTree:
    """Train one network a seed with Adam, all at once.

    Args:
        build: from a key to a network.
        data: arrays with the seeds on the first axis.
        key: of all seeds.
        steps: of Adam.
        rate: learning rate.
        loss: as of ``train_steps``; mean squared error over windows when None.
        batch: windows a step, of that loss.

    Returns:
        The networks, stacked along a first axis.
    """
    seeds = jax.tree.leaves(data)[0].shape[0]
    return _fitted(build, data, jax.random.split(key, seeds), loss or WindowLoss(batch), steps, rate)


@eqx.filter_jit
def _fitted(build: Build, data: PyTree, keys: Array, loss: Callable[..., Any], steps: int, rate: float) -> PyTree:
    def one(key: PRNGKeyArray, data: PyTree) -> PyTree:
        of_network, of_steps = jax.random.split(key)
        network = build(of_network)
        return train_steps(network, loss, data, optax.adam(rate), jax.random.split(of_steps, steps))[0]

    return eqx.filter_vmap(one)(keys, data)


@eqx.filter_jit
def applied(networks: PyTree, past: Float[Array, "seeds rows n"]) -> Float[Array, "seeds rows m"]:
    """Every seed's network on its own windows."""
    return eqx.filter_vmap(lambda network, x: network(x.T).T)(networks, past)


@eqx.filter_jit
def free_running(networks: PyTree, past: Float[Array, "seeds rows n"], horizon: int, blocks: int) -> Array:
    """Forecasts that feed on themselves, ``horizon`` numbers at a time.

    Args:
        networks: one a seed.
        past: windows to begin from.
        horizon: numbers taken of each prediction.
        blocks: predictions.

    Returns:
        The continuations, (seeds, rows, blocks x horizon).
    """

    def one(network: PyTree, start: Array) -> Array:
        def step(window: Array, _: None) -> tuple[Array, Array]:
            ahead = network(window)[:horizon]
            return jnp.concatenate([window, ahead])[horizon:], ahead

        _, found = jax.lax.scan(step, start.T, None, length=blocks)
        return found.reshape(-1, start.shape[0]).T

    return eqx.filter_vmap(one)(networks, past)
