"""Four conditions without structure: every activation, noise, and a portrait of the weights."""

from typing import Any

import jax.numpy as jnp
import xarray as xr
from jaxtyping import Array

from separatrix.learning.rules import Learner
from separatrix.learning.tasks import Conditions, unstructured_conditions
from separatrix.observables import (
    feature_kernel,
    interclass_axis,
    intra_to_inter,
    kernel_alignment,
    parallelism_score,
)
from separatrix.studies.representational_geometry.config import Config
from separatrix.studies.representational_geometry.training import Case, Stage, hidden, noisy, observed, train

ORTHOGONAL = 1.0
"""The value of ``geometry`` of runs whose means are made orthogonal, as theory has them."""
LEAST_NOISE = 0.1
COMPARED = ("tanh", "ReLU", "identity", "hard tanh", "softplus", "ReLU, clipped at 1")
IN_THEORY = ("tanh", "ReLU", "hard tanh", "ReLU, clipped at 1")
OBSERVED = 24


def cases(config: Config) -> list[Case]:
    """All that is run on unstructured conditions."""
    at = config.activation_noise
    kinds = [(name, noise, False, 0.0) for noise in config.noises for name in ("tanh", "ReLU")]
    kinds.append(("identity", at, False, 0.0))
    kinds += [(name, at, True, 0.0) for name in COMPARED]
    kinds += [(name, LEAST_NOISE, False, ORTHOGONAL) for name in IN_THEORY]
    return [Case(name, noise, biased, config.rate, geometry) for name, noise, biased, geometry in dict.fromkeys(kinds)]


def unstructured(config: Config) -> xr.Dataset:
    """Tell two of four random conditions from the other two.

    Args:
        config: sizes, noises and steps.

    Returns:
        Beside what all runs record: ``parallelism``; ``raw_target`` and ``raw_input``, alignments of kernels that were
        not centred; ``rho`` of the change of the weights; ``portrait``, each unit's weights along the axis between the
        classes (times the sign of its readout) and within the first class, dims (unit, axis).
    """

    def conditions(key: Array, here: dict[str, Array]) -> Conditions:
        found = unstructured_conditions(key, 4, config.dimension)
        frame = jnp.linalg.qr(found.means.T)[0].T * config.dimension**0.5
        return Conditions(jnp.where(here["geometry"] == ORTHOGONAL, frame, found.means), found.labels)

    return train(
        config,
        cases(config),
        noisy(conditions, config.examples),
        times=observed(config.steps, OBSERVED, config.activation_steps),
        stream=0,
        seeds=config.unstructured_seeds,
        look=look,
    ).assign_attrs(
        noises=[float(noise) for noise in config.noises],
        activation_noise=config.activation_noise,
        activation_steps=config.activation_steps,
        dimension=config.dimension,
    )


def look(stage: Stage) -> dict[str, Any]:
    """The observables of this experiment."""
    means, labels = stage.conditions.means, stage.conditions.labels[:, 0]
    axis = interclass_axis(means, labels)
    axes = jnp.stack([axis / jnp.linalg.norm(axis), (means[0] - means[1]) / jnp.linalg.norm(means[0] - means[1])])
    signs = jnp.sign(stage.first.readout[0])[:, None] * jnp.array([[1.0, 0.0]], means.dtype) + jnp.array(
        [[0.0, 1.0]], means.dtype
    )

    def kernel(learner: Learner) -> Array:
        return feature_kernel(hidden(learner, means))

    def parallelism(learner: Learner) -> Array:
        features = hidden(learner, means)
        return parallelism_score(features[:2], features[2:])

    return {
        "parallelism": parallelism,
        "raw_target": lambda learner: kernel_alignment(kernel(learner), feature_kernel(2 * labels[:, None] - 1)),
        "raw_input": lambda learner: kernel_alignment(kernel(learner), feature_kernel(means)),
        "rho": lambda learner: intra_to_inter(learner.model.weights - stage.first.weights, means, labels),
        "portrait": (lambda learner: learner.model.weights @ axes.T * signs, ("unit", "axis")),
    }
