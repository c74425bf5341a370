"""How a two-layer quadratic network learns addition modulo p, while its weights are small (He et al. 2026).

One neuron, f(x, y)[j] += xi[j] (theta[x] + theta[y])^2. At each frequency w = 2 pi k / p its input weights carry a wave
alpha cos(w j + phi) and its output weights a wave beta cos(w j + psi). As long as all answers are about equally likely,
neither neurons nor frequencies feel each other, and gradient flow on the mean cross-entropy is, with the complex waves
z = alpha exp(i phi) and u = beta exp(i psi),

    dz/dt = (2 / p) u conj(z),    du/dt = (1 / p) z^2,

the equations of second-harmonic generation in optics. C = alpha^2 - 2 beta^2 and H = alpha^2 beta sin D are conserved,
D = 2 phi - psi being the misalignment; D falls to zero and both magnitudes blow up in finite time. The frequency that
blows up first is the one that the neuron keeps.

For the loss summed over the p^2 pairs all rates are p^2 times as large. p is odd.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int

from separatrix.dynamics import Flow
from separatrix.observables.fourier import wrapped


class Waves(eqx.Module):
    """The waves of neurons at frequencies: the state of the flow, in Cartesian form, which is regular at beta = 0.

    Attributes:
        incoming: real and imaginary part of alpha exp(i phi), shape (2, ...).
        outgoing: of beta exp(i psi), shape (2, ...).
    """

    incoming: Float[Array, "2 ..."]
    outgoing: Float[Array, "2 ..."]

    @property
    def alpha(self) -> Float[Array, "..."]:
        """Magnitude of the input wave."""
        return jnp.hypot(*self.incoming)

    @property
    def beta(self) -> Float[Array, "..."]:
        """Magnitude of the output wave."""
        return jnp.hypot(*self.outgoing)

    @property
    def phi(self) -> Float[Array, "..."]:
        """Phase of the input wave, in radians."""
        return jnp.arctan2(self.incoming[1], self.incoming[0])

    @property
    def psi(self) -> Float[Array, "..."]:
        """Phase of the output wave, in radians."""
        return jnp.arctan2(self.outgoing[1], self.outgoing[0])

    @property
    def misalignment(self) -> Float[Array, "..."]:
        """D = 2 phi - psi in (-pi, pi]."""
        return wrapped(2 * self.phi - self.psi)

    @property
    def conserved(self) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """C = alpha^2 - 2 beta^2 and H = alpha^2 beta sin D."""
        (x, y), (u, v) = self.incoming, self.outgoing
        return x**2 + y**2 - 2 * (u**2 + v**2), 2 * x * y * u - (x**2 - y**2) * v


def waves(
    alpha: Float[ArrayLike, "..."],
    beta: Float[ArrayLike, "..."],
    phi: Float[ArrayLike, "..."],
    psi: Float[ArrayLike, "..."],
) -> Waves:
    """Waves from magnitudes and phases.

    Args:
        alpha: magnitudes of the input waves.
        beta: of the output waves.
        phi: phases of the input waves, in radians.
        psi: of the output waves.

    Returns:
        The state.
    """
    alpha, beta, phi, psi = jnp.broadcast_arrays(*(jnp.asarray(a, float) for a in (alpha, beta, phi, psi)))
    return Waves(
        alpha[None] * jnp.stack([jnp.cos(phi), jnp.sin(phi)]), beta[None] * jnp.stack([jnp.cos(psi), jnp.sin(psi)])
    )


class _Velocity(eqx.Module):
    p: int = eqx.field(static=True)

    def __call__(self, t: object, state: Waves) -> Waves:
        (x, y), (u, v) = state.incoming, state.outgoing
        incoming = jnp.stack([u * x + v * y, v * x - u * y]) * (2 / self.p)
        return Waves(incoming, jnp.stack([x**2 - y**2, 2 * x * y]) / self.p)


def wave_flow(p: int) -> Flow:
    """The flow of ``Waves`` on the mean cross-entropy, while the answers are about equally likely.

    In polar form alpha' = (2/p) alpha beta cos D, beta' = (1/p) alpha^2 cos D and
    D' = -(1/p) (4 beta + alpha^2 / beta) sin D.

    Args:
        p: the modulus, odd.

    Returns:
        The flow; time in units of (learning rate x steps).

    >>> start = waves(1.0, 1.0, 0.0, 0.0)
    >>> wave_flow(2).velocity(0.0, start).incoming.tolist()
    [1.0, 0.0]
    """
    return Flow(_Velocity(p))


def blow_up_time(
    alpha: Float[ArrayLike, "..."],
    beta: Float[ArrayLike, "..."],
    misaligned: Float[ArrayLike, "..."],
    p: int,
    until: float | Float[ArrayLike, "..."] = jnp.inf,
) -> Float[Array, "..."]:
    """When the waves of one frequency blow up, or when the output wave has grown to a size.

    s = beta^2 obeys (p/2) s' = +-sqrt Q(s), Q(s) = (C + 2 s)^2 s - H^2, which rises once it has turned at Q's largest
    root. The integral is elliptic: with Carlson's R_F and the three roots r of Q, the time from s to infinity is
    (p/2) R_F(s - r_1, s - r_2, s - r_3).

    Args:
        alpha: magnitude of the input wave, positive.
        beta: of the output wave, positive.
        misaligned: D = 2 phi - psi, in radians.
        p: the modulus.
        until: size of the output wave to wait for, at least its size now.

    Returns:
        The time; infinite where the waves die out (D = pi exactly, with alpha^2 <= 2 beta^2).

    >>> round(float(blow_up_time(0.02, 0.02, 0.0, 23)), 0)
    717.0
    """
    return _time_until(*(jnp.asarray(a) for a in jnp.broadcast_arrays(alpha, beta, misaligned, until)), p)


@jax.jit
def _time_until(alpha: Array, beta: Array, misaligned: Array, until: Array, p: int | Array) -> Array:
    # in units of the size, so that small weights do not underflow
    size = jnp.sqrt(alpha**2 + 2 * beta**2)
    a, b, end = alpha / size, beta / size, (until / size) ** 2
    s = b**2
    roots = _turning_points(a**2 - 2 * s, (a**2 * b * jnp.sin(misaligned)) ** 2)
    direct = _time_to_infinity(s, roots)
    time = jnp.where(jnp.cos(misaligned) < 0, 2 * _time_to_infinity(roots[0].real, roots) - direct, direct)
    rest = jnp.where(jnp.isinf(end), 0.0, _time_to_infinity(jnp.where(jnp.isinf(end), 1.0, end), roots))
    return p / (2 * size) * (time - rest)


def _turning_points(c: Array, h2: Array) -> tuple[Array, Array, Array]:
    """The roots of 4 s^3 + 4 C s^2 + C^2 s - H^2, the largest real one first."""
    # With s = x - C/3 and x = |C|/3 cos(a) it reads cos 3a = sign(C) + 27 H^2 / |C|^3; Cardano's form covers C = 0.
    inside = 27 * h2 * (2 * c**3 + 27 * h2)  # minus 27 times the discriminant
    one_real = inside >= 0
    u = jnp.cbrt(c**3 + 27 * h2 + jnp.sqrt(jnp.where(one_real, inside, 0.0)))
    other = jnp.where(u != 0, c**2 / jnp.where(u != 0, u, 1.0), 0.0)
    cosine = jnp.where(one_real, 0.0, 1.0) * (1 - 27 * h2 / jnp.where(one_real, 1.0, jnp.abs(c)) ** 3)
    angle = (jnp.pi - jnp.arccos(jnp.clip(cosine, -1.0, 1.0))) / 3
    wave = jnp.where(one_real, u, jnp.abs(c) * jnp.exp(1j * angle))
    back = jnp.where(one_real, other, jnp.abs(c) * jnp.exp(-1j * angle))
    turn = jnp.exp(2j * jnp.pi / 3)
    first, second, third = ((wave * t + back / t) / 6 - c / 3 for t in (1.0, turn, 1 / turn))
    return first.real + 0j, second, third


def _time_to_infinity(s: Array, roots: tuple[Array, Array, Array]) -> Array:
    first = jnp.maximum(s - roots[0].real, 0.0) + 0j
    return carlson_rf(first, s - roots[1], s - roots[2]).real


def carlson_rf(x: Array, y: Array, z: Array) -> Array:
    """Carlson's symmetric elliptic integral 1/2 int_0^inf dt / sqrt((t + x)(t + y)(t + z)), by duplication.

    Args:
        x: complex, not on the negative real axis; at most one of the three may be zero.
        y: likewise.
        z: likewise.

    Returns:
        The integral, infinite when two of them are zero.
    """

    def double(_: object, at: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        a, b, c = (jnp.sqrt(value) for value in at)
        shift = a * b + b * c + c * a
        return tuple((value + shift) / 4 for value in at)  # pyright: ignore[reportReturnType]

    zeros = sum((jnp.abs(value) == 0).astype(int) for value in (x, y, z))
    x, y, z = jax.lax.fori_loop(0, 14, double, (x, y, z))
    mean = (x + y + z) / 3
    a, b = 1 - x / mean, 1 - y / mean
    e2, e3 = a * b - (a + b) ** 2, -a * b * (a + b)
    series = 1 - e2 / 10 + e3 / 14 + e2**2 / 24 - 3 * e2 * e3 / 44
    return jnp.where(zeros > 1, jnp.inf, series / jnp.sqrt(mean))


def lottery_winner(blow_up_times: Float[Array, "... frequencies"]) -> Int[Array, "..."]:
    """The frequency that a neuron keeps: the one whose waves blow up first.

    Args:
        blow_up_times: of ``blow_up_time``, frequencies 1, 2, ... along the last axis.

    Returns:
        k, counted from 1.
    """
    return jnp.argmin(blow_up_times, axis=-1) + 1
