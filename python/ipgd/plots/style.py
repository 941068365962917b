"""One style for all pictures, and their way into a file. Needs matplotlib."""

from __future__ import annotations

import io
import os
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..files import atomic_write, check_writable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours without yellow, darkest contrasts first; they differ for every kind of
# colour blindness. Each goes with a line of its own, so that a grey print still reads.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
LINES: tuple[object, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (6, 1.5, 1, 1.5)),
    (0, (1, 1)),
    (0, (3, 1, 1, 1, 1, 1)),
    (0, (9, 2)),
    (0, (2, 2)),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
OTHER = "#999999"  # for what is in the picture without being its subject


def new_figure(
    rows: int, columns: int, *, sharey: bool = False
) -> tuple[Figure, np.ndarray[tuple[int, int], np.dtype[np.object_]]]:
    """A figure that belongs to no window, and its (rows, columns) axes.

    Lines take their colours and styles in a fixed order that also reads in grey.

    Parameters
    ----------
    rows, columns : int
    sharey : bool
        Whether the axes of a row have the same y axis.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        from cycler import cycler  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise ImportError("plots need matplotlib: pip install 'ipgd[plot]'") from None
    figure = Figure(figsize=(4 * columns, 3.2 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharey="row" if sharey else "none")
    for ax in axes.flat:
        ax.set_prop_cycle(cycler(color=COLORS, linestyle=LINES))
        ax.grid(alpha=0.3)
        ax.set_axisbelow(True)
    return figure, axes


def styles(count: int) -> list[dict[str, object]]:
    """Color, linestyle and marker of the first `count` lines, as keywords of ``plot``."""
    every = cycle(zip(COLORS, LINES, MARKERS, strict=True))
    return [
        {"color": color, "linestyle": line, "marker": marker}
        for color, line, marker in islice(every, count)
    ]


def shades(count: int) -> list[tuple[float, ...]]:
    """Colours of lines in an order, from dark to light."""
    from matplotlib import colormaps  # noqa: PLC0415

    return [tuple(color) for color in colormaps["viridis"](np.linspace(0, 0.9, count))]


def check_picture(name: str, path: Path) -> None:
    """Raise ValueError unless matplotlib can write a picture of this kind."""
    figure, _ = new_figure(1, 1)
    kinds = figure.canvas.get_supported_filetypes()
    if path.suffix.lstrip(".").lower() not in kinds:
        raise ValueError(
            f"{name}: expected a path ending in .{', .'.join(kinds)}, got {str(path)!r}"
        )


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure to `path`, in the format of its suffix: whole or not at all."""
    path = Path(path)
    check_picture("path", path)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=path.suffix.lstrip(".").lower(), dpi=110)
    with atomic_write(check_writable("path", path)) as file:
        file.write(buffer.getvalue())
