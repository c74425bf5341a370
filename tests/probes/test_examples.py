"""Examples kept beside a record: what is kept, and what a broken file says."""

import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.probes.examples import FILE, choose_examples, read_examples, write_examples

X, Y = np.arange(12.0).reshape(6, 2), np.arange(6)


def test_examples_come_back(tmp_path):
    write_examples(tmp_path, choose_examples((X, Y), (X + 1, Y + 1), most=4))
    found = read_examples(tmp_path)
    assert set(found) == {"x", "y", "validation_x", "validation_y"}
    assert np.array_equal(found["x"], X[:4]) and np.array_equal(found["validation_y"], Y[:4] + 1)


@pytest.mark.parametrize("data", [X, (X,), (X, Y[:3]), (X, ["a"] * 6), ({"x": X}, Y), (X, None), None])
def test_what_is_no_pair_of_arrays_is_not_kept(tmp_path, data):
    chosen = choose_examples(data, None, most=4)
    write_examples(tmp_path, chosen)
    assert chosen == {} or len(chosen["x"]) == len(chosen["y"])
    assert (tmp_path / FILE).exists() == bool(chosen)


def test_torch_examples_are_kept_in_a_precision_that_numpy_has():
    torch = pytest.importorskip("torch")
    data = torch.randn(5, 3, dtype=torch.bfloat16, requires_grad=True), torch.arange(5)
    found = choose_examples(data, None, most=2)
    assert found["x"].dtype == np.float32 and found["x"].shape == (2, 3) and found["y"].tolist() == [0, 1]


def test_a_broken_file_says_so(tmp_path):
    (tmp_path / FILE).write_bytes(b"\x08")
    with pytest.raises(SeparatrixError, match=r"examples\.safetensors is not a whole safetensors file"):
        read_examples(tmp_path)
    write_examples(tmp_path, {"x": X, "y": Y[:2]})
    with pytest.raises(SeparatrixError, match="as many rows"):
        read_examples(tmp_path)
