"""Chunks of an ensemble on disk: each is written wholly or not at all, so that a killed ensemble resumes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from separatrix.errors import SeparatrixError
from separatrix.store.disk import clear_disk_errors, make_folder, read_json, write_json

_HEADER = "chunks.json"
_STORABLE = "biufc"


class ChunkStore:
    """A folder of Zarr v3 arrays that one ensemble fills chunk by chunk.

    Along the first axis ("members") the Zarr chunks of every array equal one chunk of the ensemble, so chunks are
    written independently and in any order. A chunk counts as done only when all its arrays are on disk: its marker file
    is renamed into place last.

    Args:
        path: the folder; created when missing.
        fingerprint: says what is computed; any text, for example a hash of code and configuration.
        n_chunks: number of chunks.

    Raises:
        SeparatrixError: if the folder holds chunks of another computation, is corrupt, or cannot be written.
    """

    def __init__(self, path: Path | str, fingerprint: str, n_chunks: int) -> None:
        self.path = Path(path)
        self.fingerprint = fingerprint
        self.n_chunks = n_chunks
        make_folder(self.path / "done")
        header = {"format": "separatrix chunks 1", "fingerprint": fingerprint, "n_chunks": n_chunks}
        if not (self.path / _HEADER).exists():
            write_json(self.path / _HEADER, header)
            return
        found = read_json(self.path / _HEADER)
        if found != header:
            raise SeparatrixError(
                f"The folder {str(self.path)!r} holds chunks of another computation "
                f"(fingerprint {found.get('fingerprint')!r} with {found.get('n_chunks')} chunks, "
                f"not {fingerprint!r} with {n_chunks}). Choose another folder or delete this one."
            )

    def __repr__(self) -> str:
        return f"ChunkStore({str(self.path)!r}: {len(self.done())} of {self.n_chunks} chunks)"

    def has(self, chunk: int) -> bool:
        """Whether a chunk is wholly on disk."""
        return self._marker(chunk).exists()

    def done(self) -> list[int]:
        """The chunks that are wholly on disk, in order."""
        return [chunk for chunk in range(self.n_chunks) if self.has(chunk)]

    def write(self, chunk: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Write a chunk wholly or not at all.

        Args:
            chunk: its number, from 0.
            arrays: name -> array whose first axis is the members of the chunk (numbers or booleans); names, shapes and
                dtypes are the same for all chunks.

        Raises:
            SeparatrixError: for arrays of another shape than the chunks before, or when the disk refuses.
        """
        self._check(chunk)
        with clear_disk_errors(self.path):
            for name, values in arrays.items():
                self._write_array(chunk, name, np.asarray(values))
        write_json(self._marker(chunk), {"arrays": sorted(arrays)})

    def read(self, chunk: int) -> dict[str, np.ndarray]:
        """The arrays of a finished chunk, as they were written.

        Args:
            chunk: its number, from 0.

        Returns:
            Name -> array whose first axis is the members of the chunk.

        Raises:
            SeparatrixError: if the chunk is not done, or is damaged.
        """
        if not self.has(chunk):
            raise SeparatrixError(f"Chunk {chunk} of {str(self.path)!r} is not done.")
        names = read_json(self._marker(chunk))["arrays"]
        return {name: self._read_array(chunk, name) for name in names}

    def read_all(self) -> dict[str, np.ndarray]:
        """All chunks, joined along the first axis; raises as ``read`` when one is not done."""
        parts = [self.read(chunk) for chunk in range(self.n_chunks)]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}

    def _check(self, chunk: int) -> None:
        if not 0 <= chunk < self.n_chunks:
            raise SeparatrixError(f"There is no chunk {chunk}: {str(self.path)!r} has chunks 0 to {self.n_chunks - 1}.")

    def _marker(self, chunk: int) -> Path:
        return self.path / "done" / f"{chunk:06d}.json"

    def _write_array(self, chunk: int, name: str, values: np.ndarray) -> None:
        if values.dtype.kind not in _STORABLE or values.ndim == 0:
            raise SeparatrixError(
                f"A chunk stores arrays of numbers or booleans with a first axis of members; {name!r} is "
                f"{values.dtype} of shape {values.shape}."
            )
        array = self._open(name) if (self.path / name / "zarr.json").exists() else self._create(name, values)
        if array.chunks != tuple(max(size, 1) for size in values.shape) or array.dtype != values.dtype:
            raise SeparatrixError(
                f"All chunks of an ensemble have one shape: {name!r} is {values.dtype}{values.shape} in chunk {chunk}, "
                f"but {array.dtype}{array.chunks} in {str(self.path)!r}."
            )
        size = values.shape[0]
        array[chunk * size : (chunk + 1) * size] = values

    def _read_array(self, chunk: int, name: str) -> np.ndarray:
        try:
            array = self._open(name)
            size = array.shape[0] // self.n_chunks
            block = "/".join(["c", str(chunk), *["0"] * (array.ndim - 1)])
            if not (self.path / name / block).exists():  # Zarr would give zeros
                raise FileNotFoundError(f"{block} is missing")
            return np.asarray(array[chunk * size : (chunk + 1) * size])
        except Exception as error:
            raise SeparatrixError(
                f"Chunk {chunk} of {str(self.path)!r} is damaged ({name!r}: {_first_line(error)}). "
                f"Delete {str(self._marker(chunk))!r} to compute it again."
            ) from error

    def _create(self, name: str, values: np.ndarray) -> Any:
        import zarr
        from zarr.codecs import Crc32cCodec, ZstdCodec

        return zarr.create_array(
            str(self.path / name),
            shape=(values.shape[0] * self.n_chunks, *values.shape[1:]),
            chunks=tuple(max(size, 1) for size in values.shape),
            dtype=values.dtype,
            compressors=[ZstdCodec(level=1), Crc32cCodec()],
            config={"write_empty_chunks": True},  # a chunk of zeros is a result like any other
            zarr_format=3,
        )

    def _open(self, name: str) -> Any:
        import zarr

        return zarr.open_array(str(self.path / name), mode="r+").with_config({"write_empty_chunks": True})


def _first_line(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return json.dumps(text.splitlines()[0][:120])[1:-1]
