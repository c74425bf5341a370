"""Writing to a disk that may be full, read-only or not there: every such failure becomes one clear line."""

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from separatrix.errors import SeparatrixError

_CAUSES = {
    errno.ENOSPC: "the disk is full. Free some space and run the same command again: finished parts are kept",
    errno.EDQUOT: "your disk quota is used up. Free some space and run the same command again",
    errno.EACCES: "permission denied. Choose a folder that you may write to",
    errno.EPERM: "permission denied. Choose a folder that you may write to",
    errno.EROFS: "the file system is read-only. Choose another folder",
    errno.ENOTDIR: "a part of the path is a file, not a folder. Choose another folder",
    errno.EEXIST: "a file of that name is in the way. Choose another folder",
    errno.EISDIR: "a folder of that name is in the way. Choose another file name",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ENOENT: "there is no such file or folder",
}


@contextlib.contextmanager
def clear_disk_errors(path: Path | str, action: str = "write to") -> Iterator[None]:
    """Turn an OSError inside the block into a SeparatrixError of one line.

    Args:
        path: what is written or read, named in the message.
        action: what is attempted, as it reads after "Cannot".

    Yields:
        nothing.

    Raises:
        SeparatrixError: when the operating system refuses.
    """
    try:
        yield
    except OSError as error:
        cause = _CAUSES.get(error.errno or 0, str(error))
        raise SeparatrixError(f"Cannot {action} {str(path)!r}: {cause}.") from error


def make_folder(path: Path) -> None:
    """Create a folder with its parents; an existing one is fine."""
    with clear_disk_errors(path, "create the folder"):
        path.mkdir(parents=True, exist_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file wholly or not at all (a temporary file beside it, then a rename)."""
    with clear_disk_errors(path):
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def write_json(path: Path, document: Any) -> None:
    """Write a JSON file wholly or not at all."""
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: the file.

    Returns:
        The object.

    Raises:
        SeparatrixError: when the file is missing, unreadable, empty or not a JSON object.
    """
    with clear_disk_errors(path, "read"):
        data = path.read_bytes()
    try:
        document = json.loads(data)
    except ValueError as error:
        raise SeparatrixError(f"The file {str(path)!r} is not valid JSON ({error}); it may be truncated.") from error
    if not isinstance(document, dict):
        raise SeparatrixError(
            f"The file {str(path)!r} must hold a JSON object. Got a {type(document).__name__} instead."
        )
    return document
