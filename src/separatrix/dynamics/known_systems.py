"""Flows that everybody knows: Lorenz's convection, Lotka and Volterra's prey, Duffing's oscillator, the pendulum."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from separatrix.dynamics.system import Flow


class _Lorenz63(eqx.Module):
    sigma: ArrayLike
    rho: ArrayLike
    beta: ArrayLike

    def __call__(self, t: Any, x: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3"]:
        a, b, c = x[..., 0], x[..., 1], x[..., 2]
        return jnp.stack([self.sigma * (b - a), a * (self.rho - c) - b, a * b - self.beta * c], axis=-1)


def lorenz63(sigma: ArrayLike = 10.0, rho: ArrayLike = 28.0, beta: ArrayLike = 8 / 3) -> Flow:
    """Lorenz's three modes of convection; chaotic at the default parameters, with a Lyapunov exponent of 0.906.

    Args:
        sigma: Prandtl number; any of the three may be an array, to be batched over.
        rho: Rayleigh number over its critical value.
        beta: of the cells' aspect ratio.

    Returns:
        Flow of states (..., 3).

    Source:
        Lorenz (1963), equations 25 to 27.

    >>> lorenz63().velocity(0.0, jnp.array([1.0, 1.0, 3.0])).tolist()
    [0.0, 24.0, -7.0]
    """
    return Flow(_Lorenz63(sigma, rho, beta))


class _LotkaVolterra(eqx.Module):
    alpha: ArrayLike
    beta: ArrayLike
    delta: ArrayLike
    gamma: ArrayLike

    def __call__(self, t: Any, x: Float[Array, "*batch 2"]) -> Float[Array, "*batch 2"]:
        prey, predator = x[..., 0], x[..., 1]
        met = prey * predator
        return jnp.stack([self.alpha * prey - self.beta * met, self.delta * met - self.gamma * predator], axis=-1)


def lotka_volterra(
    alpha: ArrayLike = 0.5, beta: ArrayLike = 0.5, delta: ArrayLike = 0.5, gamma: ArrayLike = 0.5
) -> Flow:
    """Prey and predators, x' = alpha x - beta x y, y' = delta x y - gamma y.

    Args:
        alpha: growth of the prey, per unit of time; any of the four may be an array, to be batched over.
        beta: prey lost a meeting.
        delta: predators gained a meeting.
        gamma: death of the predators, per unit of time.

    Returns:
        Flow of states (..., 2): prey, predators.

    Source:
        Lotka (1920), Volterra (1926).
    """
    return Flow(_LotkaVolterra(alpha, beta, delta, gamma))


def lotka_volterra_invariant(
    x: Float[Array, "*batch 2"],
    alpha: ArrayLike = 0.5,
    beta: ArrayLike = 0.5,
    delta: ArrayLike = 0.5,
    gamma: ArrayLike = 0.5,
) -> Float[Array, "*batch"]:
    """What prey and predators conserve, delta x - gamma log x + beta y - alpha log y.

    Args:
        x: states (..., 2), positive.
        alpha: as in ``lotka_volterra``.
        beta: likewise.
        delta: likewise.
        gamma: likewise.

    Returns:
        The invariant, (...).
    """
    prey, predator = x[..., 0], x[..., 1]
    return jnp.asarray(delta * prey - gamma * jnp.log(prey) + beta * predator - alpha * jnp.log(predator))


class _Duffing(eqx.Module):
    damping: ArrayLike
    linear: ArrayLike
    cubic: ArrayLike
    forcing: ArrayLike
    frequency: ArrayLike

    def __call__(self, t: Any, x: Float[Array, "*batch 2"]) -> Float[Array, "*batch 2"]:
        place, speed = x[..., 0], x[..., 1]
        push = self.forcing * jnp.cos(jnp.asarray(self.frequency * t))
        pull = self.damping * speed + self.linear * place + self.cubic * place**3
        return jnp.stack([speed, push - pull], axis=-1)


def duffing(
    damping: ArrayLike = 0.5,
    linear: ArrayLike = -1.0,
    cubic: ArrayLike = 1.0,
    forcing: ArrayLike = 0.0,
    frequency: ArrayLike = 1.0,
) -> Flow:
    """Duffing's oscillator, x'' + damping x' + linear x + cubic x^3 = forcing cos(frequency t).

    Two wells at +-1 without forcing at the default parameters, a saddle between them.

    Args:
        damping: per unit of time; any of the five may be an array, to be batched over.
        linear: stiffness, negative for two wells.
        cubic: its growth with the displacement.
        forcing: amplitude.
        frequency: of the forcing, radians per unit of time.

    Returns:
        Flow of states (..., 2): displacement, speed.

    Source:
        Duffing (1918).
    """
    return Flow(_Duffing(damping, linear, cubic, forcing, frequency))


def duffing_energy(
    x: Float[Array, "*batch 2"], linear: ArrayLike = -1.0, cubic: ArrayLike = 1.0
) -> Float[Array, "*batch"]:
    """Energy of Duffing's oscillator, conserved without damping and forcing.

    Args:
        x: states (..., 2).
        linear: as in ``duffing``.
        cubic: likewise.

    Returns:
        The energy, (...).
    """
    place, speed = x[..., 0], x[..., 1]
    return speed**2 / 2 + linear * place**2 / 2 + cubic * place**4 / 4


class _Pendulum(eqx.Module):
    stiffness: ArrayLike
    damping: ArrayLike

    def __call__(self, t: Any, x: Float[Array, "*batch 2"]) -> Float[Array, "*batch 2"]:
        angle, speed = x[..., 0], x[..., 1]
        return jnp.stack([speed, -(self.stiffness * jnp.sin(angle) + self.damping * speed)], axis=-1)


def pendulum(stiffness: ArrayLike = 1.0, damping: ArrayLike = 0.0) -> Flow:
    """The pendulum, angle'' = -stiffness sin(angle) - damping angle'.

    Args:
        stiffness: gravity over length, per unit of time squared; either may be an array, to be batched over.
        damping: per unit of time.

    Returns:
        Flow of states (..., 2): angle in radians, angular speed.
    """
    return Flow(_Pendulum(stiffness, damping))


def pendulum_energy(x: Float[Array, "*batch 2"], stiffness: ArrayLike = 1.0) -> Float[Array, "*batch"]:
    """Energy of the pendulum, conserved without damping; above ``stiffness`` it turns over.

    Args:
        x: states (..., 2).
        stiffness: as in ``pendulum``.

    Returns:
        The energy, (...), zero for a pendulum at rest at angle pi / 2.
    """
    return x[..., 1] ** 2 / 2 - stiffness * jnp.cos(x[..., 0])
