"""How good generated series are: can a network tell them from real ones, and is what it learns from them true of those.

Both scores are those of Yoon et al. 2019 (TimeGAN), which the papers on generation of series report.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.errors import SeparatrixError, bad_parameter
from separatrix.models.koopman_vae.draws import Draw, drawn
from separatrix.models.koopman_vae.recurrent import Affine, GRULayer, read, stacked_gru, time_first
from separatrix.models.training import minibatch, train_steps

TRAIN_SHARE = 0.8


class Reader(eqx.Module):
    """A GRU that reads series forwards, with one number at every time.

    Args:
        channels: of the series.
        hidden: units.
        layers: how many.
        key: draws the weights.
    """

    layers: tuple[GRULayer, ...]
    head: Affine

    def __init__(self, channels: int, hidden: int, layers: int, *, key: PRNGKeyArray):
        def build(draw: Draw) -> tuple[tuple[GRULayer, ...], Affine]:
            return stacked_gru(channels, hidden, layers, 1, draw), Affine(hidden, 1, draw)

        self.layers, self.head = drawn(build, key)

    def __call__(self, series: Float[Array, "series time channels"]) -> Float[Array, "time series"]:
        """Read.

        Args:
            series: the data.

        Returns:
            The numbers, (time, series).
        """
        return self.head(read(self.layers, time_first(series)))[:, 0]


def discriminative_score(
    real: Float[Array, "real time channels"] | Float[np.ndarray, "real time channels"],
    generated: Float[Array, "generated times width"] | Float[np.ndarray, "generated times width"],
    *,
    key: PRNGKeyArray,
    repeats: int = 10,
    hidden: int | None = None,
    steps: int = 500,
    batch: int = 64,
    rate: float = 5e-3,
) -> Float[Array, " repeats"]:
    """How well a two-layer GRU tells generated series from real ones it was not trained on: |accuracy - 1/2|.

    0: not at all; 1/2: always. With n series of each kind kept back, a classifier that guesses has a mean of
    about 0.28 n^-1/2. All repeats, each with its own split, weights and batches, are one compiled program.

    Args:
        real: series.
        generated: series of the same length and channels, scaled alike.
        key: decides splits, weights and batches.
        repeats: how many classifiers.
        hidden: units; twice the channels and at least 8 when None.
        steps: of training by Adam.
        batch: series of each kind a step.
        rate: learning rate.

    Returns:
        The score of every repeat.

    Raises:
        SeparatrixError: the two are not of one shape, or too few to keep a fifth back.
    """
    _check(real, generated, "discriminative_score", repeats)
    real, generated = jnp.asarray(real), jnp.asarray(generated)
    units = hidden or max(8, 2 * real.shape[-1])

    def once(key: PRNGKeyArray) -> Array:
        return classify_once(real, generated, key=key, hidden=units, steps=steps, batch=batch, rate=rate)

    return eqx.filter_jit(jax.vmap(once))(jax.random.split(key, repeats))


def classify_once(
    real: Float[Array, "real time channels"],
    generated: Float[Array, "generated time channels"],
    *,
    key: PRNGKeyArray,
    hidden: int,
    steps: int,
    batch: int,
    rate: float,
) -> Float[Array, ""]:
    """One repeat of the discriminative score, pure: ``vmap`` it over keys, seeds and generators.

    Args:
        real: series.
        generated: series.
        key: decides split, weights and batches.
        hidden: units.
        steps: of training.
        batch: series of each kind a step.
        rate: learning rate.

    Returns:
        |accuracy - 1/2| on the fifth that was kept back.
    """
    of_split, of_weights, of_steps = jax.random.split(key, 3)
    split_real, split_generated = jax.random.split(of_split)
    pairs = (_divided(real, split_real), _divided(generated, split_generated))

    def logits(model: Reader, series: Array) -> Array:
        return model(series)[-1]

    def loss(model: Reader, data: tuple[Array, Array], key: PRNGKeyArray) -> Array:
        places = jax.random.uniform(key, (batch,))
        true, false = (part[jnp.floor(places * len(part)).astype(int)] for part in data)
        found = logits(model, jnp.concatenate([true, false]))
        return jnp.mean(jax.nn.softplus(-found[:batch])) + jnp.mean(jax.nn.softplus(found[batch:]))

    model = Reader(real.shape[-1], hidden, 2, key=of_weights)
    trained, _, _ = train_steps(
        model, loss, tuple(part[0] for part in pairs), optax.adam(rate), jax.random.split(of_steps, steps)
    )
    right = jnp.mean(logits(trained, pairs[0][1]) > 0), jnp.mean(logits(trained, pairs[1][1]) <= 0)
    return jnp.abs(0.5 * (right[0] + right[1]) - 0.5)


def predictive_score(
    real: Float[Array, "real time channels"] | Float[np.ndarray, "real time channels"],
    generated: Float[Array, "generated times width"] | Float[np.ndarray, "generated times width"],
    *,
    key: PRNGKeyArray,
    repeats: int = 10,
    hidden: int | None = None,
    steps: int = 500,
    batch: int = 64,
    rate: float = 5e-3,
) -> Float[Array, " repeats"]:
    """Train on generated series, test on real ones: mean absolute error of the last channel one step ahead.

    The GRU reads all channels; the original reads all but the last, which leaves nothing to read of one channel and
    nothing to predict from where channels are independent.

    Args:
        real: series, to test on.
        generated: series of the same length and channels, to train on.
        key: decides weights and batches.
        repeats: how many predictors.
        hidden: units; twice the channels and at least 8 when None.
        steps: of training by Adam.
        batch: series a step.
        rate: learning rate.

    Returns:
        The error of every repeat, in the unit of the series.

    Raises:
        SeparatrixError: the two are not of one shape.
    """
    _check(real, generated, "predictive_score", repeats)
    real, generated = jnp.asarray(real), jnp.asarray(generated)
    units = hidden or max(8, 2 * real.shape[-1])

    def once(key: PRNGKeyArray) -> Array:
        return predict_once(real, generated, key=key, hidden=units, steps=steps, batch=batch, rate=rate)

    return eqx.filter_jit(jax.vmap(once))(jax.random.split(key, repeats))


def predict_once(
    real: Float[Array, "real time channels"],
    generated: Float[Array, "generated time channels"],
    *,
    key: PRNGKeyArray,
    hidden: int,
    steps: int,
    batch: int,
    rate: float,
) -> Float[Array, ""]:
    """One repeat of the predictive score, pure.

    Args:
        real: series, to test on.
        generated: series, to train on.
        key: decides weights and batches.
        hidden: units.
        steps: of training.
        batch: series a step.
        rate: learning rate.

    Returns:
        The mean absolute error.
    """
    of_weights, of_steps = jax.random.split(key)

    def error(model: Reader, series: Array) -> Array:
        return jnp.mean(jnp.abs(jax.nn.sigmoid(model(series[:, :-1])) - series[:, 1:, -1].T))

    def loss(model: Reader, data: Array, key: PRNGKeyArray) -> Array:
        return error(model, minibatch(data, key, batch))

    model = Reader(real.shape[-1], hidden, 1, key=of_weights)
    trained, _, _ = train_steps(model, loss, generated, optax.adam(rate), jax.random.split(of_steps, steps))
    return error(trained, real)


def _divided(series: Array, key: PRNGKeyArray) -> tuple[Array, Array]:
    shuffled = series[jnp.argsort(jax.random.uniform(key, (len(series),)))]
    cut = int(TRAIN_SHARE * len(series))
    return shuffled[:cut], shuffled[cut:]


def _check(real: Any, generated: Any, owner: str, repeats: int) -> None:
    if real.shape[1:] != generated.shape[1:]:
        raise SeparatrixError(
            f"{owner} compares series of one length and number of channels; the real ones are {real.shape[1:]}, the "
            f"generated ones {generated.shape[1:]}."
        )
    if min(len(real), len(generated)) < 5:
        raise SeparatrixError(
            f"{owner} needs at least five series of each kind; there are {len(real)} real and {len(generated)} "
            f"generated."
        )
    if repeats < 1:
        raise bad_parameter("repeats", owner, "an int in the range [1, inf)", repeats)
