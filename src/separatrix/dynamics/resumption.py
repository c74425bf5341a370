"""Where ensembles keep finished chunks although their caller named no store: so a killed study resumes amid one."""

import contextlib
import contextvars
from collections.abc import Iterator
from pathlib import Path

WORTH_KEEPING = 10.0
"""Seconds of work after which chunks are written; quicker ensembles are sooner done again than kept."""

_FOLDER: contextvars.ContextVar[Path | None] = contextvars.ContextVar("separatrix_chunks", default=None)


@contextlib.contextmanager
def resumable(folder: Path) -> Iterator[None]:
    """Within the block, long ensembles keep their finished chunks below a folder, and take up those that are there.

    Args:
        folder: need not exist; the caller deletes it when its own result is safe.

    Yields:
        Nothing.
    """
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)


def chunk_folder(fingerprint: str) -> Path | None:
    """The folder of one ensemble within ``resumable``, None outside of it.

    Args:
        fingerprint: of what the ensemble computes.

    Returns:
        A folder that no other ensemble uses.
    """
    folder = _FOLDER.get()
    return None if folder is None else folder / fingerprint
