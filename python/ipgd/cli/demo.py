"""``ipgd demo``: the main job on synthetic and on real data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .errors import FAILED, console, reported_errors
from .options import Threads


def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for the files and the figure.")
    ] = Path("ipgd-demo"),
    threads: Threads = None,
) -> None:
    """Recover a synthetic matrix and the covariance of handwritten digits, in half a minute."""
    with reported_errors():
        from ..experiments.demo import run  # noqa: PLC0415 (needs scikit-learn and matplotlib)

        failures = run(output, threads)
    if failures:
        for failure in failures:
            console.print(f"[bold red]FAILED[/] {failure}")
        raise typer.Exit(FAILED)
