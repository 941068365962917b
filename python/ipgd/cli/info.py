"""``ipgd info``: what is installed and what it runs on."""

from __future__ import annotations

import platform

import numpy as np
import scipy
from rich.console import Console
from rich.table import Table

import ipgd


def info() -> None:
    """Show the version, the instruction set picked, threads, OpenMP, Eigen and numpy."""
    build = ipgd.build_info()
    rows = {
        "ipgd": ipgd.__version__,
        "instruction set": f"{build.isa} (usable: {', '.join(build.isa_usable)}; "
        f"built: {', '.join(build.isa_built)}; IPGD_ISA overrides)",
        "threads": f"{build.threads} by default",
        "OpenMP": "yes" if build.openmp else "no (one thread)",
        "Eigen": build.eigen,
        "compiler": build.compiler,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "python": f"{platform.python_version()} on {platform.platform()}",
    }
    table = Table(box=None, show_header=False)
    for name, value in rows.items():
        table.add_row(f"[bold]{name}[/]", value)
    Console(highlight=False).print(table)
