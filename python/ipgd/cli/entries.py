"""Reading observed entries from .csv and .npz files."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .._support.columns import out_of_order
from .inputs import missing

Triple: TypeAlias = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]

# What numpy, SciPy and zipfile raise at files that are cut short or something else.
_BROKEN = (
    ValueError,
    TypeError,
    KeyError,
    OSError,
    EOFError,
    AttributeError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)

_NAMES = (("rows", "row"), ("cols", "col"), ("values", "value"))


def load_entries(
    path: Path, shape: tuple[int, int] | None, *, one_based: bool = False
) -> tuple[Triple, tuple[int, int] | None]:
    """The rows, columns and values of a file, and the shape: that given, or the file's own.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a table of three columns, or not an archive with the right arrays.
    """
    if not path.is_file():
        raise FileNotFoundError(f"entries: expected a .csv or .npz file, got {missing(path)}")
    own = None
    if path.suffix == ".npz":
        rows, cols, values, own = _archive(path)
    else:
        rows, cols, values = _table(path)
    for name, index in (("row", rows), ("column", cols)):
        if index.dtype.kind in "iu" and index.size and index.min() < int(one_based):
            raise ValueError(
                f"entries: expected {name}s counted from {int(one_based)}, got {index.min()} in "
                f"entry {index.argmin()}"
            )
    if one_based:
        rows, cols = rows - 1, cols - 1
    return (rows, cols, values), own if shape is None else shape


def _table(path: Path) -> Triple:
    """The columns of a text file, separated by commas, semicolons or blanks."""
    wanted = "entries: expected a table with columns row, column, value"
    try:
        with path.open(encoding="utf-8-sig") as file:
            first = file.readline()
        delimiter = next((mark for mark in ",;" if mark in first), None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of a file without numbers, see below
            skipped = _has_header(first, delimiter)
            table = np.loadtxt(
                path, delimiter=delimiter, skiprows=skipped, ndmin=2, encoding="utf-8-sig"
            )
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{wanted}, got {str(path)!r} ({error})") from None
    if table.size == 0 or table.shape[1] != 3:
        raise ValueError(f"{wanted}, got {str(path)!r} with shape {table.shape}")
    return _whole("row", table[:, 0]), _whole("column", table[:, 1]), table[:, 2]


def _has_header(line: str, delimiter: str | None) -> int:
    """1 if the first line holds names and no number; raises ValueError at another order."""
    words = [word.strip().strip("\"'").lower() for word in line.split(delimiter)]
    if any(map(_is_number, words)):
        return 0
    if out_of_order(list(words)):
        raise ValueError(f"in the order {', '.join(words)}")
    return 1


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _whole(name: str, numbers: NDArray[Any]) -> NDArray[np.int64]:
    with np.errstate(invalid="ignore"):
        index = numbers.astype(np.int64)
    wrong = np.flatnonzero(index != numbers)
    if len(wrong):
        raise ValueError(
            f"entries: expected whole numbers in the {name} column, got {numbers[wrong[0]]} in "
            f"entry {wrong[0]}"
        )
    return index


def _archive(path: Path) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], tuple[int, int] | None]:
    wanted = (
        "entries: expected a .npz file with arrays rows, cols and values, or one written by "
        "scipy.sparse.save_npz"
    )
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            names = set(archive.files)
            if "format" in names:
                observed: Any = sparse.coo_array(sparse.load_npz(path))
                d1, d2 = observed.shape
                return observed.row, observed.col, observed.data, (d1, d2)
            found = [next((n for n in each if n in names), None) for each in _NAMES]
            if None not in found:
                rows, cols, values = (archive[name] for name in found if name is not None)
                return rows, cols, values, None
    except _BROKEN as error:
        raise ValueError(f"{wanted}, got {str(path)!r} ({error})") from None
    raise ValueError(f"{wanted}, got {str(path)!r} with {', '.join(sorted(names)) or 'nothing'}")
