import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.theory import Annulus, disk_spectrum, half_turn, widest_gap


def test_the_maps_agree_to_the_bit_outside_the_annulus_and_differ_inside():
    draw = np.random.default_rng(0)
    points = np.stack([draw.uniform(0, 1, 500), draw.uniform(0, 2 * np.pi, 500)], axis=1)
    annulus = widest_gap(points[:, 0])
    np.testing.assert_array_equal(half_turn(points), half_turn(points, annulus))
    middle = np.array([[(annulus.inner + annulus.outer) / 2, 0.0]])
    assert half_turn(middle, annulus)[0, 1] == pytest.approx(3 * np.pi)  # the bump's height is a full turn


def test_the_twist_is_smooth_at_its_edges():
    annulus = Annulus(0.4, 0.6)
    radius = 0.4 + np.array([1e-3, 2e-3])
    turns = half_turn(np.stack([radius, np.zeros(2)], axis=1), annulus)[:, 1] - np.pi
    assert turns.max() < 1e-30


def test_angular_waves_inside_are_multiplied_by_numbers_all_round_the_circle():
    annulus = Annulus(0.4, 0.6)
    radius = np.linspace(0.4, 0.6, 2001)
    factors = np.exp(1j * half_turn(np.stack([radius, np.zeros(2001)], axis=1), annulus)[:, 1])
    circle = disk_spectrum(annulus)
    assert np.abs(circle[:, None] - factors[None, :]).min(axis=1).max() < 0.02
    assert np.abs(circle[:, None] - disk_spectrum(None)[None, :]).min(axis=1).max() == pytest.approx(np.sqrt(2))


def test_radii_outside_the_disk_are_refused():
    with pytest.raises(SeparatrixError, match="unit disk"):
        widest_gap(np.array([0.5, 1.5]))
