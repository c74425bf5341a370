"""The judgement of plateaus against flows whose breaks are known in closed form."""

import numpy as np
import pytest

from separatrix.analysis.operators import from_matrix
from separatrix.probes.escape import escape_measure
from separatrix.probes.forecast import judge, plateau_start, time_to_break


def _linear_mode(share, strength=1.3):
    """Node, mass, depth and acceleration of a balanced mode of strength u = share s, and its exact time to half the
    loss."""
    u, s = share * strength, strength
    rate, mass = s - 3 * u, 2 * u * (s - u) ** 2
    slowing = -6 * u * (s - u) / rate**2
    half = 1 - (1 - share) * np.sqrt(0.5)
    return rate, mass, (s - u) ** 2 / 2, slowing, np.log(half / (1 - half) * (1 - share) / share) / (2 * s)


@pytest.mark.parametrize("share", [1e-8, 1e-4, 1e-3])
def test_an_exponential_escape_is_timed_as_the_sigmoid_says(share):
    rate, mass, depth, _, exact = _linear_mode(share)
    time, _ = time_to_break([-rate], [mass], depth, 0.0)
    # the linear flow overshoots the sigmoid by a relative O(share log share); 0.83 rounds 2 (sqrt 2 - 1)
    assert time == pytest.approx(exact, rel=0.01 + 5 * share)


@pytest.mark.parametrize("share", [0.03, 0.1, 0.2])
def test_a_mode_under_way_is_timed_by_the_whole_sigmoid(share):
    rate, mass, depth, slowing, exact = _linear_mode(share)
    assert time_to_break([-rate], [mass], depth, slowing)[0] == pytest.approx(exact, rel=1e-6)
    assert time_to_break([-rate], [mass], depth, 0.0)[0] != pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize("power", [2, 3])
def test_a_finite_time_escape_is_timed_by_its_acceleration(power):
    """da/dt = a^p from a loss -a^(p+1)/(p+1) that has a bottom at depth D: gradient a^p, rate p a^(p-1), q =
    (p-1)/p."""
    start, depth = 1e-3, 1.0
    goal = ((power + 1) * 0.83 * depth) ** (1 / (power + 1))
    exact = (start ** (1 - power) - goal ** (1 - power)) / (power - 1)
    rate, mass = power * start ** (power - 1), start ** (2 * power)
    assert time_to_break([-rate], [mass], depth, (power - 1) / power)[0] == pytest.approx(exact, rel=1e-6)
    assert time_to_break([-rate], [mass], depth, 0.0)[0] > 1.5 * exact


def test_the_fastest_direction_may_lose_to_the_one_that_has_begun():
    time, rate = time_to_break([-2.0, -1.0], [1e-30, 1e-4], 1.0, 0.0)
    assert rate == 1.0
    assert time < time_to_break([-2.0], [1e-30], 1.0, 0.0)[0]


def test_without_an_unstable_direction_there_is_no_break():
    assert time_to_break([0.5, 1.0], [1.0, 1.0], 1.0, 0.0) is None


def _probe(nodes, masses, depth):
    return {"escape": {"nodes": nodes, "masses": masses, "acceleration": 0.0}, "scan": {"depth": depth}}


def test_a_plateau_with_a_way_down_is_a_saddle_and_one_without_the_end():
    times, losses = np.arange(20.0), np.concatenate([np.linspace(5, 1, 10), np.ones(10)])
    assert judge(times, losses, _probe([-1.0, 2.0], [1e-4, 1e-6], 0.5)).kind == "saddle"
    assert judge(times, losses, _probe([0.1, 2.0], [1e-4, 1e-6], 0.0)).kind == "end"
    assert judge(times, losses, _probe([-1e-6, 2.0], [1e-12, 1e-6], 0.5)).kind == "end"
    assert judge(times, losses, None).kind == "unclear"


def test_a_falling_loss_is_no_plateau():
    times = np.arange(20.0)
    assert judge(times, np.exp(-times / 4), _probe([-1.0], [1e-4], 0.5)).kind == "falling"


def test_a_noise_floor_is_a_plateau():
    rng = np.random.default_rng(0)
    losses = np.concatenate([np.linspace(5, 0.02, 20), 0.02 * (1 + 0.2 * rng.standard_normal(40))])
    begun = plateau_start(np.arange(60.0), losses)
    assert begun is not None
    assert 19 <= begun <= 50


def test_the_escape_measure_is_the_gradient_in_the_eigenbasis():
    rng = np.random.default_rng(1)
    matrix = rng.standard_normal((9, 9))
    matrix, gradient = matrix + matrix.T, rng.standard_normal(9)
    values, vectors = np.linalg.eigh(matrix)
    nodes, masses, out = escape_measure(from_matrix(matrix), gradient)
    np.testing.assert_allclose(nodes, values, atol=1e-9)
    np.testing.assert_allclose(masses, (vectors.T @ gradient) ** 2, atol=1e-9)
    unstable = vectors[:, values < 0]
    expected = -unstable @ (unstable.T @ gradient)
    np.testing.assert_allclose(out, expected / np.linalg.norm(expected), atol=1e-9)
