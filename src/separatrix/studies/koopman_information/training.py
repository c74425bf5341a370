"""Autoencoders of all seeds and all settings of the loss, trained as one program."""

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Key, PRNGKeyArray

from separatrix.models.koopman.autoencoder import Autoencoder, autoencoder
from separatrix.models.koopman.information import Pressures, information_loss
from separatrix.models.training import train_steps

HALVES = 2
"""Parts that the runs are split into; of fixed size, whatever the machine."""


@dataclasses.dataclass(frozen=True)
class Sizes:
    """What all runs share.

    Attributes:
        dimension: of the states.
        latent: dimension of the latents.
        hidden: units of the hidden layers.
        window: states of a training window.
        batch: windows a step.
        steps: of Adam.
        rate: its learning rate.
        neighbours: positives on either side of an anchor.
        temperature: of the contrast.
    """

    dimension: int
    latent: int
    hidden: int
    window: int
    batch: int
    steps: int
    rate: float
    neighbours: int
    temperature: float


def train_all(
    sizes: Sizes,
    pressures: Pressures,
    keys: Key[Array, " seeds"],
    data: Callable[[PRNGKeyArray], tuple[Array, Any]],
    observe: Callable[[Autoencoder, Autoencoder, Array, Any, Array], dict[str, Array]],
) -> dict[str, Array]:
    """Train and observe; every seed has its own data and first weights, the same for all settings.

    Args:
        sizes: what the runs share.
        pressures: settings, on a leading axis.
        keys: one a seed, (seeds,).
        data: from a key to training series (series, times, D) and whatever is needed to test.
        observe: from the first model, the trained one, the training series, what is needed to test and the ridge, to
            named arrays.

    Returns:
        What was observed, with leading axes (seeds, settings).
    """

    def run(key: PRNGKeyArray, setting: Pressures) -> dict[str, Array]:
        of_data, of_model, of_steps = jax.random.split(key, 3)
        series, test = data(of_data)
        hidden = (sizes.hidden, sizes.hidden)
        first = autoencoder(sizes.dimension, sizes.latent, hidden, key=of_model)
        steps = jax.random.split(of_steps, sizes.steps)
        optimizer = optax.adam(jnp.float32(sizes.rate))
        model, _, _ = train_steps(first, _loss(sizes), (series, setting), optimizer, steps)
        return observe(first, model, series, test, jnp.asarray(setting.ridge))

    settings = jax.tree.leaves(pressures)[0].shape[0]
    count = len(keys) * settings
    size = -(-count // HALVES)
    places = jnp.minimum(jnp.arange(HALVES * size), count - 1).reshape(HALVES, size)
    chunks = [
        (keys[place // settings], jax.tree.map(lambda leaf, place=place: leaf[place % settings], pressures))
        for place in places
    ]
    # products this small keep one core busy, so the two halves of the runs share a program and run beside each other
    program = jax.jit(jax.vmap(run)).lower(*chunks[0]).compile()
    with ThreadPoolExecutor(HALVES) as pool:
        found = list(pool.map(lambda chunk: jax.block_until_ready(program(*chunk)), chunks))

    def joined(*parts: Array) -> Array:
        return jnp.concatenate(parts)[:count].reshape(len(keys), settings, *parts[0].shape[1:])

    return jax.tree.map(joined, *found)


def _loss(sizes: Sizes) -> Callable[[Autoencoder, tuple[Array, Pressures], PRNGKeyArray], Float[Array, ""]]:
    def loss(model: Autoencoder, data: tuple[Array, Pressures], key: PRNGKeyArray) -> Float[Array, ""]:
        series, setting = data
        batch = drawn(series, sizes.window, sizes.batch, key)
        return information_loss(model, batch, setting, neighbours=sizes.neighbours, temperature=sizes.temperature)

    return loss


def drawn(
    series: Float[Array, "series times D"], window: int, count: int, key: PRNGKeyArray
) -> Float[Array, "count window D"]:
    """Windows drawn with replacement from series of equal length.

    Args:
        series: (series, times, D).
        window: states of a window.
        count: how many windows.
        key: decides which.

    Returns:
        Windows, (count, window, D).
    """
    of_series, of_start = jax.random.split(key)
    which = jax.random.randint(of_series, (count,), 0, series.shape[0])
    start = jax.random.randint(of_start, (count,), 0, series.shape[1] - window + 1)
    return series[which[:, None], start[:, None] + jnp.arange(window)[None, :]]


def rollout_errors(
    model: Autoencoder, operator: Float[Array, "d d"], truth: Float[Array, "series times D"], horizon: int
) -> Float[Array, " horizon"]:
    """Mean squared error of decoded forecasts from the first state of each series.

    Args:
        model: the autoencoder.
        operator: C, (d, d).
        truth: series, (series, times, D).
        horizon: steps.

    Returns:
        The error at each step, over series and components, (horizon,).
    """
    found = model.forecast(truth[:, 0], operator, horizon)
    return jnp.mean((found - jnp.swapaxes(truth, 0, 1)[1 : horizon + 1]) ** 2, axis=(1, 2))


def root_mean_square(latents: Float[Array, "... d"]) -> Float[Array, ""]:
    """Root of the mean squared norm of latents.

    Args:
        latents: (..., d).

    Returns:
        The root.
    """
    return jnp.sqrt(jnp.mean(jnp.sum(latents**2, axis=-1)))
