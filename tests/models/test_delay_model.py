"""Delay models find the known spectra of signals, and their verdicts tell modes from noise."""

import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.models import as_trajectories
from separatrix.models.forecast_horizon import forecast_horizon, useful
from separatrix.models.koopman.delay_model import DelayModel, choose_delays, split
from separatrix.models.koopman.mode_verdicts import judge_modes
from separatrix.models.polynomial_map import PolynomialMap

TIMES = np.arange(500.0)


def noise(seed, size):
    return np.random.default_rng(seed).normal(size=size)


def two_waves(level=0.07):
    return (np.sin(0.3 * TIMES) + 0.5 * np.sin(0.71 * TIMES) + level * noise(0, 500))[:, None]


def test_a_model_that_chose_itself_certifies_both_waves_and_nothing_else():
    data = as_trajectories(two_waves())
    table = judge_modes(DelayModel().fit(data), data)
    strong = table.share > 0.02
    assert {kind for kind, good in zip(table.kinds, strong, strict=True) if good} == {"certified"}
    # the error of a frequency from noise of relative size 0.09 over 500 steps is below 1e-3
    np.testing.assert_allclose(np.sort(np.angle(table.eigenvalues[strong])), [0.3, 0.71], atol=2e-3)
    np.testing.assert_allclose(table.share[:2], [0.8, 0.2], atol=0.03)


def test_white_noise_has_no_mode_though_windows_of_it_turn_slowly():
    data = as_trajectories(noise(1, (4000, 1)))
    model = DelayModel(512, rank=4).fit(data)
    assert model.residuals_[1] < 0.2  # beside the constant: one step ahead, a window is nearly what it was
    assert "certified" not in judge_modes(model, data).kinds
    assert "noisy" not in judge_modes(model, data).kinds


def test_an_oscillation_that_noise_keeps_up_is_real_on_average():
    root, pushes = 0.95 * np.exp(0.4j), noise(2, (2, 900))
    path = np.zeros(900, complex)
    for t in range(899):
        path[t + 1] = root * path[t] + pushes[0, t] + 1j * pushes[1, t]
    data = as_trajectories(np.column_stack([path.real, path.imag]))
    model = DelayModel(1).fit(data)
    table = judge_modes(model, data)
    assert table.kinds[0] == "noisy"
    assert abs(table.eigenvalues[0] - root) < 0.03  # standard error sqrt((1 - 0.95^2) / 900) = 0.01
    assert table.window_residual[0] == pytest.approx((1 - 0.95**2) ** 0.5, abs=0.05)  # what the noise adds


def test_forecasts_of_a_noiseless_wave_are_exact():
    wave = np.sin(0.3 * TIMES)[:, None]
    model = DelayModel(4, rank=2).fit(wave[:400])
    np.testing.assert_allclose(model.forecast(wave[:400], 100), wave[400:], atol=1e-8)
    many = model.forecast_at(model.transform(wave[:400]), np.array([1, 7]))
    np.testing.assert_allclose(many[-1], wave[[400, 406]], atol=1e-9)


def test_the_choice_is_small_where_little_is_to_be_seen():
    delays, rank = choose_delays(as_trajectories(np.sin(0.3 * TIMES)))
    assert rank <= 3
    assert delays >= 2
    train, test = split(as_trajectories([TIMES[:20] % 7] * 12))
    assert (len(train.states), len(test.states)) == (8, 4)


def test_a_window_longer_than_the_series_is_refused():
    with pytest.raises(SeparatrixError, match="needs a series"):
        DelayModel(30).fit(np.sin(TIMES[:20]))


def test_the_horizon_of_known_systems():
    mean, spread = np.zeros(1), np.full(1, 0.5**0.5)
    wave = np.sin(0.3 * TIMES)[:, None]
    whole = forecast_horizon(DelayModel(4, rank=2).fit(wave[:350]), [(wave, 350)], mean=mean, spread=spread)
    assert whole is not None
    assert whole.steps == whole.low == whole.longest == 75
    white = noise(3, (500, 1))
    none = forecast_horizon(DelayModel(2).fit(white[:350]), [(white, 350)], mean=np.zeros(1), spread=np.ones(1))
    assert none is not None
    assert none.steps == none.high == 0
    assert forecast_horizon(DelayModel(2).fit(white), [(white, 499)], mean=mean, spread=spread) is None


def test_a_forecast_ends_where_a_baseline_is_as_good():
    squares = np.array([[[0.1, 0.1, 0.2], [0.2, 0.2, 0.2], [1, 1, 1], [1, 1, 1]]], float)
    assert useful(squares)[0] == 3
    squares[0, 1] = [0.2, 0.0, 0.1]
    assert useful(squares)[0] == 1
    squares[0, 0] = [0.3, 0.0, 0.0]
    assert useful(squares)[0] == 0


def test_volume_shrinks_as_the_equations_say():
    # Henon's map has the determinant -0.3 everywhere
    states = np.empty((600, 2))
    states[0] = 0.1, 0.1
    for t in range(599):
        x, y = states[t]
        states[t + 1] = 1 - 1.4 * x**2 + y, 0.3 * x
    model = PolynomialMap().fit(states[50:])
    assert model.degree_ == 2
    assert model.volume_growth(as_trajectories(states[50:])) == pytest.approx(np.log(0.3), abs=1e-6)
    linear = PolynomialMap(1).fit(states[50:])
    assert abs(linear.volume_growth(as_trajectories(states[50:])) - np.log(0.3)) > 0.05  # the wrong build
    np.testing.assert_allclose(model.forecast(states[:500], 5), states[500:505], atol=1e-6)


def test_too_many_components_for_a_map_are_told():
    with pytest.raises(SeparatrixError, match="too many"):
        PolynomialMap().fit(noise(4, (100, 9)))
