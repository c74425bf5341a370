"""The index of runs: one SQLite table in write-ahead mode."""

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from separatrix.errors import SeparatrixError
from separatrix.store.disk import clear_disk_errors

COLUMNS = ("id", "study", "profile", "seeds", "created", "seconds", "holds", "fails", "undecided", "version")
_SCHEMA = """CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, study TEXT NOT NULL, profile TEXT NOT NULL, seeds INTEGER NOT NULL, created TEXT NOT NULL,
    seconds REAL NOT NULL, holds INTEGER NOT NULL, fails INTEGER NOT NULL, undecided INTEGER NOT NULL,
    version TEXT NOT NULL)"""


class Index:
    """The table of runs in a store.

    Args:
        path: the SQLite file; created when missing.

    Raises:
        SeparatrixError: if the file is not a readable index, or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._connection() as connection:
            connection.execute(_SCHEMA)
            found = {row["name"] for row in connection.execute("PRAGMA table_info(runs)")}
        if not found.issuperset(COLUMNS):
            raise SeparatrixError(f"The index {str(path)!r} is not one of separatrix's. Choose another folder.")

    def add(self, row: Mapping[str, Any]) -> None:
        """Insert a run, in one transaction."""
        marks = ", ".join(f":{name}" for name in COLUMNS)
        with self._connection() as connection:
            connection.execute(f"INSERT OR REPLACE INTO runs ({', '.join(COLUMNS)}) VALUES ({marks})", dict(row))

    def remove(self, run: str) -> None:
        """Forget a run."""
        with self._connection() as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (run,))

    def rows(self) -> list[dict[str, Any]]:
        """All runs, the latest first."""
        with self._connection() as connection:
            found = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM runs ORDER BY created DESC, rowid DESC")
            return [dict(row) for row in found]

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with clear_disk_errors(self.path, "open"):
            try:
                connection = sqlite3.connect(self.path, timeout=30)
                try:
                    connection.row_factory = sqlite3.Row
                    connection.execute("PRAGMA journal_mode=WAL")
                    with connection:
                        yield connection
                finally:
                    connection.close()
            except sqlite3.OperationalError as error:
                raise SeparatrixError(
                    f"Cannot use the index {str(self.path)!r}: {error}. "
                    "Free disk space or the lock on it, or choose another folder with --out."
                ) from error
            except sqlite3.DatabaseError as error:
                raise SeparatrixError(
                    f"The index {str(self.path)!r} is damaged ({error}). Delete it: "
                    "it is made again from the runs beside it."
                ) from error
