"""Escapes from plateaus: closed-form saddles of both kinds, minima, and what the wrong law would say."""

import numpy as np
import pytest

from separatrix.analysis.escape import (
    exponential_break,
    finite_time_break,
    loss_per_squared_gradient,
    predict_escape,
)
from separatrix.analysis.plateaus import Plateau
from separatrix.errors import SeparatrixError


def linear_modes(times: np.ndarray, strengths: np.ndarray, start: float) -> tuple[np.ndarray, np.ndarray]:
    """Loss and gradient norm of a balanced two-layer linear network: da/dt = 2a(s - a), |grad|^2 = -dL/dt."""
    s = strengths[:, None]
    learned = s / (1 + (s / start - 1) * np.exp(-2 * s * times[None, :]))
    return 0.5 * ((s - learned) ** 2).sum(0), np.sqrt((2 * learned * (s - learned) ** 2).sum(0))


def cubic_unit(size: float, count: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time, loss and gradient norm of L = (1 - w^3)^2 / 2 from w = size, by integrating dt = dw / (3 w^2 (1 - w^3))."""
    w = np.geomspace(size, 0.999, count)
    speed = 3 * w**2 * (1 - w**3)
    times = np.concatenate([[0.0], np.cumsum(0.5 * (1 / speed[1:] + 1 / speed[:-1]) * np.diff(w))])
    even = np.linspace(0, times[-1], 1500)
    w = np.interp(even, times, w)
    return even, 0.5 * (1 - w**3) ** 2, 3 * w**2 * (1 - w**3)


def half_time(times: np.ndarray, losses: np.ndarray, level: float) -> float:
    return float(times[np.argmax(losses < level)])


def halfway(times: np.ndarray, moment: float, *series: np.ndarray) -> tuple[np.ndarray, ...]:
    seen = times <= moment
    return (times[seen], *(values[seen] for values in series))


def test_exponential_saddle_from_half_of_its_plateau():
    times = np.linspace(0, 20, 800)
    losses, norms = linear_modes(times, np.array([1.0]), 1e-6)
    truth = half_time(times, losses, 0.25)
    escape = predict_escape(*halfway(times, truth / 2, losses, norms), scale=1.0)
    assert escape.kind == "exponential"
    assert escape.probability > 0.95
    # The rate is read to a percent or two; a drop of 0.8 of what it is shifts the time by ln(0.8)/2 = -0.11 of 6.8.
    assert escape.rate == pytest.approx(1.0, rel=0.02)
    assert escape.break_time == pytest.approx(truth, rel=0.03)
    assert escape.interval[0] < truth < escape.interval[1]
    exact = predict_escape(*halfway(times, truth / 2, losses, norms), scale=1.0, drop=0.5)
    assert exact.break_time == pytest.approx(truth, rel=0.01)


def test_finite_time_saddle_from_half_of_its_plateau():
    times, losses, norms = cubic_unit(0.01)
    truth = half_time(times, losses, 0.25)
    seen = halfway(times, truth / 2, losses, norms)
    escape = predict_escape(*seen, scale=1.0)
    assert escape.kind == "finite-time"
    assert escape.break_time - truth / 2 == pytest.approx(truth / 2, rel=0.15)
    # The failing twin: exponential growth at the present rate, to the same drop, comes far too late.
    rate = float(np.log(seen[2][-1] / seen[2][-20]) / (seen[0][-1] - seen[0][-20]))
    naive = exponential_break(rate, seen[2][-1] ** 2 / (2 * rate), 0.5)
    assert naive > 2 * truth / 2


def test_second_plateau_after_the_arrival_at_it():
    times = np.linspace(0, 30, 2000)
    losses, norms = linear_modes(times, np.array([2.0, 0.7]), 1e-6)
    truth = half_time(times, losses, 0.5 * 0.245)
    start = half_time(times, losses, 0.3)
    escape = predict_escape(*halfway(times, (start + truth) / 2, losses, norms), scale=1.0)
    remaining = (truth - start) / 2
    assert escape.break_time - (truth + start) / 2 == pytest.approx(remaining, rel=0.2)


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_minimum_has_no_escape(noise):
    times = np.linspace(0, 20, 600)
    factor = np.exp(noise * np.random.default_rng(0).normal(size=600))
    stage = Plateau(4.0, 20.0, 0.3, 1.0, ended=False)
    exponential = predict_escape(times, 0.3 + np.exp(-times), np.exp(-times / 2) * factor, plateau=stage)
    assert exponential.kind == "none"
    assert np.isnan(exponential.break_time)
    power = predict_escape(times, 0.3 + (1 + times) ** -3.0, (1 + times) ** -2.0 * factor, plateau=stage)
    assert power.kind == "none"
    floor = predict_escape(times, 0.3 + np.exp(-times), (np.exp(-times) + 1e-3) * factor, plateau=stage)
    assert floor.kind == "none"


def test_forty_random_plateaus_with_noisy_gradients():
    random = np.random.default_rng(0)
    right = covered = 0
    for trial in range(40):
        if trial % 2:
            strengths = np.exp(random.uniform(-0.7, 0.7, size=random.integers(1, 4)))
            strengths = np.sort(strengths)[::-1]
            start = 10.0 ** random.uniform(-8, -4)
            times = np.linspace(0, 20 / strengths[0], 3000)
            losses, norms = linear_modes(times, strengths, start)
            after = 0.5 * float((strengths[1:] ** 2).sum())
        else:
            times, losses, norms = cubic_unit(10.0 ** random.uniform(-3, -1.3))
            after = 0.0
        norms = norms * np.exp(0.05 * random.normal(size=len(norms)))
        truth = half_time(times, losses, 0.5 * (losses[0] + after))
        escape = predict_escape(*halfway(times, truth / 2, losses, norms), scale=1.0)
        right += abs(escape.break_time - truth) < 0.3 * truth / 2
        covered += escape.interval[0] <= truth <= escape.interval[1]
    # Modes of nearly equal strength break together and are the hard part: at least 32 of 40 (80 %) is what is asked.
    assert right >= 32
    assert covered >= 30


def test_loss_alone_does_when_it_is_not_noisy():
    times, losses, _ = cubic_unit(0.02)
    truth = half_time(times, losses, 0.25)
    escape = predict_escape(*halfway(times, truth / 2, losses))
    assert escape.kind == "finite-time"
    assert escape.break_time - truth / 2 == pytest.approx(truth / 2, rel=0.2)
    noisy = losses * np.exp(0.1 * np.random.default_rng(0).normal(size=len(losses)))
    assert predict_escape(*halfway(times, truth / 2, noisy)).kind == "undetermined"


def test_units_of_time_follow_the_scale():
    times = np.linspace(0, 20, 800)
    losses, norms = linear_modes(times, np.array([1.0]), 1e-6)
    seen = halfway(times, 3.0, losses, norms)
    steps = (seen[0] / 0.01, seen[1], seen[2])
    flow, descent = predict_escape(*seen, scale=1.0), predict_escape(*steps, scale=0.01)
    assert descent.break_time == pytest.approx(flow.break_time / 0.01, rel=1e-6)
    # Learned from a run that has dropped once.
    assert loss_per_squared_gradient(times / 0.01, losses, norms) == pytest.approx(0.01, rel=0.02)


def test_closed_forms():
    # u' = u^2 from 0.1 blows up at 10; u' = u^3 at 1 / (2 * 0.01) = 50.
    assert finite_time_break(0.1, 0.01, 3) == pytest.approx(10)
    assert finite_time_break(0.1, 0.001, 4) == pytest.approx(50)
    assert exponential_break(1.0, 2.0, 1.0) == 0
    with pytest.raises(SeparatrixError, match="order"):
        finite_time_break(0.1, 0.1, 2)


def test_falling_loss_is_refused():
    times = np.linspace(0, 5, 100)
    with pytest.raises(SeparatrixError, match="not on a plateau"):
        predict_escape(times, np.exp(-times))
