"""Four conditions at the corners of a square: a bit or the parity as label, nudged to be separable or not."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.learning.rules import Learner
from separatrix.learning.tasks import Conditions, condition_of, square_conditions
from separatrix.observables import (
    balanced_dichotomies,
    decoding_accuracy,
    parallelism_score,
)
from separatrix.studies.representational_geometry.config import Config
from separatrix.studies.representational_geometry.training import (
    Case,
    Draw,
    Stage,
    hidden,
    noisy,
    observed,
    train,
)

PAIR = ("tanh", "ReLU")
OBSERVED = 10


def cases(config: Config) -> list[Case]:
    """A bit as label, and the parity without a nudge, both with and without biases; the parity with a full nudge."""
    bit = [Case(f, config.bit_noise, biased, config.bit_rate, 0.0, False) for f in PAIR for biased in (False, True)]
    noise, rate = config.square_noise, config.square_rate
    parity = [Case(f, noise, biased, rate, 0.0) for f in PAIR for biased in (False, True)]
    return bit + parity + [Case(f, noise, True, rate, 1.0) for f in PAIR]


def square(config: Config) -> xr.Dataset:
    """Train on the square.

    Args:
        config: sizes, noises and steps.

    Returns:
        Beside what all runs record, ``parallelism``; ``other_decoding``, how well fresh noisy examples tell the two
        dichotomies that were not trained; and ``parity_decoding``, the same of the parity alone.
    """
    return train(
        config,
        cases(config),
        _draw(config),
        times=observed(config.parity_steps, OBSERVED, config.bit_steps, config.nudged_steps),
        stream=1,
        look=_look(config.square_examples),
    ).assign_attrs(bit_steps=config.bit_steps, nudged_steps=config.nudged_steps)


def phases(config: Config) -> xr.Dataset:
    """The parity over separability and noise.

    Args:
        config: sizes, noises and steps.

    Returns:
        What all runs record, at the end alone.
    """
    grid = [(nudge, noise) for nudge in config.separabilities for noise in config.phase_noises]
    return train(
        config,
        [Case(f, noise, True, config.square_rate, nudge) for f in PAIR for nudge, noise in grid],
        _draw(config),
        times=np.array([0, config.phase_steps]),
        stream=2,
        seeds=config.phase_seeds,
    )


def _draw(config: Config) -> Draw:
    def conditions(key: Array, here: dict[str, Array]) -> Conditions:
        parity = square_conditions(key, config.dimension, here["geometry"])
        bit = square_conditions(key, config.dimension, here["geometry"], "bit")
        return Conditions(parity.means, jnp.where(here["parity"], parity.labels, bit.labels))

    return noisy(conditions, config.square_examples)


def _look(examples: int) -> Any:
    dichotomies = balanced_dichotomies(4)  # the first bit, the second bit, and the parity

    def look(stage: Stage) -> dict[str, Any]:
        x = stage.data[0]
        means = stage.conditions.means
        labels = 2 * stage.conditions.labels[:, 0] - 1
        trained = jnp.abs(jnp.asarray(dichotomies, x.dtype) @ labels) > 3
        which = condition_of(examples, 4)
        columns = jnp.asarray(dichotomies.T, x.dtype)[which]
        spread = jnp.std(x - means[which])
        fresh = means[which] + spread * jax.random.normal(jax.random.fold_in(stage.key, 1), x.shape, x.dtype)

        def decoding(learner: Learner) -> Array:
            return decoding_accuracy(hidden(learner, x), columns, hidden(learner, fresh), columns)

        def parallelism(learner: Learner) -> Array:
            features = hidden(learner, means[jnp.argsort(-labels, stable=True)])
            return parallelism_score(features[:2], features[2:])

        return {
            "parallelism": parallelism,
            "other_decoding": lambda learner: jnp.mean(decoding(learner), where=~trained),
            "parity_decoding": lambda learner: decoding(learner)[2],
        }

    return look
