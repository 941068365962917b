"""How much memory there is, asked before a large allocation."""

from __future__ import annotations

import os
from pathlib import Path

_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def total_memory() -> int | None:
    """Bytes of memory that this process may use at all, if the system says so."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
    try:
        return min(total, int(_CGROUP_LIMIT.read_text()))
    except (OSError, ValueError):  # no such limit
        return total


def require_memory(name: str, nbytes: int, what: str) -> None:
    """Raise MemoryError if `nbytes` are more than the machine has."""
    total = total_memory()
    if total is not None and nbytes > total:
        raise MemoryError(
            f"{name}: expected what fits in memory ({_text(total)}), got {what}: {_text(nbytes)}"
        )


def _text(nbytes: int) -> str:
    value, unit = float(nbytes), "B"
    for larger in ("kB", "MB", "GB", "TB", "PB", "EB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.3g} {unit}"
