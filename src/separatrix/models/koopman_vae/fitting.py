"""What is checked and prepared before a Koopman VAE is trained."""

from collections.abc import Mapping
from typing import Any, get_args

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from separatrix.errors import SeparatrixError, bad_parameter
from separatrix.models.koopman_vae.network import Batch
from separatrix.models.koopman_vae.operator import Solver
from separatrix.models.koopman_vae.spectral_constraints import SpectralConstraint

_OWNER = "KoopmanVAE"
_WHOLE = {"latent": 1, "hidden": 1, "layers": 1, "steps": 1, "batch": 2}


def check_parameters(parameters: Mapping[str, Any]) -> None:
    """Refuse parameters out of their range.

    Args:
        parameters: of the estimator, by name.

    Raises:
        bad_parameter: one is.
    """
    for name, least in _WHOLE.items():
        value = parameters[name]
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise bad_parameter(name, _OWNER, f"an int in the range [{least}, inf)", value)
    for name in ("divergence", "linear", "spectral"):
        if not 0 <= parameters[name] < np.inf:
            raise bad_parameter(name, _OWNER, "a float in the range [0, inf)", parameters[name])
    if not 0 < parameters["learning_rate"] < np.inf:
        raise bad_parameter("learning_rate", _OWNER, "a float in the range (0, inf)", parameters["learning_rate"])
    if not 0 <= parameters["validation"] < 1:
        raise bad_parameter("validation", _OWNER, "a float in the range [0, 1)", parameters["validation"])
    for name, choices in (("constraint", get_args(SpectralConstraint)), ("solver", get_args(Solver))):
        if parameters[name] not in choices:
            raise bad_parameter(name, _OWNER, f"one of {', '.join(choices)}", parameters[name])


def clock(times: Any, length: int) -> Float[np.ndarray, " time"]:
    """Times of the grid.

    Args:
        times: ascending, or None for even ones.
        length: how many there must be.

    Returns:
        The times.

    Raises:
        SeparatrixError: they do not ascend, or are of another number.
    """
    ascending = np.arange(float(length)) if times is None else np.asarray(times, float)
    if ascending.shape != (length,) or not np.all(np.diff(ascending) > 0) or not np.all(np.isfinite(ascending)):
        raise SeparatrixError(
            f"The times must be {length} ascending finite numbers, one for each time of a series; got an array of "
            f"shape {ascending.shape}."
        )
    return ascending


def known_numbers(conditions: Any, count: int, width: int | None = None) -> Float[np.ndarray, "series conditions"]:
    """What is known of every series.

    Args:
        conditions: one row a series, or one number; None for nothing.
        count: number of series.
        width: how many numbers there must be of each; None for any.

    Returns:
        The numbers, one row a series.

    Raises:
        SeparatrixError: they are not of that shape, or not finite.
    """
    known = np.zeros((count, 0)) if conditions is None else np.asarray(conditions, float)
    known = known[:, None] if known.ndim == 1 else known
    fits = known.ndim == 2 and len(known) == count and width in (None, known.shape[-1])
    if not fits or not np.all(np.isfinite(known)):
        wanted = "some" if width is None else str(width)
        raise SeparatrixError(
            f"The conditions must be finite numbers, {wanted} of each of {count} series; got an array of shape "
            f"{known.shape}."
        )
    return known


def kept_back(batch: Batch, share: float, key: PRNGKeyArray) -> tuple[Batch, Batch | None]:
    """Divide series into those that are learned from and those that are looked at.

    Args:
        batch: all.
        share: to be kept back.
        key: decides which.

    Returns:
        Both parts, the second None where nothing is kept back.
    """
    count = len(batch.targets)
    back = round(share * count)
    if share == 0 or count - back < 2:
        return batch, None
    order = jax.random.permutation(key, count)
    cut = max(2, back)
    return jax.tree.map(lambda part: part[order[cut:]], batch), jax.tree.map(lambda part: part[order[:cut]], batch)
