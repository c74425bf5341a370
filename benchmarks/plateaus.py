"""Gradient flow past saddles, solved adaptively, beside gradient descent with one fixed step."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.row import Row, version
from separatrix.dynamics import Adaptive, Euler, evolve
from separatrix.dynamics.methods import FixedStep
from separatrix.learning import gradient_flow
from separatrix.learning.networks import DeepLinear, deep_linear, gaussian

STRENGTHS = (3.0, 2.0, 1.2, 0.6)
WIDTH, SCALE, END = 20, 1e-8, 100.0
TIMES = np.linspace(0.0, END, 401)
STAGES = 6  # gradients per step of Tsitouras' method, whose last is the next step's first
TOLERANCE, COARSE = 1e-3, 0.25


def loss(network: DeepLinear) -> jax.Array:
    """Half the squared distance of the map from diag(strengths): whitened inputs."""
    return 0.5 * jnp.sum((jnp.diag(jnp.asarray(STRENGTHS)) - network.end_to_end()) ** 2)


def run() -> list[Row]:
    """Count gradients of both at the same error of the loss along the whole trajectory.

    Returns:
        One row.
    """
    jax.config.update("jax_enable_x64", True)
    start = deep_linear(jax.random.key(0), (4, WIDTH, 4), gaussian(SCALE))
    reference, _ = _solve(start, Adaptive(1e-12, 1e-24, 2**16))
    adaptive, steps = _solve(start, Adaptive(TOLERANCE, TOLERANCE * SCALE**2))
    ours = np.abs(adaptive - reference).max() / reference[0]
    rate, theirs, descent_steps = _descent_at(start, reference, ours)
    gradients = STAGES * steps + 1
    coarse, few = _solve(start, Euler(COARSE))
    coarse_error = np.abs(coarse - reference).max() / reference[0]
    return [
        Row(
            f"gradient flow through 4 plateaus to t = {END:g} (two-layer linear, width {WIDTH}, start {SCALE:g})",
            f"gradient descent, learning rate {rate:.2g}",
            "times fewer gradient evaluations",
            descent_steps / gradients,
            at_least=20,
            ours=f"{gradients:,} gradients in {steps} steps",
            theirs=f"{descent_steps:,} gradients",
            accuracy=f"largest error of the loss along the way, over the initial loss: {ours:.1e} and {theirs:.1e}",
            note=f"solved by {version('diffrax')}; descent may err half as much again. A large rate reaches the "
            f"same minimum but not on time: {COARSE:g} takes {few} gradients and errs by {coarse_error:.0%} on the way",
        )
    ]


def _solve(start: DeepLinear, method: Adaptive | FixedStep) -> tuple[np.ndarray, int]:
    found = evolve(gradient_flow(loss), start, TIMES, observe={"loss": loss}, method=method)
    return found["loss"].to_numpy(), int(found.attrs["steps"])


def _descent_at(start: DeepLinear, reference: np.ndarray, error: float) -> tuple[float, float, int]:
    """The coarsest step of gradient descent whose trajectory is about as near as ours, in favour of descent."""
    every = int(np.ceil((TIMES[1] - TIMES[0]) * 8))
    while True:
        rate = (TIMES[1] - TIMES[0]) / every
        values, steps = _solve(start, Euler(rate))
        theirs = np.abs(values - reference).max() / reference[0]
        if theirs <= 1.5 * error:
            return rate, float(theirs), steps
        # the error of Euler's method is proportional to the step; go half of the way that this predicts
        every = int(np.ceil(every * np.clip(0.9 * theirs / (1.5 * error), np.sqrt(2), 8)))
