"""Runs on disk: Zarr for arrays, SQLite for the index."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from separatrix.store.chunks import ChunkStore
    from separatrix.store.runs import PendingRun, Store, default_store

_HOMES = {"ChunkStore": "chunks", "PendingRun": "runs", "Store": "runs", "default_store": "runs"}

__all__ = ["ChunkStore", "PendingRun", "Store", "default_store"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'separatrix.store' has no attribute {name!r}")
    return getattr(importlib.import_module(f"separatrix.store.{_HOMES[name]}"), name)
