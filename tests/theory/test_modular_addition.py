"""The waves of modular addition against exact gradients, SciPy's solver and elliptic integral, and their symmetries."""

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.special import elliprf

from separatrix.dynamics import Adaptive, evolve
from separatrix.errors import SeparatrixError
from separatrix.observables import fourier_harmonics
from separatrix.theory import (
    blow_up_time,
    flawed_indicator,
    ghost_ratio,
    lottery_winner,
    phases_suffice,
    voting_units,
    wave_flow,
    waves,
)
from separatrix.theory.modular_addition import carlson_rf

P = 23


def test_the_flow_is_minus_the_exact_gradient_of_small_weights():
    """With equal answers the gradient of the mean cross-entropy is that of minus the mean of the right logit."""
    j = jnp.arange(P)
    k = 2
    start = waves(0.3, 0.2, 0.7, -1.1)
    angle = 2 * jnp.pi * k * j / P

    def loss(weights):
        theta, xi = weights
        hidden = (theta[:, None] + theta[None, :]) ** 2
        centred = xi - jnp.mean(xi)
        return -jnp.mean(hidden * centred[(j[:, None] + j[None, :]) % P])

    weights = (0.3 * jnp.cos(angle + 0.7), 0.2 * jnp.cos(angle - 1.1))
    slope, change = jax.jit(lambda: (jax.grad(loss)(weights), wave_flow(P).velocity(0.0, start)))()
    for wave, gradient in zip((change.incoming, change.outgoing), slope, strict=True):
        found = fourier_harmonics(-gradient)
        np.testing.assert_allclose(jnp.hypot(*wave), found.magnitude[k - 1], rtol=1e-12)
        np.testing.assert_allclose(jnp.arctan2(wave[1], wave[0]), found.phase[k - 1], rtol=1e-12)
        others = np.delete(np.asarray(found.magnitude), k - 1)
        np.testing.assert_allclose(others, 0, atol=1e-14, err_msg="another frequency is fed")


def test_conserved_quantities_and_alignment():
    start = waves(
        *np.random.default_rng(0).uniform(0.5, 1.5, (2, 20)), *np.random.default_rng(1).uniform(-3, 3, (2, 20))
    )
    times = np.linspace(0, 0.9 * float(jnp.min(blow_up_time(start.alpha, start.beta, start.misalignment, P))), 30)
    observe = {
        "c": lambda s: s.conserved[0],
        "h": lambda s: s.conserved[1],
        "wrong": lambda s: s.alpha**2 - s.beta**2,
        "misaligned": lambda s: jnp.abs(s.misalignment),
    }
    run = evolve(wave_flow(P), start, times, observe=observe, method=Adaptive(rtol=1e-10, solver=diffrax.Tsit5()))
    for name in ("c", "h"):
        # the solver's tolerance, times the growth of both terms whose difference is conserved
        assert float(abs(run[name] - run[name][0]).max()) < 1e-6
    assert float(abs(run["wrong"] - run["wrong"][0]).max()) > 0.1
    assert float(run.misaligned.diff("time").max()) <= 1e-9


@pytest.mark.parametrize(
    ("misaligned", "time"), [(0.1, 705.7), (1.0, 759.0), (2.0, 984.3), (2.8, 1675.4), (3.0, 2310.0)]
)
def test_published_times_to_size_one(misaligned, time):
    assert abs(float(blow_up_time(0.02, 0.02, misaligned, P, 1.0)) - time) < 0.1


def test_blow_up_times_are_those_of_the_solved_equation():
    rng = np.random.default_rng(0)
    alpha, beta = 10 ** rng.uniform(-2.5, -1, (2, 12))
    misaligned = rng.uniform(-np.pi, np.pi, 12)
    target = 10 * np.maximum(alpha, beta)
    predicted = np.asarray(blow_up_time(alpha, beta, misaligned, P, target))

    def law(t, state):
        x, y, u, v = state
        return [2 / P * (u * x + v * y), 2 / P * (v * x - u * y), (x * x - y * y) / P, 2 * x * y / P]

    for a, b, d, end, time in zip(alpha, beta, misaligned, target, predicted, strict=True):

        def reached(t, state, end=end):
            return np.hypot(state[2], state[3]) - end

        reached.terminal, reached.direction = True, 1
        start = [a, 0, b * np.cos(d), -b * np.sin(d)]
        solved = solve_ivp(law, [0, 1.5 * time], start, rtol=1e-10, atol=1e-14, events=reached)
        np.testing.assert_allclose(time, solved.t_events[0][0], rtol=1e-7)
        wrong = float(blow_up_time(a, b, -abs(d) / 2, P, end))
        assert abs(wrong / time - 1) > 1e-3


def test_limits_of_the_blow_up_time():
    # aligned and alpha^2 = 2 beta^2: beta' = 2 beta^2 / p, so T = p / (2 beta)
    np.testing.assert_allclose(blow_up_time(2**0.5 * 0.02, 0.02, 0.0, P), P / 0.04, rtol=1e-12)
    # aligned in general: an elementary integral
    aligned = P / 2 * quad(lambda s: 1 / ((2e-4 + 2 * s) * np.sqrt(s)), 4e-4, np.inf)[0]
    np.testing.assert_allclose(blow_up_time(1e-3**0.5, 0.02, 0.0, P), aligned, rtol=1e-6)
    # scale: halving both magnitudes doubles the time
    np.testing.assert_allclose(2 * blow_up_time(0.02, 0.01, 2.0, P), blow_up_time(0.01, 0.005, 2.0, P), rtol=1e-10)
    # D and -D are mirror images
    np.testing.assert_allclose(blow_up_time(0.02, 0.01, 2.0, P), blow_up_time(0.02, 0.01, -2.0, P), rtol=1e-12)
    # towards D = pi it grows without bound where the input wave dies out
    late = blow_up_time(0.02, 0.02, np.pi - np.array([1e-2, 1e-4, 1e-6]), P)
    np.testing.assert_allclose(np.diff(late), np.diff(late)[0], rtol=0.02)


def test_single_precision_names_the_same_winners():
    rng = np.random.default_rng(3)
    real, imaginary = rng.standard_normal((2, 2, 500, 11)) * 1e-3
    draws = np.hypot(real, imaginary)
    misaligned = rng.uniform(-np.pi, np.pi, (500, 11))
    exact = lottery_winner(blow_up_time(*draws, misaligned, P))
    single = lottery_winner(blow_up_time(*(a.astype(np.float32) for a in (*draws, misaligned)), P))
    # differ where two frequencies tie to seven digits or the waves of one almost die out
    assert np.mean(exact == single) > 0.995


def test_carlsons_integral_against_scipy():
    rng = np.random.default_rng(0)
    x = np.concatenate([[0.0], 10 ** rng.uniform(-6, 3, 50)])
    y = 10 ** rng.uniform(-6, 3, 51) + 1j * rng.uniform(-5, 5, 51)
    ours = jax.jit(carlson_rf)(jnp.asarray(x + 0j), jnp.asarray(y), jnp.asarray(y.conj()))
    np.testing.assert_allclose(ours.real, elliprf(x, y, y.conj()).real, rtol=1e-13)
    assert np.isinf(carlson_rf(jnp.array(0j), jnp.array(0j), jnp.array(1 + 0j)))


def test_the_winner_is_the_first_to_blow_up():
    assert lottery_winner(jnp.array([[3.0, 1.0, 2.0], [5.0, 6.0, jnp.inf]])).tolist() == [2, 1]


@pytest.mark.parametrize("phases", range(1, 9))
def test_the_flawed_indicator_is_what_the_units_compute(phases):
    incoming, outgoing = voting_units(P, phases)
    every = jnp.arange(P)
    x, y = jnp.meshgrid(every, every, indexing="ij")
    logits = ((incoming[:, x] + incoming[:, y]) ** 2).transpose(1, 2, 0) @ outgoing / phases
    off = float(jnp.max(jnp.abs(logits - flawed_indicator(x, y, P))))
    if phases_suffice(phases):
        assert off < 1e-12
    else:
        assert off > 1


def test_the_relu_indicator_is_what_many_units_compute():
    incoming, outgoing = voting_units(P, 64)
    x, y = jnp.array([0, 3, 5]), jnp.array([7, 3, 21])
    logits = jax.nn.relu(incoming[:, x] + incoming[:, y]).T @ outgoing / 64
    # what 64 phases leave of the waves that they should average away falls as the inverse square of their number
    np.testing.assert_allclose(logits, flawed_indicator(x, y, P, "relu"), atol=0.01)
    assert np.abs(logits - flawed_indicator(x, y, P)).max() > 1


def test_ghosts_of_a_large_modulus():
    p = 1009
    for unit_map in ("square", "relu"):
        logits = np.asarray(flawed_indicator(jnp.array(100), jnp.array(350), p, unit_map))
        rest = np.median(logits)
        ratio = (logits[200] - rest) / (logits[450] - rest)
        assert abs(ratio - ghost_ratio(unit_map)) < 0.01


def test_even_moduli_are_refused():
    with pytest.raises(SeparatrixError, match="odd"):
        flawed_indicator(jnp.array(1), jnp.array(1), 4)
