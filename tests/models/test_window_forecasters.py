"""Forecasters from delays: what they must find exactly, and what they share as scikit-learn estimators."""

import inspect

import numpy as np
import pytest
from sklearn.base import clone

from separatrix.errors import SeparatrixError
from separatrix.models import DenseNetwork, LinearDelays, StructuredNetwork

TIMES = np.arange(300)
WAVES = np.stack([np.sin(0.3 * TIMES), 2 + np.cos(0.3 * TIMES) + 0.5 * np.sin(0.7 * TIMES)], axis=1)
SETTINGS = {"delays": 8, "horizon": 4, "steps": 400, "learning_rate": 1e-2}


@pytest.fixture(scope="module")
def fitted():
    return StructuredNetwork(**SETTINGS).fit(WAVES)


def test_linear_delays_continue_a_sum_of_waves_exactly():
    # two frequencies and a constant: five modes, which three delays of two components span
    model = LinearDelays(delays=3).fit(WAVES[:200])
    np.testing.assert_allclose(model.forecast(steps=100), WAVES[200:], atol=1e-8)
    np.testing.assert_allclose(model.predict(WAVES, steps=7)[:-7], WAVES[2 + 7 :], atol=1e-8)
    assert model.score(WAVES) == pytest.approx(1.0, abs=1e-12)
    # one delay, DMD, has two modes and a constant for five
    assert LinearDelays(delays=1).fit(WAVES[:200]).score(WAVES) < 0.99


def test_a_structured_network_learns_and_continues_at_its_horizon(fitted):
    assert fitted.score(WAVES[200:]) > 0.95
    ahead = fitted.forecast(WAVES[:250], steps=6)
    assert ahead.shape == (6, 2)
    window = fitted.predict(WAVES[242:250], steps=4)
    np.testing.assert_allclose(ahead[3], window[0])
    assert fitted.losses_[-20:].mean() < 0.1 * fitted.losses_[:5].mean()


def test_what_is_saved_forecasts_alike(fitted, tmp_path):
    path = tmp_path / "model.safetensors"
    fitted.save(path)
    again = StructuredNetwork.load(path)
    np.testing.assert_array_equal(again.forecast(steps=9), fitted.forecast(steps=9))
    assert again.parameters_ == fitted.parameters_
    with pytest.raises(SeparatrixError, match="not DenseNetwork"):
        DenseNetwork.load(path)
    path.write_bytes(b"nothing")
    with pytest.raises(SeparatrixError, match="Cannot read"):
        StructuredNetwork.load(path)


def test_levenberg_and_marquardt_need_few_steps():
    settings = {"delays": 4, "hidden": 4, "horizon": 2}
    damped = DenseNetwork(**settings, solver="levenberg-marquardt", steps=20).fit(WAVES[:60, 0])
    slow = DenseNetwork(**settings, steps=20).fit(WAVES[:60, 0])
    assert damped.score(WAVES[200:, 0]) > 0.99 > slow.score(WAVES[200:, 0])


@pytest.mark.parametrize("kind", [LinearDelays, DenseNetwork, StructuredNetwork])
def test_parameters_are_kept_as_they_were_given(kind):
    names = set(inspect.signature(kind).parameters)
    model = kind(delays=5)
    assert set(model.get_params()) == names
    assert clone(model).get_params() == model.get_params()
    assert model.set_params(horizon=2).horizon == 2


@pytest.mark.parametrize(
    ("settings", "data", "said"),
    [
        ({"delays": 0}, WAVES, "'delays' parameter of LinearDelays"),
        ({"delays": 301}, WAVES, "at least 302"),
        ({}, np.ones((50, 1)), "Constant"),
        ({}, np.where(TIMES == 3, np.nan, TIMES)[:, None], "NaN"),
        ({}, WAVES[:, 0] * 1j, "omplex"),
    ],
)
def test_bad_input_is_refused_in_one_line(settings, data, said):
    with pytest.raises(SeparatrixError, match=said):
        LinearDelays(**settings).fit(data)


def test_networks_refuse_what_they_cannot_do():
    for settings in ({"horizon": 9, "delays": 8}, {"solver": "newton"}, {"held_out": 1.0}):
        with pytest.raises(SeparatrixError, match="StructuredNetwork"):
            StructuredNetwork(**settings).fit(WAVES)
    with pytest.raises(SeparatrixError, match="equal steps"):
        LinearDelays().fit(WAVES, times=TIMES**2)
