"""Plateaus: closed-form staircases with known times, a hundred noisy ones, and curves that have none."""

import numpy as np
import pytest

from separatrix.analysis.plateaus import current_plateau, find_plateaus
from separatrix.errors import SeparatrixError


def linear_network(times: np.ndarray, strengths: tuple[float, ...], scale: float) -> np.ndarray:
    """Loss of a two-layer linear network: each mode is a sigmoid of time (Saxe, McClelland and Ganguli 2014)."""
    s = np.array(strengths)[:, None]
    learned = s / (1 + (s / scale**2 - 1) * np.exp(-2 * s * times[None, :]))
    return 0.5 * ((s - learned) ** 2).sum(0)


def staircase(times: np.ndarray, breaks: np.ndarray, levels: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Loss that falls from each level to the next as a logistic around each break."""
    steps = (levels[:-1] - levels[1:])[:, None]
    argument = np.clip((times[None, :] - breaks[:, None]) / widths[:, None], -500, 500)
    return levels[-1] + (steps / (1 + np.exp(argument))).sum(0)


@pytest.mark.parametrize("times", [np.linspace(0, 30, 1000), np.geomspace(1e-3, 30, 400)], ids=["linear", "geometric"])
def test_linear_network_has_the_three_heights(times):
    plateaus = find_plateaus(times, linear_network(times, (2, 1, 0.5), 1e-3))
    assert [p.ended for p in plateaus] == [True] * 3
    # Heights are medians over stretches that reach a tenth (in log) into the drops on both sides: within 20 %.
    np.testing.assert_allclose([p.height for p in plateaus], [2.625, 0.625, 0.125], rtol=0.2)
    # Midpoint times of the transitions, card: (1/2s) ln(0.414 s / scale^2); each must lie between two plateaus.
    middles = [np.log(0.414 * s * 1e6) / (2 * s) for s in (2, 1, 0.5)]
    for middle, before, after in zip(middles, plateaus, plateaus[1:], strict=False):
        assert before.end < middle < after.start
    assert min(p.confidence for p in plateaus) > 0.9
    assert current_plateau(times, linear_network(times, (2, 1, 0.5), 1e-3)) is None


def _random_staircase(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    stages = random.integers(1, 4)
    lengths = 10 * 2.0 ** random.uniform(0, 2, size=stages)
    breaks = np.cumsum(lengths)
    widths = lengths * random.uniform(0.01, 0.04, size=stages)
    levels = np.cumprod(np.concatenate([[1.0], random.uniform(0.2, 0.7, size=stages)]))
    times = np.linspace(0, breaks[-1] * 1.4, 2000)
    noise = np.exp(random.uniform(0.0, 0.15) * random.normal(size=2000))
    return times, staircase(times, breaks, levels, widths) * noise, breaks


def test_hundred_noisy_staircases():
    random = np.random.default_rng(0)
    found = right = total = 0
    confidences = []
    for _ in range(100):
        times, losses, breaks = _random_staircase(random)
        plateaus = find_plateaus(times, losses)
        starts = np.concatenate([[0.0], breaks])
        stops = np.append(breaks, times[-1])
        total += len(starts)
        found += len(plateaus)
        lengths = stops - starts
        for p in plateaus:
            hit = (np.abs(p.start - starts) < 0.25 * lengths) & (np.abs(p.end - stops) < 0.25 * lengths)
            ok = bool(hit.any()) and p.ended == bool(np.argmax(hit) < len(breaks))
            right += ok
            confidences.append((p.confidence, ok))
    # Each lasts at least ten widths of its drop, and steps exceed the noise of a tenth of its points: a right detector
    # has nothing to miss, and 3 % is left for plateaus whose edge is blurred by noise.
    assert right / total > 0.97
    assert right / found > 0.97
    sure = [ok for confidence, ok in confidences if confidence > 0.95]
    assert np.mean(sure) > 0.95


TIMES = np.linspace(0, 30, 1000)
LOG_TIMES = np.geomspace(1e-3, 30, 400)
SMOOTH = {
    "exponential": (TIMES, np.exp(-TIMES)),
    "exponential on a geometric grid": (LOG_TIMES, np.exp(-LOG_TIMES)),
    "power 0.1": (1 + 1000 * TIMES, (1 + 1000 * TIMES) ** -0.1),
    "power 0.5": (1 + 1000 * TIMES, (1 + 1000 * TIMES) ** -0.5),
    "power 2 on a geometric grid": (LOG_TIMES, (1e-3 + LOG_TIMES) ** -2.0),
    "logarithm": (1 + 1000 * TIMES, 1 - 0.08 * np.log(1 + 1000 * TIMES)),
}


@pytest.mark.parametrize("noise", [0.0, 0.2])
@pytest.mark.parametrize("name", SMOOTH)
def test_decays_without_a_scale_have_no_plateau(name, noise):
    times, losses = SMOOTH[name]
    for seed in range(10):
        noisy = losses * np.exp(noise * np.random.default_rng(seed).normal(size=len(losses)))
        assert [p for p in find_plateaus(times, noisy) if p.confidence > 0.5] == []


def test_decay_to_a_positive_level_is_a_plateau_that_lasts():
    plateau = current_plateau(TIMES, 0.1 + np.exp(-TIMES))
    assert plateau is not None
    assert plateau.height == pytest.approx(0.1, rel=0.01)
    assert not plateau.ended


def test_pure_noise_has_no_break():
    for seed in range(20):
        losses = np.exp(0.2 * np.random.default_rng(seed).normal(size=1000))
        plateaus = find_plateaus(TIMES, losses)
        # A flat curve is one plateau from its start to its end; noise never breaks it.
        assert len(plateaus) == 1
        assert not plateaus[0].ended
        assert plateaus[0].start == 0


def test_first_plateau_is_seen_before_it_breaks():
    losses = linear_network(TIMES, (2, 1, 0.5), 1e-3)
    halfway = TIMES < 1.7  # the first break is at 3.4
    plateau = current_plateau(TIMES[halfway], losses[halfway])
    assert plateau is not None
    assert plateau.start == 0
    second = TIMES < 5.2  # the middle of the second plateau
    plateau = current_plateau(TIMES[second], losses[second])
    assert plateau is not None
    assert plateau.start == pytest.approx(3.9, abs=0.3)


def test_units_of_time_and_loss_do_not_matter():
    losses = linear_network(TIMES, (2, 1, 0.5), 1e-3)
    plain = find_plateaus(TIMES, losses)
    scaled = find_plateaus(1e4 * TIMES, 1e-3 * losses)
    np.testing.assert_allclose([p.end for p in scaled], [1e4 * p.end for p in plain])
    np.testing.assert_allclose([p.height for p in scaled], [1e-3 * p.height for p in plain])


def test_curve_is_cut_where_it_diverges():
    losses = linear_network(TIMES, (2, 1, 0.5), 1e-3)
    losses[TIMES > 5.2] = np.nan
    assert current_plateau(TIMES, losses) is not None


@pytest.mark.parametrize(
    ("times", "losses", "message"),
    [
        (np.arange(4.0), np.ones(4), "at least 8"),
        (np.zeros(20), np.ones(20), "increase"),
        (np.arange(20.0), -np.ones(20), "non-negative"),
        (np.arange(20.0), np.full(20, np.nan), "finite"),
    ],
)
def test_bad_curves_are_refused(times, losses, message):
    with pytest.raises(SeparatrixError, match=message):
        find_plateaus(times, losses)
