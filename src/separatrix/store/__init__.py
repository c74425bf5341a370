"""Runs on disk: Zarr for arrays, SQLite for the index."""

from separatrix.store.chunks import ChunkStore

__all__ = ["ChunkStore"]
