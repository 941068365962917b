"""Arrays with named axes, and all of them as one table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .figure import Data

Axes = Mapping[str, tuple[str, ...]]
_COLUMNS = ("quantity", "value")  # of the table, beside one for each axis


def axes_of(name: str, data: Data, axes: Axes) -> tuple[str, ...]:
    """The names of the axes of one array; its own name where it is one-dimensional, not listed."""
    if name in axes:
        return axes[name]
    return (name,) if data[name].ndim == 1 else ()


def check_axes(figure: str, data: Data, axes: Axes) -> None:
    """Raise ValueError unless each array has the axes it is said to have, of one length each."""
    lengths: dict[str, tuple[str, int]] = {}
    for name, array in data.items():
        own = axes_of(name, data, axes)
        if array.ndim != len(own):
            raise ValueError(
                f"{figure}: expected {name!r} with the axes {own}, got shape {array.shape}"
            )
        for axis, length in zip(own, array.shape, strict=True):
            if axis in _COLUMNS:
                raise ValueError(
                    f"{figure}: expected axes that are not called like a column of the table, got "
                    f"{axis!r} of {name!r}"
                )
            other, known = lengths.setdefault(axis, (name, length))
            if known != length:
                raise ValueError(
                    f"{figure}: expected one length of the axis {axis!r}, got {known} in "
                    f"{other!r} and {length} in {name!r}"
                )


def markdown(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown: the first column is text, the others are numbers."""
    rule = ["---", *["--:"] * (len(columns) - 1)]
    lines: list[Sequence[object]] = [columns, rule, *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def to_csv(data: Data, axes: Axes) -> str:
    """All arrays as a long table: quantity, one column for each axis, value.

    A row holds one number; columns of axes that its array lacks are empty.
    """
    every = list(dict.fromkeys(axis for name in data for axis in axes_of(name, data, axes)))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_COLUMNS[0], *every, _COLUMNS[1]])
    for name, array in data.items():
        own = axes_of(name, data, axes)
        if own == (name,):
            continue  # it labels the rows of others
        for labels, value in _rows(array, [_labels(axis, data) for axis in own]):
            cells = dict(zip(own, labels, strict=True))
            writer.writerow([name, *(cells.get(axis, "") for axis in every), value])
    return text.getvalue()


def _labels(axis: str, data: Data) -> list[object] | None:
    """The values along an axis; None where it is numbered."""
    values = data.get(axis)
    labelled = values is not None and values.ndim == 1
    return values.tolist() if values is not None and labelled else None


def _rows(
    array: np.ndarray[tuple[int, ...], np.dtype[np.generic]], labels: list[list[object] | None]
) -> Iterator[tuple[list[object], object]]:
    """The labels of each number, and the number."""
    for index, value in np.ndenumerate(array):
        yield [i if own is None else own[i] for i, own in zip(index, labels, strict=True)], value
