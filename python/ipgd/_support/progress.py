"""The progress of a run: a bar drawn by rich, or a function of the user's."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeAlias

from .validate import describe

Progress: TypeAlias = Callable[[int, float], None]


def check_progress(progress: object) -> None:
    """Raise TypeError unless this is True, False or a function."""
    if not isinstance(progress, bool) and not callable(progress):
        raise TypeError(f"progress: expected True, False or a function, got {describe(progress)}")


@contextlib.contextmanager
def following(
    progress: bool | Progress, max_iter: int, description: str = "solving", figure: str = "loss"
) -> Iterator[Progress | None]:
    """Yield what is told iteration and loss: a new bar, the given function, or None."""
    if progress is True:
        with progress_bar(max_iter, description, figure) as update:
            yield update
    else:
        yield progress or None


@contextlib.contextmanager
def progress_bar(
    max_iter: int, description: str = "solving", figure: str = "loss"
) -> Iterator[Progress]:
    """Yield ``update(iteration, loss)``; `figure` is what the second number is called.

    Raises
    ------
    ImportError
        If rich is not installed.
    """
    try:
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.progress import Progress as Bar  # noqa: PLC0415
    except ImportError:
        raise ImportError(
            "progress=True needs rich: pip install 'ipgd[cli]' (or pass a function of iteration "
            "and loss)"
        ) from None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[loss]}"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=max_iter, loss="")

        def update(iteration: int, loss: float) -> None:
            bar.update(task, completed=iteration, loss=f"{figure} {loss:.2e}")

        yield update
