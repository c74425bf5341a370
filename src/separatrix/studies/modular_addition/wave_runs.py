"""Runs of the reduced equations: alignment from random phases, the lottery of a neuron, and a race of two waves."""

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.dynamics import Adaptive, Flow, Setup, ensemble
from separatrix.observables import fourier_harmonics
from separatrix.studies.modular_addition.config import Config
from separatrix.theory import Waves, blow_up_time, lottery_winner, wave_flow, waves

GROWN = 0.5
"""Size of the output wave until which alignment is followed."""
RACE = 60.0
"""Length of a race: then the first wave has grown about that many times."""
RIVAL = np.pi / 2
"""Misalignment of the wave that the others race against in the phase diagram."""
METHOD = Adaptive(rtol=1e-8, atol=1e-14, solver=diffrax.Tsit5())
FAST = Adaptive(rtol=1e-6, atol=1e-12, solver=diffrax.Tsit5())
"""For races, whose winner is far ahead in the end."""


class _Signed(eqx.Module):
    p: int = eqx.field(static=True)
    wrong: Array
    pace: Array

    def __call__(self, t: object, state: Waves) -> Waves:
        change = wave_flow(self.p).velocity(t, state)
        size = jnp.sum(state.incoming**2, axis=0)
        along = jnp.sum(state.incoming * change.incoming, axis=0) / jnp.where(size > 0, size, 1.0)
        mirrored = 2 * along[None] * state.incoming - change.incoming
        incoming = jnp.where(self.wrong, mirrored, change.incoming)
        return Waves(incoming * self.pace, change.outgoing * self.pace)


def signed_flow(p: int, wrong: Array, pace: Array) -> Flow:
    """The flow of waves, or the wrong one whose input phase turns the other way.

    Args:
        p: the modulus.
        wrong: whether phi' has the wrong sign.
        pace: time of the flow in a unit of the run's time.

    Returns:
        The flow.
    """
    return Flow(_Signed(p, wrong, pace))


def alignment(config: Config) -> xr.Dataset:
    """Waves of equal magnitude from random phases, each until theory says that the output wave has grown.

    Args:
        config: modulus, magnitude and number of starts.

    Returns:
        ``misaligned`` (absolute), ``beta``, ``first`` and ``second`` (the conserved C and H over their sizes) and, as
        wrong laws, ``wrong_first`` and ``wrong_second`` (seed, wrong, time); time in units of the predicted time.
    """
    p, magnitude = config.modulus, config.magnitude

    def build(key: PRNGKeyArray, wrong: Array) -> Setup:
        phi, psi = jax.random.uniform(key, (2,), minval=-jnp.pi, maxval=jnp.pi)
        start = waves(magnitude, magnitude, phi, psi)
        until = blow_up_time(start.alpha, start.beta, start.misalignment, p, GROWN)
        observe = {
            "misaligned": lambda s: jnp.abs(s.misalignment),
            "beta": lambda s: s.beta,
            "first": lambda s: s.conserved[0] / magnitude**2,
            "second": lambda s: s.conserved[1] / magnitude**3,
            "wrong_first": lambda s: (s.alpha**2 - s.beta**2) / magnitude**2,
            "wrong_second": lambda s: s.alpha * s.beta**2 * jnp.sin(s.misalignment) / magnitude**3,
        }
        return Setup(signed_flow(p, wrong, until), start, observe)

    times = np.linspace(0, 1, 51)
    grid = {"wrong": np.array([False, True])}
    key = jax.random.key(config.seed)
    return ensemble(build, times, seeds=config.starts, grid=grid, key=key, method=METHOD)


class _Race(eqx.Module):
    """The flow at a pace that falls as the largest wave grows, which then grows linearly instead of blowing up."""

    p: int = eqx.field(static=True)
    begin: Array

    def __call__(self, t: object, state: Waves) -> Waves:
        change = wave_flow(self.p).velocity(t, state)
        largest = jnp.maximum(jnp.max(state.alpha), jnp.max(state.beta))
        pace = self.p * self.begin / largest**2
        return jax.tree.map(lambda leaf: leaf * pace, change)


def race(p: int, start: Waves) -> Flow:
    """The race of several waves: which of them is the largest in the end does not depend on theory."""
    return Flow(_Race(p, jnp.maximum(jnp.max(start.alpha), jnp.max(start.beta))))


def predictors(start: Waves, p: int) -> dict[str, Array]:
    """The frequency that each rule names: the smallest blow-up time, and rules that look at one thing only."""
    aligned = jnp.cbrt(start.alpha**2 * start.beta) * jnp.cos(start.misalignment)
    return {
        "blow-up time": lottery_winner(blow_up_time(start.alpha, start.beta, start.misalignment, p)),
        "misalignment": jnp.argmin(jnp.abs(start.misalignment), axis=-1) + 1,
        "magnitude": jnp.argmax(start.alpha, axis=-1) + 1,
        "product": jnp.argmax(aligned, axis=-1) + 1,
    }


RULES = ("blow-up time", "misalignment", "magnitude", "product")


def named_by_rules(start: Waves, p: int) -> Float[Array, "... rules"]:
    """``predictors`` as one array, the rules in the order of ``RULES``."""
    found = predictors(start, p)
    return jnp.stack([found[rule] for rule in RULES], axis=-1).astype(float)


def waves_of_weights(incoming: Float[Array, "... p"], outgoing: Float[Array, "... p"]) -> Waves:
    """The waves at all frequencies of neurons, frequencies along the last axis."""
    first, second = fourier_harmonics(incoming), fourier_harmonics(outgoing)
    return waves(first.magnitude, second.magnitude, first.phase, second.phase)


def lottery(config: Config) -> xr.Dataset:
    """Races to the end: of all waves of random neurons, and of any wave against one misaligned by a right angle.

    Args:
        config: modulus, number of neurons, initial scale and points of the diagram.

    Returns:
        ``winner`` (seed, equal) and ``named`` (seed, equal, rule), frequencies of neurons with Gaussian weights or
        equal magnitudes; ``share`` (misaligned, magnitude) of the first of two waves at the end, and ``boundary``
        (misaligned), the magnitude, relative to the rival's, at which both would blow up together.
    """
    p = config.modulus
    axes = {
        "misaligned": np.linspace(0, 0.97 * np.pi, config.diagram),
        "magnitude": np.geomspace(0.4, 4.0, config.diagram),
    }
    starts, named, alone = _starts(config, **axes)

    def build(key: PRNGKeyArray, case: Array) -> Setup:
        start = jax.tree.map(lambda leaf: leaf[:, case], starts)
        return Setup(race(p, start), start, {"beta": lambda s: s.beta})

    cases = {"case": np.arange(starts.alpha.shape[0])}
    run = ensemble(build, [0.0, RACE], seeds=1, grid=cases, method=FAST)
    beta = run["beta"].isel(seed=0, time=-1).to_numpy()
    neurons, points = 2 * config.draws, config.diagram
    winner = np.where(np.isfinite(beta).all(axis=1), np.argmax(beta, axis=1) + 1.0, np.nan)[:neurons]
    share = beta[neurons:, 0] / np.sum(beta[neurons:], axis=1)
    return xr.Dataset(
        {
            "winner": (("equal", "seed"), winner.reshape(2, -1)),
            "named": (("equal", "seed", "rule"), np.asarray(named).reshape(2, -1, len(RULES))),
            "share": (("misaligned", "magnitude"), share.reshape(points, points)),
            "boundary": ("misaligned", np.asarray(alone[:-1] / alone[-1])),
        },
        coords={**axes, "equal": [False, True], "rule": list(RULES)},
    )


def _starts(config: Config, misaligned: np.ndarray, magnitude: np.ndarray) -> tuple[Waves, Array, Array]:
    """The neurons' and the duels' first waves, what rules say of the neurons, and blow-up times, the rival's last."""
    sizes, angles = _duels(config, misaligned, magnitude)
    alone = np.append(misaligned, RIVAL)

    @jax.jit
    def starts() -> tuple[Waves, Array, Array]:
        drawn = _neurons(config)
        duels = waves(sizes, sizes, 0.0, -angles)
        every = jax.tree.map(lambda a, b: jnp.concatenate([a, b], axis=1), drawn, duels)
        times = blow_up_time(config.magnitude, config.magnitude, alone, config.modulus)
        return every, named_by_rules(drawn, config.modulus), times

    return starts()


def _neurons(config: Config) -> Waves:
    """Neurons of Gaussian weights, and the same with equal magnitudes, one after the other: shape (2, cases, waves)."""
    p = config.modulus
    of_weights = jax.random.normal(jax.random.key(config.seed + 1), (2, config.draws, p))
    drawn = waves_of_weights(*(config.initial_scale * of_weights / p**0.5))
    equal = waves(config.magnitude, config.magnitude, drawn.phi, drawn.psi)
    return jax.tree.map(lambda a, b: jnp.concatenate([a, b], axis=1), drawn, equal)


def _duels(config: Config, misaligned: np.ndarray, magnitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sizes and misalignments of two waves at each point of the grid, the others zero: shape (cases, waves)."""
    count = (config.modulus - 1) // 2
    angle, size = (a.ravel() for a in np.meshgrid(misaligned, magnitude, indexing="ij"))
    sizes, angles = np.zeros((2, angle.size, count))
    sizes[:, 0], sizes[:, 1] = config.magnitude * size, config.magnitude
    angles[:, 0], angles[:, 1] = angle, RIVAL
    return sizes, angles
