import errno
import os

import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.store.chunks import ChunkStore


def arrays(chunk: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(chunk)
    return {
        "loss": rng.normal(size=(4, 3)),
        "rank": rng.integers(0, 9, size=(4,)),
        "alive": rng.random(4) < 0.5,
        "zeros": np.zeros((4, 2), np.float32),
        "mode": np.full((4, 2), 1 + 2j),
    }


def test_a_chunk_comes_back_to_the_bit_in_any_order(tmp_path):
    store = ChunkStore(tmp_path / "s", "f", 3)
    for chunk in (2, 0, 1):
        assert not store.has(chunk)
        store.write(chunk, arrays(chunk))
    again = ChunkStore(tmp_path / "s", "f", 3)
    assert again.done() == [0, 1, 2]
    for chunk in range(3):
        for name, values in again.read(chunk).items():
            assert values.dtype == arrays(chunk)[name].dtype
            assert np.array_equal(values, arrays(chunk)[name])
    assert again.read_all()["loss"].shape == (12, 3)


def test_nan_and_scalars_a_member(tmp_path):
    store = ChunkStore(tmp_path, "f", 1)
    store.write(0, {"a": np.array([np.nan, 1.0])})
    assert np.isnan(store.read(0)["a"][0])


def test_a_half_written_chunk_is_not_there(tmp_path, monkeypatch):
    store = ChunkStore(tmp_path, "f", 2)
    store.write(0, arrays(0))
    original = ChunkStore._write_array

    def full(self, chunk, name, values):
        if name == "zeros":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        original(self, chunk, name, values)

    monkeypatch.setattr(ChunkStore, "_write_array", full)
    with pytest.raises(SeparatrixError, match="disk is full"):
        store.write(1, arrays(1))
    monkeypatch.undo()
    again = ChunkStore(tmp_path, "f", 2)
    assert again.done() == [0]
    again.write(1, arrays(1))
    assert np.array_equal(again.read(1)["loss"], arrays(1)["loss"])


@pytest.mark.parametrize(("fingerprint", "n_chunks"), [("other", 2), ("f", 3)])
def test_another_computation_is_refused(tmp_path, fingerprint, n_chunks):
    ChunkStore(tmp_path, "f", 2)
    with pytest.raises(SeparatrixError, match="another computation"):
        ChunkStore(tmp_path, fingerprint, n_chunks)


def test_damage_is_named(tmp_path):
    store = ChunkStore(tmp_path, "f", 1)
    store.write(0, arrays(0))
    [file] = [p for p in (tmp_path / "loss" / "c").rglob("*") if p.is_file()]
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(bytes(data))
    with pytest.raises(SeparatrixError, match="damaged"):
        store.read(0)
    file.write_bytes(b"")
    with pytest.raises(SeparatrixError, match="damaged"):
        store.read(0)
    file.unlink()
    with pytest.raises(SeparatrixError, match="damaged"):
        store.read(0)


def test_bad_input(tmp_path):
    store = ChunkStore(tmp_path / "s", "f", 2)
    store.write(0, {"a": np.ones((2, 3))})
    with pytest.raises(SeparatrixError, match="one shape"):
        store.write(1, {"a": np.ones((2, 4))})
    with pytest.raises(SeparatrixError, match="numbers or booleans"):
        store.write(1, {"b": np.array(["x", "y"])})
    with pytest.raises(SeparatrixError, match="no chunk 2"):
        store.write(2, {"a": np.ones((2, 3))})
    with pytest.raises(SeparatrixError, match="not done"):
        store.read(1)
    (tmp_path / "file").write_text("x")
    with pytest.raises(SeparatrixError, match="Cannot create the folder"):
        ChunkStore(tmp_path / "file" / "s", "f", 1)
    (tmp_path / "s" / "chunks.json").write_text('{"format": "separ')
    with pytest.raises(SeparatrixError, match="truncated"):
        ChunkStore(tmp_path / "s", "f", 2)
