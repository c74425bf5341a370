"""Deep linear networks trained on whitened digits from orthogonal and from Gaussian weights, each at its best rate."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.learning.networks import orthogonal, scaled_gaussian
from separatrix.studies.deep_linear import digits, network
from separatrix.studies.deep_linear.config import Config

STARTS = ("orthogonal", "gaussian")


class Chain(NamedTuple):
    """A deep linear network whose hidden layers are alike, kept in one array.

    Attributes:
        first: the matrix after the input.
        middle: those between hidden layers, stacked.
        last: the one before the output.
    """

    first: Float[Array, "hidden d"]
    middle: Float[Array, "between hidden hidden"]
    last: Float[Array, "c hidden"]


def end_to_end(chain: Chain) -> tuple[Float[Array, "hidden d"], Float[Array, "between hidden d"]]:
    """The map from the input to the last hidden layer, and those to the layers before it."""

    def layer(before: Array, weight: Array) -> tuple[Array, Array]:
        return weight @ before, before

    return jax.lax.scan(layer, chain.first, chain.middle)


def descend(chain: Chain, target: Float[Array, "c d"], rate: Float[Array, ""]) -> Chain:
    r"""One step of gradient descent on :math:`\frac12\|\Sigma_{31}-W_L\dots W_1\|^2`, by hand.

    Args:
        chain: the network.
        target: Sigma_31.
        rate: learning rate.

    Returns:
        The network one step later.
    """
    top, below = end_to_end(chain)
    gap = target - chain.last @ top

    def layer(above: Array, at: tuple[Array, Array]) -> tuple[Array, Array]:
        weight, before = at
        return above @ weight, weight + rate * above.T @ (gap @ before.T)

    above, middle = jax.lax.scan(layer, chain.last, (chain.middle, below), reverse=True)
    return Chain(chain.first + rate * above.T @ gap, middle, chain.last + rate * gap @ top.T)


def trained_from(config: Config, start: str, matrices: int) -> xr.DataArray:
    """Epochs that networks of one depth need, for every seed and rate.

    Args:
        config: sizes and rates.
        start: one of STARTS.
        matrices: number of weight matrices, 2 or more.

    Returns:
        Dims (seed, share), the share being the rate times the number of matrices; NaN where not learned in time.
    """
    target = jnp.asarray(digits.correlation()[0], jnp.float32)
    c, d = target.shape
    draw = orthogonal() if start == "orthogonal" else scaled_gaussian()
    shares, epochs = {
        "orthogonal": (config.orthogonal_shares, config.epochs_orthogonal),
        "gaussian": (config.gaussian_shares, config.epochs_gaussian),
    }[start]

    def build(key: Array, share: Array) -> Setup:
        first, last, *middle = jax.random.split(key, matrices)
        between = jnp.zeros((0, config.hidden, config.hidden), jnp.float32)
        if middle:
            between = jax.vmap(lambda k: draw(k, (config.hidden, config.hidden), jnp.float32))(jnp.stack(middle))
        ends = draw(first, (config.hidden, d), jnp.float32), draw(last, (c, config.hidden), jnp.float32)
        rate = (share / matrices).astype(jnp.float32)
        return Setup(Map(lambda t, chain, key: descend(chain, target, rate)), Chain(ends[0], between, ends[1]))

    def error(chain: Chain) -> Array:
        return jnp.sum((target - chain.last @ end_to_end(chain)[0]) ** 2) / jnp.sum(target**2)

    every = 1 if epochs < 200 else 4
    run = ensemble(
        build,
        np.arange(0, epochs + 1, every),
        observe={"error": error},
        seeds=config.seeds,
        grid={"share": np.asarray(shares)},
        key=jax.random.key(config.seed + 3),
    )
    return network.crossing(-np.log(run.error), -float(np.log(config.learned)))


def trained(config: Config) -> xr.Dataset:
    """Epochs to learn the digits at the best rate, by depth and kind of initial weights.

    Args:
        config: sizes and rates.

    Returns:
        ``epochs`` (start, seed, layers), the budget where no rate got there in time; ``reached`` (start, seed, layers)
        says which did; ``cautious_epochs`` (seed, layers) from orthogonal weights at the lowest rate of its grid.
    """
    tried = {start: [trained_from(config, start, n - 1) for n in config.layers_trained] for start in STARTS}
    best = xr.concat([xr.concat([t.min("share") for t in tried[start]], "layers") for start in STARTS], "start")
    best = best.assign_coords(layers=list(config.layers_trained), start=list(STARTS))
    cautious = xr.concat([t.isel(share=0, drop=True) for t in tried["orthogonal"]], "layers")
    budget = xr.DataArray([config.epochs_orthogonal, config.epochs_gaussian], dims="start")
    epochs = best.fillna(budget).assign_attrs(units="epochs", long_name="epochs to 1 % of the error")
    found = xr.Dataset({"epochs": epochs, "reached": best.notnull(), "cautious_epochs": cautious})
    return found.transpose("start", "seed", "layers")
