"""What neurons of spread-out phases compute together: the right sum modulo p, and ghosts (He et al. 2026).

A neuron whose input wave cos(w j + phi) is answered by the output wave cos(w j + 2 phi) votes for x + y by a cosine.
Over evenly spaced phases and all frequencies the votes add up to an indicator of x + y that is flawed: 2 x and 2 y, the
ghosts, get a part of the right answer's height. All p logits are known in closed form; p is odd.
"""

from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from separatrix.errors import SeparatrixError

UnitMap = Literal["square", "relu"]


def phases_suffice(phases: int) -> bool:
    """Whether so many evenly spaced phases average the waves 2 phi and 4 phi away: not if they divide 2 or 4.

    Args:
        phases: number of phases at each frequency, N.

    Returns:
        True for N = 3 and from N = 5.

    >>> [n for n in range(1, 9) if phases_suffice(n)]
    [3, 5, 6, 7, 8]
    """
    return phases == 3 or phases >= 5


def voting_units(p: int, phases: int, answer: float = 2.0) -> tuple[Float[Array, "units p"], Float[Array, "units p"]]:
    """Units of all frequencies, each with evenly spaced phases, all of magnitude one.

    Args:
        p: the modulus, odd.
        phases: N, phases at each frequency.
        answer: the output phase over the input phase; 2 is aligned.

    Returns:
        Input and output weights, one row a unit, each of shape (N (p - 1) / 2, p).
    """
    # in NumPy, for shapes that differ with the number of phases would each be compiled anew
    frequency = np.arange(1, (p - 1) // 2 + 1)
    phase = 2 * np.pi * np.arange(phases) / phases
    angle = (2 * np.pi / p) * (frequency[:, None] * np.arange(p)[None, :] % p)[:, None, :]
    waves = (np.cos(angle + factor * phase[None, :, None]).reshape(-1, p) for factor in (1.0, answer))
    incoming, outgoing = (jnp.asarray(wave, float) for wave in waves)
    return incoming, outgoing


def flawed_indicator(
    x: Int[Array, "..."], y: Int[Array, "..."], p: int, unit_map: UnitMap = "square"
) -> Float[Array, "... p"]:
    """The logits of ``voting_units``, over their number of phases.

    For z^2 it is exact for every N with ``phases_suffice``: p/4 at x + y, p/8 at 2 x and at 2 y, minus 1/2. For ReLU it
    is the limit of many phases, (2 / 3 pi) sum_k |cos(w_k (x - y) / 2)| cos(w_k (x + y - j)).

    Args:
        x: the first number, of any shape.
        y: the second.
        p: the modulus, odd.
        unit_map: what each unit applies.

    Returns:
        One logit for each answer j, along the last axis.

    Raises:
        SeparatrixError: for an even modulus.

    >>> import jax.numpy as jnp
    >>> [round(float(logit), 3) for logit in flawed_indicator(jnp.array(1), jnp.array(3), 5)]
    [-0.5, 0.125, 0.125, -0.5, 0.75]
    """
    if p % 2 == 0:
        raise SeparatrixError(f"The indicator is known for odd moduli. Got p = {p}.")
    if unit_map == "square":
        right, first, second = (jax.nn.one_hot(target % p, p) for target in (x + y, 2 * x, 2 * y))
        return p / 4 * right + p / 8 * (first + second) - 0.5
    w = 2 * jnp.pi * jnp.arange(1, (p - 1) // 2 + 1) / p
    off = jnp.subtract.outer(x + y, jnp.arange(p))
    agreed = jnp.abs(jnp.cos(jnp.multiply.outer((x - y) / 2, w)))
    return 2 / (3 * jnp.pi) * jnp.einsum("...k,...jk->...j", agreed, jnp.cos(jnp.multiply.outer(off, w)))


def ghost_ratio(unit_map: UnitMap = "square") -> float:
    """Height of a ghost over that of the right answer, both above the rest.

    Half for z^2. A third for ReLU and large p, from the Fourier series |cos u| = 2/pi + 4/(3 pi) cos 2u - ...

    Args:
        unit_map: what each unit applies.

    Returns:
        The ratio.
    """
    return {"square": 1 / 2, "relu": 1 / 3}[unit_map]
