"""Muon with the polar factor of the paper on feature emergence, for some of a model's matrices."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
import optax.contrib
from jaxtyping import Array, Float, PyTree

POLAR_COEFFICIENTS = (
    (4.01, -9.22, 5.80),
    (3.49, -6.38, 3.23),
    (3.34, -6.21, 3.20),
    (3.64, -7.48, 4.43),
    (3.46, -5.35, 2.85),
)
"""Of five quintic Newton-Schulz steps x <- a x + b (x x^T) x + c (x x^T)^2 x (Tian 2025)."""

Number = float | Float[Array, ""]


def muon(rate: Number, decay: Number = 0.0, momentum: float = 0.99) -> optax.GradientTransformation:
    """W <- W (1 - rate decay) - rate polar(m), the polar factor of the averaged gradient m by five steps.

    All singular values of the change are near one: every direction of the weights moves at the same pace, so that rare
    features are not left behind by frequent ones.

    Args:
        rate: learning rate.
        decay: decoupled weight decay.
        momentum: of the averaged gradient.

    Returns:
        The transformation, for matrices.

    Source: Jordan et al. (2024); averages and coefficients as in Tian (arXiv:2509.21519).
    """
    coefficients = jnp.asarray(POLAR_COEFFICIENTS, jnp.float32)  # so that the weights' precision is kept
    return optax.chain(
        optax.contrib.scale_by_muon(
            coefficients,  # pyright: ignore[reportArgumentType]
            beta=momentum,
            nesterov=False,
            weight_dimension_numbers=_two_dimensional,
        ),
        optax.add_decayed_weights(decay),
        optax.scale_by_learning_rate(rate),
    )


def _two_dimensional(parameters: PyTree) -> PyTree:
    return jax.tree.map(lambda _: optax.contrib.MuonDimensionNumbers(), parameters)


def split_rule(
    on_these: optax.GradientTransformation,
    on_others: optax.GradientTransformation,
    which: Callable[[Any], PyTree],
) -> optax.GradientTransformation:
    """One transformation for some parameters and another one for the rest: Muon for inner matrices, Adam elsewhere.

    Args:
        on_these: for those that ``which`` marks.
        on_others: for all others.
        which: from the parameters to a tree of booleans like them.

    Returns:
        The transformation.
    """
    return optax.partition({True: on_these, False: on_others}, which)
