"""Parameters of a closed form, refused in one line where it does not hold."""

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, ArrayLike, Float

from separatrix.errors import bad_parameter

Numbers = Float[ArrayLike, "..."] | float | int


def checked(name: str, owner: str, value: Numbers, allowed: str) -> Float[Array, "..."]:
    """The parameter as an array of floats, refused where it is known to lie out of range.

    Args:
        name: of the parameter.
        owner: function that takes it.
        value: its value or values; traced ones cannot be looked at and pass.
        allowed: ``"(0, inf)"``, ``"[0, inf)"`` or ``"(0, inf]"``.

    Returns:
        The array.

    >>> float(checked("noise", "test_error", 0, "[0, inf)"))
    0.0
    """
    array = jnp.asarray(value, float)
    if not isinstance(array, Tracer):
        _refuse_outside(name, owner, np.asarray(array), allowed)
    return array


def _refuse_outside(name: str, owner: str, known: np.ndarray, allowed: str) -> None:
    low = known > 0 if allowed[0] == "(" else known >= 0
    high = known < np.inf if allowed[-1] == ")" else known <= np.inf
    bad = ~(low & high)
    if np.any(bad):
        raise bad_parameter(name, owner, f"in the range {allowed}", float(known[bad].ravel()[0]))
