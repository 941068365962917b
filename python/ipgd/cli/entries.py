"""Reading observed entries from .csv and .npz files."""

from __future__ import annotations

import io
import itertools
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ipgd import files

from .._support.archive import BROKEN, Archive
from .._support.columns import named_columns

Triple: TypeAlias = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]

_NAMES = (("rows", "row"), ("cols", "col"), ("values", "value"))

_DELIMITERS = (",", ";", "\t", None)  # None: any blanks
_LARGEST_INDEX = 2**53  # beyond it float64, as which a table is read, has not every whole number
_SAMPLE = 100  # lines, by which the delimiter is chosen

_NUMBERED = (
    "; rows and columns are numbers here: names, numbers = numpy.unique(ids, return_inverse=True) "
    "numbers ids that are text, and names[i] is what row i of theta is about"
)

# How files begin that are no tables.
_MAGIC = {
    b"\x1f\x8b": "a gzip file: unpack it first",
    b"BZh": "a bzip2 file: unpack it first",
    b"\xfd7zXZ": "an xz file: unpack it first",
    b"PK": "a zip archive: unpack it first, or name it .npz if numpy wrote it",
    b"\x93NUMPY": "a .npy file: save rows, cols and values with numpy.savez",
    b"\xff\xfe": "UTF-16 text: save it as UTF-8",
    b"\xfe\xff": "UTF-16 text: save it as UTF-8",
}


def load_entries(
    path: Path, shape: tuple[int, int] | None, *, one_based: bool = False
) -> tuple[Triple, tuple[int, int] | None]:
    """The rows, columns and values of a file, and the shape: that given, or the file's own.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it is not a table with a row, a column and a value in each line, or not an archive with
        the right arrays.
    MemoryError
        If the arrays of an archive do not fit in memory.
    """
    own = None
    if path.suffix.lower() == ".npz":
        files.check_readable("entries", path, "a .csv or .npz file")
        rows, cols, values, own = _archive(path)
    else:
        files.check_readable("entries", path, "a .csv or .npz file", stream=True)
        rows, cols, values = _table(path)
    for name, index in (("row", rows), ("column", cols)):
        if index.dtype.kind in "iu" and index.size and index.min() < int(one_based):
            raise ValueError(
                f"entries: expected {name}s counted from {int(one_based)}, got {index.min()} in "
                f"entry {index.argmin()}"
            )
    if one_based and rows.dtype.kind in "iuf" and cols.dtype.kind in "iuf":
        rows, cols = rows - 1, cols - 1
    return (rows, cols, values), own if shape is None else shape


def _table(path: Path) -> Triple:
    """The columns of a text file, separated by commas, semicolons, tabs or blanks."""
    wanted = "entries: expected a table with columns row, column, value"
    try:
        with path.open("rb") as raw:
            table = _numbers(raw if raw.seekable() else io.BytesIO(raw.read()))
    except ValueError as error:
        hint = _NUMBERED if "could not convert string" in str(error) else ""
        raise ValueError(f"{wanted}, got {str(path)!r} ({error}){hint}") from None
    if table.size == 0 or table.shape[1] != 3:
        raise ValueError(f"{wanted}, got {str(path)!r} with shape {table.shape}")
    return _whole("row", table[:, 0]), _whole("column", table[:, 1]), table[:, 2]


def _numbers(file: IO[bytes]) -> NDArray[np.float64]:
    """The numbers of a table: of all columns, or of the three that its header names."""
    begin = file.read(8)
    for magic, what in _MAGIC.items():
        if begin.startswith(magic):
            raise ValueError(what)
    file.seek(0)
    with io.TextIOWrapper(file, encoding="utf-8-sig") as text:
        sample = list(itertools.islice(_filled_lines(text), _SAMPLE))
        delimiter = _delimiter([line for _, line in sample[1:] or sample])
        skipped, columns = 0, None
        if sample:
            number, first = sample[0]
            words = [word.strip().strip("\"'").lower() for word in first.split(delimiter)]
            if not any(map(_is_number, words)):
                skipped, columns = number + 1, named_columns(words)
        text.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of no numbers, see the caller
            return np.loadtxt(text, delimiter=delimiter, skiprows=skipped, usecols=columns, ndmin=2)


def _filled_lines(text: IO[str]) -> Iterator[tuple[int, str]]:
    """The number and the text of each line in which there is more than a comment."""
    for number, line in enumerate(text):
        content = line.partition("#")[0].strip()
        if content:
            yield number, content


def _delimiter(lines: Sequence[str]) -> str | None:
    """The mark that cuts every line into numbers, or else into equally many words, best three."""

    def fitness(mark: str | None) -> tuple[bool, bool, bool]:
        rows = [line.split(mark) for line in lines]
        widths = {len(row) for row in rows}
        numbers = min(widths) > 1 and all(_is_number(word) for row in rows for word in row)
        return numbers, len(widths) == 1, min(widths) == 3

    return max(_DELIMITERS, key=fitness) if lines else None


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _whole(name: str, numbers: NDArray[Any]) -> NDArray[np.int64]:
    with np.errstate(invalid="ignore"):
        index = numbers.astype(np.int64)
    wrong = np.flatnonzero((index != numbers) | (np.abs(numbers) > _LARGEST_INDEX))
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
        with path.open("rb") as file:
            archive = Archive(file)
            archive.require_room("entries")
            names = archive.names
            if "format" in names:
                return _sparse(path)
            found = [next((n for n in each if n in names), None) for each in _NAMES]
            if None not in found:
                rows, cols, values = (archive[name] for name in found if name is not None)
                return rows, cols, values, None
    except BROKEN as error:
        raise ValueError(f"{wanted}, got {str(path)!r} ({error})") from None
    raise ValueError(f"{wanted}, got {str(path)!r} with {', '.join(sorted(names)) or 'nothing'}")


def _sparse(path: Path) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], tuple[int, int]]:
    """Rows, columns, values and shape of a matrix that SciPy saved."""
    matrix = sparse.load_npz(path)
    d1, d2 = matrix.shape
    if hasattr(matrix, "check_format"):
        # SciPy's conversions follow the indices without a look at them, out of the arrays, too.
        matrix.check_format(full_check=True)
    observed: Any = sparse.coo_array(matrix)
    return observed.row, observed.col, observed.data, (d1, d2)
