"""One process at a time: a lock that the operating system drops when its holder dies."""

import os
from pathlib import Path

from separatrix.errors import SeparatrixError
from separatrix.store.disk import clear_disk_errors

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None


class Lock:
    """An advisory lock on a file.

    Args:
        path: the file; it stays, empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self, refusal: str) -> None:
        """Take the lock.

        Args:
            refusal: what to say when another process holds it.

        Raises:
            SeparatrixError: when another process holds it.
        """
        with clear_disk_errors(self.path):
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if fcntl is not None:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            raise SeparatrixError(refusal) from error
        self._handle = handle

    def release(self) -> None:
        """Give the lock back."""
        if self._handle is None:
            return
        os.close(self._handle)
        self._handle = None
