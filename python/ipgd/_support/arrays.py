"""Arrays of real numbers from what users pass in: read rightly, or refused with the reason."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WHICH = {"U": ", which is text", "S": ", which is text", "T": ", which is text"}
_WHICH |= {"M": ", which is dates", "m": ", which is lengths of time"}
_DEEPEST = 64  # of nested lists; numpy has no more dimensions


def describe(value: object) -> str:
    """A short text for a value in an error message."""
    if is_sparse(value):
        return f"a SciPy {type(value).__name__} of shape {value.shape}"  # type: ignore[attr-defined]
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def is_sparse(value: object) -> bool:
    """Whether it is one of SciPy's sparse arrays (found without importing scipy.sparse)."""
    return type(value).__module__.startswith("scipy.sparse") and hasattr(value, "tocoo")


def has_mask(value: object, depth: int = 0) -> bool:
    """Whether it is a masked array, or a list that holds one: numpy would drop the mask."""
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return any(has_mask(item, depth + 1) for item in value)
    return isinstance(value, np.ma.MaskedArray)


def numeric_array(
    name: str, value: object, of_complex: str = "", what: str = "an array of real numbers"
) -> NDArray[Any]:
    """`value` as an array of real numbers of whatever dtype, not copied if it is one already.

    Tables of pandas are read with NaN for what is missing.

    Parameters
    ----------
    name : str
        The argument.
    value : object
    of_complex : str
        What to do with complex numbers: the end of that error.
    what : str
        What is expected: the beginning of the error.

    Raises
    ------
    TypeError
        If it is not an array of real numbers: complex, text, dates, objects, records, ragged,
        sparse or masked.
    """
    if has_mask(value):
        raise TypeError(
            f"{name}: expected an array without mask (such as its .filled(value)), got a masked "
            "array"
        )
    if is_sparse(value):
        raise TypeError(
            f"{name}: expected a dense array of real numbers (such as its .toarray()), got "
            f"{describe(value)}"
        )
    expected = f"{name}: expected {what}, got"
    try:
        array = _of_table(expected, value) if _is_table(value) else np.asarray(value)
    except (ValueError, RuntimeError) as error:
        raise TypeError(f"{expected} {error}") from None
    if array.dtype.kind in "fiub":
        return array
    if array.ndim == 0 and array.dtype.kind in "OUS":
        raise TypeError(f"{expected} {describe(value)}")
    if array.dtype.kind == "c":
        raise TypeError(f"{expected} dtype {array.dtype}" + (of_complex and f"; {of_complex}"))
    if array.dtype.names is not None:
        columns = f"np.stack([{name}[field] for field in fields], axis=-1)"
        raise TypeError(
            f"{expected} records with the fields {', '.join(array.dtype.names)}; {columns} makes "
            "an array of those that are meant"
        )
    if array.dtype.kind == "O":
        raise TypeError(f"{expected} dtype object{_first_object(array)}")
    raise TypeError(f"{expected} dtype {array.dtype}{_WHICH.get(array.dtype.kind, '')}")


def _first_object(array: NDArray[Any]) -> str:
    """Where an array of objects has the first that is no number, as the end of an error."""
    for index, item in np.ndenumerate(array):
        if not isinstance(item, Number):
            hint = " (np.array(values, float) makes it NaN)" if item is None else ""
            return f" with {describe(item)} at index {index}{hint}"
    return "; all of it are numbers, so .astype(float) makes an array of them"


def _is_table(value: object) -> bool:
    """Whether it is a Series or DataFrame of pandas."""
    return type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "dtypes")


def _of_table(expected: str, value: Any) -> NDArray[Any]:
    """The numbers of a pandas table, NaN for those that are missing."""
    dtypes = value.dtypes if value.ndim == 2 else [value.dtype]
    labels = value.columns if value.ndim == 2 else [value.name]
    for label, dtype in zip(labels, dtypes, strict=True):
        what = f"the column {label!r}" if label is not None else f"a {type(value).__name__}"
        if str(dtype).startswith("Sparse"):
            raise TypeError(
                f"{expected} {what} of dtype {dtype} (.sparse.to_dense() fills it, "
                ".sparse.to_coo() keeps it sparse)"
            )
        if dtype.kind not in "fiubc":
            raise TypeError(f"{expected} {what} of dtype {dtype}")
    array: NDArray[Any] = value.to_numpy()
    if array.dtype.kind != "O":
        return array
    filled: NDArray[Any] = value.to_numpy(dtype=np.float64, na_value=np.nan)
    return filled
