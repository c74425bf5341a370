import numpy as np
import pytest
from scipy import optimize

from separatrix.errors import SeparatrixError
from separatrix.theory.water_filling import effective_modes, entropic_water_filling, water_filling

GAINS = np.array([4.0, 2.0, 1.0, 0.5, 0.25])


def maximised(gains, weight):
    """The shares by SciPy's constrained optimiser, which knows nothing of the stationarity conditions."""

    def loss(p):
        p = np.maximum(p, 1e-15)
        return -np.sum(np.log1p(gains * p)) / 2 + weight * np.sum(p * np.log(p))

    size = len(gains)
    found = optimize.minimize(
        loss,
        np.full(size, 1 / size),
        bounds=[(0, 1)] * size,
        constraints={"type": "eq", "fun": lambda p: p.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    return found.x


@pytest.mark.parametrize("weight", [0.0, 0.02, 0.1, 0.5, 2.0])
def test_shares_are_those_of_a_generic_optimiser(weight):
    assert entropic_water_filling(GAINS, weight) == pytest.approx(maximised(GAINS, weight), abs=1e-4)


@pytest.mark.parametrize(("weight", "dimension"), [(0.0, 1.938), (0.02, 2.036), (0.1, 2.700), (0.5, 4.413), (2, 4.935)])
def test_reference_numbers(weight, dimension):
    assert effective_modes(entropic_water_filling(GAINS, weight)) == pytest.approx(dimension, abs=1e-3)


def test_stationarity_holds_to_rounding_and_with_the_other_sign_does_not():
    p, weight = entropic_water_filling(GAINS, 0.1), 0.1
    slopes = GAINS / (2 * (1 + GAINS * p))
    assert np.ptp(slopes - weight * np.log(p)) < 1e-10
    assert np.ptp(slopes + weight * np.log(p)) > 0.1


def test_limits():
    assert entropic_water_filling(GAINS, 1e-6) == pytest.approx(water_filling(GAINS), abs=1e-5)
    assert entropic_water_filling(GAINS, 1e6) == pytest.approx(np.full(5, 0.2), abs=1e-6)
    assert np.all(entropic_water_filling(GAINS, 0.02) > 0)
    assert water_filling(np.ones(4)) == pytest.approx(np.full(4, 0.25))


def test_bad_input():
    with pytest.raises(SeparatrixError, match="positive"):
        water_filling(np.array([1.0, 0.0]))
    with pytest.raises(SeparatrixError, match="weight"):
        entropic_water_filling(GAINS, -0.1)
