"""Equations found from data against those that made them."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from separatrix.errors import SeparatrixError
from separatrix.models import SINDy
from separatrix.models.koopman.polynomials import Monomials

STEP = 0.01
TURNING = np.array([[-0.1, 2.0], [-2.0, -0.1]])
SPIRAL = solve_ivp(
    lambda t, x: TURNING @ x, (0, 10), [2.0, 0.0], t_eval=STEP * np.arange(1000), rtol=1e-10, atol=1e-12
).y.T


def test_a_linear_flow_is_found_from_its_states_alone():
    model = SINDy(threshold=0.05).fit(SPIRAL, times=STEP * np.arange(1000))
    wanted = np.zeros((6, 2))
    wanted[1:3] = TURNING.T
    np.testing.assert_allclose(model.coefficients_, wanted, atol=1e-6)
    assert np.count_nonzero(model.coefficients_) == 4
    np.testing.assert_allclose(model.forecast(SPIRAL[0], 50), SPIRAL[1:51], atol=1e-5)
    np.testing.assert_allclose(model.predict(SPIRAL), SPIRAL @ TURNING.T, atol=1e-5)
    assert model.score(SPIRAL) == pytest.approx(1.0)


def test_a_library_without_the_truth_does_not_explain_it():
    x = np.random.default_rng(0).normal(size=(200, 2))
    rates = np.stack([x[:, 0] * x[:, 1], -x[:, 0]], axis=1)
    assert SINDy().fit(x, rates).score(x, rates) == pytest.approx(1.0)
    assert SINDy(Monomials(1, scaled=False)).fit(x, rates).score(x, rates) < 0.7


def test_small_coefficients_are_struck_out():
    x = np.random.default_rng(0).normal(size=(200, 1))
    model = SINDy(threshold=0.1).fit(x, x + 0.05 * x**2)
    assert model.coefficients_[2] == 0
    assert SINDy(threshold=0.01).fit(x, x + 0.05 * x**2).coefficients_[2] == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("settings", "data", "rates", "said"),
    [
        ({"threshold": -1}, SPIRAL, SPIRAL, "threshold"),
        ({}, SPIRAL, SPIRAL[:, :1], "shape"),
        ({}, SPIRAL[:4], None, "at least 5"),
    ],
)
def test_bad_input_is_refused_in_one_line(settings, data, rates, said):
    with pytest.raises(SeparatrixError, match=said):
        SINDy(**settings).fit(data, rates)
