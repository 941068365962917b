"""Exit codes, and errors as one line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import typer
from rich.console import Console

FAILED = 1  # the run broke down: diverged, stuck
USAGE = 2  # an argument or a file is unusable; nothing was computed
NOT_CONVERGED = 3  # the run ended above the tolerance; the result was saved
INTERRUPTED = 130  # Ctrl-C; the partial result was saved

# What the library calls the options.
_OPTIONS = {
    "search_rank": "--search-rank",
    "parameterization": "--parameterization",
    "shape": "--shape",
    "shape[0]": "--shape",
    "shape[1]": "--shape",
    "depth": "--parameterization",
    "power": "--parameterization",
    "dtype": "--dtype",
    "step_size": "--step-size",
    "radius": "--radius",
    "scale": "--init-scale",
    "max_iter": "--max-iter",
    "n_threads": "--threads",
    "rng": "--seed",
    "output": "--output",
    "plot": "--plot",
    "case": "--case",
    "json": "--json",
}

console = Console(stderr=True, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def reported_errors() -> Iterator[None]:
    """Turn an error that the user can correct into a message and exit code 2."""
    try:
        yield
    except (ValueError, TypeError, OSError, ImportError, MemoryError) as error:
        name, colon, rest = (str(error) or "out of memory").partition(":")
        console.print("[bold red]error:[/]", end=" ")
        console.print(_OPTIONS.get(name, name) + colon + rest, markup=False)
        raise typer.Exit(USAGE) from None
