"""Files: written whole or not at all, checked before the work rather than after."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def _path(name: str, path: str | os.PathLike[str]) -> Path:
    try:
        return Path(path)
    except TypeError:
        raise TypeError(f"{name}: expected a path, got {path!r}") from None


def check_writable(name: str, path: str | os.PathLike[str]) -> Path:
    """Raise unless a file can be created at `path`; leaves nothing behind.

    Raises
    ------
    OSError
        If the folder does not exist or does not admit a file, or `path` is a folder.
    """
    given = _path(name, path)
    target = given.resolve()  # a link is followed, not replaced
    if target.is_dir():
        raise IsADirectoryError(f"{name}: expected a file to write, got the folder {str(given)!r}")
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"{name}: expected a path in an existing folder, got {str(given)!r} "
            f"({str(given.parent)!r} does not exist)"
        )
    if target.exists() and not target.is_file():
        raise FileExistsError(f"{name}: expected a regular file, got the device {str(given)!r}")
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(f"{name}: expected a writable path, got {str(given)!r} (read-only)")
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}."):
            pass
    except OSError as error:
        raise type(error)(
            f"{name}: expected a writable path, got {str(given)!r} ({error.strerror})"
        ) from None
    return target


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that appears at `path` complete and on disk, or not at all."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    # os.open and not tempfile: the file gets the rights that the umask leaves, as any other does.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
