"""One neuron that begins with one wave, trained by exact gradients, with the reduced equations beside it."""

from collections.abc import Hashable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import Observable, Setup, ensemble
from separatrix.learning import descent
from separatrix.learning.networks import TwoLayer, activations
from separatrix.observables import fourier_harmonics, fourier_power, misalignment
from separatrix.studies.modular_addition.config import Config
from separatrix.studies.modular_addition.pairs import pairs
from separatrix.studies.modular_addition.wave_runs import METHOD, signed_flow
from separatrix.theory import Waves, waves

FREQUENCY = 2
STARTS = ((1.5, 0.18), (-0.72, -2.91))
"""Published initial phases (phi, psi)."""
SMALL = 0.1
"""The reduced equations are compared while beta alpha^2 p, about the largest logit, is below this."""
STRIDE = 20
TIME = {"units": "steps × rate", "long_name": "time"}


def single_neuron(config: Config) -> xr.Dataset:
    """A quadratic neuron from the published starts, by exact gradient steps and by the reduced equations.

    Args:
        config: modulus, magnitude and steps.

    Returns:
        ``alpha``, ``beta``, ``phi``, ``psi``, ``misaligned``, ``leaked`` (share of the input weights' energy outside
        the neuron's frequency) and ``small`` (start, time); ``theory_alpha`` and so on also with a wrong sign of phi'.
    """
    times = np.arange(0, config.single_time + 1, STRIDE)
    steps = np.rint(times / config.single_rate).astype(int)
    phases = np.asarray(STARTS)

    def network(key: Array, start: Array) -> Setup:
        phi, psi = jnp.asarray(phases)[start]
        rule = descent(pairs(key, config.modulus, dtype=float).loss, optax.sgd(config.single_rate))
        model = wave_unit(config.modulus, config.magnitude, phi, psi, activations.square)
        return Setup(rule, rule.initial(model))

    def reduced(key: Array, start: Array, wrong: Array) -> Setup:
        phi, psi = jnp.asarray(phases)[start]
        return Setup(
            signed_flow(config.modulus, wrong, jnp.asarray(1.0)), waves(config.magnitude, config.magnitude, phi, psi)
        )

    starts = {"start": np.arange(len(STARTS))}
    trained = ensemble(network, steps, observe=_of_unit, seeds=1, grid=starts).isel(seed=0)
    trained = trained.assign_coords(time=times)
    theory = ensemble(
        reduced, times, observe=_of_waves, seeds=1, grid={**starts, "wrong": np.array([False, True])}, method=METHOD
    ).isel(seed=0)
    kept = trained[["alpha", "beta", "phi", "psi", "misaligned", "leaked"]]
    kept = kept.assign({f"theory_{name}": theory[name] for name in ("alpha", "beta", "phi", "psi", "misaligned")})
    small = kept["beta"] * kept["alpha"] ** 2 * config.modulus < SMALL
    return kept.assign(small=small).assign_coords(time=("time", times, TIME))


def wave_unit(p: int, magnitude: float, phi: Array, psi: Array, unit_map: Any) -> TwoLayer:
    """A network of one neuron that carries one wave."""
    angle = 2 * jnp.pi * FREQUENCY / p * jnp.arange(p)
    return TwoLayer(magnitude * jnp.cos(angle + phi)[None], magnitude * jnp.cos(angle + psi)[None], unit_map)


def _read(learner: Any) -> tuple[Array, Array, Array, Array]:
    found = (fourier_harmonics(weights[0]) for weights in (learner.model.u, learner.model.v))
    (alpha, phi), (beta, psi) = ((one.magnitude[FREQUENCY - 1], one.phase[FREQUENCY - 1]) for one in found)
    return alpha, beta, phi, psi


def _leaked(learner: Any) -> Array:
    power = fourier_power(learner.model.u[0])
    return 1 - power[FREQUENCY - 1] / jnp.sum(power)


_of_unit = {
    "alpha": lambda learner: _read(learner)[0],
    "beta": lambda learner: _read(learner)[1],
    "phi": lambda learner: _read(learner)[2],
    "psi": lambda learner: _read(learner)[3],
    "misaligned": lambda learner: misalignment(*_read(learner)[2:]),
    "leaked": _leaked,
}


def _of(name: str) -> Any:
    def value(state: Waves) -> Array:
        return getattr(state, name)

    return value


_of_waves = {name: _of(name) for name in ("alpha", "beta", "phi", "psi")} | {"misaligned": _of("misalignment")}


def single_relu(config: Config) -> xr.Dataset:
    """Aligned ReLU and quadratic neurons: what early gradient steps add at each multiple of their frequency.

    Args:
        config: modulus, magnitude, rate and number of neurons.

    Returns:
        ``incoming`` and ``outgoing`` (seed, relu, harmonic): energy of the change of the weights at ``harmonic`` times
        the frequency, over that at the frequency itself.
    """
    p = config.modulus
    harmonics = np.arange(1, (p - 1) // 2 + 1)
    folded = harmonics * FREQUENCY % p
    position = np.minimum(folded, p - folded) - 1

    def network(key: Array, relu: Array) -> Setup:
        rule = descent(pairs(key, config.modulus, dtype=float).loss, optax.sgd(config.single_rate))
        phi = jax.random.uniform(key, minval=-jnp.pi, maxval=jnp.pi)
        unit_map = lambda z: jnp.where(relu, jax.nn.relu(z), z * z)  # noqa: E731
        start = wave_unit(p, config.relu_magnitude, phi, 2 * phi, unit_map)

        def change(weights: Array, before: Array) -> Array:
            found = fourier_power((weights - before)[0])[position]
            return found / found[0]

        named: dict[Hashable, Any] = {"harmonic": harmonics}
        observe = (
            Observable("incoming", lambda learner: change(learner.model.u, start.u), ("harmonic",), named),
            Observable("outgoing", lambda learner: change(learner.model.v, start.v), ("harmonic",), named),
        )
        return Setup(rule, rule.initial(start), observe)

    last = round(config.relu_time / config.single_rate)
    grid = {"relu": np.array([True, False])}
    key = jax.random.key(config.seed + 5)
    run = ensemble(network, [0, last], seeds=config.relu_neurons, grid=grid, key=key)
    return run[["incoming", "outgoing"]].isel(time=-1, drop=True)
