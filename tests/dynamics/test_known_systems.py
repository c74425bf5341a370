"""Known flows against what they conserve, against SciPy's solver, and against their fixed points."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from separatrix.dynamics import (
    duffing,
    duffing_energy,
    evolve,
    lorenz63,
    lotka_volterra,
    lotka_volterra_invariant,
    pendulum,
    pendulum_energy,
)

STATES = jax.random.uniform(jax.random.key(0), (50, 2), minval=0.2, maxval=3.0)
CONSERVED = {
    "pendulum": (pendulum(1.5), lambda x: pendulum_energy(x, 1.5)),
    "duffing": (duffing(damping=0.0), duffing_energy),
    "prey": (lotka_volterra(0.5, 0.75, 1.0, 0.4), lambda x: lotka_volterra_invariant(x, 0.5, 0.75, 1.0, 0.4)),
}
BROKEN = {
    "pendulum": pendulum(1.5, damping=0.1),
    "duffing": duffing(damping=0.1),
    "prey": lotka_volterra(0.5, 1.0, 0.75, 0.4),
}


def change(flow, quantity):
    """Rate of change of a quantity along the flow, at every state."""
    return jax.vmap(lambda x: jnp.vdot(jax.grad(quantity)(x), flow.velocity(0.0, x)))(STATES)


@pytest.mark.parametrize("name", CONSERVED)
def test_the_invariant_does_not_change_along_the_flow(name):
    flow, quantity = CONSERVED[name]
    np.testing.assert_allclose(change(flow, quantity), 0.0, atol=1e-13)
    assert np.abs(change(BROKEN[name], quantity)).max() > 0.1


def test_lorenz_agrees_with_an_independent_program_until_chaos_parts_them():
    def written_out(t, state):
        x, y, z = state
        return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]

    times = np.linspace(0.0, 5.0, 11)
    ours = evolve(lorenz63(), jnp.array([1.0, 2.0, 3.0]), times, observe={"state": lambda x: x})["state"].to_numpy()
    theirs = solve_ivp(written_out, (0, 5), [1.0, 2.0, 3.0], t_eval=times, rtol=1e-11, atol=1e-12).y.T
    # an error of 1e-7 grows by exp(0.9 * 5) = 90 on average and several times that at worst
    np.testing.assert_allclose(ours, theirs, atol=2e-4)


def test_the_forced_oscillator_obeys_its_equation():
    place, speed, t = 1.3, -0.4, 2.0
    pushed = 0.4 * np.cos(1.2 * t) - 0.3 * speed + place - place**3
    velocity = duffing(0.3, -1.0, 1.0, 0.4, 1.2).velocity(t, jnp.array([place, speed]))
    np.testing.assert_allclose(velocity, [speed, pushed], rtol=1e-14)


def test_fixed_points_and_batches():
    steady = (8 / 3 * 27) ** 0.5
    velocity = lorenz63().velocity
    np.testing.assert_allclose(velocity(0.0, jnp.array([steady, steady, 27.0])), 0.0, atol=1e-12)
    batch = jax.random.normal(jax.random.key(0), (4, 3))
    np.testing.assert_allclose(velocity(0.0, batch), jax.vmap(lambda x: velocity(0.0, x))(batch), rtol=1e-14)
    prey = lotka_volterra(0.5, 0.25, 0.2, 0.4)
    np.testing.assert_allclose(prey.velocity(0.0, jnp.array([2.0, 2.0])), 0.0, atol=1e-12)


def test_parameters_may_be_batched():
    rhos = jnp.array([10.0, 28.0])
    both = jax.vmap(lambda rho: lorenz63(rho=rho).velocity(0.0, jnp.ones(3)))(rhos)
    np.testing.assert_allclose(both[:, 1], rhos - 2)
