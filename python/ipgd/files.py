"""Files: written whole or not at all, checked before the work rather than after."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

# A short name that does not contain the target's, which may already be as long as names can be.
_PREFIX, _SUFFIX = ".ipgd-", ".part"


def _path(name: str, path: str | os.PathLike[str]) -> Path:
    try:
        return Path(path)
    except TypeError:
        raise TypeError(f"{name}: expected a path, got {path!r}") from None


def _unusable(name: str, expected: str, path: Path, error: Exception) -> Exception:
    """The error for a path that the system refuses: our message with the system's errno."""
    if isinstance(error, RuntimeError):  # of Path.resolve before Python 3.13, at a loop of links
        error = OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    got = f"{name}: expected {expected}, got {str(path)!r}"
    if not isinstance(error, OSError):
        return ValueError(f"{got} ({error})")
    ours = type(error)(f"{got} ({error.strerror or error})")
    ours.errno = error.errno
    return ours


def check_writable(name: str, path: str | os.PathLike[str]) -> Path:
    """Raise unless a file can be created at `path`; leaves nothing behind.

    Raises
    ------
    OSError
        If the folder does not exist or does not admit a file, or `path` is a folder.
    ValueError
        If `path` holds a null character.
    """
    given = _path(name, path)
    try:
        target = given.resolve()  # a link is followed, not replaced
        mode = _mode(target)
    except (OSError, RuntimeError, ValueError) as error:
        raise _unusable(name, "a writable path", given, error) from None
    if mode is None and not target.parent.is_dir():
        raise FileNotFoundError(
            f"{name}: expected a path in an existing folder, got {str(given)!r} "
            f"({str(given.parent)!r} does not exist)"
        )
    if mode is not None and stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{name}: expected a file to write, got the folder {str(given)!r}")
    if mode is not None and not stat.S_ISREG(mode):
        raise FileExistsError(f"{name}: expected a regular file, got {_kind(mode)} {str(given)!r}")
    if mode is not None and not os.access(target, os.W_OK):
        raise PermissionError(f"{name}: expected a writable path, got {str(given)!r} (read-only)")
    try:
        descriptor, temporary = _temporary(target.parent)
        temporary.unlink()
        os.close(descriptor)
    except OSError as error:
        raise _unusable(name, "a writable path", given, error) from None
    return target


def check_readable(
    name: str, path: str | os.PathLike[str], expected: str, *, stream: bool = False
) -> Path:
    """Raise unless `path` is a file that can be read. The message asks for `expected`.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    path : path_like
    expected : str
        Such as "a .npy file".
    stream : bool
        Whether a pipe, which can be read only once, will do.

    Raises
    ------
    OSError
        If there is no file at `path`, or not one that can be read.
    ValueError
        If `path` holds a null character.
    """
    given = _path(name, path)
    try:
        mode = given.stat().st_mode
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{name}: expected {expected}, got {str(given)!r}, which does not exist"
        ) from None
    except (OSError, ValueError) as error:
        raise _unusable(name, expected, given, error) from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{name}: expected {expected}, got the folder {str(given)!r}")
    if not (stat.S_ISREG(mode) or (stream and stat.S_ISFIFO(mode))):
        advice = " (write it to a file first)" if stat.S_ISFIFO(mode) else ""
        raise OSError(f"{name}: expected {expected}, got {_kind(mode)} {str(given)!r}{advice}")
    if not os.access(given, os.R_OK):
        raise PermissionError(
            f"{name}: expected {expected}, got {str(given)!r}, which may not be read"
        )
    return given


def _mode(target: Path) -> int | None:
    """Kind and permissions of a file; None if there is no such file."""
    try:
        return target.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _kind(mode: int) -> str:
    return "the pipe" if stat.S_ISFIFO(mode) else "the device"


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """Yield a binary file that appears at `path` complete and on disk, or not at all.

    The new file gets the owner and permissions of the file that it replaces. Temporary files that a
    killed process left in the folder are removed.

    Raises
    ------
    OSError
        If the file cannot be written: the disk is full, say. What was at `path` is untouched.
    """
    try:
        with _written(path) as file:
            yield file
    except OSError as error:
        raise _unusable("path", "a place for the whole file", path, error) from None


@contextlib.contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    _remove_abandoned(path.parent)
    descriptor, temporary = _temporary(path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _inherit_rights(descriptor, path)
            yield file
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(path)  # before the lock goes with the descriptor
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _temporary(folder: Path) -> tuple[int, Path]:
    """A new file in the folder, open for writing and locked as long as it is open."""
    while True:
        path = folder / f"{_PREFIX}{secrets.token_hex(4)}{_SUFFIX}"
        # os.open and not tempfile: the file gets the rights that the umask leaves, as any other.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with contextlib.suppress(OSError):  # without locks nothing is taken for abandoned either
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor, path
        os.close(descriptor)  # another process removed it as abandoned before it was locked


def _remove_abandoned(folder: Path) -> None:
    """Remove the temporary files that no process has locked: their writers are gone."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX):
                _remove_if_abandoned(entry.path)


def _remove_if_abandoned(path: str) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
        finally:
            os.close(descriptor)


def _inherit_rights(descriptor: int, target: Path) -> None:
    """Give a new file the owner and the permissions of the one it replaces, never more."""
    try:
        old = target.stat()
    except FileNotFoundError:
        return
    rights = stat.S_IMODE(old.st_mode) & 0o777
    try:
        os.fchown(descriptor, old.st_uid, old.st_gid)
    except OSError:
        if os.fstat(descriptor).st_gid != old.st_gid:
            rights &= ~stat.S_IRWXG  # the old group's permissions are not for this group
    os.fchmod(descriptor, rights)
