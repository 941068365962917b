"""How far a figure is: told to nobody, or shown as a bar."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")


class Track:
    """Follows the steps of a figure. This one shows nothing."""

    def __call__(self, steps: Sequence[T]) -> Iterator[T]:
        """Yield the steps one after the other."""
        yield from steps

    def solving(self, iteration: int, loss: float) -> None:
        """Take the progress of a solve: ``solve(progress=track.solving)``."""


class _Bar(Track):
    """Steps as a bar, and the iteration of the present solve beside it."""

    def __init__(self, bar: Progress, name: str) -> None:
        self._bar, self._task = bar, bar.add_task(name, total=None, solving="")

    def __call__(self, steps: Sequence[T]) -> Iterator[T]:
        self._bar.reset(self._task, total=len(steps), solving="")
        for step in steps:
            yield step
            self._bar.update(self._task, advance=1, solving="")

    def solving(self, iteration: int, loss: float) -> None:
        self._bar.update(self._task, solving=f"iteration {iteration}, loss {loss:.1e}")


@contextlib.contextmanager
def tracking(shown: bool, name: str) -> Iterator[Track]:
    """Yield the track of the figure `name`, as a bar if it is to be shown.

    Raises
    ------
    ImportError
        If a bar is wanted and rich is not installed.
    """
    if not shown:
        yield Track()
        return
    try:
        from rich import progress  # noqa: PLC0415
        from rich.console import Console  # noqa: PLC0415
    except ImportError:
        raise ImportError("progress=True needs rich: pip install 'ipgd[cli]'") from None
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("{task.fields[solving]}"),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar, name)
