"""What a result depends on: the machine, the build, the versions. No names and no paths."""

from __future__ import annotations

import contextlib
import datetime
import importlib
import importlib.metadata
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import ipgd

from .._support.memory import total_memory

_PACKAGES = ("numpy", "scipy", "torch", "jax", "ipgd")


def provenance(n_threads: int) -> dict[str, Any]:
    """Facts about this machine and process, ready for JSON."""
    build = ipgd.build_info()
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cpu": cpu_model(),
        "cores": cores(),
        "threads": n_threads,
        "memory_bytes": total_memory(),
        "isa": build.isa,
        "isa_usable": list(build.isa_usable),
        "compiler": build.compiler,
        "eigen": build.eigen,
        "openmp": build.openmp,
        "blas": blas(),
        "os": _system(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in _PACKAGES},
    }


def cores() -> int:
    """CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # pragma: no cover (not on Linux)


def cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """What the CPU calls itself."""
    with contextlib.suppress(OSError):
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def blas() -> str:
    """The BLAS of numpy: what runs, if threadpoolctl is there to ask, else of the build."""
    controller = _threadpoolctl()
    if controller is not None:
        for info in controller.threadpool_info():
            if info.get("user_api") == "blas":
                parts = (info.get(key) for key in ("internal_api", "version", "architecture"))
                return " ".join(str(part) for part in parts if part)
    config: Any = np.show_config(mode="dicts")
    built = config.get("Build Dependencies", {}).get("blas", {})
    return " ".join(str(built[key]) for key in ("name", "version") if key in built) or "unknown"


@contextlib.contextmanager
def blas_threads(n_threads: int) -> Iterator[str | None]:
    """Give BLAS this many threads; yields a sentence if it may have another number."""
    controller = _threadpoolctl()
    if controller is not None:
        with controller.threadpool_limits(limits=n_threads, user_api="blas"):
            yield None
    elif n_threads == cores():
        yield None
    else:
        yield (
            f"numpy's BLAS may use another number of threads than {n_threads}: threadpoolctl, "
            "which sets it, is not installed"
        )


def _threadpoolctl() -> Any:
    try:
        return importlib.import_module("threadpoolctl")
    except ImportError:
        return None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _system() -> str:
    name = platform.system()
    with contextlib.suppress(OSError, AttributeError):
        name = platform.freedesktop_os_release().get("PRETTY_NAME", name)
    return f"{name}, {platform.machine()}"
