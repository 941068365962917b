"""``ipgd info``: what is installed and what it runs on."""

from __future__ import annotations

import platform

import numpy as np
import scipy
from rich.console import Console
from rich.table import Table

import ipgd

from .. import _core


def info() -> None:
    """Show the version, the instruction set picked, threads, OpenMP, Eigen and numpy."""
    rows = {
        "ipgd": ipgd.__version__,
        "instruction set": f"{_core.isa} (usable: {', '.join(_core.available)}; "
        f"built: {', '.join(_core.built)}; IPGD_ISA overrides)",
        "threads": f"{_core.default_threads()} by default",
        "OpenMP": "yes" if _core.has_openmp else "no (one thread)",
        "Eigen": _core.eigen_version,
        "compiler": _core.compiler,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "python": f"{platform.python_version()} on {platform.platform()}",
    }
    table = Table(box=None, show_header=False)
    for name, value in rows.items():
        table.add_row(f"[bold]{name}[/]", value)
    Console(highlight=False).print(table)
