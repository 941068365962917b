"""The memory of the machine and of this process, to be asked before a large allocation."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

# Limit and use of the control group, of version 2 and of version 1.
_CGROUPS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)
_MEMINFO = Path("/proc/meminfo")


def total_memory() -> int | None:
    """Bytes of memory that this process may use at all, if the system says so."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
    return min([total, *(limit for limit, _ in _limits())])


def available_memory() -> int | None:
    """Bytes that this process can allocate without swapping, if the system says so."""
    rooms = [limit - used for limit, used in _limits()]
    with contextlib.suppress(OSError):
        for line in _MEMINFO.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                rooms.append(1024 * int(value.split()[0]))
    return max(0, min(rooms)) if rooms else None


def _limits() -> Iterator[tuple[int, int]]:
    """Limit and use of each control group that has a limit."""
    for limit, used in _CGROUPS:
        with contextlib.suppress(OSError, ValueError):
            yield int(limit.read_text()), int(used.read_text())


def require_memory(name: str, nbytes: int, what: str) -> None:
    """Raise MemoryError if `nbytes` are more than the machine has."""
    total = total_memory()
    if total is not None and nbytes > total:
        raise MemoryError(
            f"{name}: expected what fits in memory ({size_text(total)}), got {what}: "
            f"{size_text(nbytes)}"
        )


def size_text(nbytes: int) -> str:
    """A number of bytes with three digits and its unit."""
    value, unit = float(nbytes), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB", "EB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.3g} {unit}"
