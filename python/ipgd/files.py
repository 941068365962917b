"""Files: written whole or not at all, checked before the work rather than after."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def check_writable(name: str, path: str | os.PathLike[str]) -> Path:
    """Raise unless a file can be created at `path`; leaves nothing behind.

    Raises
    ------
    OSError
        If the folder does not exist or does not admit a file, or `path` is a folder.
    """
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(f"{name}: expected a file to write, got the folder {str(target)!r}")
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"{name}: expected a path in an existing folder, got {str(target)!r} "
            f"({str(target.parent)!r} does not exist)"
        )
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(f"{name}: expected a writable path, got {str(target)!r} (read-only)")
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}."):
            pass
    except OSError as error:
        raise type(error)(
            f"{name}: expected a writable path, got {str(target)!r} ({error.strerror})"
        ) from None
    return target


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that appears at `path` complete and on disk, or not at all."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)  # mkstemp's 0600 is not what a user's file has
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
