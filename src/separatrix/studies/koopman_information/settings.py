"""The settings of the loss that are trained, by name: weights of contrast, linear step and entropy, and the ridge."""

import jax.numpy as jnp
import numpy as np

from separatrix.models.koopman.information import Pressures

PLAIN = "plain"
CONTRAST = "contrast"
ENTROPY = "entropy"
BOTH = "contrast and entropy"
STRONG_CONTRAST = "strong contrast"
STRONG = "strong contrast and entropy"
PUNISHED = "contrast, entropy punished"
STRONGLY_PUNISHED = "strong contrast, strongly punished"
NOT_LINEAR = "both, no linear step"
RIDGE = "plain, strong ridge"

TABLE: dict[str, tuple[float, float, float, float]] = {
    PLAIN: (0.0, 0.1, 0.0, 0.1),
    CONTRAST: (1.0, 0.1, 0.0, 0.1),
    ENTROPY: (0.0, 0.1, 0.1, 0.1),
    BOTH: (1.0, 0.1, 0.1, 0.1),
    STRONG_CONTRAST: (5.0, 0.1, 0.0, 0.1),
    STRONG: (5.0, 0.1, 1.0, 0.1),
    PUNISHED: (1.0, 0.1, -0.1, 0.1),
    STRONGLY_PUNISHED: (5.0, 0.1, -1.0, 0.1),
    NOT_LINEAR: (1.0, 0.0, 0.1, 0.1),
    RIDGE: (0.0, 0.1, 0.0, 10.0),
}
"""Name to (alpha, beta, gamma, kappa)."""
LORENZ = (PLAIN, BOTH)
"""The settings trained on Lorenz's system."""


def pressures(names: tuple[str, ...]) -> Pressures:
    """The settings as one tree of arrays, mapped over in one program.

    Args:
        names: of the settings.

    Returns:
        Weights with a leading axis of settings, in single precision.
    """
    contrast, linearity, entropy, ridge = jnp.asarray(np.array([TABLE[name] for name in names]).T, jnp.float32)
    return Pressures(contrast, linearity, entropy, ridge, jnp.full_like(contrast, 0.1))
