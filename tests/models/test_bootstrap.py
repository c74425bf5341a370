"""Intervals for eigenvalues and forecasts cover what is known of autoregressions about as often as they say."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from separatrix.errors import SeparatrixError
from separatrix.models import as_trajectories
from separatrix.models.koopman.bootstrap import (
    bias_corrected,
    bootstrap_eigenvalues,
    eigenfunction_overlap,
    forecast_fan,
    plan_draws,
    resample,
)

ROOT = 0.9 * np.exp(0.5j)


class DelayLinear(BaseEstimator):
    """Least squares from a state with its past to the next: the interface of the Koopman estimators in twenty lines."""

    def __init__(self, delays=2):
        self.delays = delays

    def _past(self, states):
        ends = [states[self.delays - 1 - k : len(states) - k] for k in range(self.delays)]
        return np.concatenate(ends, axis=1)

    def fit(self, X, y=None):
        pasts = [self._past(series) for series in as_trajectories(X).states if len(series) > self.delays]
        now, then = (np.concatenate([p[cut] for p in pasts]) for cut in (slice(None, -1), slice(1, None)))
        self.matrix_ = np.linalg.lstsq(now, then, rcond=None)[0]
        self.eigenvalues_, self.functions_ = np.linalg.eig(self.matrix_.astype(complex))
        return self

    def transform(self, X):
        return self._past(np.asarray(X)) @ self.functions_

    def forecast(self, X, steps):
        state, found = self._past(np.asarray(X))[-1], []
        for _ in range(steps):
            state = state @ self.matrix_
            found.append(state[: np.shape(X)[1]])
        return np.array(found)


def autoregression(seed, length, burn=200):
    noise = np.random.default_rng(seed).normal(size=length + burn)
    x = np.zeros(length + burn)
    for t in range(2, length + burn):
        x[t] = 2 * ROOT.real * x[t - 1] - abs(ROOT) ** 2 * x[t - 2] + noise[t]
    return x[burn:, None]


@pytest.mark.parametrize(("level", "low", "high"), [(0.95, 0.85, 1.0), (0.5, 0.3, 0.7)])
def test_intervals_cover_the_known_eigenvalue_as_often_as_they_say(level, low, high):
    # 40 data sets: two standard errors of the share are 0.07 at 95 % and 0.16 at 50 %
    covered = []
    for seed in range(40):
        found = bootstrap_eigenvalues(DelayLinear(), autoregression(seed, 300), replicates=60, level=level, seed=seed)
        upper = int(np.argmax(found.eigenvalues.imag))
        ends = np.array([found.modulus[upper], found.angle[upper]])
        truth = np.array([abs(ROOT), np.angle(ROOT)])
        covered.append((ends[:, 0] <= truth) & (truth <= ends[:, 1]))
    assert np.all(np.mean(covered, axis=0) >= low)
    assert np.all(np.mean(covered, axis=0) <= high)


def test_forecasts_fall_into_the_fan():
    covered = []
    for seed in range(25):
        series = autoregression(seed, 320)
        fan = forecast_fan(DelayLinear(), series[:300], 20, replicates=60, seed=seed)
        covered.append(np.mean((fan.low <= series[300:]) & (series[300:] <= fan.high)))
    assert 0.85 < np.mean(covered) <= 1.0


def test_modes_that_are_matched_are_the_same():
    found = bootstrap_eigenvalues(DelayLinear(), autoregression(0, 400), replicates=40)
    upper, lower = np.argmax(found.eigenvalues.imag), np.argmin(found.eigenvalues.imag)
    assert np.all(found.replicates[:, upper].imag > 0)  # never taken for its conjugate
    np.testing.assert_allclose(found.modulus[upper], found.modulus[lower])
    assert found.overlap[upper] > 0.9


def test_noiseless_data_leave_no_doubt():
    times = np.arange(200.0)
    found = bootstrap_eigenvalues(DelayLinear(), np.sin(0.3 * times)[:, None], replicates=20)
    assert np.ptp(found.modulus, axis=1).max() < 1e-10
    np.testing.assert_allclose(np.abs(found.angle), 0.3, atol=1e-10)


def test_whole_series_are_drawn_when_there_are_many():
    many = as_trajectories([autoregression(seed, 30 + seed) for seed in range(10)])
    plan = plan_draws(many)
    assert plan.size is None
    drawn = resample(many, plan, np.random.default_rng(0))
    assert {len(series) for series in drawn.states} <= {len(series) for series in many.states}
    few = as_trajectories([autoregression(seed, 100) for seed in range(3)])
    drawn = resample(few, plan_draws(few, window=5), np.random.default_rng(0))
    assert {len(series) for series in drawn.states} == {15}
    assert sum(len(series) - 5 for series in drawn.states) == pytest.approx(3 * 95, abs=5)


def test_percentiles_of_a_known_distribution():
    drawn = np.random.default_rng(0).normal(size=(20000, 1))
    np.testing.assert_allclose(bias_corrected(drawn, np.zeros(1), 0.95, 10**6)[0], [-1.96, 1.96], atol=0.06)
    assert bias_corrected(drawn, np.zeros(1), 0.95, 6)[0, 1] > 2.5  # Student's of five degrees is 2.57, times 1.1


def test_overlap_knows_a_function_from_its_conjugate():
    wave = np.exp(1j * np.arange(100.0))[:, None]
    share = eigenfunction_overlap(np.hstack([wave, wave.conj()]), 2j * wave)
    np.testing.assert_allclose(share[0], 1)
    assert share[1, 0] < 0.05


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda x: bootstrap_eigenvalues(DelayLinear(), x, replicates=3), "'replicates'"),
        (lambda x: bootstrap_eigenvalues(DelayLinear(), x, level=1.0), "'level'"),
        (lambda x: bootstrap_eigenvalues(DelayLinear(25), x[:30]), "can't be drawn"),
        (lambda x: forecast_fan(DelayLinear(), x, 150), "'steps'"),
    ],
)
def test_what_cannot_be_done_is_told(call, expected):
    with pytest.raises(SeparatrixError, match=expected):
        call(autoregression(0, 300))
