"""A layer's geometry beside that of inputs and targets."""

import numpy as np
import pytest

from separatrix.observables import centred_kernel_alignment
from separatrix.probes.geometry import Geometry

RNG = np.random.default_rng(0)
INPUTS, LABELS = RNG.standard_normal((20, 6)), np.repeat([0, 1, 2, 3], 5)


def test_alignments_are_the_centred_kernel_alignments():
    rows = np.tanh(INPUTS @ RNG.standard_normal((6, 9)))
    found = Geometry.of(INPUTS, LABELS).measure({"hidden": rows})["hidden"]
    onehot = np.eye(4)[LABELS]
    for name, other in (("input_alignment", INPUTS), ("target_alignment", onehot)):
        # the same double-precision sums in another order
        assert found[name] == pytest.approx(float(centred_kernel_alignment(rows @ rows.T, other @ other.T)), rel=1e-10)
    assert found["units"] == 9


def test_a_copy_of_the_input_has_its_geometry_and_of_the_target_the_targets():
    geometry = Geometry.of(INPUTS, LABELS)
    found = geometry.measure({"copy": 3 * INPUTS + 1, "target": np.eye(4)[LABELS], "dead": np.ones((20, 5))})
    assert "dead" not in found
    assert found["copy"]["input_alignment"] == pytest.approx(1, abs=1e-12)
    assert found["copy"]["target_alignment"] == pytest.approx(geometry.between, abs=1e-12)
    assert found["target"]["target_alignment"] == pytest.approx(1, abs=1e-12)
    assert found["target"]["dimensionality"] == pytest.approx(3)  # four balanced classes span three equal directions


@pytest.mark.parametrize(
    ("inputs", "targets"), [(None, LABELS), (INPUTS, None), (INPUTS, np.zeros(20, int)), (INPUTS[:3], LABELS[:3])]
)
def test_without_a_geometry_to_compare_with_there_is_none(inputs, targets):
    assert Geometry.of(inputs, targets) is None
