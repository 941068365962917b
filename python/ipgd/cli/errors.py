"""Exit codes, and errors as one line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import typer
from rich.console import Console

FAILED = 1  # the run broke down: diverged, stuck
USAGE = 2  # an argument or a file is unusable; nothing was computed
NOT_CONVERGED = 3  # the budget ran out; the result was saved
INTERRUPTED = 130  # Ctrl-C; the partial result was saved

console = Console(stderr=True, highlight=False)


@contextlib.contextmanager
def reported_errors() -> Iterator[None]:
    """Turn what a user can mend into a message and exit code 2."""
    try:
        yield
    except (ValueError, TypeError, OSError, ImportError, MemoryError) as error:
        console.print("[bold red]error:[/]", end=" ")
        console.print(str(error) or "out of memory", markup=False, soft_wrap=True)
        raise typer.Exit(USAGE) from None
